package salt_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// stopped answers nothing, as a server that was stopped or cut off.
type stopped struct{ *registry.Memory }

func (stopped) Register(ctx context.Context, _ ...*salt.Spec) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestFrozenRegistry: publishes go on, each within its own deadline, and only
// the first ones wait for the registry at all.
func TestFrozenRegistry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := salt.NewCatalog()
		bus := busOn(t, inmem.New(), &salt.Options{Catalog: c, Registry: stopped{registry.NewMemory()}})
		late := salt.DefineEvent[payloadA]("reg.frozen", salt.In(c)) // Open did not see it
		var waited time.Duration
		for begin := time.Now(); time.Since(begin) < 5*time.Minute; time.Sleep(100 * time.Millisecond) {
			for _, deadline := range []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, time.Hour} {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				sent := time.Now()
				if _, err := late.Publish(ctx, bus, &payloadA{ID: 1}); err != nil {
					t.Fatalf("with %v, after %v: %v", deadline, time.Since(begin), err)
				}
				waited += time.Since(sent)
				cancel()
			}
		}
		if waited > 6*time.Second {
			t.Errorf("publishes waited %v in all", waited)
		}
		if h := bus.Health().Registry; h.Pending != 1 || h.Error == "" {
			t.Errorf("health %+v", h)
		}
	})
}
