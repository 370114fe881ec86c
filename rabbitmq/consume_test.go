package rabbitmq

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func TestQueueExistsWithOtherArguments(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	if _, err := b.ch.QueueDeclare(b.queue, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	tr := open(t, url, nil)
	err := tr.Consume(within(t, 10*time.Second), b.q(), new(received).handle)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{b.queue, "inequivalent arg", "quorum queue", "delete_queue"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not mention %s", err, want)
		}
	}
}

func TestRequestsAndEphemeralQueues(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Ephemeral = true
	a, c := new(received), new(received)
	consume(t, tr, q, a.handle)
	consume(t, tr, q, c.handle)
	for range 10 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "both have everything", func() bool { return a.n.Load() == 10 && c.n.Load() == 10 })
	if n, _ := count(t, url, b.queue); n != -1 {
		t.Error("an ephemeral queue has the plain name")
	}
}

// One slow handler, on the oldest delivery, must not keep the others from
// being acknowledged and replaced by new ones.
func TestSlowHandlerHoldsUpNobody(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Prefetch, q.Concurrency = 4, 4
	release := make(chan struct{})
	var handled atomic.Int64
	consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		if m.Version == "v9" {
			<-release
			return nil, nil
		}
		handled.Add(1)
		return nil, nil
	})
	slow := b.event()
	slow.Version = "v9"
	ms := []*salt.Message{slow}
	for range 100 {
		ms = append(ms, b.event())
	}
	for _, err := range tr.SendBatch(within(t, 20*time.Second), ms) {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 10*time.Second, "the others are handled", func() bool { return handled.Load() == 100 })
	close(release)
	eventually(t, 10*time.Second, "queue empty", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
}

func TestConcurrencyAndOrder(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Concurrency = 1
	var mu sync.Mutex
	var order []string
	var running atomic.Int64
	consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		if running.Add(1) > 1 {
			t.Error("two handlers at once")
		}
		defer running.Add(-1)
		mu.Lock()
		defer mu.Unlock()
		order = append(order, m.ID)
		return nil, nil
	})
	var ms []*salt.Message
	for range 300 {
		ms = append(ms, b.event())
	}
	for _, err := range tr.SendBatch(within(t, 20*time.Second), ms) {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 10*time.Second, "all handled", func() bool { mu.Lock(); defer mu.Unlock(); return len(order) == len(ms) })
	for i, m := range ms {
		if order[i] != m.ID {
			t.Fatalf("message %d came in other order", i)
		}
	}
}

func TestConsumeNeedsName(t *testing.T) {
	t.Parallel()
	tr := open(t, "amqp://127.0.0.1:1/", nil)
	for _, name := range []string{"", strings.Repeat("q", 251)} {
		if err := tr.Consume(t.Context(), salt.Queue{Name: name}, nil); err == nil {
			t.Errorf("no error for a name of %d bytes", len(name))
		}
	}
}
