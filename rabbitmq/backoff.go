package rabbitmq

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff yields pauses with full jitter: clients that lost one broker at one
// time must not come back at one time. Not safe for concurrent use.
type backoff struct {
	min, max time.Duration
	failures int
}

func (b *backoff) reset() { b.failures = 0 }

// slowest makes the next pause one of the longest.
func (b *backoff) slowest() {
	for b.ceiling() < b.max {
		b.failures++
	}
}

func (b *backoff) ceiling() time.Duration {
	c := b.min
	for range b.failures {
		if c >= b.max/2 {
			return b.max
		}
		c *= 2
	}
	return min(c, b.max)
}

func (b *backoff) next() time.Duration {
	d := rand.N(b.ceiling()) + time.Millisecond
	b.failures++
	return d
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

// ended returns why ctx ended, such that errors.Is finds ctx.Err().
func ended(ctx context.Context) error {
	//nolint:errorlint // these two themselves: a cause of the caller's that wraps one stays the caller's
	if cause := context.Cause(ctx); cause == errPatience || cause == errClosing {
		return cause
	}
	return ctx.Err()
}
