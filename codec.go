package salt

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/celerysalt/salt/schema"
)

// encode turns a value into a checked payload.
func (d *definition) encode(v any) ([]byte, error) {
	return checkedMarshal(d.payload, v, ValidationError{Topic: d.spec.Topic, Version: d.spec.Version, Part: "payload"})
}

// decode fills v, a pointer, from a checked payload.
func (d *definition) decode(m *Message, handler string, v any) error {
	return checkedUnmarshal(d.payload, m.Body, v,
		ValidationError{Topic: m.Topic, Version: m.Version, Handler: handler, Part: "payload"})
}

// validator is the optional interface of types with rules of their own that no
// schema can say: after the hook and before encoding on the way out, last on the
// way in.
type validator interface{ Validate() error }

func ownRules(v any, where ValidationError) error {
	if own, ok := v.(validator); ok {
		if where.Err = own.Validate(); where.Err != nil {
			return &where
		}
	}
	return nil
}

func checkedMarshal(t *schema.Type, v any, where ValidationError) ([]byte, error) {
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && p.IsNil() {
		where.Err = errors.New("it is a nil pointer")
		return nil, &where
	}
	if err := ownRules(v, where); err != nil {
		return nil, err
	}
	body, err := t.Marshal(v)
	if err == nil {
		err = t.Schema().Validate(body)
	}
	return body, asValidation(err, where)
}

func checkedUnmarshal(t *schema.Type, body []byte, v any, where ValidationError) error {
	if err := asValidation(t.Decode(body, v), where); err != nil {
		return err
	}
	return ownRules(v, where)
}

// asValidation adds the where to the what. A body beyond the limits is too
// large rather than invalid.
func asValidation(err error, where ValidationError) error {
	if err == nil {
		return nil
	}
	bad, ok := errors.AsType[*schema.Error](err)
	if !ok {
		where.Err = err
		return &where
	}
	where.Fields = bad.Fields
	for _, f := range bad.Fields {
		if f.Rule == "size" {
			return fmt.Errorf("%w: %w", ErrTooLarge, &where)
		}
	}
	return &where
}

// message makes the message of one publish or call; the body comes later, when
// the hook has run.
func (d *definition) message(ctx context.Context, opts []MessageOption) (*Message, error) {
	m := &Message{
		ID: newID(), Topic: d.spec.Topic, Version: d.spec.Version, RPC: d.spec.Mode == ModeRPC,
		Exchange: d.spec.Exchange, Dialect: d.dialect, spec: d.spec,
	}
	if cause := Info(ctx); cause != nil {
		m.Trace = maps.Clone(cause.Trace)
		if m.CorrelationID = cause.CorrelationID; m.CorrelationID == "" {
			m.CorrelationID = cause.ID
		}
	}
	for _, o := range opts {
		if err := o(m); err != nil {
			return m, fmt.Errorf("topic %q: %w", d.spec.Topic, err)
		}
	}
	return m, nil
}

// with returns a copy with a payload: a hook may call next twice, and a sender
// owns what it is given.
func (m *Message) with(body []byte) *Message {
	c := *m
	c.Body, c.Header, c.Trace = body, maps.Clone(m.Header), maps.Clone(m.Trace)
	return &c
}

// hook is OnPublish or OnCall, or nil in the simple style.
type hook func(ctx context.Context, next func(context.Context) error) error

// run calls h around send. A hook that returns nil without calling next has
// vetoed, and one that swallowed next's error has sent nothing: neither may
// look like success.
func (h hook) run(ctx context.Context, send func(context.Context) error) error {
	if h == nil {
		return send(ctx)
	}
	sent := ErrVetoed
	err := h(ctx, func(ctx context.Context) error {
		sent = send(ctx)
		return sent
	})
	if err != nil {
		return err
	}
	return sent
}

// publish runs hook, validation, encoding and sending.
func publish(ctx context.Context, to Sender, d *definition, v any, h hook, opts []MessageOption) (string, error) {
	m, err := d.message(ctx, opts)
	if err != nil {
		return m.ID, err
	}
	err = h.run(ctx, func(ctx context.Context) error {
		body, err := d.encode(v)
		if err != nil {
			return err
		}
		return to.Send(ctx, m.with(body))
	})
	return m.ID, err
}

// call runs hook, validation, encoding, the request and the decoding of its
// answer into resp. It returns the authored error, if that is the answer.
func call(ctx context.Context, to Caller, d *definition, v any, h hook, opts []MessageOption, resp any) error {
	m, err := d.message(ctx, opts)
	if err != nil {
		return err
	}
	m.Transient = true // a request outlives neither its caller nor its deadline
	return h.run(ctx, func(ctx context.Context) error {
		body, err := d.encode(v)
		if err != nil {
			return err
		}
		reply, err := to.Request(ctx, m.with(body))
		if err == nil && reply == nil {
			err = errors.New("a middleware or transport gave neither a reply nor an error")
		}
		if _, unsent := errors.AsType[*PublishError](err); !unsent && errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("call %q (id %s): a queue took the request, but no answer came in time: %w", m.Topic, m.ID, err)
		}
		if err != nil {
			return fmt.Errorf("call %q (id %s): %w", m.Topic, m.ID, err)
		}
		if err := d.decodeReply(reply, resp); err != nil {
			return fmt.Errorf("call %q (id %s): %w", m.Topic, m.ID, err)
		}
		return nil
	})
}

// decodeReply fills resp or returns why not: a fault, the authored error, or a
// *ValidationError.
func (d *definition) decodeReply(r *Reply, resp any) error {
	if r.Fault != nil {
		fault := *r.Fault
		fault.Topic = d.spec.Topic
		return &fault
	}
	where := ValidationError{Topic: d.spec.Topic, Version: d.spec.Version, Part: "response"}
	if !isAuthoredError(r.Body) {
		return checkedUnmarshal(d.response, r.Body, resp, where)
	}
	where.Part = "error"
	authored := reflect.New(d.errType)
	if err := checkedUnmarshal(d.fault, r.Body, authored.Interface(), where); err != nil {
		return err
	}
	return authored.Interface().(error) //nolint:errcheck // Define made sure of it
}

// encodeReply turns what a handler returned into the reply. authored is the
// declared error, or nil. The error says why there is no such reply.
func (d *definition) encodeReply(m *Message, handler string, resp, authored any) (*Reply, error) {
	where := ValidationError{Topic: m.Topic, Version: m.Version, Handler: handler, Part: "response"}
	if authored != nil {
		where.Part = "error"
		body, err := checkedMarshal(d.fault, authored, where)
		return &Reply{ID: m.ID, Body: body}, err
	}
	if reflect.ValueOf(resp).IsNil() {
		return nil, fmt.Errorf("handler %s of %q returned neither a response nor an error", handler, m.Topic)
	}
	body, err := checkedMarshal(d.response, resp, where)
	if err != nil {
		return nil, err
	}
	if isAuthoredError(body) {
		return nil, fmt.Errorf("response of handler %s of %q has a member error_code or error_message, which callers would take for an error", handler, m.Topic)
	}
	return &Reply{ID: m.ID, Body: body}, nil
}

// newID returns a random UUID (RFC 9562, version 4).
func newID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails, see crypto/rand
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// Decode fills v from the payload of m, checked against v's own schema: for
// handlers of raw messages.
func Decode[T any](m *Message, v *T) error {
	st, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		return fmt.Errorf("decode %q: %w", m.Topic, err)
	}
	return checkedUnmarshal(st, m.Body, v, ValidationError{Topic: m.Topic, Version: m.Version, Part: "payload"})
}
