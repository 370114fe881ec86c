package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

// A delivery whose connection broke is counted by the broker.
func TestAttempt(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, url, nil)
	attempts := make(chan *salt.Message, 5)
	hold := make(chan struct{})
	q := b.q()
	q.Concurrency = 4
	consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		attempts <- m
		if m.Attempt < 3 {
			<-hold
		}
		return nil, nil
	})
	defer close(hold)
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 3; want++ {
		m := <-attempts
		if m.Attempt != want || m.Redelivered != (want > 1) {
			t.Errorf("attempt %d (redelivered %t), want %d", m.Attempt, m.Redelivered, want)
		}
		if want < 3 {
			p.cut()
		}
	}
}

// T12: three deliveries are held while the connection breaks; after they were
// given out again, the old handlers finish. Their acknowledgements carry tags
// that now mean other messages, and must remove nothing.
func TestStaleAcknowledgements(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr, publisher := open(t, url, nil), open(t, brokerURL(t), nil)
	q := b.q()
	q.Concurrency, q.Prefetch = 8, 3
	type run struct {
		id  string
		end chan struct{}
	}
	runs := make(chan run, 8)
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		r := run{m.ID, make(chan struct{})}
		runs <- r
		<-r.end
		return nil, nil
	})
	for range 4 { // the fourth comes when the broker has one acknowledgement
		if err := publisher.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	var old, again []run
	for range 3 {
		old = append(old, <-runs)
	}
	p.cut()
	for range 3 {
		again = append(again, <-runs)
	}
	byID := func(a, b run) int { return strings.Compare(a.id, b.id) }
	slices.SortFunc(old, byID)
	slices.SortFunc(again, byID)
	for i := range old {
		if old[i].id != again[i].id {
			t.Fatalf("given out again: %v, were %v", again, old)
		}
	}
	// One of the old tags is 3. Written now, it would remove all.
	for _, r := range old {
		close(r.end)
	}
	close(again[1].end)
	fourth := <-runs
	p.setDown(true) // the consumer "crashes"
	want := map[string]bool{again[0].id: true, again[2].id: true, fourth.id: true}
	left := map[string]bool{}
	ch := raw(t, brokerURL(t))
	eventually(t, 10*time.Second, "three messages come back", func() bool {
		d, ok, err := ch.Get(b.queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			left[fmt.Sprint(d.Headers["id"])] = true
		}
		return len(left) >= len(want)
	})
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left in the queue (-want +got):\n%s", diff)
	}
	for _, r := range []run{again[0], again[2], fourth} {
		close(r.end)
	}
	stop()
}

// Settlement in every way at once, with connections cut: whatever was
// confirmed is handled at least once, and nothing stays in the queue.
func TestSettlementThroughCuts(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, brokerURL(t), nil) // publishes undisturbed
	eater := open(t, url, nil)
	got := new(received)
	q := b.q()
	q.Prefetch, q.Concurrency = 50, 20
	consume(t, eater, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		_, _ = got.handle(ctx, m)
		switch m.Priority % 4 {
		case 1:
			return nil, errors.New("no")
		case 2:
			panic("no")
		}
		return nil, nil
	})
	const n = 1500
	ms := make([]*salt.Message, n)
	for i := range ms {
		ms[i] = b.event()
		ms[i].Priority = uint8(i % 4)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		// Fewer cuts than deliveries the broker allows a message.
		for range deliveryLimit - 5 {
			time.Sleep(50*time.Millisecond + rand.N(200*time.Millisecond))
			p.cut()
		}
	})
	for _, err := range tr.SendBatch(within(t, 60*time.Second), ms) {
		if err != nil {
			t.Error(err)
		}
	}
	eventually(t, 60*time.Second, "all handled", func() bool {
		got.mu.Lock()
		defer got.mu.Unlock()
		return len(got.ids) == n
	})
	wg.Wait()
	dead := map[string]bool{}
	eventually(t, 60*time.Second, "every failed message is a dead letter", func() bool {
		for {
			d, ok, err := b.ch.Get(b.queue+deadSuffix, true)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			dead[fmt.Sprint(d.Headers["id"])] = true
		}
		return len(dead) == n/2
	})
	for i, m := range ms {
		if failed := i%4 == 1 || i%4 == 2; dead[m.ID] != failed {
			t.Errorf("message %d: dead %t, want %t", i, dead[m.ID], failed)
		}
	}
	eventually(t, 20*time.Second, "queue empty", func() bool { n, _ := count(t, b.url, b.queue); return n == 0 })
}
