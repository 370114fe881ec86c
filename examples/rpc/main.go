// RPC: a question and its typed answer, or its typed error. The simple style.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/examples/internal/program"
)

// DivideRequest is the question.
type DivideRequest struct {
	A int64 `json:"a"`
	B int64 `json:"b"`
}

// DivideResponse is the answer.
type DivideResponse struct {
	Quotient  int64 `json:"quotient"`
	Remainder int64 `json:"remainder"`
}

// DivideError is what the service refuses with, on purpose. Callers, Python's
// too, know it by its member error_code.
type DivideError struct {
	Code     string `json:"error_code"`
	Dividend int64  `json:"dividend"`
}

func (e *DivideError) Error() string { return fmt.Sprintf("%s: can not divide %d", e.Code, e.Dividend) }

// All three types belong to the definition, so both sides are checked by the
// compiler and on the wire.
var divide = salt.DefineRPC[DivideRequest, DivideResponse, *DivideError]("examples.calculator.divide")

// Defined and never handled.
var multiply = salt.DefineRPC[DivideRequest, DivideResponse, *DivideError]("examples.calculator.multiply")

func main() { program.Main(run) }

func run(ctx context.Context, out io.Writer, transport salt.Transport) error {
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "examples-rpc"})
	if err != nil {
		return err
	}
	defer bus.Close(ctx)

	divide.Handle(bus, func(ctx context.Context, q *DivideRequest) (*DivideResponse, error) {
		switch {
		case q.B == 0: // of the declared type, also when wrapped: reaches the caller
			return nil, fmt.Errorf("divide: %w", &DivideError{Code: "DIVIDE_BY_ZERO", Dividend: q.A})
		case q.A < 0: // any other error: stays here, in the log
			return nil, errors.New("the abacus at 10.0.0.7 has no negative beads")
		}
		return &DivideResponse{Quotient: q.A / q.B, Remainder: q.A % q.B}, nil
	})
	if err := bus.Start(ctx); err != nil {
		return err
	}

	for _, q := range []*DivideRequest{{A: 17, B: 5}, {A: 17, B: 0}, {A: -1, B: 5}} {
		answer, err := divide.Call(ctx, bus, q) // without a deadline in ctx: 30 s
		if refused, ok := errors.AsType[*DivideError](err); ok {
			fmt.Fprintf(out, "%d / %d is refused: %s\n", q.A, q.B, refused.Code)
		} else if remote, ok := errors.AsType[*salt.RemoteError](err); ok {
			fmt.Fprintf(out, "%d / %d failed: %s\n", q.A, q.B, remote.Message)
		} else if err != nil {
			return err
		} else {
			fmt.Fprintf(out, "%d / %d = %d, remainder %d\n", q.A, q.B, answer.Quotient, answer.Remainder)
		}
	}

	// Nobody listens there: an answer at once, not a timeout.
	_, err = multiply.Call(ctx, bus, &DivideRequest{A: 6, B: 7})
	fmt.Fprintln(out, "nobody multiplies:", errors.Is(err, salt.ErrNoHandler))
	return nil
}
