// Package migrate_test holds the programs of docs/migrate-from-python.md, in Go
// and in Python. The guide shows parts of them, word for word.
package migrate_test

import (
	"context"
	"log/slog"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// onBus runs act on a bus of one process, whose handlers subscribe adds, and
// returns the broker when everything is handled. It is local.py's worker.
func onBus(subscribe func(*salt.Bus), act func(context.Context, *salt.Bus) error) *inmem.Broker {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{
		Service:     "guide",
		Concurrency: 1,                             // in order, so that the output is always the same
		Logger:      slog.New(slog.DiscardHandler), // what fails is in the dead letters
	})
	if err != nil {
		panic(err)
	}
	subscribe(bus)
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}
	if err := act(ctx, bus); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	if err := bus.Close(ctx); err != nil {
		panic(err)
	}
	return transport.Broker()
}
