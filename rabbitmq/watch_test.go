package rabbitmq

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestQueueDeletedUnderConsumer(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	for i := range 3 {
		if _, err := b.ch.QueueDelete(b.queue, false, false, false); err != nil {
			t.Fatal(err)
		}
		status.waitLive(t, i+2)
		m := b.event()
		m.MustRoute = true
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
	}
}

// Deleted at the moment of subscribing, a queue sometimes goes without a word.
func TestQueueDeletedRightAfterSubscribing(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	tr := open(t, url, &Options{CheckInterval: 200 * time.Millisecond})
	var wg sync.WaitGroup
	for range 40 {
		b := newBed(t, url)
		got := new(received)
		status := newStatusLog()
		q := b.q()
		deleted := make(chan struct{})
		var once sync.Once
		q.Status = func(err error) {
			status.add(err)
			if err == nil {
				once.Do(func() { close(deleted) })
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if err := tr.Consume(ctx, q, got.handle); err != nil {
				t.Error(err)
			}
		})
		<-deleted
		if _, err := b.ch.QueueDelete(b.queue, false, false, false); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer cancel()
			status.waitLive(t, 2)
			m := b.event()
			m.MustRoute = true
			if err := tr.Send(within(t, 5*time.Second), m); err != nil {
				t.Error(err)
				return
			}
			eventually(t, 10*time.Second, "handled", func() bool { return got.has(m.ID) })
		})
	}
	wg.Wait()
}

// A consumer that the broker does not know any more, although nobody said so.
func TestWatchFindsDeafConsumer(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{CheckInterval: 50 * time.Millisecond})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	// Pretend that there is one consumer more than the broker knows of.
	detach := tr.attach(b.queue)
	eventually(t, 10*time.Second, "reported", func() bool {
		status.mu.Lock()
		defer status.mu.Unlock()
		for _, err := range status.all {
			if errors.Is(err, errDeaf) {
				return true
			}
		}
		return false
	})
	detach()
	status.waitLive(t, 2)
	m := b.event()
	if err := tr.Send(within(t, 5*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
}

// An idle consumer subscribes anew without losing or doubling anything, and
// without being reported as unhealthy.
func TestIdleRefresh(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{CheckInterval: 10 * time.Millisecond, IdleRefresh: 30 * time.Millisecond})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	for range 40 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Millisecond) // idle time is what is tested
	}
	eventually(t, 10*time.Second, "all handled", func() bool { return got.n.Load() >= 40 })
	for id, n := range got.ids {
		if n != 1 {
			t.Errorf("message %s handled %d times", id, n)
		}
	}
	status.mu.Lock()
	defer status.mu.Unlock()
	if len(status.all) != 1 {
		t.Errorf("told %v, want live once", status.all)
	}
}
