package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type BackupDone struct {
	Bytes int64 `json:"bytes"`
}

var backupDone = salt.DefineEvent[BackupDone]("backup.done")

// Health is fit for a readiness probe; it does no I/O.
func ExampleBus_Health() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Service: "backups"})
	if err != nil {
		panic(err)
	}
	backupDone.Subscribe(bus, func(context.Context, *BackupDone) error { return nil })
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	h := bus.Health()
	fmt.Println("ready:", h.Ready)
	for _, q := range h.Queues {
		fmt.Println("queue", q.Queue, "live:", q.Live)
	}
	if err := bus.Close(ctx); err != nil {
		panic(err)
	}
	fmt.Println("after the end:", bus.Health().Ready)
	// Output:
	// ready: true
	// queue backups live: true
	// after the end: false
}

// Run is the main loop of a service: it consumes until the context ends, for
// example by signal.NotifyContext, then drains and closes the bus.
func ExampleBus_Run() {
	ctx, stop := context.WithCancel(context.Background())
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	backupDone.Subscribe(bus, func(ctx context.Context, b *BackupDone) error {
		fmt.Println("saved", b.Bytes, "bytes")
		stop() // stands for SIGTERM
		return nil
	})
	if err := bus.Start(ctx); err != nil { // optional: to publish once all is live
		panic(err)
	}
	if _, err := backupDone.Publish(context.Background(), bus, &BackupDone{Bytes: 512}); err != nil {
		panic(err)
	}
	fmt.Println(bus.Run(ctx))
	// Output:
	// saved 512 bytes
	// <nil>
}

// Bindings lists what is subscribed.
func ExampleBus_Bindings() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Service: "backups"})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	backupDone.Subscribe(bus, func(context.Context, *BackupDone) error { return nil }, salt.Name("record"))
	salt.SubscribePattern(bus, "backup.#", func(context.Context, *salt.Message) error { return nil },
		salt.Name("tail"), salt.OnQueue("backups.tail"), salt.Ephemeral())

	for _, b := range bus.Bindings() {
		fmt.Println(b.Handler, b.Queue, b.Pattern, b.Version)
	}
	// Output:
	// record backups backup.done v1
	// tail backups.tail backup.# latest
}

// Send and Request are the doors for tools and bridges: messages without types.
func ExampleBus_Send() {
	ctx := context.Background()
	transport := inmem.New()
	bus, err := salt.Open(ctx, transport, nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	backupDone.Subscribe(bus, func(ctx context.Context, b *BackupDone) error {
		fmt.Println("saved", b.Bytes, "bytes")
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	m := &salt.Message{Topic: "backup.done", Version: "v1", Body: []byte(`{"bytes": 512}`)}
	if err := bus.Send(ctx, m); err != nil {
		panic(err)
	}
	if err := transport.Broker().Settle(ctx); err != nil {
		panic(err)
	}
	// Output: saved 512 bytes
}
