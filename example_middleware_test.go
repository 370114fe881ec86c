package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type InvoiceSent struct {
	Number string `json:"number"`
}

var invoiceSent = salt.DefineEvent[InvoiceSent]("invoice.sent")

// One type of middleware serves both directions. It is not generic: it sees
// messages.
func ExampleMiddleware() {
	stamp := func(next salt.Handler) salt.Handler {
		return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
			m.Header = map[string]string{"tenant": "acme"}
			return next(ctx, m)
		}
	}
	count := func(next salt.Handler) salt.Handler {
		return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
			reply, err := next(ctx, m)
			fmt.Println("handled", m.Topic, "for", m.Header["tenant"], "with error", err)
			return reply, err
		}
	}
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{
		Send:    []salt.Middleware{stamp},
		Receive: []salt.Middleware{count},
	})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	invoiceSent.Subscribe(bus, func(ctx context.Context, i *InvoiceSent) error {
		fmt.Println("invoice", i.Number)
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := invoiceSent.Publish(ctx, bus, &InvoiceSent{Number: "2026-1"}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output:
	// invoice 2026-1
	// handled invoice.sent for acme with error <nil>
}
