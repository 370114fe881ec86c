package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
)

// A consumer is one call of Consume: session after session on one queue, and
// the handlers of all of them.
type consumer struct {
	t *Transport
	q salt.Queue // with its defaults
	h salt.Handler

	slots    chan struct{}  // a token for each running handler
	running  sync.WaitGroup // handlers, until their delivery is settled
	settling sync.WaitGroup // sessions, until their last acknowledgement
	over     chan struct{}  // closed when the drain is over
	handling context.Context
	cancel   context.CancelCauseFunc

	told   bool  // whether Status was called
	status error // what it was told last
}

// Consume delivers what q receives to h until ctx ends or the transport is
// closed; see [salt.Transport] for the contract. The queues it declares:
//
//   - q.Name, durable, a quorum queue whose rejected messages, and those whose
//     consumers died 20 times, go to "<q.Name>.dead", also a quorum queue;
//   - with q.Requests a durable classic queue without dead letters: its caller
//     gets an answer or runs into its deadline, so what cannot be handled is
//     dropped, and logged;
//   - with q.Ephemeral an exclusive queue with q.Name as prefix, likewise.
//
// The error, when q can never be consumed, names what exists with other
// properties or is not permitted, and the remedy.
//
// A handler's delivery that outlives its connection cannot be acknowledged any
// more; the broker gives it out again.
func (t *Transport) Consume(ctx context.Context, q salt.Queue, h salt.Handler) error {
	if q.Name == "" || len(q.Name)+len(deadSuffix) > maxShort {
		return fmt.Errorf("consume: queue name %q must have 1 to %d bytes", q.Name, maxShort-len(deadSuffix))
	}
	if err := t.begin(&t.consumers); err != nil {
		return err
	}
	defer t.consumers.Done()
	t.feeding.Do(func() { t.tasks.Go(func() { t.consume.run(t.linking) }) })

	if q.Concurrency <= 0 {
		q.Concurrency = t.opts.Concurrency
	}
	if q.Prefetch <= 0 {
		q.Prefetch = max(t.opts.Prefetch, q.Concurrency)
	}
	q.Prefetch = min(q.Prefetch, 65535) // a 16-bit field
	q.Drain = or(q.Drain, 30*time.Second)
	c := &consumer{t: t, q: q, h: h, slots: make(chan struct{}, q.Concurrency), over: make(chan struct{})}
	c.handling, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	defer c.cancel(errClosing)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(t.consuming, func() { stop(errClosing) })()
	err := c.run(ctx)
	c.drain()
	close(c.over)
	c.settling.Wait() // bounded: their commands have their patience
	return err
}

// run consumes, session after session.
func (c *consumer) run(ctx context.Context) error {
	pause := backoff{min: c.t.opts.BackoffMin, max: c.t.opts.BackoffMax}
	for ctx.Err() == nil {
		g := c.connection(ctx)
		if g == nil {
			break // ctx ended
		}
		began := time.Now()
		err := c.session(ctx, g)
		if ctx.Err() != nil || errors.Is(err, errRefresh) {
			continue // with ctx the loop ends
		}
		if te, ok := errors.AsType[*topologyError](err); ok {
			return fmt.Errorf("consume: %w", te)
		}
		c.tell(fmt.Errorf("queue %q: %w", c.q.Name, err))
		if time.Since(began) > c.t.opts.BackoffMax {
			pause.reset()
		}
		sleep(ctx, pause.next())
	}
	return nil
}

// connection waits for a living connection, and tells why there is none. It
// returns nil when ctx ended or the transport was closed, which ends consuming.
func (c *consumer) connection(ctx context.Context) *generation {
	for {
		g, _, err := c.t.consume.state()
		if g != nil {
			return g
		}
		if err != nil {
			c.tell(fmt.Errorf("queue %q: %w: %w", c.q.Name, salt.ErrUnavailable, err))
		}
		if g, err := c.t.consume.get(ctx, time.Second); err == nil {
			return g
		} else if ctx.Err() != nil || errors.Is(err, salt.ErrClosed) {
			return nil
		}
	}
}

// tell reports a change of liveness.
func (c *consumer) tell(err error) {
	same := c.told && (err == nil) == (c.status == nil) && (err == nil || err.Error() == c.status.Error())
	if same {
		return
	}
	c.told, c.status = true, err
	if c.q.Status != nil {
		c.q.Status(err)
	}
}

// drain waits for the running handlers: for q.Drain, then, with their contexts
// cancelled, for Options.DrainGrace.
func (c *consumer) drain() {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	patience := time.NewTimer(c.q.Drain)
	defer patience.Stop()
	select {
	case <-done:
		return
	case <-patience.C:
		c.cancel(fmt.Errorf("the drain of queue %q is over: %w", c.q.Name, context.Canceled))
	case <-c.t.linking.Done():
		c.cancel(errClosing)
	}
	grace := time.NewTimer(c.t.opts.DrainGrace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		c.t.opts.Logger.Warn("rabbitmq: handlers still run after the drain; their messages will be given out again", "queue", c.q.Name)
	}
}

// queueName returns the name for a session: an ephemeral queue gets a new one
// each time, for the old one may still be locked by its lost connection.
func (c *consumer) queueName() string {
	if !c.q.Ephemeral {
		return c.q.Name
	}
	prefix := c.q.Name[:min(len(c.q.Name), maxShort-37)]
	return prefix + "." + uuid.NewString()
}

// attach counts our consumers of a queue, and returns what undoes it.
func (t *Transport) attach(queue string) (detach func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attached[queue]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.attached[queue]--; t.attached[queue] == 0 {
			delete(t.attached, queue)
		}
	}
}

func (t *Transport) attachedTo(queue string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attached[queue]
}
