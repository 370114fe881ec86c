package salt_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

func TestOpenRegistersTheCatalog(t *testing.T) {
	t.Parallel()
	c, reg := salt.NewCatalog(), registry.NewMemory()
	salt.DefineRPC[addRequest, addResponse, *addError]("reg.add", salt.In(c))
	salt.DefineEvent[payloadA]("reg.private", salt.In(c), salt.NoRegister())
	bus := newBus(t, &salt.Options{Catalog: c, Registry: reg})
	got, err := reg.Lookup(t.Context(), "reg.add", salt.LatestVersion)
	if err != nil || got.Response == nil || got.Error == nil || got.Mode != salt.ModeRPC || !strings.Contains(got.Source, "registrar_test.go") {
		t.Errorf("registered %+v, %v", got, err)
	}
	if _, err := reg.Lookup(t.Context(), "reg.private", "v1"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("NoRegister was registered (%v)", err)
	}
	if h := bus.Health().Registry; h != (salt.RegistryHealth{}) {
		t.Errorf("registry health %+v", h)
	}
}

func TestOpenFailsOnConflict(t *testing.T) {
	t.Parallel()
	reg := registry.NewMemory()
	theirs, ours := salt.NewCatalog(), salt.NewCatalog()
	salt.DefineEvent[payloadA]("reg.clash", salt.In(theirs))
	salt.DefineEvent[payloadB]("reg.clash", salt.In(ours))
	salt.DefineEvent[payloadB]("reg.innocent", salt.In(ours))
	newBus(t, &salt.Options{Catalog: theirs, Registry: reg})
	tr := inmem.New()
	_, err := salt.Open(t.Context(), tr, &salt.Options{Catalog: ours, Registry: reg})
	c, ok := errors.AsType[*salt.ConflictError](err)
	if !ok || c.Part != "payload" || !strings.Contains(err.Error(), "/properties/id") {
		t.Errorf("error %v, want a conflict that names the field", err)
	}
	if tr.Health().Connected {
		t.Error("the transport was left open")
	}
	if _, err := reg.Lookup(t.Context(), "reg.innocent", "v1"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("a program that does not start has registered something (%v)", err)
	}
}

func TestRegistryAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, reg := salt.NewCatalog(), registry.NewMemory()
		def := salt.DefineEvent[payloadA]("reg.away", salt.In(c))
		late := salt.DefineEvent[payloadB]("reg.late", salt.In(salt.NewCatalog()))
		reg.SetAway(true)
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: c, Registry: reg})
		for range 3 {
			if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
				t.Errorf("a registry that is away stops a publish: %v", err)
			}
		}
		if _, err := late.Publish(t.Context(), bus, &payloadB{}); err != nil {
			t.Error(err)
		}
		if h := bus.Health(); h.Registry.Pending != 2 || h.Registry.Error == "" || !h.Ready {
			t.Errorf("health %+v, want 2 pending and ready all the same", h)
		}
		reg.SetAway(false)
		time.Sleep(time.Minute) // of the bubble: the background attempts go on
		if h := bus.Health().Registry; h != (salt.RegistryHealth{}) {
			t.Errorf("registry health %+v after it is back", h)
		}
		for _, topic := range []string{"reg.away", "reg.late"} {
			if _, err := reg.Lookup(t.Context(), topic, "v1"); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestLateConflictFailsThePublish(t *testing.T) {
	t.Parallel()
	reg, theirs := registry.NewMemory(), salt.NewCatalog()
	salt.DefineEvent[payloadA]("reg.clash2", salt.In(theirs))
	newBus(t, &salt.Options{Catalog: theirs, Registry: reg})
	late := salt.DefineEvent[payloadB]("reg.clash2", salt.In(salt.NewCatalog())) // not in the catalog that Open took
	bus := newBus(t, &salt.Options{Catalog: salt.NewCatalog(), Registry: reg})
	for range 2 {
		_, err := late.Publish(t.Context(), bus, &payloadB{})
		if _, ok := errors.AsType[*salt.ConflictError](err); !ok {
			t.Errorf("error %v, want the conflict", err)
		}
	}
	if h := bus.Health(); h.Ready || h.Registry.Conflict == "" {
		t.Errorf("health %+v", h)
	}
}

// slowRegistry holds every call until it is released.
type slowRegistry struct {
	*registry.Memory
	release chan struct{}
}

func (r slowRegistry) Register(ctx context.Context, specs ...*salt.Spec) error {
	select {
	case <-r.release:
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.Memory.Register(ctx, specs...)
}

func TestConcurrentFirstPublishesOfAConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory, theirs := registry.NewMemory(), salt.NewCatalog()
		salt.DefineEvent[payloadA]("reg.race", salt.In(theirs))
		if err := memory.Register(t.Context(), theirs.Specs()...); err != nil {
			t.Fatal(err)
		}
		slow := slowRegistry{memory, make(chan struct{})}
		late := salt.DefineEvent[payloadB]("reg.race", salt.In(salt.NewCatalog()))
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: salt.NewCatalog(), Registry: slow})
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := late.Publish(t.Context(), bus, &payloadB{})
				errs <- err
			}()
		}
		synctest.Wait()
		close(slow.release)
		for range 2 {
			if _, ok := errors.AsType[*salt.ConflictError](<-errs); !ok {
				t.Error("a publish slipped through while another one asked the registry")
			}
		}
	})
}

func TestOneRegisteringTwinSuffices(t *testing.T) {
	t.Parallel()
	c, reg := salt.NewCatalog(), registry.NewMemory()
	salt.DefineEvent[payloadA]("reg.twin", salt.In(c), salt.NoRegister())
	salt.DefineEvent[payloadA]("reg.twin", salt.In(c))
	newBus(t, &salt.Options{Catalog: c, Registry: reg})
	if _, err := reg.Lookup(t.Context(), "reg.twin", "v1"); err != nil {
		t.Error(err)
	}
}

func TestSubscribedDefinitionsAreRegistered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := registry.NewMemory()
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: salt.NewCatalog(), Registry: reg})
		def := salt.DefineEvent[payloadA]("reg.subscribed", salt.In(salt.NewCatalog()))
		def.Subscribe(bus, func(context.Context, *payloadA) error { return nil })
		start(t, bus)
		synctest.Wait()
		if _, err := reg.Lookup(t.Context(), "reg.subscribed", "v1"); err != nil {
			t.Error(err)
		}
	})
}
