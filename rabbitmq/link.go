package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/celerysalt/salt"
)

// A link keeps one connection to the broker alive, generation after
// generation.
type link struct {
	name string // "publish" or "consume"
	at   address
	opts *Options
	dial func(context.Context) (*generation, error)

	mu      sync.Mutex
	current *generation // nil when there is none
	err     error       // why there is none; nil before the first attempt failed
	changed chan struct{}
	made    uint64 // generations so far
}

func newLink(name string, at address, opts *Options, dial func(context.Context) (*generation, error)) *link {
	return &link{name: name, at: at, opts: opts, dial: dial, changed: make(chan struct{})}
}

// run connects and reconnects until ctx ends, then closes what it has.
func (l *link) run(ctx context.Context) {
	pause := backoff{min: l.opts.BackoffMin, max: l.opts.BackoffMax}
	refusals := 0
	for ctx.Err() == nil {
		g, err := l.dial(ctx)
		if err == nil {
			refusals = 0
			l.set(g, nil)
			select {
			case <-ctx.Done():
				g.close(l.opts.WriteTimeout)
				l.set(nil, errClosing)
				return
			case <-g.dead:
				err = g.err
			}
			if g.useful.Load() || time.Since(g.made) > l.opts.BackoffMax {
				pause.reset()
			}
		} else if errors.Is(err, errLogin) {
			// One refusal may be a broker going down in the handshake: they
			// look the same. From the second on it is the password, and asking
			// often would only fill the broker's log.
			if refusals++; refusals > 1 {
				pause.slowest()
			}
		}
		if ctx.Err() != nil {
			break
		}
		l.report(err)
		l.set(nil, err)
		sleep(ctx, pause.next())
	}
	l.set(nil, errClosing)
}

// report logs a loss, and a failure that differs from the one before.
func (l *link) report(err error) {
	l.mu.Lock()
	was, had := l.err, l.current != nil
	l.mu.Unlock()
	if had || was == nil || was.Error() != err.Error() {
		l.opts.Logger.Warn("rabbitmq: no connection, trying again", "link", l.name, "broker", l.at.String(), "error", err)
	}
}

func (l *link) set(g *generation, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g != nil {
		if l.made++; l.made > 1 {
			l.opts.Logger.Info("rabbitmq: connected again", "link", l.name, "broker", l.at.String())
		}
	}
	l.current, l.err = g, err
	close(l.changed)
	l.changed = make(chan struct{})
}

// get returns the living generation. Without one it waits: for the first
// attempt until ctx ends, later for at most grace (0: until ctx ends).
func (l *link) get(ctx context.Context, grace time.Duration) (*generation, error) {
	var late <-chan time.Time
	for {
		l.mu.Lock()
		g, err, changed := l.current, l.err, l.changed
		l.mu.Unlock()
		if g != nil {
			if !g.isDead() {
				return g, nil
			}
			err = g.err
		}
		if errors.Is(err, salt.ErrClosed) {
			return nil, errClosing
		}
		if err != nil && late == nil && grace > 0 {
			t := time.NewTimer(grace)
			defer t.Stop()
			late = t.C
		}
		select {
		case <-changed:
		case <-late:
			return nil, unavailable(err, nil)
		case <-ctx.Done():
			return nil, unavailable(err, ended(ctx))
		}
	}
}

func unavailable(why, ctxErr error) error {
	switch {
	case why == nil && ctxErr == nil:
		return salt.ErrUnavailable
	case why == nil:
		return fmt.Errorf("%w: still connecting: %w", salt.ErrUnavailable, ctxErr)
	case ctxErr == nil:
		return fmt.Errorf("%w: %w", salt.ErrUnavailable, why)
	}
	return fmt.Errorf("%w: %w: %w", salt.ErrUnavailable, ctxErr, why)
}

// state returns what there is now, without waiting.
func (l *link) state() (g *generation, made uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil && l.current.isDead() {
		return nil, l.made, l.current.err
	}
	return l.current, l.made, l.err
}
