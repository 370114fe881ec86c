package server_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/schema"
)

// A registry in a directory, served to services that open it by its URL.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "contracts")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store, err := registry.OpenFile(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	srv := httptest.NewServer(server.New(store, nil)) // in a program: server.Serve
	defer srv.Close()

	ctx := salt.WithActor(context.Background(), "billing")
	service, err := salt.OpenRegistry(ctx, srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer service.Close()
	err = service.Register(ctx, &salt.Spec{
		Topic: "invoice.paid", Version: "v1", Mode: salt.ModeEvent,
		Schema: schema.MustParse(`{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for r, err := range store.Records(ctx, "") {
		fmt.Println(r.Topic, r.Version, "by", r.RegisteredBy, err)
	}
	// Output: invoice.paid v1 by billing <nil>
}
