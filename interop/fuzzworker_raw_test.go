package interop_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt/celery"
)

// A rawPublisher puts envelopes on the broker as they are: Salt's transport
// writes protocol 2 only. Not safe for concurrent use.
type rawPublisher struct{ channel *amqp.Channel }

func openRaw(t *testing.T) *rawPublisher {
	t.Helper()
	conn, err := amqp.Dial(need(t, "SALT_TEST_AMQP_URL"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	channel, err := conn.Channel()
	if err == nil {
		err = channel.Confirm(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &rawPublisher{channel}
}

// publish waits for the broker's confirm.
func (p *rawPublisher) publish(ctx context.Context, e *celery.Envelope) error {
	if stamps, ok := e.Headers["stamps"].(map[string]any); ok { // of protocol 2, the only table
		e.Headers["stamps"] = amqp.Table(stamps)
	}
	confirm, err := p.channel.PublishWithDeferredConfirmWithContext(ctx, e.Exchange, e.RoutingKey, false, false, amqp.Publishing{
		Headers:         amqp.Table(e.Headers),
		ContentType:     e.Properties.ContentType,
		ContentEncoding: e.Properties.ContentEncoding,
		DeliveryMode:    e.Properties.DeliveryMode,
		Priority:        e.Properties.Priority,
		CorrelationId:   e.Properties.CorrelationID,
		ReplyTo:         e.Properties.ReplyTo,
		Expiration:      e.Properties.Expiration,
		Body:            e.Body,
	})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	acked, err := confirm.WaitContext(ctx)
	if err == nil && !acked {
		err = errors.New("the broker refused it")
	}
	return err
}
