package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// TripEnded is a class: it embeds salt.Event, and its method Definition returns
// its definition.
type TripEnded struct {
	salt.Event
	Meters  int64 `json:"meters" salt:"minimum=0"`
	Seconds int64 `json:"seconds" salt:"minimum=1"`
}

var tripEnded = salt.Define[TripEnded]("trip.ended", salt.Version("v2"))

func (*TripEnded) Definition() *salt.Definition[TripEnded] { return tripEnded }

// Speed in metres per second. Handlers get it with the event.
func (t *TripEnded) Speed() float64 { return float64(t.Meters) / float64(t.Seconds) }

func ExampleDefine() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.Subscribe(bus, func(ctx context.Context, t *TripEnded) error {
		fmt.Println("speed:", t.Speed())
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := salt.Publish(ctx, bus, &TripEnded{Meters: 900, Seconds: 60}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output: speed: 15
}
