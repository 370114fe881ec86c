package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden is what the program prints.
const golden = `A Go service and a Python service on one RabbitMQ.
   Python  is ready, with celery-salt X

1. Go tells Python: an event
   Go      publishes OrderPlaced: order 7, TEA, 450 cents
   Python  got OrderPlaced: order_id=7, item='TEA', cents=450, gift=False

2. Go asks Python: a request and its typed response
   Go      calls GetPrice: TEA
   Python  is asked for the price of TEA
   Go      got *main.Price: 450 cents in EUR

3. Go asks Python and is refused: a typed error
   Go      calls GetPrice: MUD
   Python  is asked for the price of MUD
   Go      got *salt.RPCError: NOT_FOUND, item MUD

4. Python tells Go: an event of a class with a method
   Python  publishes OrderShipped: order 7, by bike
   Go      got OrderShipped: order 7, by bike, due 25 November

5. Python asks Go: a request and its typed response
   Python  calls GetStock: 2 of TEA
   Go      is asked for 2 of TEA
   Python  got Response: shelf B4, boxes ['green', 'black']

6. Python asks Go and is refused: a typed error
   Python  calls GetStock: 200 of TEA
   Go      is asked for 200 of TEA
   Python  got Error: SOLD_OUT, 2 left
`

func TestRun(t *testing.T) {
	t.Parallel()
	url, interpreter := need(t, "SALT_TEST_AMQP_URL"), need(t, "SALT_TEST_PYTHON")
	var out bytes.Buffer
	if err := run(t.Context(), &out, url, interpreter); err != nil {
		t.Fatalf("%v\nuntil then:\n%s", err, &out)
	}
	got := regexp.MustCompile(`celery-salt \d[\d.]*`).ReplaceAllString(out.String(), "celery-salt X")
	if diff := cmp.Diff(golden, got); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
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
