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
		// A lost connection says nothing about the other way, on which the
		// answer may still come. All other errors say that nobody got the
		// request.
		if viaTransport.err != nil && !errors.Is(viaTransport.err, ErrConnectionLost) || viaTransport.final() {
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
	// storeLimit bounds the storing of one answer.
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
	limit := time.Now().Add(storeLimit)
	if !m.Expires.IsZero() && m.Expires.Before(limit) {
		limit = m.Expires
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), limit)
	stored := make(chan struct{})
	b.running.Go(func() { // the consumer that calls us is counted, so the end waits
		defer close(stored)
		defer cancel()
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
