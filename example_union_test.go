package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// Payment is a union: one of the types that have its method.
type Payment interface{ payment() }

// CardPayment is a Payment; its tag const is what tells it apart.
type CardPayment struct {
	Kind  string `json:"kind" salt:"const=card"`
	Last4 string `json:"last4" salt:"pattern='^[0-9]{4}$'"`
}

// CashPayment is a Payment.
type CashPayment struct {
	Kind string       `json:"kind" salt:"const=cash"`
	Paid salt.Decimal `json:"paid"`
}

func (CardPayment) payment() {}
func (CashPayment) payment() {}

// Package variables are initialised in the order of their dependencies, so the
// union is named before the definition that uses it.
var _ = salt.Union[Payment]("kind", CardPayment{}, CashPayment{})

// OrderPaid has a union for a member.
type OrderPaid struct {
	OrderID string  `json:"order_id"`
	Payment Payment `json:"payment"`
}

var orderPaid = salt.DefineEvent[OrderPaid]("order.paid")

func ExampleUnion() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Concurrency: 1})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	orderPaid.Subscribe(bus, func(ctx context.Context, o *OrderPaid) error {
		switch p := o.Payment.(type) {
		case CardPayment:
			fmt.Println(o.OrderID, "by card ending in", p.Last4)
		case CashPayment:
			fmt.Println(o.OrderID, "in cash:", p.Paid)
		}
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	for _, o := range []*OrderPaid{
		{"A1", CardPayment{Kind: "card", Last4: "4242"}},
		{"A2", CashPayment{Kind: "cash", Paid: "19.90"}},
	} {
		if _, err := orderPaid.Publish(ctx, bus, o); err != nil {
			panic(err)
		}
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output:
	// A1 by card ending in 4242
	// A2 in cash: 19.90
}
