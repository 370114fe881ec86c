package salt_test

import (
	"context"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// discard is a transport that is never asked for more than to send.
type discard struct{ salt.Transport }

func (discard) Send(context.Context, *salt.Message) error { return nil }
func (discard) Close(context.Context) error               { return nil }

// BenchmarkPublish is the root's own part of a publish, registry included.
func BenchmarkPublish(b *testing.B) {
	own := salt.NewCatalog()
	def := salt.DefineEvent[payloadA]("bench.publish", salt.In(own))
	bus, err := salt.Open(b.Context(), discard{}, &salt.Options{Catalog: own, Registry: registry.NewMemory()})
	if err != nil {
		b.Fatal(err)
	}
	defer bus.Close(context.WithoutCancel(b.Context()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := def.Publish(b.Context(), bus, &payloadA{ID: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

// fed is a transport that hands out its consumer's handler.
type fed struct {
	discard
	handler chan salt.Handler
}

func (f fed) Consume(ctx context.Context, q salt.Queue, h salt.Handler) error {
	q.Status(nil)
	f.handler <- h
	<-ctx.Done()
	return nil
}

// BenchmarkReceive is the root's own part of a delivery to one handler.
func BenchmarkReceive(b *testing.B) {
	own := salt.NewCatalog()
	def := salt.DefineEvent[payloadA]("bench.receive", salt.In(own), salt.Version("v2"))
	f := fed{handler: make(chan salt.Handler, 1)}
	bus, err := salt.Open(b.Context(), f, &salt.Options{Catalog: own})
	if err != nil {
		b.Fatal(err)
	}
	defer bus.Close(context.WithoutCancel(b.Context()))
	def.Subscribe(bus, func(context.Context, *payloadA) error { return nil })
	if err := bus.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	handle := <-f.handler
	for _, version := range []string{"v2", "v3"} {
		m := &salt.Message{Topic: "bench.receive", Version: version, Dialect: salt.CelerySalt, Body: []byte(`{"id":1}`)}
		b.Run(version, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := handle(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
