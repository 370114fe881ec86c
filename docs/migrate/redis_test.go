package migrate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
	"github.com/celerysalt/salt/redis"
)

// openBusWithRedis is for services whose Python neighbours have
// result_backend = "redis://…".
func openBusWithRedis(ctx context.Context, url, redisURL, service string) (*salt.Bus, error) {
	transport, err := rabbitmq.Open(url, nil)
	if err != nil {
		return nil, err
	}
	results, err := redis.Open(redisURL, nil) // "redis://:password@host:6379/0", the workers' own
	if err != nil {
		return nil, errors.Join(err, transport.Close(ctx))
	}
	return salt.Open(ctx, transport, &salt.Options{Service: service, Results: results})
}

// oldDivide is asked of a service that still runs tchu-tchu.
var oldDivide = salt.DefineRPC[Divide, DivideResponse, *salt.RPCError]("calculator.old.divide",
	salt.WithDialect(salt.TchuTchu),
)

func TestSettingsRedis(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	bus, err := openBusWithRedis(ctx, need(t, "SALT_TEST_AMQP_URL"), need(t, "SALT_TEST_REDIS_URL"), "guide-"+rand.Text())
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close(ctx)
	oldDivide.Handle(bus, func(_ context.Context, q *Divide) (*DivideResponse, error) {
		return &DivideResponse{Quotient: q.A / q.B, Remainder: q.A % q.B}, nil
	})
	if err := bus.Start(ctx); err != nil {
		t.Fatal(err)
	}
	answer, err := oldDivide.Call(ctx, bus, &Divide{A: 17, B: 5})
	if err != nil {
		t.Fatal(err)
	}
	if want := (DivideResponse{Quotient: 3, Remainder: 2}); *answer != want {
		t.Errorf("17 / 5 = %v, want %v", *answer, want)
	}
}
