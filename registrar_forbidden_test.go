package salt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// guarded is a registry with a token: for topics that begin with write, and to
// read those that begin with read.
type guarded struct {
	*registry.Memory
	mu          sync.Mutex
	write, read string
	sees        int
}

func (g *guarded) permit(write string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write = write
}

func (g *guarded) may(topic string, write bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if write && !strings.HasPrefix(topic, g.write) || !write && !strings.HasPrefix(topic, g.read) {
		return fmt.Errorf("%w: the token is not for %q", salt.ErrForbidden, topic)
	}
	return nil
}

func (g *guarded) Register(ctx context.Context, specs ...*salt.Spec) error {
	for _, s := range specs {
		if err := g.may(s.Topic, true); err != nil {
			return err
		}
	}
	return g.Memory.Register(ctx, specs...)
}

func (g *guarded) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	if err := g.may(topic, false); err != nil {
		return nil, err
	}
	return g.Memory.Lookup(ctx, topic, version)
}

func (g *guarded) See(context.Context, ...*salt.Participant) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sees++
	return fmt.Errorf("%w: see", salt.ErrForbidden)
}

// TestForbiddenTopicsHoldBackNoOther: a program that imports a definition of
// somebody else's topic registers its own, says once why it cannot register the
// other, and uses both.
func TestForbiddenTopicsHoldBackNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged lockedBuffer
		reg, own := &guarded{Memory: registry.NewMemory(), write: "own.", read: "own."}, salt.NewCatalog()
		foreign := salt.DefineEvent[payloadA]("foreign.done", salt.In(own))
		salt.DefineEvent[payloadA]("own.done", salt.In(own))
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: own, Registry: reg, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		if _, err := reg.Memory.Lookup(t.Context(), "own.done", "v1"); err != nil {
			t.Errorf("its own topic: %v", err)
		}
		late := salt.DefineEvent[payloadA]("own.late", salt.In(salt.NewCatalog()))
		for range 2 {
			for _, def := range []*salt.EventType[payloadA]{foreign, late} {
				if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := reg.Memory.Lookup(t.Context(), "own.late", "v1"); err != nil {
			t.Errorf("a late definition: %v", err)
		}
		time.Sleep(time.Hour)
		if h := bus.Health(); !h.Ready || h.Registry.Forbidden != 1 || h.Registry.Pending != 0 || !strings.Contains(h.Registry.Error, "foreign.done") {
			t.Errorf("health %+v", h.Registry)
		}
		if text := logged.String(); strings.Count(text, "does not let this program register") != 1 || !strings.Contains(text, "topics=[foreign.done]") || strings.Contains(text, "reached") || strings.Contains(text, "pending") {
			t.Errorf("log:\n%s", text)
		}
		reg.permit("")
		time.Sleep(11 * time.Minute)
		if _, err := reg.Memory.Lookup(t.Context(), "foreign.done", "v1"); err != nil {
			t.Errorf("permitted since: %v", err)
		}
		if h := bus.Health().Registry; h != (salt.RegistryHealth{}) {
			t.Errorf("health %+v", h)
		}
	})
}

// TestForbiddenTopicsHideNoConflict: the batch is refused for one topic, and
// another one's conflict is an error of Open all the same.
func TestForbiddenTopicsHideNoConflict(t *testing.T) {
	t.Parallel()
	reg := &guarded{Memory: registry.NewMemory(), write: "own.", read: "own."}
	own, _ := broken(t, reg.Memory, "own.broken")
	salt.DefineEvent[payloadA]("foreign.done", salt.In(own))
	_, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Catalog: own, Registry: reg})
	if c, ok := errors.AsType[*salt.ConflictError](err); !ok || c.Topic != "own.broken" || errors.Is(err, salt.ErrForbidden) {
		t.Errorf("Open: %v, want the conflict alone", err)
	}
}

// TestReadersAreCompared: where a program may read only, what is registered
// decides, and nobody is told of what is equal.
func TestReadersAreCompared(t *testing.T) {
	t.Parallel()
	var logged lockedBuffer
	reg, theirs, equal, other := &guarded{Memory: registry.NewMemory(), write: "nothing"}, salt.NewCatalog(), salt.NewCatalog(), salt.NewCatalog()
	salt.DefineEvent[payloadA]("reader.done", salt.In(theirs))
	if err := reg.Memory.Register(t.Context(), theirs.Specs()...); err != nil {
		t.Fatal(err)
	}
	salt.DefineEvent[payloadA]("reader.done", salt.In(equal))
	bus := newBus(t, &salt.Options{Catalog: equal, Registry: reg, Service: "reader", Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if h := bus.Health().Registry; h != (salt.RegistryHealth{}) || strings.Contains(logged.String(), "WARN") {
		t.Errorf("health %+v, log:\n%s", h, logged.String())
	}
	salt.DefineEvent[payloadB]("reader.done", salt.In(other))
	_, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Catalog: other, Registry: reg})
	if _, ok := errors.AsType[*salt.ConflictError](err); !ok {
		t.Errorf("Open with another schema: %v, want a conflict", err)
	}
}

// TestWitnessThatMayNotTell says so once, and is no load.
func TestWitnessThatMayNotTell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged lockedBuffer
		reg := &guarded{Memory: registry.NewMemory()}
		bus := busOn(t, inmem.New(), &salt.Options{Registry: reg, Catalog: salt.NewCatalog(), Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		def := salt.DefineEvent[payloadA]("wit.forbidden", salt.In(salt.NewCatalog()))
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		reg.mu.Lock()
		sees := reg.sees
		reg.mu.Unlock()
		if sees < 5 || sees > 8 || strings.Count(logged.String(), "who uses what") != 1 {
			t.Errorf("told %d times in an hour, want one in ten minutes, and one warning:\n%s", sees, logged.String())
		}
	})
}

// small is a registry that takes one spec at a time, and some not at all.
type small struct{ *registry.Memory }

func (s small) Register(ctx context.Context, specs ...*salt.Spec) error {
	if len(specs) > 1 || specs[0].Topic == "small.huge" {
		return fmt.Errorf("register: %w", salt.ErrTooLarge)
	}
	return s.Memory.Register(ctx, specs...)
}

// TestTooManyAtOnce: definitions that are too many for one call go one by one, and
// one that is too large on its own holds back no other.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	reg, own := registry.NewMemory(), salt.NewCatalog()
	for _, topic := range []string{"small.a", "small.huge", "small.z"} {
		salt.DefineEvent[payloadA](topic, salt.In(own))
	}
	bus := newBus(t, &salt.Options{Catalog: own, Registry: small{reg}})
	for _, topic := range []string{"small.a", "small.z"} {
		if _, err := reg.Lookup(t.Context(), topic, "v1"); err != nil {
			t.Error(err)
		}
	}
	if h := bus.Health().Registry; h.Pending != 1 || !strings.Contains(h.Error, salt.ErrTooLarge.Error()) {
		t.Errorf("health %+v", h)
	}
}
