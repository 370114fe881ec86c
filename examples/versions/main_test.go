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
const golden = `v1         -> handler of v1: A1
v1         -> handler of all: A1
v2         -> handler of v1: A1
v2         -> handler of v2: A1 in EUR
v2         -> handler of all: A1
no version -> handler of all: A1
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
