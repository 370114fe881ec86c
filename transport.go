package salt

import (
	"context"
	"time"
)

// DefaultExchange is the topic exchange celery-salt uses.
const DefaultExchange = "tchu_events"

// A Sender takes messages for delivery: a [Bus], a [Transport], an outbox in a
// transaction, a recorder in a test. Safe for concurrent use.
type Sender interface {
	// Send returns nil once the message is safe: for a broker, confirmed. Any
	// other outcome is a *[PublishError]. It returns within ctx plus the
	// transport's stated bound.
	Send(ctx context.Context, m *Message) error
}

// A BatchSender is a [Sender] that can pipeline. Outcomes line up with ms: nil
// or a *[PublishError] each.
type BatchSender interface {
	Sender
	SendBatch(ctx context.Context, ms []*Message) []error
}

// A Caller sends a request and waits for its answer. Safe for concurrent use.
type Caller interface {
	// Request returns the reply, [ErrNoHandler] when nobody is listening,
	// [ErrConnectionLost] when the way back was lost (the request may have
	// run), a *[PublishError] when m was refused or its sending failed, or ctx's
	// error. A reply with a Fault is not an error here. ctx always has a
	// deadline.
	Request(ctx context.Context, m *Message) (*Reply, error)
}

// A Transport carries messages between processes, or within one. Every
// transport passes salttest.TestTransport. Safe for concurrent use.
type Transport interface {
	Sender
	Caller

	// Consume delivers what q receives to h until ctx ends. It then takes no
	// new messages, waits for the handlers that run (q.Drain bounds the wait;
	// after it their contexts are cancelled), settles them and returns nil. It
	// returns an error only when q can never be consumed, for example because
	// it exists with other arguments; an absent broker is waited for.
	//
	// A message is settled by what h returns: nil acknowledges it (after the
	// reply, if any, was sent); an error dead-letters it with the reason that
	// [DeadLetterReason] gives. [ErrGiveBack], and any error of a handler whose
	// context was cancelled at the end, leaves it to the next consumer. Nothing is ever requeued in a loop. What is
	// undecodable is dead-lettered without calling h; what belongs to others
	// (a foreign Celery task) is acknowledged without calling h.
	Consume(ctx context.Context, q Queue, h Handler) error

	// Health reports the state now, without I/O.
	Health() TransportHealth

	// Close releases everything, waiting for unfinished sends until ctx ends.
	// Calls after it return [ErrClosed]. Closing twice is harmless.
	Close(ctx context.Context) error
}

// A Queue is what one call of [Transport.Consume] listens on.
type Queue struct {
	// Name of the queue. For an ephemeral queue it is a prefix.
	Name string

	// Bindings that feed the queue. The exchanges are declared, the bindings
	// are made, none is ever removed.
	Bindings []Binding

	// Requests says that the queue feeds RPC handlers: it may trade durability
	// for latency.
	Requests bool

	// Ephemeral queues are private to this process and vanish with it.
	Ephemeral bool

	// Prefetch is the number of unsettled messages held at once, Concurrency
	// the number of handlers that run at once. Zero means the transport's
	// defaults.
	Prefetch, Concurrency int

	// Drain bounds the wait for running handlers at the end; zero means 30 s.
	Drain time.Duration

	// Status, if not nil, is told each change of liveness: nil when messages
	// can arrive, the reason when they can not. Called from one goroutine at a
	// time; must not block.
	Status func(err error)
}

// A Binding feeds a queue with the messages of an exchange whose routing key
// matches a pattern (see [CheckPattern]).
type Binding struct {
	Exchange string // empty means DefaultExchange
	Pattern  string
}

// A TransportHealth is a transport's own account of itself.
type TransportHealth struct {
	// Connected says that publishing is possible now.
	Connected bool `json:"connected"`

	// Detail tells, for people, what is wrong; empty when nothing is.
	Detail string `json:"detail,omitzero"`

	// Unheard counts broadcasts that reached no queue.
	Unheard uint64 `json:"unheard"`

	// Reconnects counts connections made after the first.
	Reconnects uint64 `json:"reconnects"`
}
