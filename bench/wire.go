package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// wire returns a message with the very bytes and headers that Salt publishes,
// so that the broker has the same work from both sides: it lets Salt publish
// one and takes it off the queue.
func wire(ctx context.Context, s settings) (m amqp.Publishing, err error) {
	bus, err := publisher(ctx, s)
	if err != nil {
		return m, err
	}
	defer closeBus(bus)
	raw, err := openRaw(s)
	if err != nil {
		return m, err
	}
	defer raw.close()
	d, ok, err := raw.ch.Get(sinkQueue, true)
	if err != nil || !ok {
		return m, errors.Join(fmt.Errorf("no message in %q to copy", sinkQueue), err)
	}
	return amqp.Publishing{
		Headers: d.Headers, ContentType: d.ContentType, ContentEncoding: d.ContentEncoding,
		DeliveryMode: d.DeliveryMode, Priority: d.Priority, CorrelationId: d.CorrelationId,
		MessageId: d.MessageId, Timestamp: d.Timestamp, Body: d.Body,
	}, nil
}

// bare returns the payload alone, as a program without Celery peers would send.
func bare(context.Context, settings) (amqp.Publishing, error) {
	body, err := bareBody()
	return amqp.Publishing{ContentType: "application/json", DeliveryMode: amqp.Persistent, Body: body}, err
}

func bareBody() ([]byte, error) { return json.Marshal(newOrder(1)) }
