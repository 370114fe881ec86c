package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// window is the number of unconfirmed messages, Salt's default.
const window = 256

// rawBroker is a connection with one channel, as simple as the client has it.
type rawBroker struct {
	conn *amqp.Connection
	ch   *amqp.Channel
}

func openRaw(s settings) (*rawBroker, error) {
	conn, err := amqp.Dial(s.url)
	if err != nil {
		return nil, err
	}
	ch, err := conn.Channel()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &rawBroker{conn, ch}, nil
}

func (b *rawBroker) close() { _ = b.conn.Close() }

// sink makes an empty quorum queue bound to the topic, the kind Salt declares.
func (b *rawBroker) sink(name string) error {
	if err := b.ch.ExchangeDeclare("tchu_events", "topic", true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := b.ch.QueueDeclare(name, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		return err
	}
	if err := b.ch.QueueBind(name, placedTopic, "tchu_events", false, nil); err != nil {
		return err
	}
	_, err := b.ch.QueuePurge(name, false)
	return err
}

// publishing opens a broker in confirm mode with an empty sink.
func publishing(s settings) (*rawBroker, error) {
	b, err := openRaw(s)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(b.sink(sinkQueue), b.ch.Confirm(false)); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// rawPublish publishes from n goroutines over one channel; each waits for its
// confirm before its next message.
func rawPublish(ctx context.Context, s settings, n int) (sample, error) {
	b, err := publishing(s)
	if err != nil {
		return sample{}, err
	}
	defer b.close()
	return hammer(s.measure, n, func(int) error {
		c, err := b.ch.PublishWithDeferredConfirmWithContext(ctx, "tchu_events", placedTopic, true, false, s.wire)
		if err != nil {
			return err
		}
		return confirmed(ctx, c)
	})
}

func confirmed(ctx context.Context, c *amqp.DeferredConfirmation) error {
	ok, err := c.WaitContext(ctx)
	if err == nil && !ok {
		err = errors.New("not confirmed")
	}
	return err
}

// hammer calls f from n goroutines for a time.
func hammer(length time.Duration, n int, f func(i int) error) (sample, error) {
	var count atomic.Int64
	errs := make([]error, n)
	var all sync.WaitGroup
	watch := startWatch()
	for i := range n {
		all.Go(func() {
			for time.Since(watch.wall) < length {
				if errs[i] = f(int(count.Add(1))); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return watch.stop(int(count.Load())), errors.Join(errs...)
}

// rawPipeline publishes from one goroutine and waits only for the confirm of
// the message a window ago.
func rawPipeline(ctx context.Context, s settings, message amqp.Publishing) (sample, error) {
	b, err := publishing(s)
	if err != nil {
		return sample{}, err
	}
	defer b.close()
	var pending [window]*amqp.DeferredConfirmation
	count := 0
	watch := startWatch()
	for ; time.Since(watch.wall) < s.measure; count++ {
		slot := &pending[count%window]
		if *slot != nil {
			if err := confirmed(ctx, *slot); err != nil {
				return sample{}, err
			}
		}
		*slot, err = b.ch.PublishWithDeferredConfirmWithContext(ctx, "tchu_events", placedTopic, true, false, message)
		if err != nil {
			return sample{}, err
		}
	}
	for _, c := range pending {
		if c != nil {
			if err := confirmed(ctx, c); err != nil {
				return sample{}, err
			}
		}
	}
	return watch.stop(count), nil
}

// fill puts s.messages messages into a queue.
func fill(ctx context.Context, s settings, b *rawBroker) error {
	if err := b.ch.Confirm(false); err != nil {
		return err
	}
	var last *amqp.DeferredConfirmation
	for range s.messages {
		var err error
		if last, err = b.ch.PublishWithDeferredConfirmWithContext(ctx, "tchu_events", placedTopic, true, false, s.wire); err != nil {
			return err
		}
	}
	return confirmed(ctx, last)
}

// rawConsume empties a full queue with single acknowledgements. Time runs from
// the first delivery to the last acknowledgement sent.
func rawConsume(ctx context.Context, s settings) (sample, error) {
	if err := tidy(s); err != nil {
		return sample{}, err
	}
	b, err := openRaw(s)
	if err != nil {
		return sample{}, err
	}
	defer b.close()
	if err := errors.Join(b.sink(sinkQueue), fill(ctx, s, b)); err != nil {
		return sample{}, err
	}
	if err := b.ch.Qos(window, 0, false); err != nil {
		return sample{}, err
	}
	deliveries, err := b.ch.ConsumeWithContext(ctx, sinkQueue, "", false, false, false, false, nil)
	if err != nil {
		return sample{}, err
	}
	var watch stopwatch
	for i := range s.messages {
		d, ok := <-deliveries
		if !ok {
			return sample{}, fmt.Errorf("deliveries ended after %d", i)
		}
		if i == 0 {
			watch = startWatch()
		}
		if err := d.Ack(false); err != nil {
			return sample{}, err
		}
	}
	return watch.stop(s.messages), nil
}
