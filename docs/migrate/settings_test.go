package migrate_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// openBus is what a program does at its start. service names its queues; it
// must not be the name of a Python queue.
func openBus(ctx context.Context, url, service string) (*salt.Bus, error) {
	transport, err := rabbitmq.Open(url, nil) // "amqp://user:password@host:5672/"
	if err != nil {
		return nil, err
	}
	return salt.Open(ctx, transport, &salt.Options{
		Service:     service,
		Concurrency: 8,                // handlers at once, for each queue
		CallTimeout: 10 * time.Second, // of calls whose context has no deadline
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	bus, err := openBus(ctx, need(t, "SALT_TEST_AMQP_URL"), "guide-"+rand.Text())
	if err != nil {
		t.Fatal(err)
	}
	topic := "guide." + rand.Text()
	salt.SubscribePattern(bus, topic, func(context.Context, *salt.Message) error {
		stop()
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := bus.Send(t.Context(), &salt.Message{Topic: topic, Body: []byte("{}")}); err != nil {
		t.Error(err)
	}
	if err := bus.Run(ctx); err != nil {
		t.Error(err)
	}
}

// need returns an environment variable, and skips or, where nothing may be
// skipped, fails the test without it.
func need(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		const hint = "%s is not set; run `make test`, or see CONTRIBUTING.md"
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatalf(hint, name)
		}
		t.Skipf(hint, name)
	}
	return value
}
