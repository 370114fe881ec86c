package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// prepare makes the messages of the raw cells. wire has the very bytes and
// headers that Salt publishes, so that the broker has the same work from both
// sides: Salt publishes one, and it is taken off the queue. bare is the payload
// alone, as a program without Celery peers would send it.
func (s *settings) prepare(ctx context.Context) error {
	if err := tidy(*s); err != nil {
		return err
	}
	body, err := json.Marshal(newOrder(1))
	if err != nil {
		return err
	}
	s.bare = amqp.Publishing{ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: body}

	bus, err := publisher(ctx, *s)
	if err != nil {
		return err
	}
	defer closeBus(bus)
	raw, err := openRaw(*s)
	if err != nil {
		return err
	}
	defer raw.close()
	d, ok, err := raw.ch.Get(sinkQueue, true)
	if err != nil || !ok {
		return errors.Join(fmt.Errorf("no message in %q to copy", sinkQueue), err)
	}
	s.wire = amqp.Publishing{
		Headers: d.Headers, ContentType: d.ContentType, ContentEncoding: d.ContentEncoding,
		DeliveryMode: d.DeliveryMode, Priority: d.Priority, CorrelationId: d.CorrelationId,
		MessageId: d.MessageId, Timestamp: d.Timestamp, Body: d.Body,
	}
	return nil
}

const (
	service   = "bench.salt"
	sinkQueue = "bench.sink"
	rpcQueue  = "bench.raw.rpc"
)

// tidy deletes every queue of this program, so that no cell feeds another's.
func tidy(s settings) error {
	raw, err := openRaw(s)
	if err != nil {
		return err
	}
	defer raw.close()
	for _, q := range []string{sinkQueue, rpcQueue, service, service + ".dead", service + ".rpc"} {
		if _, err := raw.ch.QueueDelete(q, false, false, false); err != nil {
			return fmt.Errorf("delete queue %q: %w", q, err)
		}
	}
	return nil
}
