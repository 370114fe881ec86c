// Package interop tests Salt against the real Python packages, celery-salt and
// tchu-tchu, on a real RabbitMQ and Redis: Celery workers and Python publishers
// in processes of their own.
package interop_test

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for the other side. A Celery worker takes a few
// seconds to start on a busy machine.
const patience = 60 * time.Second

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
