package migrate_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

type Price struct {
	Cents    int64  `json:"cents"`
	Currency string `json:"currency,omitzero" salt:"default=EUR"`
}

type GetPrice struct {
	salt.RPC[Price, *salt.RPCError]

	SKU string `json:"sku"`
}

var getPrice = salt.Define[GetPrice]("price.get")

func (*GetPrice) Definition() *salt.Definition[GetPrice] { return getPrice }

func handlePrice(bus *salt.Bus) {
	salt.Handle(bus, func(ctx context.Context, q *GetPrice) (*Price, error) {
		if q.SKU != "TEA" {
			return nil, salt.NewRPCError("NOT_FOUND", "no price for %s", q.SKU)
		}
		return &Price{Cents: 450}, nil // checked against its schema
	})
}

func askPrice(ctx context.Context, bus *salt.Bus, sku string) error {
	price, err := salt.Call(ctx, bus, &GetPrice{SKU: sku}) // *Price, inferred
	if refused, ok := errors.AsType[*salt.RPCError](err); ok {
		fmt.Println("refused:", refused.Code)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println(price.Cents, price.Currency)
	return nil
}

func Example_classRPC() {
	onBus(handlePrice, func(ctx context.Context, bus *salt.Bus) error {
		return errors.Join(askPrice(ctx, bus, "TEA"), askPrice(ctx, bus, "TEE"))
	})
	// Output:
	// 450 EUR
	// refused: NOT_FOUND
}
