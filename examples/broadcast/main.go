// Broadcast: one service says what happened, others listen. The simple style.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/examples/internal/program"
)

// Signup is a payload: a plain struct. The salt tags are its rules; together
// with the types they become the JSON Schema that Python sees too.
type Signup struct {
	UserID int64  `json:"user_id" salt:"minimum=1"`
	Email  string `json:"email" salt:"format=email"`
	Plan   string `json:"plan" salt:"enum=free|pro,default=free"`
}

// One line ties the payload to its topic. A program that got this far has
// checked topic, tags and schema.
var signup = salt.DefineEvent[Signup]("examples.user.signup", salt.Doc("Somebody finished signing up."))

func main() { program.Main(run) }

func run(ctx context.Context, out io.Writer, transport salt.Transport) error {
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "examples-broadcast"})
	if err != nil {
		return err
	}
	defer bus.Close(ctx) // waits for running handlers

	// A handler gets a checked *Signup. Returning an error would dead-letter
	// the message, with the error and the handler's name.
	lines := make(chan string, 2)
	signup.Subscribe(bus, func(ctx context.Context, s *Signup) error {
		lines <- fmt.Sprintf("mailer: welcome %s to the %s plan", s.Email, s.Plan)
		return nil
	})
	// A pattern sees whatever matches, here raw.
	salt.SubscribePattern(bus, "examples.user.#", func(ctx context.Context, m *salt.Message) error {
		lines <- fmt.Sprintf("audit: %s %s", m.Topic, m.Version)
		return nil
	})
	if err := bus.Start(ctx); err != nil { // returns when both can receive
		return err
	}

	// nil means that the broker has it.
	if _, err := signup.Publish(ctx, bus, &Signup{UserID: 7, Email: "ann@example.com", Plan: "pro"}); err != nil {
		return err
	}
	fmt.Fprintln(out, <-lines)
	fmt.Fprintln(out, <-lines)

	// What does not fit the schema is not sent. All failing fields are named,
	// their values are not.
	_, err = signup.Publish(ctx, bus, &Signup{Email: "not an address", Plan: "gold"})
	invalid, ok := errors.AsType[*salt.ValidationError](err)
	if !ok {
		return errors.Join(errors.New("an invalid payload was not refused as such"), err)
	}
	for _, field := range invalid.Fields {
		fmt.Fprintln(out, "not sent:", field)
	}
	return nil
}
