package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const publishLong = `Publish one event, and wait until the broker has confirmed it. The payload is a
JSON object, given as an argument or on stdin; no schema is asked for. Prints
the message's id.

With --lines stdin holds one JSON object per line. They are published in order
and pipelined; each has its own outcome, and the exit code is 1 if any failed.
A line that failed does not stop the others. When the broker goes away, what it
has certainly not got waits for it, up to --timeout; then salt stops and says at
which line. An outcome "unknown" may be there: that line is not sent again.

An event that no queue is bound for is confirmed all the same: a broadcast may
be unheard. A note on stderr says so; --must-route makes it an error.`

type publishFlags struct {
	messageFlags
	mustRoute, lines bool
	timeout          time.Duration
}

// published is the JSON of one outcome.
type published struct {
	Line    int    `json:"line,omitzero"`
	ID      string `json:"id,omitzero"`
	Outcome string `json:"outcome"`
	Unheard bool   `json:"unheard,omitzero"`
	Error   string `json:"error,omitzero"`
}

func (a *app) publishCommand() *cobra.Command {
	var f publishFlags
	cmd := &cobra.Command{
		Use:   "publish TOPIC [JSON|-]",
		Short: "Publish an event, or many",
		Long:  publishLong,
		Example: `  salt publish user.signup.completed '{"user_id": 7, "email": "ann@example.com"}'
  salt publish order.paid - --version v2 --header tenant=acme <order.json
  salt publish order.paid --lines <orders.ndjson`,
		Args: arguments(1, 2, "TOPIC and at most one JSON"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if f.timeout <= 0 {
				return misusef("--timeout must be above 0, got %v", f.timeout)
			}
			if f.lines {
				return a.publishLines(ctx, args, &f)
			}
			return a.publishOne(ctx, args, &f)
		}),
	}
	f.add(cmd.Flags())
	f.addExpires(cmd.Flags())
	cmd.Flags().BoolVar(&f.mustRoute, "must-route", false, "fail when no queue is bound for the event")
	cmd.Flags().BoolVar(&f.lines, "lines", false, "stdin holds one payload per line (NDJSON)")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 15*time.Second, "how long to try, for each message")
	return cmd
}

func (f *publishFlags) message(topic string, body []byte) (*salt.Message, error) {
	m, err := f.messageFlags.message(topic, body)
	if err == nil {
		m.MustRoute = f.mustRoute
	}
	return m, err
}

func (a *app) publishOne(ctx context.Context, args []string, f *publishFlags) error {
	body, err := a.payload(args[1:])
	if err != nil {
		return err
	}
	m, err := f.message(args[0], body)
	if err != nil {
		return err
	}
	return a.withBus(ctx, nil, func(bus *salt.Bus) error {
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		failed := bus.Send(ctx, m) // fills in the id
		unheard := failed == nil && bus.Health().Transport.Unheard > 0
		if unheard {
			fmt.Fprintf(a.err, "salt: note: no queue is bound for %q at exchange %q, so nobody will see this message\n", args[0], m.Exchange)
		}
		switch {
		case a.json:
			p := published{ID: m.ID, Outcome: outcomeOf(failed), Unheard: unheard}
			if failed != nil {
				p.Error = failed.Error()
			}
			if err := a.printJSON(p); err != nil {
				return err
			}
		case failed == nil:
			return a.print(m.ID)
		}
		return failed
	})
}
