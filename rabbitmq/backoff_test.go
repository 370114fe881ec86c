package rabbitmq

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	b := backoff{min: 100 * time.Millisecond, max: 15 * time.Second}
	want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000}
	for round := range 3 {
		for i, ms := range want {
			ceiling := ms * time.Millisecond
			if got := b.ceiling(); got != ceiling {
				t.Errorf("round %d, failure %d: up to %v, want %v", round, i, got, ceiling)
			}
			if d := b.next(); d <= 0 || d > ceiling+time.Millisecond {
				t.Errorf("round %d, failure %d: %v is outside of 0 to %v", round, i, d, ceiling)
			}
		}
		b.reset()
	}
	b.slowest()
	if got := b.ceiling(); got != b.max {
		t.Errorf("slowest: up to %v", got)
	}
	// Full jitter: the pauses of many clients fill the whole range.
	low, high := 0, 0
	for range 1000 {
		if b.next() < b.max/2 {
			low++
		} else {
			high++
		}
	}
	if low < 400 || high < 400 {
		t.Errorf("%d short and %d long pauses", low, high)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		sleep(t.Context(), time.Minute)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("slept %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		sleep(ctx, time.Hour)
		if took := time.Since(began); took != time.Second {
			t.Errorf("slept %v after the context's end", took)
		}
	})
}

// A link dials with pauses that grow, and more slowly still when the broker
// refuses the login.
func TestLinkPauses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		err      error
		min, max int // attempts in ten minutes
	}{
		{"down", errors.New("connection refused"), 60, 160},
		{"refused", errLogin, 55, 120},
	} {
		synctest.Test(t, func(t *testing.T) {
			log := new(logBuffer)
			o := (&Options{Logger: log.logger()}).withDefaults()
			attempts := 0
			l := newLink("publish", address{text: "amqp://x"}, &o, func(context.Context) (*generation, error) {
				attempts++
				return nil, test.err
			})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			done := make(chan struct{})
			go func() { l.run(ctx); close(done) }()
			began := time.Now()
			_, err := l.get(t.Context(), time.Second)
			if took := time.Since(began); took != time.Second || !errors.Is(err, test.err) {
				t.Errorf("%s: get took %v: %v", test.name, took, err)
			}
			<-done
			if attempts < test.min || attempts > test.max {
				t.Errorf("%s: %d attempts", test.name, attempts)
			}
			if _, err := l.get(t.Context(), time.Second); !errors.Is(err, errClosing) {
				t.Errorf("%s: after the end: %v", test.name, err)
			}
			if n := len(log.String()); n > 300 {
				t.Errorf("%s: the same failure is logged again and again: %d bytes", test.name, n)
			}
		})
	}
}

// The first attempt may take as long as it needs: nothing is known to be wrong.
func TestLinkFirstAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := (&Options{Logger: new(logBuffer).logger()}).withDefaults()
		g := &generation{opts: &o, dead: make(chan struct{})}
		l := newLink("publish", address{}, &o, func(context.Context) (*generation, error) {
			time.Sleep(5 * time.Second)
			return g, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); defer func() { _ = recover() }(); l.run(ctx) }()
		got, err := l.get(t.Context(), time.Second)
		if err != nil || got != g {
			t.Errorf("get: %v, %v", got, err)
		}
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		l2 := newLink("publish", address{}, &o, nil)
		if _, err := l2.get(short, time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("get ends with its context: %v", err)
		}
		cancel()
		<-done
	})
}

func TestNackPolicy(t *testing.T) {
	t.Parallel()
	var n nackPolicy
	now := time.Now()
	reopened := 0
	for range 600 { // ten minutes of refusals, each second
		if n.mayReopen(now) {
			reopened++
		}
		now = now.Add(time.Second)
	}
	if reopened < 8 || reopened > 20 {
		t.Errorf("%d reopenings in ten minutes", reopened)
	}
	n.reset()
	if !n.mayReopen(now) {
		t.Error("not at once after a confirm")
	}
}
