package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type LoginV1 struct {
	User string `json:"user"`
}

type LoginV2 struct {
	LoginV1
	Device string `json:"device"`
}

var (
	loginV1 = salt.DefineEvent[LoginV1]("account.login")
	loginV2 = salt.DefineEvent[LoginV2]("account.login", salt.Version("v2"))
)

func ExampleAllVersions() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, &salt.Options{Concurrency: 1})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	loginV2.Subscribe(bus, func(ctx context.Context, l *LoginV2) error {
		fmt.Printf("of v2 and newer: %q\n", salt.Info(ctx).Version)
		return nil
	})
	loginV1.Subscribe(bus, func(ctx context.Context, l *LoginV1) error {
		fmt.Printf("of any version:  %q\n", salt.Info(ctx).Version)
		return nil
	}, salt.AllVersions())
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	ann := LoginV1{User: "ann"}
	if _, err := loginV1.Publish(ctx, bus, &ann); err != nil {
		panic(err)
	}
	if _, err := loginV2.Publish(ctx, bus, &LoginV2{LoginV1: ann, Device: "phone"}); err != nil {
		panic(err)
	}
	// A message without a version reaches only those who take all.
	if err := bus.Send(ctx, &salt.Message{Topic: "account.login", Body: []byte(`{"user":"bob"}`)}); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output:
	// of any version:  "v1"
	// of v2 and newer: "v2"
	// of any version:  "v2"
	// of any version:  ""
}
