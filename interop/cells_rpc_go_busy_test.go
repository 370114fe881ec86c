package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
)

// slots are the tasks that a worker's pool runs at once.
var slots = map[string]int{"solo": 1, "prefork": 2, "threads": 4}

// occupy keeps every slot of the worker busy until the function it returns is
// called.
func (c *config) occupy(t *testing.T) (release func()) {
	t.Helper()
	g := newGate(t)
	var calls []<-chan gatedOutcome
	ids := make([]string, slots[c.pool])
	for i := range ids {
		ids[i] = uuid.NewString()
		calls = append(calls, beside(bounded(t), c.bus, slowAlone, &gatedRequest{ids[i], string(g)}))
	}
	for _, id := range ids {
		c.reports.await(t, id, 1, "the handler that keeps a slot", func(r report) bool { return r.Kind == "seen" })
	}
	return func() {
		g.open(t)
		for _, call := range calls {
			if got := <-call; got.err != nil {
				t.Errorf("a slow call: %v", got.err)
			}
		}
	}
}

// late asks with a deadline that ends while the worker is busy.
func (c *config) late(t *testing.T) (id string) {
	t.Helper()
	release := c.occupy(t)
	defer release()
	id = uuid.NewString()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if got := <-beside(ctx, c.bus, slowAlone, &gatedRequest{Tag: id}); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("got %+v, %v; want the deadline", got.got, got.err)
	}
	return id
}

// afterwards makes calls that stand behind all others in the worker's queue.
func (c *config) afterwards(t *testing.T) {
	t.Helper()
	for range 2 * slots[c.pool] {
		id := uuid.NewString()
		if got := <-beside(bounded(t), c.bus, slowAlone, &gatedRequest{Tag: id}); got.err != nil || got.got.Handler != "rpcgo.slow" {
			t.Errorf("the next call: %+v, %v", got.got, got.err)
		}
	}
}

// busyWorkerDrops: the request's expires is its caller's deadline, so a worker
// that gets to it later, or the broker before, drops it.
func busyWorkerDrops(t *testing.T, c *config) {
	id := c.late(t)
	c.afterwards(t)
	if ran := c.reports.all(id, func(r report) bool { return r.Kind == "seen" }); len(ran) != 0 {
		t.Errorf("the handler ran after the caller's deadline: %+v", ran)
	}
}

func threadsRunExpired(s *setup) string {
	if s.pool != "threads" {
		return ""
	}
	return "Celery's thread pool looks at expires when it takes a message, not when a thread is free: a handler may run after its caller has gone"
}

func busyWorkerRuns(t *testing.T, c *config) {
	fromGo := func() string { return c.late(t) }
	fromPython := func() string {
		release := c.occupy(t)
		defer release()
		tag := uuid.NewString()
		c.driver().must(t, command{"do": "rpc_go expiring", "topic": "rpcgo.slow", "expires": 0.3, "payload": map[string]any{"tag": tag, "gate": ""}})
		<-time.After(500 * time.Millisecond) // it expires: time itself is the subject
		return tag
	}
	for caller, ask := range map[string]func() string{"Go": fromGo, "Python": fromPython} {
		ran := false
		for range 5 { // among many messages the broker may drop it before the worker takes it
			id := ask()
			c.afterwards(t)
			if ran = len(c.reports.all(id, func(r report) bool { return r.Kind == "seen" })) > 0; ran {
				break
			}
		}
		if !ran {
			t.Errorf("from %s: no handler ran late; Celery may have learnt it", caller)
		}
	}
}
