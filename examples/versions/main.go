// Versions: two versions of one event side by side, while publishers and
// handlers move from the old to the new one in their own time.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/examples/internal/program"
)

// OrderV1 is how the event began.
type OrderV1 struct {
	OrderID string       `json:"order_id" salt:"minLength=1"`
	Total   salt.Decimal `json:"total"`
}

// OrderV2 adds a currency. It still has what a handler of v1 reads.
type OrderV2 struct {
	OrderV1
	Currency string `json:"currency" salt:"pattern='^[A-Z]{3}$'"`
}

// One topic, two versions: two schemas in the registry.
var (
	orderV1 = salt.DefineEvent[OrderV1]("examples.order.placed")
	orderV2 = salt.DefineEvent[OrderV2]("examples.order.placed", salt.Version("v2"))
)

func main() { program.Main(run) }

func run(ctx context.Context, out io.Writer, transport salt.Transport) error {
	// One handler at a time, so that the lines below come in order.
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "examples-versions", Concurrency: 1})
	if err != nil {
		return err
	}
	defer bus.Close(ctx)

	lines := make(chan string, 6)
	line := func(ctx context.Context, format string, args ...any) {
		version := cmp.Or(salt.Info(ctx).Version, "no version")
		lines <- fmt.Sprintf("%-10s -> %s", version, fmt.Sprintf(format, args...))
	}
	// Its own version and newer. When v2 arrives here for the first time the
	// log says so, once: somebody is ahead of this handler.
	orderV1.Subscribe(bus, func(ctx context.Context, o *OrderV1) error {
		line(ctx, "handler of v1: %s", o.OrderID)
		return nil
	})
	// Never an older one: it would lack the currency.
	orderV2.Subscribe(bus, func(ctx context.Context, o *OrderV2) error {
		line(ctx, "handler of v2: %s in %s", o.OrderID, o.Currency)
		return nil
	})
	// Everything that fits v1's schema, messages without a version included.
	orderV1.Subscribe(bus, func(ctx context.Context, o *OrderV1) error {
		line(ctx, "handler of all: %s", o.OrderID)
		return nil
	}, salt.AllVersions())
	if err := bus.Start(ctx); err != nil {
		return err
	}

	old := OrderV1{OrderID: "A1", Total: "19.90"}
	if _, err := orderV1.Publish(ctx, bus, &old); err != nil {
		return err
	}
	if _, err := orderV2.Publish(ctx, bus, &OrderV2{OrderV1: old, Currency: "EUR"}); err != nil {
		return err
	}
	// A sender that knows no versions, through the door for raw messages.
	raw := &salt.Message{Topic: "examples.order.placed", Body: []byte(`{"order_id":"A1","total":"19.90"}`)}
	if err := bus.Send(ctx, raw); err != nil {
		return err
	}
	for range 6 { // 2 of v1, 3 of v2, 1 without
		fmt.Fprintln(out, <-lines)
	}
	return nil
}
