package salt

import (
	"context"
	"errors"
	"reflect"
)

// The last of the generic code: every function here is a few lines over the
// plain core, because each is compiled once per event type.

// Publish runs the event's hook, checks the event against its schema and sends
// it. It returns the message id, also beside an error: nil means that the
// message is safe; a *[PublishError] tells whether it may be on the broker all
// the same; a *[ValidationError] or [ErrVetoed] means that nothing was sent.
func Publish[T any, P EventOf[T]](ctx context.Context, to Sender, event P, opts ...MessageOption) (string, error) {
	return publish(ctx, to, event.Definition().inner(), event, event.OnPublish, opts)
}

// Call runs the request's hook, checks the request, sends it and waits for the
// response. Without a deadline in ctx, [Options.CallTimeout] applies. The error
// is the declared one (by errors.AsType[E]), a *[RemoteError], a
// *[ValidationError], [ErrNoHandler], [ErrConnectionLost], [ErrVetoed] or
// ctx's.
func Call[T, Resp any, E error, P RequestOf[T, Resp, E]](ctx context.Context, to Caller, request P, opts ...MessageOption) (*Resp, error) {
	resp := new(Resp)
	if err := call(ctx, to, request.Definition().inner(), request, request.OnCall, opts, resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// Subscribe calls h with every message of the event's topic that its version
// accepts. Call it before [Bus.Start] or [Bus.Run]; a bad option panics. An
// error of h dead-letters the message.
func Subscribe[T any, P EventOf[T]](b *Bus, h func(context.Context, P) error, opts ...SubscribeOption) {
	b.subscribe(P(new(T)).Definition().inner(), h, eventHandler[T](h), opts)
}

// Handle answers the request's topic with h. An error of the request's declared
// type reaches the caller as such, any other only as "internal error". One bus
// has one handler for each topic and version; a second one panics.
func Handle[T, Resp any, E error, P RequestOf[T, Resp, E]](b *Bus, h func(context.Context, P) (*Resp, error), opts ...SubscribeOption) {
	b.subscribe(P(new(T)).Definition().inner(), h, requestHandler[T, Resp, E](h), opts)
}

// Upcast lets the handler of a newer version take the messages of an older one
// as well: they are checked and decoded as the older class, converted, and then
// checked as the version that convert makes, own Validate included, so that the
// handler gets what it would have got had the result been published (without
// hooks). That version is the handler's, or that of another upcast of the same
// subscription, which goes on from there.
//
// A message is read by the newest version that is not newer than itself, the
// handler's or that of an upcast. tchu-tchu knows no versions: its messages are
// read as the handler's own. A response goes to a caller of the older version
// only if it fits the older response too. [Info] tells the message's version.
//
// Subscribing panics if the older version is none, or of another topic, or is
// upcast twice. Use [UpcastFrom] for plain payloads.
func Upcast[Old, New any, P interface {
	*Old
	Definition() *Definition[Old]
}](convert func(P) *New) SubscribeOption {
	return UpcastFrom(P(new(Old)).Definition(), func(old *Old) *New { return convert(old) })
}

// UpcastFrom is [Upcast] with the older definition named, of any style.
func UpcastFrom[Old, New any](from Defined[Old], convert func(*Old) *New) SubscribeOption {
	return TryUpcast(from, func(old *Old) (*New, error) { return convert(old), nil })
}

// TryUpcast is [UpcastFrom] with a conversion that can fail. Its error, like a
// panic, is a failure of the handler: it dead-letters the event, and the caller
// of a request reads "internal error".
func TryUpcast[Old, New any](from Defined[Old], convert func(*Old) (*New, error)) SubscribeOption {
	return upcastOption(from.inner(), reflect.TypeFor[New](), func(old any) (any, error) {
		return convert(old.(*Old)) //nolint:errcheck,forcetypeassert // read makes what the definition is of
	})
}

// SubscribePattern calls h with every message whose routing key matches
// pattern (see [CheckPattern]), of any version. With T = [Message] the payload
// arrives raw; any other T is decoded and checked against its own schema, so
// what matches the pattern and does not fit T is dead-lettered. Requests are
// seen too, but not answered: a queue bound to them makes a call to a topic
// without a handler wait for its deadline.
func SubscribePattern[T any](b *Bus, pattern string, h func(context.Context, *T) error, opts ...SubscribeOption) {
	if raw, ok := any(h).(func(context.Context, *Message) error); ok {
		b.subscribePattern(pattern, nil, h, func(ctx context.Context, _ *subscription, m *Message) (*Reply, error) {
			return nil, raw(ctx, m)
		}, opts)
		return
	}
	d := patternDefinition[T](pattern)
	b.subscribePattern(pattern, d, h, eventHandler[T](h), opts)
}

// Validate checks a class-style event or request as a publish would, without
// publishing; for constructors. The error is a *[ValidationError].
func Validate[T any, P interface {
	*T
	Definition() *Definition[T]
}](v P) error {
	return v.Definition().Validate(v)
}

// Publish sends v. See [Publish].
func (t *EventType[T]) Publish(ctx context.Context, to Sender, v *T, opts ...MessageOption) (string, error) {
	return publish(ctx, to, t.d, v, nil, opts)
}

// Subscribe calls h with every message. See [Subscribe].
func (t *EventType[T]) Subscribe(b *Bus, h func(context.Context, *T) error, opts ...SubscribeOption) {
	b.subscribe(t.d, h, eventHandler[T](h), opts)
}

// Call sends v and waits for the response. See [Call].
func (t *RPCType[Req, Resp, E]) Call(ctx context.Context, to Caller, v *Req, opts ...MessageOption) (*Resp, error) {
	resp := new(Resp)
	if err := call(ctx, to, t.d, v, nil, opts, resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// Handle answers with h. See [Handle].
func (t *RPCType[Req, Resp, E]) Handle(b *Bus, h func(context.Context, *Req) (*Resp, error), opts ...SubscribeOption) {
	b.subscribe(t.d, h, requestHandler[Req, Resp, E](h), opts)
}

func eventHandler[T any, P ~*T](h func(context.Context, P) error) invoker {
	return func(ctx context.Context, s *subscription, m *Message) (*Reply, error) {
		v := new(T)
		if err := s.read(m, v); err != nil {
			return nil, err
		}
		return nil, h(ctx, v)
	}
}

func requestHandler[T, Resp any, E error, P ~*T](h func(context.Context, P) (*Resp, error)) invoker {
	return func(ctx context.Context, s *subscription, m *Message) (*Reply, error) {
		v := new(T)
		if err := s.read(m, v); err != nil {
			return nil, err
		}
		resp, err := h(ctx, v)
		if err == nil {
			return s.reply(m, resp, nil)
		}
		if authored, ok := errors.AsType[E](err); ok {
			return s.reply(m, nil, authored)
		}
		return nil, err
	}
}
