package interop_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// A report is a line of a Python worker about one message.
type report struct {
	Kind string // seen, dispatched, answered, failed, dropped, ready, too long

	ID      string // of the message, whatever task it became
	Tag     string // the payload's member of that name
	Handler string

	// Of what a handler saw: its argument's type, and the members as
	// python/matrix/values.py writes them.
	Arg    string
	Fields json.RawMessage
	Meta   map[string]any
	At     float64 // when, in seconds of Unix time

	Request   *pythonRequest  // dispatched: what the dispatcher's task got
	State     string          // answered: Celery's state of the dispatcher's task
	Answer    json.RawMessage // answered: what the dispatcher returned
	Task      string          // failed: its name
	Exception string          // failed: the exception's type
	Text      string          // failed: its text
	Expired   bool            // dropped
	Versions  map[string]string
}

// A pythonRequest is what Celery told the dispatcher about its message.
type pythonRequest struct {
	Args          []string // types
	Kwargs        map[string]any
	Priority      int
	Exchange      string
	RoutingKey    string `json:"routing_key"`
	Redelivered   bool
	CorrelationID string `json:"correlation_id"`
	ReplyTo       bool   `json:"reply_to"`
	ETA           any
	Expires       any
	Headers       map[string]any // the application's own
}

// A sight is what a Go handler saw.
type sight struct {
	handler string
	info    salt.Message
	value   any
}

// An inbox keeps what arrived under its keys, a message's id and its tag, so
// that many cells share one worker and one bus.
type inbox[T any] struct {
	mu      sync.Mutex
	arrived map[string][]T
	news    chan struct{} // closed by the next arrival
	broken  error         // nothing more will arrive
}

func newInbox[T any]() *inbox[T] {
	return &inbox[T]{arrived: map[string][]T{}, news: make(chan struct{})}
}

// add files v under each key that is not empty.
func (b *inbox[T]) add(v T, keys ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if key != "" {
			b.arrived[key] = append(b.arrived[key], v)
		}
	}
	close(b.news)
	b.news = make(chan struct{})
}

// end makes every await fail with the reason.
func (b *inbox[T]) end(reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = reason
	close(b.news)
	b.news = make(chan struct{})
}

// all returns what has arrived under the key and suits.
func (b *inbox[T]) all(key string, suits func(T) bool) []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []T
	for _, v := range b.arrived[key] {
		if suits(v) {
			found = append(found, v)
		}
	}
	return found
}

// await waits until n suitable things have arrived under the key, and returns
// all of them.
func (b *inbox[T]) await(t *testing.T, key string, n int, what string, suits func(T) bool) []T {
	t.Helper()
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		news, broken := b.news, b.broken
		b.mu.Unlock()
		if found := b.all(key, suits); len(found) >= n {
			return found
		}
		if broken != nil {
			t.Fatalf("waiting for %s: %v", what, broken)
		}
		select {
		case <-news:
		case <-deadline:
			b.mu.Lock()
			have := b.arrived[key]
			b.mu.Unlock()
			text, err := json.Marshal(have) // raw JSON in it stays readable
			if err != nil {
				text = fmt.Append(nil, have)
			}
			t.Fatalf("%s: not within %v; of this message there is: %s", what, patience, text)
		}
	}
}

// signals are events by key, each told once. The zero value is ready.
type signals struct{ all sync.Map }

// await returns what is closed when key is told.
func (s *signals) await(key string) chan struct{} {
	told, _ := s.all.LoadOrStore(key, make(chan struct{}))
	return told.(chan struct{})
}

func (s *signals) tell(key string) { close(s.await(key)) }
