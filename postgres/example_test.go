package postgres_test

import (
	"context"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

// A registry on a server that need not be there yet, with tables of its own.
func ExampleOpen() {
	ctx := context.Background()
	registry, err := postgres.Open(ctx, "postgres://salt@127.0.0.1:1/bus?sslmode=disable", &postgres.Options{Schema: "bus", Timeout: time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()

	_, err = registry.Lookup(ctx, "risk.created", salt.LatestVersion)
	fmt.Println(salt.Retryable(err))
	// Output: true
}
