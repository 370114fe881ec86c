// Python-interop: a Go service and a Python service talk over one RabbitMQ,
// events and requests, both ways. `make example-python` runs it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// patience bounds the whole conversation.
const patience = 90 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	url, interpreter := os.Getenv("SALT_URL"), cmp.Or(os.Getenv("SALT_PYTHON"), os.Getenv("SALT_TEST_PYTHON"))
	if url == "" || interpreter == "" {
		fmt.Println("This example needs a RabbitMQ (SALT_URL) and a Python with celery-salt (SALT_PYTHON).")
		fmt.Println("Nothing was run. `make example-python` brings both.")
		return
	}
	err := run(ctx, os.Stdout, url, interpreter)
	switch {
	case ctx.Err() != nil:
		fmt.Println("\ninterrupted; both services have ended")
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A conversation is both services and what they say.
type conversation struct {
	out    io.Writer
	scenes int

	bus    *salt.Bus
	golang *service
	worker *python // the Python service
	client *python // the Python side when it speaks first
}

func run(ctx context.Context, out io.Writer, url, interpreter string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := &conversation{out: out, golang: newService()}

	// The Go service.
	transport, err := rabbitmq.Open(url, nil)
	if err != nil {
		return err
	}
	if c.bus, err = salt.Open(ctx, transport, &salt.Options{
		Service:      "examples-python-go",
		DrainTimeout: 2 * time.Second, // a handler whose line nobody hears any more
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.bus.Close(context.WithoutCancel(ctx))) }()
	c.golang.subscribe(c.bus)
	if err := c.bus.Start(ctx); err != nil {
		return err
	}

	// The Python service.
	if c.worker, err = startPython(ctx, interpreter, url, "worker.py"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.worker.stop()) }()
	fmt.Fprintln(c.out, "A Go service and a Python service on one RabbitMQ.")
	if err := c.hear(ctx, "Python", c.worker); err != nil {
		return err
	}

	if err := c.goSpeaks(ctx); err != nil {
		return err
	}
	if c.client, err = startPython(ctx, interpreter, url, "client.py"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.client.stop()) }()
	return c.pythonSpeaks(ctx)
}
