// Classes: events and requests as types with methods, hooks and inheritance.
// The classes are in events.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/examples/internal/program"
)

func main() { program.Main(run) }

func run(ctx context.Context, out io.Writer, transport salt.Transport) error {
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "examples-classes"})
	if err != nil {
		return err
	}
	defer bus.Close(ctx)

	// The handler's parameter says which class it is for. A parent's handler
	// does not get the child's events: each class has its own topic.
	var levels sync.Map
	lines := make(chan string, 2)
	salt.Subscribe(bus, func(ctx context.Context, r *RiskCreated) error {
		levels.Store(r.ID, r.Level)
		lines <- fmt.Sprintf("created by %s: risk %d, severe %t, level %s", r.Actor, r.ID, r.Severe(), r.Level)
		return nil
	})
	salt.Subscribe(bus, func(ctx context.Context, r *RiskEscalated) error {
		lines <- fmt.Sprintf("escalated by %s to %s: risk %d, severe %t, level %s", r.Actor, r.To, r.ID, r.Severe(), r.Level)
		return nil
	})
	salt.Handle(bus, func(ctx context.Context, q *GetRisk) (*Risk, error) {
		level, ok := levels.Load(q.ID)
		if !ok {
			return nil, salt.NewRPCError("NOT_FOUND", "there is no risk %d", q.ID)
		}
		return &Risk{ID: q.ID, Level: level.(string)}, nil
	})
	if err := bus.Start(ctx); err != nil {
		return err
	}

	// The hooks fill in Actor and Level.
	if _, err := salt.Publish(ctx, bus, &RiskCreated{ID: 7, Score: 9.5}); err != nil {
		return err
	}
	fmt.Fprintln(out, <-lines)

	// The parent's hook computes Level with the parent's Severe.
	escalated := &RiskEscalated{To: "cro"}
	escalated.Actor, escalated.ID, escalated.Score = "ann", 8, 3
	if _, err := salt.Publish(ctx, bus, escalated); err != nil {
		return err
	}
	fmt.Fprintln(out, <-lines)

	// A hook's error is the publish's error, and nothing was sent.
	escalated.To = "ann"
	_, err = salt.Publish(ctx, bus, escalated)
	fmt.Fprintln(out, "refused by the hook:", err)

	// Call's result is a *Risk: inferred from the request.
	for _, id := range []int64{7, 404} {
		risk, err := salt.Call(ctx, bus, &GetRisk{ID: id})
		if refused, ok := errors.AsType[*salt.RPCError](err); ok {
			fmt.Fprintln(out, "refused by the handler:", refused)
		} else if err != nil {
			return err
		} else {
			fmt.Fprintf(out, "risk %d is %s\n", risk.ID, risk.Level)
		}
	}
	return nil
}
