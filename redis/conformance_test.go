package redis_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
	"github.com/celerysalt/salt/salttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// need returns an environment variable, and skips or, where nothing may be
// skipped, fails the test without it.
func need(t testing.TB, name string) string {
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

// open opens results and closes them at the end of the test.
func open(t testing.TB, url string, opts *redis.Options) *redis.Results {
	t.Helper()
	r, err := redis.Open(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func TestResultBackend(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	salttest.TestResultBackend(t, salttest.ResultFixture{
		Open: func(t *testing.T) salt.ResultBackend {
			t.Helper()
			r, err := redis.Open(url, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		},
	})
}
