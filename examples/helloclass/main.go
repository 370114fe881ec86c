// Helloclass is the first program of the README in the class style: a request
// with a method, a hook, a response and an error.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type Price struct {
	Cents int64 `json:"cents" salt:"minimum=0"`
}

type GetPrice struct {
	// Response and error are declared with the request.
	salt.RPC[Price, *salt.RPCError]

	SKU string `json:"sku" salt:"minLength=1"`
}

var getPrice = salt.Define[GetPrice]("price.get")

func (*GetPrice) Definition() *salt.Definition[GetPrice] { return getPrice }

func (q *GetPrice) OnCall(ctx context.Context, next func(context.Context) error) error {
	q.SKU = strings.ToUpper(q.SKU) // before it is checked and sent
	return next(ctx)
}

func main() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Service: "shop"})
	if err != nil {
		log.Fatal(err)
	}
	defer bus.Close(ctx)
	salt.Handle(bus, func(ctx context.Context, q *GetPrice) (*Price, error) {
		if q.SKU != "TEA" {
			return nil, salt.NewRPCError("NOT_FOUND", "no price for %s", q.SKU)
		}
		return &Price{Cents: 450}, nil
	})
	if err := bus.Start(ctx); err != nil {
		log.Fatal(err)
	}
	for _, sku := range []string{"tea", "tee"} {
		price, err := salt.Call(ctx, bus, &GetPrice{SKU: sku}) // *Price, inferred
		if re, ok := errors.AsType[*salt.RPCError](err); ok {
			fmt.Println("refused:", re.Code)
		} else if err != nil {
			log.Fatal(err)
		} else {
			fmt.Println(sku, "costs", price.Cents)
		}
	}
}
