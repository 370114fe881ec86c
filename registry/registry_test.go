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
	salttest.TestRegistry(t, func(*testing.T) salt.Registry { return registry.NewMemory() })
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
