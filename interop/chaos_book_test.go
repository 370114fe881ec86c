package interop_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// A book is kept by the test about what its processes report. It outlives them.
type book struct {
	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change
	entries map[string]*entry
	sides   map[string]*sideBook
	faults  []string
}

// An entry is what is known about one token: an event or a call.
type entry struct {
	kind     string // what stands between the prefix and the number
	tried    bool
	outcome  string // of the publish: sent, unknown, refused, or "" if it was cut short
	handled  int
	answered string // how a call ended
	took     time.Duration
	steps    map[string]int // what the Python worker said of the dispatcher's task, and of the handler's
}

// A sideBook is what is known about the handlers of one side.
type sideBook struct {
	handled int
	last    time.Time
	gap     time.Duration // the longest time without a handled message
	begun   int           // tasks that the worker of the moment has received
	ended   int           // and that it is done with
}

func newBook() *book {
	return &book{changed: make(chan struct{}), entries: make(map[string]*entry), sides: make(map[string]*sideBook)}
}

// entry returns the entry of a token "prefix-kind-number", and is called with
// the lock held.
func (b *book) entry(token string) *entry {
	e := b.entries[token]
	if e == nil {
		parts := strings.Split(token, "-")
		e = &entry{kind: parts[max(0, len(parts)-2)], steps: make(map[string]int)}
		b.entries[token] = e
	}
	return e
}

// fault notes what must not happen.
func (b *book) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
	b.wakeLocked()
}

// note enters a line "word token detail" that side has written.
func (b *book) note(side, line string) {
	word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	token, detail, _ := strings.Cut(rest, " ")
	task := "dispatcher"
	token, _, ofHandler := strings.Cut(token, ":handler_")
	if ofHandler {
		task = "handler"
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.wakeLocked()
	switch word {
	case "try", "asked":
		b.entry(token).tried = true
	case "sent", "unknown", "refused":
		b.entry(token).outcome = word
		if word != "sent" && !strings.Contains(detail, "not confirmed") {
			b.faults = append(b.faults, fmt.Sprintf("%s: the broker was up, but publishing %s was %s: %s", side, token, word, detail))
		}
	case "handled":
		b.entry(token).handled++
		b.progress(side)
		b.intact(side, token, detail)
	case "answering":
		b.progress(side)
		b.intact(side, token, detail)
	case "outcome":
		b.outcome(token, detail)
	case "ready":
		s := b.side(side)
		s.begun, s.ended = 0, 0
	case "received", "begun", "ended":
		switch word {
		case "received":
			b.side(side).begun++
		case "ended":
			b.side(side).ended++
		}
		if strings.Count(token, "-") == 2 { // a token of ours, not a UUID of celery-salt's
			b.entry(token).steps[word+" by the "+task]++
		}
	case "failed":
		b.faults = append(b.faults, fmt.Sprintf("%s: task %s of %s failed: %s", side, task, token, detail))
	default:
		b.faults = append(b.faults, side+" wrote "+line)
	}
}

// wake makes those who wait look again.
func (b *book) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wakeLocked()
}

func (b *book) wakeLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *book) progress(side string) {
	s, now := b.side(side), time.Now()
	if s.handled++; s.handled > 1 {
		s.gap = max(s.gap, now.Sub(s.last))
	}
	s.last = now
}

func (b *book) intact(side, token, detail string) {
	if detail != "true" {
		b.faults = append(b.faults, side+": "+token+" arrived changed")
	}
}

// outcome enters "answered|refused|error|wrong seconds detail".
func (b *book) outcome(token, detail string) {
	e := b.entry(token)
	how, rest, _ := strings.Cut(detail, " ")
	seconds, text, _ := strings.Cut(rest, " ")
	took, err := time.ParseDuration(seconds + "s")
	if err != nil || how == "wrong" {
		b.faults = append(b.faults, fmt.Sprintf("call %s: %s", token, detail))
	}
	e.took = took
	if e.answered = how; how == "error" {
		name, _, _ := strings.Cut(text, ":")
		e.answered = name
	}
}

// wait returns true when done, which is called with the lock held, says so. It
// does not wait on when something has gone wrong.
func (b *book) wait(done func() bool, patience time.Duration, ended <-chan struct{}) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		b.mu.Lock()
		ok, changed, wrong := done(), b.changed, len(b.faults) > 0
		b.mu.Unlock()
		if ok || wrong {
			return ok
		}
		select {
		case <-changed:
		case <-ended:
			return false
		case <-timer.C:
			return false
		}
	}
}

// side is what is known about a side; with the lock held.
func (b *book) side(name string) *sideBook {
	s := b.sides[name]
	if s == nil {
		s = new(sideBook)
		b.sides[name] = s
	}
	return s
}

// count returns how many entries of the kinds satisfy f; with the lock held.
func (b *book) count(f func(*entry) bool, kinds ...string) (n int) {
	for _, e := range b.entries {
		if slices.Contains(kinds, e.kind) && f(e) {
			n++
		}
	}
	return n
}

// missing returns the tokens whose publish was confirmed and that nobody
// handled; with the lock held.
func (b *book) missing() (tokens []string) {
	for token, e := range b.entries {
		if e.outcome == "sent" && e.handled == 0 {
			tokens = append(tokens, token)
		}
	}
	slices.Sort(tokens)
	return tokens
}

// lastStep words how far the Python worker came with an event; seen tells
// whether it came to it at all.
func (e *entry) lastStep() (step string, seen bool) {
	for _, step := range []string{
		"begun by the handler", "received by the handler", "ended by the dispatcher", "begun by the dispatcher", "received by the dispatcher",
	} {
		if e.steps[step] > 0 {
			return step, true
		}
	}
	return "never seen by the worker", false
}

// answers counts how the calls of a kind ended; with the lock held.
func (b *book) answers(kind string) string {
	counts := map[string]int{}
	for _, e := range b.entries {
		if e.kind == kind && e.answered != "" {
			counts[e.answered]++
		}
	}
	var words []string
	for _, how := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", how, counts[how]))
	}
	return strings.Join(words, ", ")
}
