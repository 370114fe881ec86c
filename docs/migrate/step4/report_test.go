// Package step4_test is the fourth step: a base for several events.
package step4_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// ReportEvent has no definition: a base that nobody can publish.
type ReportEvent struct {
	salt.Event

	ReportID int64  `json:"report_id"`
	Format   string `json:"format" salt:"enum=pdf|csv"`
}

func (r *ReportEvent) FileName() string { return fmt.Sprintf("%d.%s", r.ReportID, r.Format) }

func (r *ReportEvent) OnPublish(ctx context.Context, next func(context.Context) error) error {
	r.Format = strings.ToLower(r.Format)
	err := r.Event.OnPublish(ctx, next) // super()
	fmt.Println("published with error", err)
	return err
}

type ReportReady struct{ ReportEvent }

var reportReady = salt.Define[ReportReady]("report.ready")

func (*ReportReady) Definition() *salt.Definition[ReportReady] { return reportReady }

type ReportFailed struct {
	ReportEvent

	Reason string `json:"reason"`
}

var reportFailed = salt.Define[ReportFailed]("report.failed")

func (*ReportFailed) Definition() *salt.Definition[ReportFailed] { return reportFailed }

func subscribe(bus *salt.Bus) {
	salt.Subscribe(bus, func(ctx context.Context, r *ReportReady) error {
		fmt.Println("fetch", r.FileName())
		return nil
	})
	salt.Subscribe(bus, func(ctx context.Context, r *ReportFailed) error {
		fmt.Println("no", r.FileName(), "because", r.Reason)
		return nil
	})
}

func publish(ctx context.Context, bus *salt.Bus) error {
	report := ReportEvent{ReportID: 7, Format: "PDF"}
	if _, err := salt.Publish(ctx, bus, &ReportReady{report}); err != nil {
		return err
	}
	_, err := salt.Publish(ctx, bus, &ReportFailed{ReportEvent: report, Reason: "no paper"})
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
	// published with error <nil>
	// fetch 7.pdf
	// no 7.pdf because no paper
	// {"properties":{"report_id":{"type":"integer","title":"Report Id"},"format":{"enum":["pdf","csv"],"type":"string","title":"Format"}},"required":["report_id","format"],"title":"ReportReady","type":"object"}
}
