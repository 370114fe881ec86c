package interop_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// report logs the table of a run; with the book's lock held.
func (c *chaos) report(t *testing.T, plan chaosPlan, took time.Duration) {
	t.Helper()
	b := c.book
	var out strings.Builder
	fmt.Fprintf(&out, "chaos: %d messages in %.1f s\n", len(b.entries), took.Seconds())
	fmt.Fprintf(&out, "  %-34s %6s %6s %7s %7s %8s %10s %5s\n", "events", "tried", "sent", "refused", "unknown", "cut off", "duplicates", "lost")
	for _, kind := range []struct{ name, title string }{
		{"event2", "Go to Python, protocol 2 (Salt)"}, {"event1", "Go to Python, protocol 1 (raw)"},
		{"py2", "Python to Go, protocol 2 (Celery)"}, {"py1", "Python to Go, protocol 1 (kombu)"},
	} {
		n := func(f func(*entry) bool) int { return b.count(f, kind.name) }
		duplicates := 0
		for _, e := range b.entries {
			if e.kind == kind.name {
				duplicates += max(0, e.handled-1)
			}
		}
		fmt.Fprintf(&out, "  %-34s %6d %6d %7d %7d %8d %10d %5d\n", kind.title,
			n(func(e *entry) bool { return e.tried }), n(wasSent),
			n(func(e *entry) bool { return e.outcome == "refused" }),
			n(func(e *entry) bool { return e.outcome == "unknown" }),
			n(func(e *entry) bool { return e.tried && e.outcome == "" }),
			duplicates, n(func(e *entry) bool { return e.outcome == "sent" && e.handled == 0 }))
	}
	for _, kind := range []struct{ name, title string }{{"goask", "Go calls Python"}, {"pyask", "Python calls Go"}} {
		var longest time.Duration
		for _, e := range b.entries {
			if e.kind == kind.name {
				longest = max(longest, e.took)
			}
		}
		fmt.Fprintf(&out, "  %-34s %6d, %s; longest %.1f s of %v\n", kind.title,
			b.count(func(e *entry) bool { return e.tried }, kind.name), b.answers(kind.name), longest.Seconds(), callTimeout)
	}
	for _, s := range []*side{c.python, c.service} {
		fmt.Fprintf(&out, "  %-34s %6d kills, %d of them planned; longest gap %.1f s\n", s.name, s.kills, plan.kills, b.side(s.name).gap.Seconds())
	}
	t.Log(out.String())
}
