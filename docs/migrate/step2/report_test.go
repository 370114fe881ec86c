// Package step2_test is the second step: a class, so that the event brings its
// methods along.
package step2_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type ReportReady struct {
	salt.Event // new

	ReportID int64  `json:"report_id"`
	Format   string `json:"format" salt:"enum=pdf|csv"`
}

var reportReady = salt.Define[ReportReady]("report.ready") // was DefineEvent

func (*ReportReady) Definition() *salt.Definition[ReportReady] { return reportReady } // new

func (r *ReportReady) FileName() string { return fmt.Sprintf("%d.%s", r.ReportID, r.Format) } // new

func subscribe(bus *salt.Bus) {
	salt.Subscribe(bus, func(ctx context.Context, r *ReportReady) error { // was reportReady.Subscribe
		fmt.Println("fetch", r.FileName())
		return nil
	})
}

func publish(ctx context.Context, bus *salt.Bus) error {
	_, err := salt.Publish(ctx, bus, &ReportReady{ReportID: 7, Format: "pdf"}) // was reportReady.Publish
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
	// fetch 7.pdf
	// {"properties":{"report_id":{"type":"integer","title":"Report Id"},"format":{"enum":["pdf","csv"],"type":"string","title":"Format"}},"required":["report_id","format"],"title":"ReportReady","type":"object"}
}
