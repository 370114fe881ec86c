// Package inmem is a [salt.Transport] within one process. Messages take the
// same envelopes as on RabbitMQ, through the same codec, so a test that passes
// here has seen the wire; only the socket is missing.
package inmem

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// A Broker routes like a topic exchange and keeps queues, in memory. Several
// transports, each one service, may share it. Safe for concurrent use.
type Broker struct {
	mu      sync.Mutex
	changed *sync.Cond // something was enqueued, settled, or a wait ended
	queues  map[string]*queue
	replies map[string]chan *salt.Reply // by reply address
	busy    int                         // deliveries that are with a handler
	ids     int
}

// queue keeps its messages while nobody consumes, as a durable one does.
type queue struct {
	name     string
	bindings []salt.Binding
	waiting  []*delivery
	dead     []DeadLetter
}

type delivery struct {
	envelope   *celery.Envelope
	deadline   time.Time // from the expiration property; zero is never
	deliveries int
}

// A DeadLetter is a message that was not handled, kept with its reason.
type DeadLetter struct {
	Envelope *celery.Envelope // as it was delivered
	Reason   salt.Reason
	Error    string
	Header   map[string]string // what the error contributed, as x-salt-handler
}

// NewBroker returns a broker without queues.
func NewBroker() *Broker {
	b := &Broker{queues: map[string]*queue{}, replies: map[string]chan *salt.Reply{}}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// Open returns a transport of one service on b.
func (b *Broker) Open() *Transport {
	return &Transport{broker: b, done: make(chan struct{}), cut: make(chan struct{})}
}

// New returns a transport on a broker of its own.
func New() *Transport { return NewBroker().Open() }

// DeadLetters returns what a queue could not handle, oldest first.
func (b *Broker) DeadLetters(queue string) []DeadLetter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q := b.queues[queue]; q != nil {
		return slices.Clone(q.dead)
	}
	return nil
}

// WaitDeadLetters waits until a queue has n dead letters and returns them all.
// When ctx ends first it returns what there is.
func (b *Broker) WaitDeadLetters(ctx context.Context, queue string, n int) []DeadLetter {
	defer context.AfterFunc(ctx, b.wake)()
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if q := b.queues[queue]; q != nil && (len(q.dead) >= n || ctx.Err() != nil) {
			return slices.Clone(q.dead)
		}
		if ctx.Err() != nil {
			return nil
		}
		b.changed.Wait()
	}
}

// Depth returns the number of messages that wait in a queue.
func (b *Broker) Depth(queue string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q := b.queues[queue]; q != nil {
		return len(q.waiting)
	}
	return 0
}

// Settle waits until every consumed message has been handled, those included
// that handlers published meanwhile. Messages in queues nobody consumes do not
// count if their queue was never consumed; a queue whose consumer left keeps
// Settle waiting until ctx ends.
func (b *Broker) Settle(ctx context.Context) error {
	defer context.AfterFunc(ctx, b.wake)()
	b.mu.Lock()
	defer b.mu.Unlock()
	for ctx.Err() == nil {
		if b.busy == 0 && !b.anyWaiting() {
			return nil
		}
		b.changed.Wait()
	}
	return ctx.Err()
}

func (b *Broker) anyWaiting() bool {
	for q := range maps.Values(b.queues) {
		if len(q.waiting) > 0 {
			return true
		}
	}
	return false
}

func (b *Broker) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed.Broadcast()
}

// Publish routes an envelope as it is, past the codec, and returns the number
// of queues it reached: for tests of what arrives from elsewhere.
func (b *Broker) Publish(e *celery.Envelope) int {
	d := delivery{envelope: e}
	if ms, err := strconv.ParseInt(e.Properties.Expiration, 10, 64); err == nil {
		d.deadline = time.Now().Add(time.Duration(ms) * time.Millisecond)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, q := range b.queues {
		if slices.ContainsFunc(q.bindings, func(bind salt.Binding) bool {
			return bind.Exchange == e.Exchange && salt.MatchPattern(bind.Pattern, e.RoutingKey)
		}) {
			copied := d
			q.waiting = append(q.waiting, &copied)
			n++
		}
	}
	b.changed.Broadcast()
	return n
}

// declare makes or extends a queue.
func (b *Broker) declare(name string, bindings []salt.Binding) *queue {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[name]
	if q == nil {
		q = &queue{name: name}
		b.queues[name] = q
	}
	for _, bind := range bindings {
		if bind.Exchange == "" {
			bind.Exchange = salt.DefaultExchange
		}
		if !slices.Contains(q.bindings, bind) {
			q.bindings = append(q.bindings, bind)
		}
	}
	return q
}

func (b *Broker) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.queues, name)
	b.changed.Broadcast()
}

// uniqueName makes the name of an ephemeral queue.
func (b *Broker) uniqueName(prefix string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids++
	return prefix + "." + strconv.Itoa(b.ids)
}

// openReplies makes a reply address. Its channel holds the answers of several
// services, of which the caller may want only one.
func (b *Broker) openReplies() (address string, replies <-chan *salt.Reply) {
	address = b.uniqueName("inmem.reply")
	c := make(chan *salt.Reply, 16)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.replies[address] = c
	return address, c
}

func (b *Broker) closeReplies(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.replies, address)
}

// reply delivers an answer; a caller that is gone, or has had enough, gets none.
func (b *Broker) reply(address string, r *salt.Reply) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.replies[address] <- r:
	default:
	}
}

// take waits for a message; nil means that ctx ended. What it returns is busy
// until settled.
func (b *Broker) take(ctx context.Context, q *queue) *delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ctx.Err() == nil {
		for len(q.waiting) > 0 {
			d := q.waiting[0]
			q.waiting = q.waiting[1:]
			if d.deadline.IsZero() || time.Now().Before(d.deadline) {
				b.busy++
				d.deliveries++
				return d
			}
			b.changed.Broadcast()
		}
		b.changed.Wait()
	}
	return nil
}

// settle ends a delivery: done, dead, or back to the head of its queue.
func (b *Broker) settle(q *queue, d *delivery, dead *DeadLetter, requeue bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	switch {
	case requeue:
		q.waiting = slices.Insert(q.waiting, 0, d)
	case dead != nil:
		q.dead = append(q.dead, *dead)
	}
	b.changed.Broadcast()
}
