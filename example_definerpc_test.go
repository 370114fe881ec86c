package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type SumRequest struct {
	Numbers []int64 `json:"numbers" salt:"minItems=1"`
}

type SumResponse struct {
	Sum int64 `json:"sum"`
}

// Request, response and error belong to one definition. salt.RPCError is the
// ready-made error.
var sum = salt.DefineRPC[SumRequest, SumResponse, *salt.RPCError]("calculator.sum")

func ExampleDefineRPC() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	sum.Handle(bus, func(ctx context.Context, q *SumRequest) (*SumResponse, error) {
		var r SumResponse
		for _, n := range q.Numbers {
			r.Sum += n
		}
		return &r, nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	r, err := sum.Call(ctx, bus, &SumRequest{Numbers: []int64{2, 3, 5}})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Sum)
	// Output: 10
}
