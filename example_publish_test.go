package salt_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// PriceChanged is a class for the options below.
type PriceChanged struct {
	salt.Event
	SKU   string       `json:"sku"`
	Price salt.Decimal `json:"price"`
}

var priceChanged = salt.Define[PriceChanged]("price.changed")

func (*PriceChanged) Definition() *salt.Definition[PriceChanged] { return priceChanged }

func ExamplePublish_options() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.SubscribePattern(bus, "price.changed.#", func(ctx context.Context, m *salt.Message) error {
		fmt.Println(m.Topic, m.Key(), m.Priority, m.CorrelationID, m.Header["tenant"], !m.Expires.IsZero())
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	id, err := salt.Publish(ctx, bus, &PriceChanged{SKU: "TEA", Price: "4.50"},
		salt.RoutingKey("price.changed.eu"), // handlers still see the topic
		salt.Priority(7),
		salt.Expires(time.Minute), // unhandled by then: dropped
		salt.MessageID("price-TEA-2026-11-23"),
		salt.CorrelationID("import-42"),
		salt.Header("tenant", "acme"),
		salt.MustRoute(), // an error, should nobody listen
	)
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	fmt.Println(id, err)
	// Output:
	// price.changed price.changed.eu 7 import-42 acme true
	// price-TEA-2026-11-23 <nil>
}

func ExamplePublish_unheard() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)

	// A broadcast may be unheard. It is counted.
	_, err = salt.Publish(ctx, bus, &PriceChanged{SKU: "TEA", Price: "4.50"})
	fmt.Println(err, bus.Health().Transport.Unheard)

	// Unless the sender says that somebody must be there.
	_, err = salt.Publish(ctx, bus, &PriceChanged{SKU: "TEA", Price: "4.50"}, salt.MustRoute())
	failed, _ := errors.AsType[*salt.PublishError](err)
	fmt.Println(errors.Is(err, salt.ErrUnroutable), failed.Outcome, salt.Retryable(err))
	// Output:
	// <nil> 1
	// true refused false
}

func ExamplePublishAll() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)

	results := salt.PublishAll(ctx, bus,
		&PriceChanged{SKU: "TEA", Price: "4.50"},
		&PriceChanged{SKU: "MILK", Price: "cheap"},
		&PriceChanged{SKU: "CAKE", Price: "2.20"},
	)
	for i, r := range results { // one outcome for each event, in order
		fmt.Println(i, r.Err == nil)
	}
	fmt.Println(results.Err() == nil)
	// Output:
	// 0 true
	// 1 false
	// 2 true
	// false
}
