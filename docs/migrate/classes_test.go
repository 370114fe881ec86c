package migrate_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

type OrderPlaced struct {
	salt.Event

	OrderID int64   `json:"order_id" salt:"minimum=1"`
	Cents   int64   `json:"cents" salt:"minimum=0"`
	Note    *string `json:"note"`
}

var orderPlaced = salt.Define[OrderPlaced]("order.placed",
	salt.Version("v2"),
	salt.Doc("A customer has placed an order."),
)

func (*OrderPlaced) Definition() *salt.Definition[OrderPlaced] { return orderPlaced }

func (o *OrderPlaced) IsLarge() bool { return o.Cents >= 100_00 }

func onOrder(bus *salt.Bus) {
	salt.Subscribe(bus, func(ctx context.Context, o *OrderPlaced) error {
		fmt.Println(o.OrderID, "large:", o.IsLarge(), string(salt.Info(ctx).Body))
		return nil
	})
}

func place(ctx context.Context, bus *salt.Bus) error {
	_, err := salt.Publish(ctx, bus, &OrderPlaced{OrderID: 7, Cents: 120_00}) // checked here
	return err
}

func Example_classes() {
	onBus(onOrder, place)
	// Output: 7 large: true {"order_id":7,"cents":12000,"note":null}
}
