package migrate_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

type InvoiceSentV1 struct {
	Number string `json:"number"`
}

type InvoiceSentV2 struct {
	Number   string `json:"number"`
	Currency string `json:"currency"`
}

var (
	invoiceSentV1 = salt.DefineEvent[InvoiceSentV1]("invoice.sent")
	invoiceSentV2 = salt.DefineEvent[InvoiceSentV2]("invoice.sent", salt.Version("v2"))
)

func subscribeInvoices(bus *salt.Bus) {
	// v1 and newer
	invoiceSentV1.Subscribe(bus, func(ctx context.Context, i *InvoiceSentV1) error {
		fmt.Println("archive", i.Number)
		return nil
	})
	// v2 and newer
	invoiceSentV2.Subscribe(bus, func(ctx context.Context, i *InvoiceSentV2) error {
		fmt.Println("convert", i.Number, i.Currency)
		return nil
	})
	// all versions, and messages without one; checked against v1's schema
	invoiceSentV1.Subscribe(bus, func(ctx context.Context, i *InvoiceSentV1) error {
		fmt.Println("watch", i.Number, salt.Info(ctx).Version)
		return nil
	}, salt.AllVersions())
}

func sendInvoices(ctx context.Context, bus *salt.Bus) error {
	_, err1 := invoiceSentV1.Publish(ctx, bus, &InvoiceSentV1{Number: "1"})
	_, err2 := invoiceSentV2.Publish(ctx, bus, &InvoiceSentV2{Number: "2", Currency: "EUR"})
	return errors.Join(err1, err2)
}

func Example_versions() {
	onBus(subscribeInvoices, sendInvoices)
	// Output:
	// archive 1
	// watch 1 v1
	// archive 2
	// convert 2 EUR
	// watch 2 v2
}
