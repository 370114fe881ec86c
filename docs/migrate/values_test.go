package migrate_test

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
)

type RateSet struct {
	Rate   salt.Decimal `json:"rate"`
	Since  time.Time    `json:"since"`
	Seen   time.Time    `json:"seen"`
	Day    time.Time    `json:"day" salt:"format=date"`
	Source uuid.UUID    `json:"source"`
}

var rateSet = salt.DefineEvent[RateSet]("rate.set")

// what Python's RateSet sends
const rateFromPython = `{"rate": 10.5, "since": "2026-11-23T10:00:00", "seen": "2026-11-23T10:00:00+00:00", "day": "2026-11-23", "source": "0d6e4079-e366-4f0b-9b3d-000000000001"}`

func onRate(bus *salt.Bus) {
	rateSet.Subscribe(bus, func(ctx context.Context, r *RateSet) error {
		fmt.Println(r.Rate, r.Since.Equal(r.Seen), r.Since.Location(), r.Day.Format(time.DateOnly), r.Source)
		return nil
	})
}

func setRate(ctx context.Context, bus *salt.Bus) error {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	_, err := rateSet.Publish(ctx, bus, &RateSet{
		Rate: "10.50", Since: at, Seen: at, Day: at,
		Source: uuid.MustParse("0D6E4079-E366-4F0B-9B3D-000000000001"),
	})
	return err
}

func Example_values() {
	onBus(onRate, func(ctx context.Context, bus *salt.Bus) error {
		return bus.Send(ctx, &salt.Message{Topic: "rate.set", Version: "v1", Body: []byte(rateFromPython)})
	})
	onBus(func(bus *salt.Bus) {
		salt.SubscribePattern(bus, "rate.set", func(ctx context.Context, m *salt.Message) error {
			fmt.Println(string(m.Body))
			return nil
		})
	}, setRate)
	// Output:
	// 10.5 true UTC 2026-11-23 0d6e4079-e366-4f0b-9b3d-000000000001
	// {"rate":"10.50","since":"2026-11-23T10:00:00Z","seen":"2026-11-23T10:00:00Z","day":"2026-11-23","source":"0d6e4079-e366-4f0b-9b3d-000000000001"}
}
