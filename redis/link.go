package redis

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A link knows whether the listening connection is there.
type link struct {
	mu      sync.Mutex
	up      bool
	why     error // it is not, or was not the last time
	changed chan struct{}
}

func (l *link) init() { l.changed = make(chan struct{}) }

func (l *link) set(up bool, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.up
	l.up = up
	if why != nil {
		l.why = why
	}
	if up != was {
		close(l.changed)
		l.changed = make(chan struct{})
	}
}

func (l *link) state() (up bool, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up, l.why
}

// wait returns when the link is up, or ctx ends, or d has passed.
func (l *link) wait(ctx context.Context, d time.Duration) {
	l.mu.Lock()
	up, changed := l.up, l.changed
	l.mu.Unlock()
	if up {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
	}
}

// backoff yields pauses with full jitter: clients that lost one server at one
// time must not come back at one time. Not safe for concurrent use.
type backoff struct {
	min, max time.Duration
	failures int
}

func (b *backoff) next() time.Duration {
	ceiling := b.min << min(b.failures, 20)
	b.failures++
	return rand.N(min(ceiling, b.max)) + time.Millisecond
}

// sleep pauses for d, or less if ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
