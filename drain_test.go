package salt_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

func TestDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := busOn(t, inmem.New(), &salt.Options{DrainTimeout: 10 * time.Second})
		def := salt.DefineEvent[payloadA]("drain", salt.In(salt.NewCatalog()))
		after := salt.DefineEvent[payloadA]("drain.after", salt.In(salt.NewCatalog()))
		finished := make(chan error, 1)
		def.Subscribe(bus, func(ctx context.Context, p *payloadA) error {
			time.Sleep(5 * time.Second)
			_, err := after.Publish(ctx, bus, p) // a handler that drains can still publish
			finished <- errors.Join(err, ctx.Err())
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- bus.Run(ctx) }()
		if err := bus.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !bus.Health().Ready {
			t.Errorf("not ready: %+v", bus.Health())
		}
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the end took %v, want the handler's 5s", took)
		}
		if err := <-finished; err != nil {
			t.Errorf("in the draining handler: %v", err)
		}
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); !errors.Is(err, salt.ErrClosed) {
			t.Errorf("publish after the end: %v", err)
		}
		if bus.Health().Ready {
			t.Error("a closed bus is ready")
		}
		if err := bus.Start(t.Context()); !errors.Is(err, salt.ErrClosed) {
			t.Errorf("Start after the end: %v", err)
		}
	})
}

func TestDrainTimeoutCancelsHandlers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := busOn(t, inmem.New(), &salt.Options{DrainTimeout: 3 * time.Second})
		def := salt.DefineEvent[payloadA]("drain.stuck", salt.In(salt.NewCatalog()))
		def.Subscribe(bus, func(ctx context.Context, _ *payloadA) error {
			<-ctx.Done()
			return ctx.Err()
		})
		start(t, bus)
		if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		if err := bus.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the end took %v, want the drain timeout of 3s", took)
		}
	})
}
