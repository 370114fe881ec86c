package salt_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// seenBy lists who was seen, one line each.
func seenBy(t *testing.T, reg salt.RegistryStore) (lines []string) {
	t.Helper()
	host, _ := os.Hostname()
	for p, err := range reg.Participants(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if p.Host != host || p.Language != "go" {
			t.Errorf("participant %+v", p)
		}
		file, _, _ := strings.Cut(path.Base(p.Source), ":")
		lines = append(lines, fmt.Sprintf("%s %q %s by %s %q %s %s", p.Topic, p.Version, p.Role, p.Service, p.Handler, p.Type, file))
	}
	return lines
}

// oldestSeen is the LastSeen of the participant that was not seen for longest.
func oldestSeen(t *testing.T, reg salt.RegistryStore) (oldest time.Time) {
	t.Helper()
	for p, err := range reg.Participants(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if oldest.IsZero() || p.LastSeen.Before(oldest) {
			oldest = p.LastSeen
		}
	}
	return oldest
}

func TestWitness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg, own := registry.NewMemory(), salt.NewCatalog()
		bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: own, Service: "shop"})
		in := salt.In(own)
		v1 := salt.DefineEvent[orderV1]("wit.order", in)
		v2 := salt.DefineEvent[orderV2]("wit.order", in, salt.Version("v2"))
		hidden := salt.DefineEvent[orderV1]("wit.hidden", in, salt.NoRegister())
		ask := salt.DefineRPC[addRequest, addResponse, *addError]("wit.ask", in)
		salt.DefineEvent[orderV1]("wit.unused", in)
		v2.Subscribe(bus, func(context.Context, *orderV2) error { return nil }, salt.Name("bill"),
			salt.UpcastFrom(v1, func(*orderV1) *orderV2 { return &orderV2{Currency: "EUR"} }))
		v2.Subscribe(bus, func(context.Context, *orderV2) error { return nil }, salt.Name("audit"), salt.AllVersions())
		hidden.Subscribe(bus, func(context.Context, *orderV1) error { return nil })
		ask.Handle(bus, func(context.Context, *addRequest) (*addResponse, error) { return &addResponse{}, nil }, salt.Name("adder"))
		salt.SubscribePattern(bus, "wit.#", func(context.Context, *salt.Message) error { return nil }, salt.Name("log"))
		start(t, bus)
		for range 3 {
			if _, err := v1.Publish(t.Context(), bus, &orderV1{}); err != nil {
				t.Fatal(err)
			}
			if _, err := hidden.Publish(t.Context(), bus, &orderV1{}); err != nil {
				t.Fatal(err)
			}
			if _, err := ask.Call(t.Context(), bus, &addRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		time.Sleep(2 * time.Second) // of the bubble: what comes at once is told at once
		want := []string{
			`wit.# "" subscriber by shop "log"  witness_test.go`,
			`wit.ask "v1" caller by shop "" salt_test.addRequest witness_test.go`,
			`wit.ask "v1" server by shop "adder" salt_test.addRequest witness_test.go`,
			`wit.order "v1" publisher by shop "" salt_test.orderV1 witness_test.go`,
			`wit.order "" subscriber by shop "audit" salt_test.orderV2 witness_test.go`,
			`wit.order "v1" subscriber by shop "bill" salt_test.orderV1 witness_test.go`,
			`wit.order "v2" subscriber by shop "bill" salt_test.orderV2 witness_test.go`,
		}
		got := seenBy(t, reg)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		before := oldestSeen(t, reg)
		time.Sleep(11 * time.Minute)
		if after := oldestSeen(t, reg); after.Sub(before) < 9*time.Minute {
			t.Errorf("the oldest was seen at %v, and at %v again", before, after)
		}
	})
}

// TestWitnessOfARegistryThatIsAway: it is told when it is back, and nobody has
// waited for it.
func TestWitnessOfARegistryThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg, own := registry.NewMemory(), salt.NewCatalog()
		def := salt.DefineEvent[payloadA]("wit.away", salt.In(own))
		reg.SetAway(true)
		bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: own})
		began := time.Now()
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil || time.Since(began) > 0 {
			t.Errorf("publish: %v after %v", err, time.Since(began))
		}
		time.Sleep(time.Hour)
		reg.SetAway(false)
		time.Sleep(2 * time.Minute)
		if got := seenBy(t, reg); len(got) != 1 {
			t.Errorf("seen %q, want the publisher", got)
		}
		// Gone again, after everything was registered: the news wait.
		reg.SetAway(true)
		time.Sleep(time.Hour)
		reg.SetAway(false)
		time.Sleep(2 * time.Minute)
		if since := time.Since(oldestSeen(t, reg)); since > 2*time.Minute {
			t.Errorf("last seen %v ago", since)
		}
		if h := bus.Health(); h.Registry != (salt.RegistryHealth{}) {
			t.Errorf("health %+v", h.Registry)
		}
	})
}

