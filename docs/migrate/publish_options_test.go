package migrate_test

import (
	"context"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
)

type StockMoved struct {
	salt.Event

	SKU string `json:"sku"`
}

var stockMoved = salt.Define[StockMoved]("stock.moved")

func (*StockMoved) Definition() *salt.Definition[StockMoved] { return stockMoved }

func move(ctx context.Context, bus *salt.Bus) error {
	_, err := salt.Publish(ctx, bus, &StockMoved{SKU: "TEA"},
		salt.Priority(8),
		salt.Expires(time.Minute),
		salt.CorrelationID("import-42"),
		salt.Header("tenant", "acme"),
		salt.RoutingKey("stock.moved.eu"), // handlers still see the topic
	)
	return err
}

// moveLater is Python's countdown=60.
func moveLater(ctx context.Context, bus *salt.Bus) error {
	return bus.Send(ctx, &salt.Message{
		Topic: "stock.moved", Version: "v1", Body: []byte(`{"sku": "TEA"}`),
		NotBefore: time.Now().Add(time.Minute),
	})
}

func Example_publishOptions() {
	tap := func(bus *salt.Bus) {
		salt.SubscribePattern(bus, "stock.moved.#", func(ctx context.Context, m *salt.Message) error {
			fmt.Println(m.Topic, m.Key(), m.Priority, m.CorrelationID, m.Header["tenant"], !m.Expires.IsZero())
			return nil
		})
	}
	onBus(tap, move)
	onBus(func(*salt.Bus) {}, moveLater) // nobody listens, or this would take a minute
	// Output: stock.moved stock.moved.eu 8 import-42 acme true
}
