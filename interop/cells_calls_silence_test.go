package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// Calls that end at their deadline. A busy worker drops what it comes to later,
// so each has another try with twice the time.

func goCallsNobody(d salt.Dialect, topic string, want salt.Fault) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		for limit := 6 * time.Second; ; limit *= 2 {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			begin := time.Now()
			r, err := c.bus.Request(ctx, &salt.Message{Topic: topic, Version: "v1", Dialect: d, Body: []byte(jsonText(newRequest("")))})
			took := time.Since(begin)
			cancel()
			if errors.Is(err, context.DeadlineExceeded) && limit < patience/2 {
				continue // a busy worker drops what comes too late
			}
			if err != nil || r.Fault == nil || r.Fault.Kind != want || !errors.Is(r.Fault, salt.ErrNoHandler) {
				t.Errorf("got %+v, %v; want the fault %s", r, err, want)
			}
			if took < limit-50*time.Millisecond {
				t.Errorf("gave up after %v: another service might have answered until %v", took, limit)
			}
			return
		}
	}
}

func goCallsVersion(version string, handled bool) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		if handled {
			q := newRequest("")
			r, err := c.bus.Request(bounded(t), &salt.Message{Topic: "call.version", Version: version, Body: []byte(jsonText(q))})
			if err != nil || string(r.Body) != `{"text": "v2", "n": 7}` {
				t.Errorf("got %+v, %v", r, err)
			}
			c.seenByPython(t, q.Tag, "call.version", q.seen())
			return
		}
		for limit := 6 * time.Second; ; limit *= 2 {
			id := uuid.NewString()
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			r, err := c.bus.Request(ctx, &salt.Message{ID: id, Topic: "call.version", Version: version, Body: []byte(jsonText(newRequest("")))})
			cancel()
			if errors.Is(err, context.DeadlineExceeded) && limit < patience/2 {
				continue // a busy worker drops what comes too late
			}
			if err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultNoHandler {
				t.Errorf("got %+v, %v; want no handler", r, err)
				return
			}
			c.dispatchedByPython(t, id, 0)
			return
		}
	}
}

// goCallsWithoutResults: a worker with a Redis backend answers there alone.
func goCallsWithoutResults(t *testing.T, c *config) {
	bus := c.openBus(t, &salt.Options{Service: "without-results"})
	if c.results == "rpc" {
		q := newRequest("text")
		got, err := callAny.Call(bounded(t), bus, q)
		sameAnswer(t, &anyResponse{"Grüße 🚀 \u2028 \"quoted\"", 7}, got, err)
		c.seenByPython(t, q.Tag, "call.any", q.seen())
		return
	}
	for limit := 6 * time.Second; ; limit *= 2 {
		q := newRequest("text")
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_, err := callAny.Call(ctx, bus, q)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		// A busy worker drops what comes too late.
		seen := c.reports.all(q.Tag, func(r report) bool { return r.Kind == "seen" })
		if len(seen) == 0 && limit < patience/2 {
			continue
		}
		c.seenByPython(t, q.Tag, "call.any", q.seen())
		return
	}
}