// forgetful is a registry that cannot keep participants.
type forgetful struct {
	*registry.Memory
	mu     sync.Mutex
	sizes  []int
	actors []string
	err    error
}

func (f *forgetful) See(ctx context.Context, seen ...*salt.Participant) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sizes, f.actors = append(f.sizes, len(seen)), append(f.actors, salt.Actor(ctx))
	return f.err
}

func TestWitnessThatNobodyHears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged lockedBuffer
		reg := &forgetful{Memory: registry.NewMemory(), err: errors.New("forbidden")}
		bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: salt.NewCatalog(), Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		def := salt.DefineEvent[payloadA]("wit.deaf", salt.In(salt.NewCatalog()))
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if h := bus.Health(); !h.Ready {
			t.Errorf("health %+v", h)
		}
		reg.mu.Lock()
		n := len(reg.sizes)
		reg.mu.Unlock()
		if n < 60 || n > 360 {
			t.Errorf("%d attempts in an hour, want one in about half a minute", n)
		}
		if err := bus.Close(t.Context()); err != nil || len(reg.sizes) > n {
			t.Errorf("Close: %v, and it tried %d times more", err, len(reg.sizes)-n)
		}
		if n := strings.Count(logged.String(), "forbidden"); n != 1 {
			t.Errorf("%d warnings, want one:\n%s", n, logged.String())
		}
	})
}

// TestWitnessBatches: many at once share calls, and the end tells the rest.
func TestWitnessBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := &forgetful{Memory: registry.NewMemory()}
		bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: salt.NewCatalog(), Service: "many"})
		in := salt.In(salt.NewCatalog())
		publish := func(from, to int) {
			for i := from; i < to; i++ {
				def := salt.DefineEvent[payloadA](fmt.Sprintf("wit.many.%d", i), in)
				if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		publish(0, 1200)
		time.Sleep(time.Minute)
		publish(1200, 1203)
		publish(1200, 1203) // other definitions of the same: the same publishers
		if err := bus.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{500, 500, 200, 3}, reg.sizes); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		host, _ := os.Hostname()
		if reg.actors[0] != "many@"+host || reg.actors[3] != "many@"+host {
			t.Errorf("actors %q", reg.actors)
		}
	})
}

// frozen is a registry that answers to nothing.
type frozen struct{ deaf }

func (frozen) Register(ctx context.Context, _ ...*salt.Spec) error { <-ctx.Done(); return ctx.Err() }

// deaf is one that registers at least.
type deaf struct{ *registry.Memory }

func (deaf) See(ctx context.Context, _ ...*salt.Participant) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestCloseBesideAFrozenRegistry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		registry salt.Registry
		takes    time.Duration
	}{{frozen{deaf{registry.NewMemory()}}, 0}, {deaf{registry.NewMemory()}, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			bus := busOn(t, inmem.New(), &salt.Options{Registry: tt.registry, Catalog: salt.NewCatalog()})
			def := salt.DefineEvent[payloadA]("wit.frozen", salt.In(salt.NewCatalog()))
			if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
				t.Error(err)
			}
			began := time.Now()
			if err := bus.Close(t.Context()); err != nil || time.Since(began) != tt.takes {
				t.Errorf("Close beside a %T took %v: %v", tt.registry, time.Since(began), err)
			}
		})
	}
}

// plain is a registry that keeps specs and nothing else.
type plain struct{ reg *registry.Memory }

func (p plain) Register(ctx context.Context, specs ...*salt.Spec) error {
	return p.reg.Register(ctx, specs...)
}

func (p plain) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	return p.reg.Lookup(ctx, topic, version)
}
func (p plain) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] { return p.reg.Specs(ctx) }

func TestPlainRegistryHasNoWitness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := registry.NewMemory()
		bus := busOn(t, inmem.New(), &salt.Options{Registry: plain{reg}, Catalog: salt.NewCatalog()})
		def := salt.DefineEvent[payloadA]("wit.plain", salt.In(salt.NewCatalog()))
		def.Subscribe(bus, func(context.Context, *payloadA) error { return nil })
		start(t, bus)
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if got := seenBy(t, reg); len(got) > 0 {
			t.Errorf("seen %q", got)
		}
	})
}
