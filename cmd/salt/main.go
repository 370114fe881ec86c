// Salt's command line: a demo, and tools to publish, call, listen and look at
// what goes over the bus. "salt --help" tells the commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends in order, the second one kills
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv,
		open: func(url string, o *rabbitmq.Options) (salt.Transport, error) { return rabbitmq.Open(url, o) },
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}
