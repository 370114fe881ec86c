// Package step3_test is the third step: a hook around every publish.
package step3_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type ReportReady struct {
	salt.Event

	ReportID int64  `json:"report_id"`
	Format   string `json:"format" salt:"enum=pdf|csv"`
}

var reportReady = salt.Define[ReportReady]("report.ready")

func (*ReportReady) Definition() *salt.Definition[ReportReady] { return reportReady }

func (r *ReportReady) FileName() string { return fmt.Sprintf("%d.%s", r.ReportID, r.Format) }

func (r *ReportReady) OnPublish(ctx context.Context, next func(context.Context) error) error {
	r.Format = strings.ToLower(r.Format) // before the check
	err := next(ctx)                     // check and send
	fmt.Println("published with error", err)
	return err
}

func subscribe(bus *salt.Bus) {
	salt.Subscribe(bus, func(ctx context.Context, r *ReportReady) error {
		fmt.Println("fetch", r.FileName())
		return nil
	})
}

func publish(ctx context.Context, bus *salt.Bus) error {
	_, err := salt.Publish(ctx, bus, &ReportReady{ReportID: 7, Format: "PDF"})
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
	// Unordered output:
	// published with error <nil>
	// fetch 7.pdf
	// {"properties":{"report_id":{"type":"integer","title":"Report Id"},"format":{"enum":["pdf","csv"],"type":"string","title":"Format"}},"required":["report_id","format"],"title":"ReportReady","type":"object"}
}
