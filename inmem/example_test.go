package inmem_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// Programs that take their answers from Celery's Redis can be tested without
// one: each bus gets its own access to a store in memory.
func ExampleResultStore() {
	ctx := context.Background()
	store := inmem.NewResultStore()
	caller, service := store.Open(), store.Open()
	defer caller.Close(ctx)
	defer service.Close(ctx)

	req := &salt.Message{ID: "call-1", Topic: "billing.total", Dialect: salt.CelerySalt}
	pending, err := caller.Await(ctx, req.ID) // before the request is sent
	if err != nil {
		panic(err)
	}
	defer pending.Stop()

	// The service answers.
	if err := service.Store(ctx, req, &salt.Reply{ID: req.ID, Body: []byte(`{"total": 7}`)}); err != nil {
		panic(err)
	}

	reply, err := pending.Wait(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(reply.Body))
	// Output: {"total": 7}
}
