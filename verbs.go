package salt

import (
	"context"
	"errors"
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
		if err := s.def.decode(m, s.name, v); err != nil {
			return nil, err
		}
		return nil, h(ctx, v)
	}
}

func requestHandler[T, Resp any, E error, P ~*T](h func(context.Context, P) (*Resp, error)) invoker {
	return func(ctx context.Context, s *subscription, m *Message) (*Reply, error) {
		v := new(T)
		if err := s.def.decode(m, s.name, v); err != nil {
			return nil, err
		}
		resp, err := h(ctx, v)
		if err == nil {
			return s.def.encodeReply(m, s.name, resp, nil)
		}
		if authored, ok := errors.AsType[E](err); ok {
			return s.def.encodeReply(m, s.name, nil, authored)
		}
		return nil, err
	}
}
