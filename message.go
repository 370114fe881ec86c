package salt

import (
	"context"
	"fmt"
	"time"
)

// A Message is one event or request on its way, free of types and of
// transports: what the definition layer makes and a [Transport] carries.
//
// A message belongs to whoever holds it; pass it on or change it, not both.
type Message struct {
	// ID identifies the message for ever: a retry keeps it. Any non-empty
	// string; Salt makes UUIDs (version 4).
	ID string

	// Topic names the event, for example "user.signup.completed". See [CheckTopic].
	Topic string

	// Version of the schema the body was written with, "v1" style; empty when
	// the sender gave none.
	Version string

	// CorrelationID is the application's own, empty when it gave none. It
	// travels in _tchu_meta, not in the AMQP property of that name.
	CorrelationID string

	// RPC says that the sender awaits an answer.
	RPC bool

	// Exchange to publish to; empty means [DefaultExchange]. Empty on a received
	// message that was put into the queue directly, as a replayed one is.
	Exchange string

	// RoutingKey overrides Topic as the routing key. Empty means Topic.
	RoutingKey string

	// Header holds the application's own headers. The names of Celery's
	// headers and names that begin with "x-salt-" are refused.
	Header map[string]string

	// Trace holds the propagator's fields (traceparent, tracestate, baggage):
	// string members of _tchu_meta that are not Salt's own.
	Trace map[string]string

	// Expires is the instant after which nobody should handle the message; for
	// a request it is the caller's deadline. Zero means never. Carried with
	// microseconds.
	Expires time.Time

	// NotBefore is Celery's eta: the earliest instant to handle the message.
	// Zero means at once.
	NotBefore time.Time

	// Priority, 0 (default) to 10 (most urgent).
	Priority uint8

	// Transient messages need not survive a restart of the broker.
	Transient bool

	// MustRoute makes a publish that reaches no queue an [ErrUnroutable]
	// instead of a counted, unheard broadcast. Requests always behave so.
	MustRoute bool

	// Dialect of the envelope. Zero means the bus's, [Options.Dialect]; a
	// received message has the one it was written in. tchu-tchu knows no
	// versions, correlation ids or traces, so those do not travel in it.
	Dialect Dialect

	// BridgedFrom marks the copy that a [Bridge] made of a message in that
	// dialect. Salt's own handlers got the message itself, so copies do not
	// reach them.
	BridgedFrom Dialect

	// AwaitsStored says that the sender of a request awaits the answer in the
	// result backend too. A bus with [Options.Results] sets it; Python's callers
	// do not know it.
	AwaitsStored bool

	// Body is the payload: one JSON object, UTF-8.
	Body []byte

	// ReplyTo is set on received requests and opaque to everyone but the
	// transport which set it.
	ReplyTo string

	// Redelivered and Attempt are set on received messages. Attempt counts
	// from 1; a transport that cannot count reports 1.
	Redelivered bool
	Attempt     int

	spec     *Spec  // what the message was made from, nil for raw messages
	countsAs string // a received message's version where it has none, see countedVersion
}

// Key returns the routing key: RoutingKey, or the topic.
func (m *Message) Key() string {
	if m.RoutingKey != "" {
		return m.RoutingKey
	}
	return m.Topic
}

// Spec returns the definition that the message was made from; nil for raw
// messages and received ones.
func (m *Message) Spec() *Spec { return m.spec }

// A Dialect is the family of envelope a message is written in.
type Dialect uint8

// The dialects of the bus. They share exchange and properties and differ in
// task name and metadata (PROTOCOL.md, section 9). Python services of one do
// not understand the other; Salt's handlers take both.
const (
	CelerySalt Dialect = iota + 1 // task celery_salt.dispatch_event, with _tchu_meta
	TchuTchu                      // task tchu_tchu.dispatch_event, without
)

// String returns the Python package's name.
func (d Dialect) String() string {
	switch d {
	case 0:
		return "default"
	case CelerySalt:
		return "celery-salt"
	case TchuTchu:
		return "tchu-tchu"
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

// A Reply is the answer to a request.
type Reply struct {
	// ID of the request that this answers.
	ID string

	// Body is the result: any JSON. A result object with the key error_code or
	// error_message is an authored error (PROTOCOL.md, section 6.6). Nil when
	// Fault is set.
	Body []byte

	// Fault says that no handler produced a result.
	Fault *RemoteError
}

// A Handler processes one message. The returned reply answers a request; for
// an event it must be nil. An error means that the message was not handled.
type Handler func(ctx context.Context, m *Message) (*Reply, error)

// A Middleware wraps a [Handler]. One type serves both directions: on the way
// out the innermost handler is the transport.
type Middleware func(next Handler) Handler

type infoKey struct{}

// WithInfo returns a context that carries m for [Info]. Transports need not
// call it, the bus does; it is exported for tests of handlers.
func WithInfo(ctx context.Context, m *Message) context.Context {
	return context.WithValue(ctx, infoKey{}, m)
}

// Info returns the message being handled, or nil outside a handler. The
// message is shared with the other handlers of the same delivery: read only.
func Info(ctx context.Context) *Message {
	m, _ := ctx.Value(infoKey{}).(*Message)
	return m
}
