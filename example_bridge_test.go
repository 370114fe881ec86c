package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type ParcelSent struct {
	Number int64 `json:"number"`
}

// The warehouse still runs tchu-tchu, and so do those who listen to it.
var parcelSent = salt.DefineEvent[ParcelSent]("parcel.sent", salt.WithDialect(salt.TchuTchu))

// Half of the services have moved from tchu-tchu to celery-salt, and each half
// is deaf to the other. A Go service hears both; the bridge repeats what the
// others miss.
func ExampleBridge() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{
		Service: "migration",
		Send: []salt.Middleware{func(next salt.Handler) salt.Handler { // to see what is published
			return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
				fmt.Println("published for", m.Dialect, "services:", m.Topic, string(m.Body))
				return next(ctx, m)
			}
		}},
	})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	parcelSent.Subscribe(bus, func(ctx context.Context, p *ParcelSent) error {
		fmt.Println("a Go handler got parcel", p.Number, "from", salt.Info(ctx).Dialect)
		return nil
	})
	salt.Bridge(bus, salt.TchuTchu, salt.CelerySalt, []string{"parcel.#"}, salt.OnQueue("migration.bridge"))
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	if _, err := parcelSent.Publish(ctx, bus, &ParcelSent{Number: 7}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Unordered output:
	// published for tchu-tchu services: parcel.sent {"number":7}
	// a Go handler got parcel 7 from tchu-tchu
	// published for celery-salt services: parcel.sent {"number":7}
}
