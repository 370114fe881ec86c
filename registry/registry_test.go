package registry_test

import (
	"errors"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/salttest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	salttest.TestRegistryStore(t, func(*testing.T) salt.RegistryStore { return registry.NewMemory() })
}

func TestMemoryAway(t *testing.T) {
	t.Parallel()
	r := registry.NewMemory()
	r.SetAway(true)
	if _, err := r.Lookup(t.Context(), "a", "v1"); !errors.Is(err, registry.ErrAway) {
		t.Errorf("Lookup: %v", err)
	}
	if err := r.Register(t.Context()); !errors.Is(err, registry.ErrAway) {
		t.Errorf("Register: %v", err)
	}
	for _, err := range r.Specs(t.Context()) {
		if !errors.Is(err, registry.ErrAway) {
			t.Errorf("Specs: %v", err)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	salttest.TestRegistryStore(t, func(t *testing.T) salt.RegistryStore {
		t.Helper()
		r, err := registry.OpenFile(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	})
}
