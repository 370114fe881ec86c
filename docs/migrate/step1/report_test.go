// Package step1_test is the first step from the simple to the class style: a
// payload and one line.
package step1_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type ReportReady struct {
	ReportID int64  `json:"report_id"`
	Format   string `json:"format" salt:"enum=pdf|csv"`
}

var reportReady = salt.DefineEvent[ReportReady]("report.ready")

func subscribe(bus *salt.Bus) {
	reportReady.Subscribe(bus, func(ctx context.Context, r *ReportReady) error {
		fmt.Println("fetch", r.ReportID, r.Format)
		return nil
	})
}

func publish(ctx context.Context, bus *salt.Bus) error {
	_, err := reportReady.Publish(ctx, bus, &ReportReady{ReportID: 7, Format: "pdf"})
	return err
}

// The schema, printed last, is the same at every step: so is the wire.
func Example() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "reports", Concurrency: 1})
	if err != nil {
		panic(err)
	}
	subscribe(bus)
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}
	if err := publish(ctx, bus); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	if err := bus.Close(ctx); err != nil {
		panic(err)
	}
	fmt.Println(reportReady.Spec().Schema)
	// Output:
	// fetch 7 pdf
	// {"properties":{"report_id":{"type":"integer","title":"Report Id"},"format":{"enum":["pdf","csv"],"type":"string","title":"Format"}},"required":["report_id","format"],"title":"ReportReady","type":"object"}
}
