package server_test

import (
	"fmt"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// BenchmarkRegisterKnown is what the start of a service with 200 definitions
// costs, over HTTP, when the registry has them.
func BenchmarkRegisterKnown(b *testing.B) {
	var specs []*salt.Spec
	for i := range 200 {
		specs = append(specs, event(fmt.Sprintf("topic.n%d", i), "v1", fmt.Sprintf("member%d", i)))
	}
	c := client(b, registry.NewMemory(), nil, "")
	for b.Loop() {
		if err := c.Register(b.Context(), specs...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLatest is a lookup over HTTP that no cache answers.
func BenchmarkLatest(b *testing.B) {
	c := client(b, registry.NewMemory(), nil, "")
	if err := c.Register(b.Context(), event("a", "v1", "x")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Lookup(b.Context(), "a", salt.LatestVersion); err != nil {
			b.Fatal(err)
		}
	}
}
