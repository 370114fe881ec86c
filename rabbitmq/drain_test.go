package rabbitmq

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func TestDrainFinishesHandlers(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Concurrency, q.Prefetch = 2, 10
	started, release := make(chan struct{}, 10), make(chan struct{})
	var done atomic.Int64
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		started <- struct{}{}
		<-release
		if ctx.Err() != nil {
			return nil, errors.New("cancelled although the drain is not over")
		}
		done.Add(1)
		return nil, nil
	})
	for range 6 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	<-started
	<-started
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	// What was prefetched and not begun is for others at once, not after the drain.
	eventually(t, 5*time.Second, "four given back", func() bool { n, _ := count(t, url, b.queue); return n == 4 })
	close(release)
	<-stopped
	if n := done.Load(); n != 2 {
		t.Errorf("%d handled, want 2", n)
	}
	eventually(t, 5*time.Second, "the finished ones are acknowledged", func() bool {
		n, c := count(t, url, b.queue)
		return n == 4 && c == 0
	})
}

func TestDrainOver(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{DrainGrace: 100 * time.Millisecond})
	q := b.q()
	q.Drain = 100 * time.Millisecond
	started := make(chan struct{}, 2)
	stubborn := make(chan struct{})
	returned := make(chan struct{}, 2)
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		defer func() { returned <- struct{}{} }()
		started <- struct{}{}
		if m.Version == "v2" {
			<-stubborn
			return nil, nil
		}
		<-ctx.Done()
		return nil, errors.New("interrupted: " + ctx.Err().Error()) // does not wrap it: an error like any other
	})
	first, second := b.event(), b.event()
	second.Version = "v2"
	for _, m := range []*salt.Message{first, second} {
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		<-started
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
	eventually(t, 5*time.Second, "both given back", func() bool { n, _ := count(t, url, b.queue); return n == 2 })
	if n, _ := count(t, url, b.queue+deadSuffix); n != 0 {
		t.Errorf("%d dead letters: an interrupted handler is not a failed one", n)
	}
	close(stubborn)
	<-returned
	<-returned
}
