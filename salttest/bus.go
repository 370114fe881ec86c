// Package salttest is for tests: of programs that use Salt ([New], [Published],
// [Bus.Settle]) and of transports and registries ([TestTransport],
// [TestRegistry]).
package salttest

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// A Bus is a [salt.Bus] that remembers what was published. It is closed at the
// end of the test.
type Bus struct {
	*salt.Bus

	mu      sync.Mutex
	sent    []*salt.Message
	handled map[string]int // calls of handlers of events that have ended, by message id
	failed  []error
	changed chan struct{} // closed and renewed at each change
}

// An Option of [New].
type Option func(*config)

type config struct {
	transport salt.Transport
	options   salt.Options
}

// On runs the test on a real transport, for example rabbitmq.Open's, which the
// bus then owns. The default is a new [inmem.Transport].
func On(t salt.Transport) Option { return func(c *config) { c.transport = t } }

// With sets the bus's options. Registry, Service and Logger have defaults fit
// for a test.
func With(o salt.Options) Option { return func(c *config) { c.options = o } }

// New returns a bus. Subscribe, then call [Bus.Start], publish, and [Bus.Settle].
func New(t testing.TB, opts ...Option) *Bus {
	t.Helper()
	c := config{}
	for _, o := range opts {
		o(&c)
	}
	onBroker := c.transport != nil
	if !onBroker {
		c.transport = inmem.New()
	}
	if c.options.Registry == nil && c.options.RegistryURL == "" {
		c.options.Registry = registry.NewMemory()
	}
	if c.options.Service == "" {
		c.options.Service = "test-" + strings.Map(func(r rune) rune {
			if r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return r
			}
			return '-'
		}, t.Name())
		if onBroker {
			c.options.Service += "-" + rand.Text()[:8] // durable queues outlive the test
		}
	}
	if c.options.Logger == nil {
		c.options.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	b := &Bus{handled: map[string]int{}, changed: make(chan struct{})}
	c.options.Send = append(c.options.Send, b.record)
	c.options.Receive = append([]salt.Middleware{b.watch}, c.options.Receive...)
	bus, err := salt.Open(t.Context(), c.transport, &c.options)
	if err != nil {
		t.Fatalf("salttest: %v", err)
	}
	b.Bus = bus
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Errorf("salttest: close: %v", err)
		}
	})
	return b
}

// Start consumes, and returns when every subscription is live.
func (b *Bus) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := b.Bus.Start(ctx); err != nil {
		t.Fatalf("salttest: %v", err)
	}
}

// record remembers what the transport took.
func (b *Bus) record(next salt.Handler) salt.Handler {
	return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		sent := *m
		r, err := next(ctx, m)
		if err == nil {
			b.change(func() { b.sent = append(b.sent, &sent) })
		}
		return r, err
	}
}

// watch counts the calls of handlers that have ended.
func (b *Bus) watch(next salt.Handler) salt.Handler {
	return func(ctx context.Context, m *salt.Message) (r *salt.Reply, err error) {
		if !m.RPC {
			defer b.change(func() { b.handled[m.ID]++ })
		}
		r, err = next(ctx, m)
		if err != nil {
			b.change(func() { b.failed = append(b.failed, fmt.Errorf("message %s of %q: %w", m.ID, m.Topic, err)) })
		}
		return r, err
	}
}

func (b *Bus) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	close(b.changed)
	b.changed = make(chan struct{})
}

// Settle waits until this bus's handlers are done with everything that this bus
// has published, what the handlers publish included. It fails the test after
// 10 s, naming what is unhandled.
func (b *Bus) Settle(t testing.TB) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		b.mu.Lock()
		waiting, changed := b.unhandled(), b.changed
		b.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("salttest: not handled after 10s: %s", strings.Join(waiting, ", "))
		}
	}
}

// unhandled lists the events that some subscription of this bus should have
// handled by now, and has not.
func (b *Bus) unhandled() (waiting []string) {
	bound := b.Bindings()
	for _, m := range b.sent {
		if m.RPC || !m.Expires.IsZero() && time.Now().After(m.Expires) {
			continue // a call waits for its own answer; what has expired is dropped
		}
		want := 0
		for _, s := range bound {
			routed := s.Exchange == cmp.Or(m.Exchange, salt.DefaultExchange) && salt.MatchPattern(s.Pattern, m.Key())
			if routed && s.Mode == salt.ModeEvent && salt.AcceptsVersion(s.Version, m.Version) {
				want++
			}
		}
		if b.handled[m.ID] < want {
			waiting = append(waiting, fmt.Sprintf("%s (id %s)", m.Topic, m.ID))
		}
	}
	return waiting
}

// Failures returns the errors that handlers returned, in order.
func (b *Bus) Failures() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]error(nil), b.failed...)
}

// Messages returns what was published or called on topic, in order.
func (b *Bus) Messages(topic string) []*salt.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []*salt.Message
	for _, m := range b.sent {
		if m.Topic == topic {
			found = append(found, m)
		}
	}
	return found
}

// Published returns every T that was published or called on b, in order. T is
// a class, or the payload type of a definition in the simple style.
func Published[T any](t testing.TB, b *Bus) []*T {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	want := reflect.TypeFor[T]()
	var found []*T
	for _, m := range b.sent {
		s := m.Spec()
		if s == nil || s.Package != want.PkgPath() || s.Type != want.String() {
			continue
		}
		v := new(T)
		if err := salt.Decode(m, v); err != nil {
			t.Fatalf("salttest: %v", err)
		}
		found = append(found, v)
	}
	return found
}
