// Package program runs the examples: in process, or on the RabbitMQ that the
// environment variable SALT_URL names.
package program

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/rabbitmq"
)

// A Run is an example: it makes a bus on transport, uses it, closes it, and
// writes what happened to out.
type Run func(ctx context.Context, out io.Writer, transport salt.Transport) error

// patience is how long an example may take; a broker that is down is waited
// for, and a person at a terminal should be told.
const patience = 30 * time.Second

// Main is the main function of every example.
func Main(run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := start(ctx, os.Stdout, os.Getenv("SALT_URL"), run); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Output runs an example and returns what it wrote. An empty url means in
// process.
func Output(ctx context.Context, url string, run Run) (string, error) {
	var out bytes.Buffer
	err := start(ctx, &out, url, run)
	return out.String(), err
}

func start(ctx context.Context, out io.Writer, url string, run Run) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	transport, err := open(url)
	if err != nil {
		return err
	}
	return run(ctx, out, transport)
}

// open is the only place that knows which transport it is.
func open(url string) (salt.Transport, error) {
	if url == "" {
		return inmem.New(), nil
	}
	return rabbitmq.Open(url, nil) // "amqp://user:password@host:5672/"
}
