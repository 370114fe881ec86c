package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// openBus opens a bus with the defaults of a service. Reconnections and the
// like would spoil a measurement, not pass unseen: they fail publishes.
func openBus(ctx context.Context, s settings) (*salt.Bus, error) {
	t, err := rabbitmq.Open(s.url, nil)
	if err != nil {
		return nil, err
	}
	return salt.Open(ctx, t, &salt.Options{
		Service: service, Prefetch: window, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

func closeBus(b *salt.Bus) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = b.Close(ctx)
}

// publisher opens a bus whose connection is up, with an empty sink.
func publisher(ctx context.Context, s settings) (*salt.Bus, error) {
	raw, err := openRaw(s)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	if err := raw.sink(sinkQueue); err != nil {
		return nil, err
	}
	bus, err := openBus(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, err := placed.Publish(ctx, bus, newOrder(0)); err != nil {
		closeBus(bus)
		return nil, err
	}
	return bus, nil
}

// saltPublish calls Publish from n goroutines; each returns when its message
// is confirmed.
func saltPublish(ctx context.Context, s settings, n int) (sample, error) {
	bus, err := publisher(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer closeBus(bus)
	return hammer(s.measure, n, func(i int) error {
		_, err := placed.Publish(ctx, bus, newOrder(i))
		return err
	})
}

// saltPublishAll publishes batches as large as the window.
func saltPublishAll(ctx context.Context, s settings) (sample, error) {
	bus, err := publisher(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer closeBus(bus)
	batch := make([]*order, window)
	for i := range batch {
		batch[i] = newOrder(i)
	}
	count := 0
	watch := startWatch()
	for ; time.Since(watch.wall) < s.measure; count += len(batch) {
		if err := placed.PublishAll(ctx, bus, batch...).Err(); err != nil {
			return sample{}, err
		}
	}
	return watch.stop(count), nil
}

// saltConsume empties a full queue. Time runs from the first handler to the
// last. The same bus declares the queue first, then a second one finds it full.
func saltConsume(ctx context.Context, s settings) (sample, error) {
	if err := declareAndFill(ctx, s); err != nil {
		return sample{}, err
	}
	bus, err := openBus(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer closeBus(bus)
	var handled atomic.Int64
	var first atomic.Pointer[stopwatch]
	end := make(chan sample, 1)
	placed.Subscribe(bus, func(_ context.Context, o *order) error {
		if o.Customer == "" {
			return errors.New("not decoded")
		}
		switch n := int(handled.Add(1)); n {
		case 1:
			watch := startWatch()
			first.Store(&watch)
		case s.messages:
			end <- first.Load().stop(n)
		}
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		return sample{}, err
	}
	select {
	case r := <-end:
		return r, nil
	case <-ctx.Done():
		return sample{}, fmt.Errorf("%d of %d handled: %w", handled.Load(), s.messages, ctx.Err())
	}
}

// declareAndFill lets Salt declare its own queue, and fills it while nobody
// consumes.
func declareAndFill(ctx context.Context, s settings) error {
	if err := tidy(s); err != nil {
		return err
	}
	bus, err := openBus(ctx, s)
	if err != nil {
		return err
	}
	placed.Subscribe(bus, func(context.Context, *order) error { return nil })
	started := bus.Start(ctx)
	closeBus(bus)
	if started != nil {
		return started
	}
	raw, err := openRaw(s)
	if err != nil {
		return err
	}
	defer raw.close()
	return fill(ctx, s, raw)
}

// saltRPC calls a handler in this process from n goroutines. Service and
// caller have a bus each, as two processes would.
func saltRPC(ctx context.Context, s settings, n int) (sample, error) {
	server, err := openBus(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer closeBus(server)
	getQuote.Handle(server, func(_ context.Context, o *order) (*order, error) { return o, nil })
	if err := server.Start(ctx); err != nil {
		return sample{}, err
	}
	caller, err := openBus(ctx, s)
	if err != nil {
		return sample{}, err
	}
	defer closeBus(caller)
	if _, err := getQuote.Call(ctx, caller, newOrder(0)); err != nil {
		return sample{}, err
	}
	return hammer(s.measure, n, func(i int) error {
		_, err := getQuote.Call(ctx, caller, newOrder(i))
		return err
	})
}
