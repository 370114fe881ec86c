package salt_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// broken defines a v2 that readers of v1 refuse, beside the v1 in reg.
func broken(t *testing.T, reg salt.Registry, topic string) (*salt.Catalog, *salt.EventType[payloadB]) {
	t.Helper()
	theirs, ours := salt.NewCatalog(), salt.NewCatalog()
	salt.DefineEvent[payloadA](topic, salt.In(theirs))
	if err := reg.Register(t.Context(), theirs.Specs()...); err != nil {
		t.Fatal(err)
	}
	return ours, salt.DefineEvent[payloadB](topic, salt.In(ours), salt.Version("v2"))
}

func TestOpenFailsOnABrokenPolicy(t *testing.T) {
	t.Parallel()
	reg := registry.NewMemory()
	ours, _ := broken(t, reg, "pol.open")
	salt.DefineEvent[payloadB]("pol.innocent", salt.In(ours))
	tr := inmem.New()
	_, err := salt.Open(t.Context(), tr, &salt.Options{Catalog: ours, Registry: reg})
	c, ok := errors.AsType[*salt.ConflictError](err)
	if !ok || c.Level != salt.DefaultCompatibility || c.Against != "v1" || len(c.Breaks) == 0 {
		t.Fatalf("error %v, want a conflict with the topic's policy", err)
	}
	if tr.Health().Connected {
		t.Error("the transport was left open")
	}
	if _, err := reg.Lookup(t.Context(), "pol.innocent", "v1"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("a program that does not start has registered something (%v)", err)
	}
	if err := reg.SetPolicy(t.Context(), "pol.open", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
		t.Fatal(err)
	}
	newBus(t, &salt.Options{Catalog: ours, Registry: reg})
}

// TestPolicyChangesHealARefusal: a registry that was away in Open refuses a
// version later; when its topic's policy has changed, nobody need restart.
func TestPolicyChangesHealARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged lockedBuffer
		reg := registry.NewMemory()
		ours, v2 := broken(t, reg, "pol.late")
		salt.DefineEvent[payloadB]("pol.beside", salt.In(ours))
		reg.SetAway(true)
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: ours, Registry: reg, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		if _, err := v2.Publish(t.Context(), bus, &payloadB{}); err != nil {
			t.Errorf("a registry that is away stops a publish: %v", err)
		}
		reg.SetAway(false)
		time.Sleep(time.Hour)
		_, err := v2.Publish(t.Context(), bus, &payloadB{})
		if c, ok := errors.AsType[*salt.ConflictError](err); !ok || c.Level != salt.DefaultCompatibility {
			t.Errorf("publish: %v, want the refusal", err)
		}
		if h := bus.Health(); h.Ready || h.Registry.Conflict == "" || h.Registry.Pending != 0 {
			t.Errorf("health %+v", h.Registry)
		}
		if _, err := reg.Lookup(t.Context(), "pol.beside", "v1"); err != nil {
			t.Errorf("the refusal holds back another topic: %v", err)
		}
		reg.SetAway(true) // while it asks again
		time.Sleep(time.Hour)
		if _, err := v2.Publish(t.Context(), bus, &payloadB{}); err == nil {
			t.Error("a registry that went away has lifted the refusal")
		}
		reg.SetAway(false)
		if err := reg.SetPolicy(t.Context(), "pol.late", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if _, err := v2.Publish(t.Context(), bus, &payloadB{}); err != nil {
			t.Errorf("publish after the policy changed: %v", err)
		}
		if h := bus.Health(); !h.Ready || h.Registry != (salt.RegistryHealth{}) {
			t.Errorf("health %+v", h.Registry)
		}
		if n := strings.Count(logged.String(), "publishing it fails"); n != 1 {
			t.Errorf("the refusal was logged %d times, want once:\n%s", n, logged.String())
		}
	})
}

// TestActorOfRegistrations: the history names the service, or whom the caller
// named.
func TestActorOfRegistrations(t *testing.T) {
	t.Parallel()
	host, _ := os.Hostname()
	synctest.Test(t, func(t *testing.T) {
		reg := registry.NewMemory()
		define := func(topic string) (*salt.Catalog, *salt.EventType[payloadA]) {
			c := salt.NewCatalog()
			return c, salt.DefineEvent[payloadA](topic, salt.In(c))
		}
		opened, _ := define("act.opened")
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: opened, Registry: reg, Service: "shop"})
		_, published := define("act.published")
		if _, err := published.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Fatal(err)
		}
		named, _ := define("act.named")
		other, err := salt.Open(salt.WithActor(t.Context(), "ci job 7"), inmem.New(),
			&salt.Options{Catalog: named, Registry: reg, Service: "shop", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		_, subscribed := define("act.subscribed")
		subscribed.Subscribe(other, func(context.Context, *payloadA) error { return nil })
		start(t, other)
		synctest.Wait()
		if err := other.Close(t.Context()); err != nil {
			t.Error(err)
		}
		got := map[string]string{}
		for c, err := range reg.History(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			got[c.Topic] = c.By
		}
		want := map[string]string{
			"act.opened": "shop@" + host, "act.published": "shop@" + host, "act.named": "ci job 7", "act.subscribed": "ci job 7",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("registered by (-want +got):\n%s", diff)
		}
	})
}

