package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type PaymentV1 struct {
	salt.Event
	Cents int64 `json:"cents"`
}

type PaymentV2 struct {
	salt.Event
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"`
}

var (
	paymentV1 = salt.Define[PaymentV1]("payment.made")
	paymentV2 = salt.Define[PaymentV2]("payment.made", salt.Version("v2"))
)

func (*PaymentV1) Definition() *salt.Definition[PaymentV1] { return paymentV1 }
func (*PaymentV2) Definition() *salt.Definition[PaymentV2] { return paymentV2 }

// One handler for both versions, while publishers of the old one are left.
func ExampleUpcast() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Concurrency: 1})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.Subscribe(bus, func(ctx context.Context, p *PaymentV2) error {
		fmt.Printf("sent as %s: %d cents %s\n", salt.Info(ctx).Version, p.Cents, p.Currency)
		return nil
	}, salt.Upcast(func(old *PaymentV1) *PaymentV2 {
		return &PaymentV2{Cents: old.Cents, Currency: "EUR"} // v1 knew no other
	}))
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := salt.Publish(ctx, bus, &PaymentV1{Cents: 1999}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output:
	// sent as v1: 1999 cents EUR
}

// Messages that a handler cannot know are kept for people instead of passed by.
func ExampleNewerVersions() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "ledger"})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.Subscribe(bus, func(context.Context, *PaymentV1) error { return nil },
		salt.Name("book"), salt.NewerVersions(salt.DeadLetter), salt.OlderVersions(salt.DeadLetter))
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := salt.Publish(ctx, bus, &PaymentV2{Cents: 5, Currency: "USD"}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	for _, letter := range transport.Broker().DeadLetters("ledger") {
		fmt.Println(letter.Error)
	}
	// Output:
	// version v2 of "payment.made" is refused by handler book, which takes v1
}
