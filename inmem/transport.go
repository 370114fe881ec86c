package inmem

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/schema"
)

// Transport is one service's access to a [Broker]. Safe for concurrent use.
type Transport struct {
	broker  *Broker
	unheard atomic.Uint64

	mu     sync.Mutex
	closed bool
	done   chan struct{} // closed by Close

	consumers sync.WaitGroup
	cut       chan struct{} // closed when Close's context is over
}

var (
	_ salt.Transport   = (*Transport)(nil)
	_ salt.BatchSender = (*Transport)(nil)
)

// Broker returns the broker beneath, for looking at queues and dead letters.
func (t *Transport) Broker() *Broker { return t.broker }

// Send routes m. See [salt.Sender].
func (t *Transport) Send(ctx context.Context, m *salt.Message) error {
	e, err := t.encode(ctx, m)
	if err != nil {
		return refused(m, err)
	}
	if t.broker.Publish(e) == 0 {
		if m.MustRoute {
			return refused(m, salt.ErrUnroutable)
		}
		t.unheard.Add(1)
	}
	return nil
}

// SendBatch sends one after the other: there is nothing to wait for.
func (t *Transport) SendBatch(ctx context.Context, ms []*salt.Message) []error {
	errs := make([]error, len(ms))
	for i, m := range ms {
		errs[i] = t.Send(ctx, m)
	}
	return errs
}

func (t *Transport) encode(ctx context.Context, m *salt.Message) (*celery.Envelope, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	closed := t.closed
	t.mu.Unlock()
	if closed {
		return nil, salt.ErrClosed
	}
	if limit := schema.DefaultLimits.MaxBytes; len(m.Body) > limit {
		return nil, fmt.Errorf("%w: payload of %d bytes, the limit is %d", salt.ErrTooLarge, len(m.Body), limit)
	}
	return celery.Encode(m)
}

func refused(m *salt.Message, err error) error {
	return &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Refused, Err: err}
}

// Request routes m and waits for the reply. See [salt.Caller].
func (t *Transport) Request(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
	address, replies := t.broker.openReplies()
	defer t.broker.closeReplies(address)
	m.ReplyTo = address
	e, err := t.encode(ctx, m)
	if err != nil {
		return nil, refused(m, err)
	}
	if t.broker.Publish(e) == 0 {
		return nil, salt.ErrNoHandler
	}
	var nobody *salt.Reply // a service without a handler answered; another may yet do better
	for {
		select {
		case r := <-replies:
			if r.Fault == nil || !errors.Is(r.Fault, salt.ErrNoHandler) {
				return r, nil
			}
			nobody = r
		case <-t.done:
			return nil, salt.ErrConnectionLost
		case <-ctx.Done():
			if nobody != nil {
				return nobody, nil
			}
			return nil, ctx.Err()
		}
	}
}

// Health reports the state now. See [salt.Transport].
func (t *Transport) Health() salt.TransportHealth {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := salt.TransportHealth{Connected: !t.closed, Unheard: t.unheard.Load()}
	if t.closed {
		h.Detail = "closed"
	}
	return h
}

// Close ends the transport; the broker and its queues live on. It waits for
// running handlers; when ctx ends first it cancels their contexts.
func (t *Transport) Close(ctx context.Context) error {
	t.mu.Lock()
	first := !t.closed
	if first {
		t.closed = true
		close(t.done)
	}
	t.mu.Unlock()
	if !first {
		return nil
	}
	drained := make(chan struct{})
	go func() {
		t.consumers.Wait()
		close(drained)
	}()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		close(t.cut)
		return fmt.Errorf("inmem: close: handlers still run: %w", ctx.Err())
	}
}