// closing is a store that counts how often it was closed.
type closing struct {
	*registry.Memory
	closed *atomic.Int32
}

func (c closing) Close() error {
	c.closed.Add(1)
	return nil
}

// opened is what the scheme saltroot: gives, by URL.
var opened = map[string]closing{
	"saltroot:good": {registry.NewMemory(), new(atomic.Int32)},
	"saltroot:full": {registry.NewMemory(), new(atomic.Int32)},
}

func init() {
	salt.RegistryScheme("saltroot", func(_ context.Context, url string) (salt.RegistryStore, error) {
		if store, ok := opened[url]; ok {
			return store, nil
		}
		return nil, errors.New("no such registry")
	})
}

func TestRegistryURL(t *testing.T) {
	t.Parallel()
	store, own := opened["saltroot:good"], salt.NewCatalog()
	salt.DefineEvent[payloadA]("url.known", salt.In(own))
	bus := newBus(t, &salt.Options{RegistryURL: "saltroot:good", Catalog: own})
	if _, err := store.Lookup(t.Context(), "url.known", "v1"); err != nil {
		t.Error(err)
	}
	before := store.closed.Load()
	for range 2 {
		if err := bus.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := store.closed.Load() - before; n != 1 {
		t.Errorf("closed %d times, want once", n)
	}
}

func TestRegistryURLMistakes(t *testing.T) {
	t.Parallel()
	full := opened["saltroot:full"]
	before := full.closed.Load()
	ours, _ := broken(t, full, "url.broken")
	for want, o := range map[string]*salt.Options{
		"both Registry and RegistryURL": {RegistryURL: "saltroot:good", Registry: registry.NewMemory()},
		"no such registry":              {RegistryURL: "saltroot:bad"},
		"knows the scheme":              {RegistryURL: "gopher://x"},
		"not compatible":                {RegistryURL: "saltroot:full", Catalog: ours},
	} {
		tr := inmem.New()
		if _, err := salt.Open(t.Context(), tr, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if tr.Health().Connected {
			t.Errorf("%s: the transport was left open", want)
		}
	}
	if n := full.closed.Load() - before; n != 1 {
		t.Errorf("a bus that did not open closed its registry %d times, want once", n)
	}
}

// refusing is a registry that gives every registration one answer.
type refusing struct {
	*forgetful
	answer error
	asked  atomic.Int32
}

func (r *refusing) Register(context.Context, ...*salt.Spec) error {
	r.asked.Add(1)
	return r.answer
}

// TestWhatIsAskedAgain: two schemas for one version stay refused; a registry
// that is away gets the registrations before the news.
func TestWhatIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer error
		again  bool
	}{
		"two schemas": {&salt.ConflictError{Part: "payload"}, false},
		"a policy":    {&salt.ConflictError{Part: "payload", Level: salt.Forward}, true},
		"away":        {registry.ErrAway, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			reg := &refusing{forgetful: &forgetful{Memory: registry.NewMemory()}, answer: tt.answer}
			bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: salt.NewCatalog()})
			def := salt.DefineEvent[payloadA]("ask.again", salt.In(salt.NewCatalog()))
			_, err := def.Publish(t.Context(), bus, &payloadA{})
			if _, conflict := errors.AsType[*salt.ConflictError](err); conflict == errors.Is(tt.answer, registry.ErrAway) {
				t.Errorf("%s: publish: %v", name, err)
			}
			synctest.Wait()
			before := reg.asked.Load()
			time.Sleep(time.Hour)
			if n := reg.asked.Load() - before; tt.again != (n > 60) || !tt.again && n > 0 || n > 1000 {
				t.Errorf("%s: asked %d times in an hour", name, n)
			}
			reg.mu.Lock()
			defer reg.mu.Unlock()
			if n := len(reg.sizes); n > 0 {
				t.Errorf("%s: it was told of participants %d times", name, n)
			}
		})
	}
}
