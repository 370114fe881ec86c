package inmem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/schema"
)

// consumer is one call of Consume.
type consumer struct {
	*Transport
	queue    *queue
	handler  salt.Handler
	handling context.Context // of the handlers; outlives the end by the drain time
}

// Consume delivers until ctx ends or the transport is closed. See
// [salt.Transport].
func (t *Transport) Consume(ctx context.Context, q salt.Queue, h salt.Handler) error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.consumers.Add(1)
	t.mu.Unlock()
	defer t.consumers.Done()
	name := q.Name
	if q.Ephemeral {
		name = t.broker.uniqueName(name)
		defer t.broker.remove(name)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-t.done:
			stop()
		case <-ctx.Done():
		}
	}()
	defer context.AfterFunc(ctx, t.broker.wake)()

	handling, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	c := &consumer{Transport: t, queue: t.broker.declare(name, q.Bindings), handler: h, handling: handling}
	var workers sync.WaitGroup
	for range cmp.Or(q.Concurrency, 16) {
		workers.Go(func() { c.work(ctx) })
	}
	if q.Status != nil {
		q.Status(nil)
	}
	<-ctx.Done()
	if q.Status != nil {
		q.Status(salt.ErrClosed)
	}
	drain := time.AfterFunc(cmp.Or(q.Drain, 30*time.Second), func() {
		cancel(fmt.Errorf("the drain time is over: %w", context.Canceled))
	})
	defer drain.Stop()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-t.cut:
			cancel(salt.ErrClosed)
		case <-over:
		}
	}()
	workers.Wait()
	return nil
}

func (c *consumer) work(ctx context.Context) {
	for {
		d := c.broker.take(ctx, c.queue)
		if d == nil {
			return
		}
		done := make(chan struct{})
		go func() { // of its own, so that runtime.Goexit ends the handler and not the worker
			defer close(done)
			c.deliver(d)
		}()
		<-done
	}
}

// deliver handles one message and settles it, whatever the handler does.
func (c *consumer) deliver(d *delivery) {
	var reply *salt.Reply
	err := errors.New("the handler ended its goroutine (runtime.Goexit)")
	m, undecodable := celery.Decode(d.envelope, celery.Limits{})
	defer func() {
		if v := recover(); v != nil {
			err = &salt.PanicError{Value: v, Stack: debug.Stack()}
		}
		if err != nil && (c.handling.Err() != nil || errors.Is(err, salt.ErrGiveBack)) {
			c.broker.settle(c.queue, d, nil, true) // cut short by the end, not by a fault
			return
		}
		if err == nil && reply != nil && m.ReplyTo != "" {
			c.answer(m, reply)
		}
		c.broker.settle(c.queue, d, c.dead(d, m, err), false)
	}()
	if undecodable != nil {
		if err = undecodable; errors.Is(err, celery.ErrForeign) {
			err = nil
		}
		return
	}
	m.Attempt, m.Redelivered = d.deliveries, d.deliveries > 1
	reply, err = c.handler(c.handling, m)
}

// dead makes the dead letter of a failed delivery; nil if it did not fail.
func (c *consumer) dead(d *delivery, m *salt.Message, err error) *DeadLetter {
	if err == nil {
		return nil
	}
	letter := &DeadLetter{Envelope: d.envelope, Reason: salt.DeadLetterReason(err), Error: err.Error()}
	if m == nil {
		letter.Reason = salt.ReasonUndecodable
	}
	if c, ok := errors.AsType[interface {
		error
		DeadLetterHeaders() map[string]string
	}](err); ok {
		letter.Header = c.DeadLetterHeaders()
	}
	return letter
}

// answer sends a reply through the codec, as the broker's default exchange
// would carry it.
func (c *consumer) answer(m *salt.Message, r *salt.Reply) {
	if limit := schema.DefaultLimits.MaxBytes; len(r.Body) > limit {
		r = &salt.Reply{ID: r.ID, Fault: &salt.RemoteError{
			Kind: salt.FaultHandler, Message: fmt.Sprintf("the response is larger than the service may send (%d bytes)", limit),
		}}
	}
	e, err := celery.EncodeReply(m, r)
	if err != nil {
		return // salttest's suite holds the codec to encode every reply the bus makes
	}
	if decoded, err := celery.DecodeReply(e); err == nil {
		c.broker.reply(m.ReplyTo, decoded)
	}
}
