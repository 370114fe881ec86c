package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const bridgeLong = `Repeat events of one Python library for services that run the other, until
Ctrl-C: each event that matches a PATTERN and was written by --from is published
again, with the same id, topic and payload, as --to would write it. Services in
Go understand both and see no copies.

The bridge has a durable queue, so nothing is lost while it is away, and it may
run several times. An event is acknowledged when its copy is confirmed. When the
bridge is not needed any more, delete its queue, or it fills up.

Only events: between two Python services a request can not be bridged, because
the worker that does not know the task's name answers first. PATTERN must not
match requests.`

type bridgeFlags struct {
	from, to, queue, exchange string

	both, quiet bool
}

func (a *app) bridgeCommand() *cobra.Command {
	var f bridgeFlags
	cmd := &cobra.Command{
		Use:   "bridge PATTERN...",
		Short: "Repeat tchu-tchu's events for celery-salt, and back",
		Long:  bridgeLong,
		Example: `  salt bridge 'order.#' --from tchu-tchu --to celery-salt
  salt bridge 'user.*' 'order.*' --both --quiet`,
		Args: arguments(1, -1, "at least one PATTERN"),
		RunE: a.action(func(ctx context.Context, patterns []string) error { return a.bridge(ctx, patterns, &f) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", salt.TchuTchu.String(), "the library whose events are repeated: celery-salt or tchu-tchu")
	flags.StringVar(&f.to, "to", salt.CelerySalt.String(), "the library that shall hear them")
	flags.BoolVar(&f.both, "both", false, "in both directions, whatever --from and --to say")
	flags.StringVar(&f.queue, "queue", "salt-bridge", "the bridge's queue; bridges for different patterns need different ones")
	flags.StringVar(&f.exchange, "exchange", salt.DefaultExchange, "topic exchange")
	flags.BoolVar(&f.quiet, "quiet", false, "do not print what is repeated")
	return cmd
}

func (a *app) bridge(ctx context.Context, patterns []string, f *bridgeFlags) error {
	from, err := dialectNamed(f.from)
	if err != nil {
		return misusef("--from: %w", err)
	}
	to, err := dialectNamed(f.to)
	if err != nil {
		return misusef("--to: %w", err)
	}
	if from == to && !f.both {
		return misusef("--from and --to are both %s", from)
	}
	for _, p := range patterns {
		if err := salt.CheckPattern(p); err != nil {
			return misuse{err}
		}
	}
	t, err := a.transport(a.brokerURL(), a.logger())
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var copied, failed int
	var display error
	p := a.palette()
	bus, err := salt.Open(ctx, t, &salt.Options{
		Catalog: salt.NewCatalog(), Logger: a.logger(), Service: f.queue,
		Concurrency: 1, // the order of the events is worth more than speed, and counting is simple
		Send: []salt.Middleware{func(next salt.Handler) salt.Handler {
			return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
				r, err := next(ctx, m)
				if err != nil {
					failed++
					fmt.Fprintf(a.err, "salt: not repeated: %s\n", oneSentence(err))
					return r, err
				}
				copied++
				if !f.quiet {
					// The copy is out: what cannot be shown ends the command, not the event.
					if err := a.showMessage(p, m, time.Now()); err != nil {
						display = err
						stop()
					}
				}
				return r, nil
			}
		}},
	})
	if err != nil {
		return misuse{err}
	}
	if f.both {
		from, to = salt.TchuTchu, salt.CelerySalt
		salt.Bridge(bus, to, from, patterns, salt.FromExchange(f.exchange))
	}
	salt.Bridge(bus, from, to, patterns, salt.FromExchange(f.exchange))
	if err := a.startBridge(ctx, bus); err == nil {
		fmt.Fprintf(a.err, "salt: bridging on %s through the queue %q, Ctrl-C ends\n", shownURL(a.brokerURL()), f.queue)
	} else if ctx.Err() == nil {
		fmt.Fprintf(a.err, "salt: not connected, trying again: %s\n", oneSentence(err))
	}
	err = errors.Join(bus.Run(ctx), display)
	fmt.Fprintf(a.err, "salt: repeated %s\n", count(copied, "event"))
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%s could not be repeated; what was not taken up again lies in the queue %s.dead", count(failed, "event"), f.queue))
	}
	return err
}

// startBridge waits as long as a person would before they want to be told.
func (a *app) startBridge(ctx context.Context, bus *salt.Bus) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return bus.Start(ctx)
}

// dialectNamed is the dialect of a Python package.
func dialectNamed(name string) (salt.Dialect, error) {
	for _, d := range []salt.Dialect{salt.CelerySalt, salt.TchuTchu} {
		if d.String() == name {
			return d, nil
		}
	}
	return 0, fmt.Errorf("unknown library %q; there are celery-salt and tchu-tchu", name)
}
