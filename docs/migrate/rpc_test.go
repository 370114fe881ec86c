package migrate_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

type Divide struct {
	A int64 `json:"a"`
	B int64 `json:"b"`
}

type DivideResponse struct {
	Quotient  int64 `json:"quotient"`
	Remainder int64 `json:"remainder"`
}

var divide = salt.DefineRPC[Divide, DivideResponse, *salt.RPCError]("calculator.divide")

func handleDivide(bus *salt.Bus) {
	divide.Handle(bus, func(ctx context.Context, q *Divide) (*DivideResponse, error) {
		if q.B == 0 {
			return nil, &salt.RPCError{Code: "DIVIDE_BY_ZERO", Message: "b is 0", Details: map[string]any{"a": q.A}}
		}
		return &DivideResponse{Quotient: q.A / q.B, Remainder: q.A % q.B}, nil
	})
}

func ask(ctx context.Context, bus *salt.Bus, a, b int64) error {
	answer, err := divide.Call(ctx, bus, &Divide{A: a, B: b}) // ctx's deadline, else 30 s
	if refused, ok := errors.AsType[*salt.RPCError](err); ok {
		fmt.Println("refused:", refused.Code, refused.Details)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println(answer.Quotient, "remainder", answer.Remainder)
	return nil
}

func Example_rpc() {
	onBus(handleDivide, func(ctx context.Context, bus *salt.Bus) error {
		return errors.Join(ask(ctx, bus, 17, 5), ask(ctx, bus, 17, 0))
	})
	// Output:
	// 3 remainder 2
	// refused: DIVIDE_BY_ZERO map[a:17]
}
