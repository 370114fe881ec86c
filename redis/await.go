package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/celerysalt/salt"
)

// Await subscribes to the answer to id and returns once the server has
// confirmed it. Several may wait for one id; each gets the answer. The error
// wraps [salt.ErrUnavailable] when there is no connection within
// [Options.ConnectWait] or no confirmation within [Options.CommandTimeout],
// [salt.ErrClosed] after Close, or ctx's error.
func (r *Results) Await(ctx context.Context, id string) (salt.PendingResult, error) {
	if id == "" {
		return nil, fmt.Errorf("%s: await: the request has no id", r)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: await the answer to %q: %w", r, id, err)
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, r.errClosed()
	}
	s := r.subject(id)
	p := &pending{r: r, s: s, answered: s.answered}
	ready, ok := s.ready, s.confirmed
	r.mu.Unlock()
	if ok {
		return p, nil
	}
	if err := r.ready(ctx, ready); err != nil {
		p.Stop()
		return nil, fmt.Errorf("await the answer to %q: %w", id, err)
	}
	return p, nil
}

// ready waits for the confirmation.
func (r *Results) ready(ctx context.Context, confirmed <-chan struct{}) error {
	first := min(r.opts.ConnectWait, r.opts.CommandTimeout)
	t := time.NewTimer(first)
	defer t.Stop()
	patience := r.opts.CommandTimeout - first
	for {
		select {
		case <-confirmed:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", r, ctx.Err())
		case <-r.done:
			return r.errClosed()
		case <-t.C:
			if err := r.away(); err != nil {
				return err
			}
			if patience <= 0 {
				_, why := r.link.state() // a server that refuses to publish to us is up again and again
				return fmt.Errorf("%s: %w: %w", r, salt.ErrUnavailable, cmp.Or(why, errSilent))
			}
			t.Reset(patience) // connected: the server may just be busy
			patience = 0
		}
	}
}

// A pending is one waiter of a subject.
type pending struct {
	r        *Results
	s        *subject
	answered <-chan struct{}
	stopped  atomic.Bool
}

// Wait looks at what is stored already and then waits for what is published.
// See [salt.PendingResult].
func (p *pending) Wait(ctx context.Context) (*salt.Reply, error) {
	p.r.want(p.s)
	var err error
	select {
	case <-p.answered:
	case <-p.r.done:
		err = p.r.errClosed()
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.r.mu.Lock()
	answer, nobody := p.s.answer, p.s.nobody
	p.r.mu.Unlock()
	switch {
	case answer != nil: // whatever else has happened
		return clone(answer), nil
	case nobody != nil && !errors.Is(err, salt.ErrClosed):
		return clone(nobody), nil
	}
	if why := p.r.away(); why != nil && !errors.Is(why, salt.ErrClosed) {
		return nil, fmt.Errorf("wait for the answer to %q: %w (%v)", p.s.id, err, why) //nolint:errorlint // why explains, and is not what happened
	}
	return nil, fmt.Errorf("wait for the answer to %q: %w", p.s.id, err)
}

// Stop ends the listening. See [salt.PendingResult]. Only the first call counts.
func (p *pending) Stop() {
	if p.stopped.Swap(true) {
		return
	}
	p.r.mu.Lock()
	defer p.r.mu.Unlock()
	p.r.leave(p.s)
}

// clone makes a reply for one of several waiters; the body is shared.
func clone(reply *salt.Reply) *salt.Reply {
	own := *reply
	if own.Fault != nil {
		fault := *own.Fault
		own.Fault = &fault
	}
	return &own
}
