package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type RoomBooked struct {
	Hotel  string `json:"hotel"`
	Nights int    `json:"nights" salt:"minimum=1"`
}

type TableBooked struct {
	Hotel  string `json:"hotel"`
	Guests int    `json:"guests" salt:"minimum=1"`
}

var (
	roomBooked  = salt.DefineEvent[RoomBooked]("booking.room")
	tableBooked = salt.DefineEvent[TableBooked]("booking.table")
)

// AnyBooking is what the bookings have in common.
type AnyBooking struct {
	Hotel string `json:"hotel"`
}

// A pattern's words are separated by dots: "*" is one word, "#" any number.
func ExampleSubscribePattern() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Concurrency: 1})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.SubscribePattern(bus, "booking.#", func(ctx context.Context, m *salt.Message) error {
		fmt.Println("raw:", m.Topic, string(m.Body))
		return nil
	})
	salt.SubscribePattern(bus, "booking.*", func(ctx context.Context, b *AnyBooking) error {
		fmt.Println("decoded:", b.Hotel)
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := roomBooked.Publish(ctx, bus, &RoomBooked{Hotel: "Ritz", Nights: 2}); err != nil {
		panic(err)
	}
	if _, err := tableBooked.Publish(ctx, bus, &TableBooked{Hotel: "Plaza", Guests: 4}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output:
	// raw: booking.room {"hotel":"Ritz","nights":2}
	// decoded: Ritz
	// raw: booking.table {"hotel":"Plaza","guests":4}
	// decoded: Plaza
}
