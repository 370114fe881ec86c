package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type ParcelPacked struct {
	Parcel string `json:"parcel"`
}

type ParcelLabelled struct {
	Parcel string `json:"parcel"`
}

var (
	parcelPacked   = salt.DefineEvent[ParcelPacked]("parcel.packed")
	parcelLabelled = salt.DefineEvent[ParcelLabelled]("parcel.labelled")
)

// What a handler publishes with its own context carries on the correlation id.
func ExampleInfo() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	parcelPacked.Subscribe(bus, func(ctx context.Context, p *ParcelPacked) error {
		_, err := parcelLabelled.Publish(ctx, bus, &ParcelLabelled{Parcel: p.Parcel})
		return err
	})
	parcelLabelled.Subscribe(bus, func(ctx context.Context, p *ParcelLabelled) error {
		m := salt.Info(ctx)
		fmt.Println(m.Topic, m.Version, "because of", m.CorrelationID, "attempt", m.Attempt)
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := parcelPacked.Publish(ctx, bus, &ParcelPacked{Parcel: "P7"}, salt.MessageID("packed-P7")); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output: parcel.labelled v1 because of packed-P7 attempt 1
}
