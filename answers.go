package salt

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Answers travel two ways where a service has a [ResultBackend]: over the
// transport and through the backend. Which of them a Python worker uses is its
// own setting, so callers listen to both and servers write to both.

// An answer is the outcome of one way.
type answer struct {
	reply *Reply
	err   error
}

// final reports whether nothing better can come.
func (a answer) final() bool {
	return a.reply != nil && (a.reply.Fault == nil || !errors.Is(a.reply.Fault, ErrNoHandler))
}

// requestBothWays sends m and returns the first final answer of either way.
func (b *Bus) requestBothWays(ctx context.Context, m *Message) (*Reply, error) {
	pending, err := b.opts.Results.Await(ctx, m.ID)
	if err != nil {
		return nil, &PublishError{Topic: m.Topic, ID: m.ID, Outcome: Refused,
			Err: fmt.Errorf("nothing was sent, because no answer could be awaited in the result backend: %w", err)}
	}
	defer pending.Stop()
	waiting, cancel := context.WithCancel(ctx)
	m.AwaitsStored = true
	direct, stored := make(chan answer, 1), make(chan answer, 1)
	go func() {
		r, err := b.transport.Request(waiting, m)
		direct <- answer{r, err}
	}()
	go func() {
		r, err := pending.Wait(waiting)
		stored <- answer{r, err}
	}()
	var viaTransport, viaBackend answer
	select {
	case viaTransport = <-direct:
		if nobodyGot(viaTransport.err) || viaTransport.final() {
			cancel()
		}
		viaBackend = <-stored
	case viaBackend = <-stored:
		if viaBackend.final() {
			cancel()
		}
		viaTransport = <-direct
	}
	cancel()
	return better(viaTransport, viaBackend)
}

// nobodyGot reports whether a transport's error means that the request went
// nowhere. After any other, as that of a lost connection or a write that was cut
// short, the request may be running, and its answer may come the other way.
func nobodyGot(err error) bool {
	if pe, ok := errors.AsType[*PublishError](err); ok {
		return pe.Outcome == Refused
	}
	for _, fact := range []error{ErrNoHandler, ErrClosed, ErrUnavailable, ErrBlocked, ErrTooLarge, ErrUnroutable} {
		if errors.Is(err, fact) {
			return true
		}
	}
	return false
}

// better chooses: a result or an error of a handler, then what a service
// without a handler said, then why there is neither.
func better(transport, backend answer) (*Reply, error) {
	switch {
	case transport.final():
		return transport.reply, nil
	case backend.final():
		return backend.reply, nil
	case transport.reply != nil:
		return transport.reply, nil
	case backend.reply != nil:
		return backend.reply, nil
	}
	return nil, transport.err
}

const (
	// storeLimit bounds the storing of one answer; the end of the bus may cut
	// it shorter.
	storeLimit = 10 * time.Second

	// storePatience is how long the answer over the transport waits for it, so
	// that a backend which hangs does not cost the callers who do without.
	storePatience = time.Second
)

// storeReply puts the answer to m into the result backend, before the
// transport's answer acknowledges the request. An answer that can not be stored
// is not worth running the handler again: the caller has its deadline.
func (b *Bus) storeReply(ctx context.Context, m *Message, r *Reply) {
	if b.opts.Results == nil {
		return
	}
	begun := time.Now()
	limit := begun.Add(storeLimit)
	if !m.Expires.IsZero() && m.Expires.Before(limit) {
		limit = m.Expires
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), limit)
	// Close waits for handlers no longer than DrainTimeout, and for stores of
	// the last ones storePatience more.
	ending := context.AfterFunc(b.storing, func() {
		time.AfterFunc(time.Until(begun.Add(storePatience)), cancel)
	})
	stored := make(chan struct{})
	b.running.Go(func() { // the consumer that calls us is counted, so the end waits
		defer close(stored)
		defer cancel()
		defer ending()
		err := b.opts.Results.Store(ctx, m, r)
		if errors.Is(err, ErrTooLarge) { // the caller may know, rather than wait
			b.log.Warn("salt: an answer is too large for the result backend, the caller is told so instead", "topic", m.Topic, "id", m.ID, "error", err)
			err = b.opts.Results.Store(ctx, m, &Reply{ID: r.ID, Fault: &RemoteError{
				Kind: FaultHandler, Message: "the response is larger than the service may store",
			}})
		}
		if err != nil {
			b.log.Warn("salt: an answer could not be stored in the result backend", "topic", m.Topic, "id", m.ID, "error", err)
		}
	})
	patience := time.NewTimer(storePatience)
	defer patience.Stop()
	select {
	case <-stored:
	case <-patience.C:
	}
}
