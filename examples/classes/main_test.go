package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/celerysalt/salt/examples/internal/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden is what the program prints.
const golden = `created by system: risk 7, severe true, level severe
escalated by ann to cro: risk 8, severe true, level normal
refused by the hook: ann cannot escalate to themselves
risk 7 is severe
refused by the handler: NOT_FOUND: there is no risk 404
`

func TestRun(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"in process": "", "on RabbitMQ": os.Getenv("SALT_TEST_AMQP_URL")} {
		t.Run(name, func(t *testing.T) {
			if name == "on RabbitMQ" && url == "" {
				t.Skip("SALT_TEST_AMQP_URL is not set")
			}
			got, err := program.Output(t.Context(), url, run)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(golden, got); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}
