package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

const replyTo = "amq.rabbitmq.reply-to"

// rawRPC calls a server in this process from n goroutines over direct reply-to.
// Server and caller have a connection each; bodies are pre-encoded and nothing
// is decoded.
func rawRPC(ctx context.Context, s settings, n int, persistent bool) (sample, error) {
	server, err := openRaw(s)
	if err != nil {
		return sample{}, err
	}
	defer server.close()
	caller, err := openRaw(s)
	if err != nil {
		return sample{}, err
	}
	defer caller.close()
	if err := server.answer(ctx); err != nil {
		return sample{}, err
	}
	replies, err := caller.ch.ConsumeWithContext(ctx, replyTo, "", true, false, false, false, nil)
	if err != nil {
		return sample{}, err
	}
	mode := amqp.Transient
	if persistent {
		mode = amqp.Persistent
	}

	var waiting sync.Map // correlation id -> chan struct{}
	go func() {
		for d := range replies {
			found, _ := waiting.LoadAndDelete(d.CorrelationId)
			if answered, ok := found.(chan struct{}); ok {
				close(answered)
			}
		}
	}()
	return hammer(s.measure, n, func(i int) error {
		id, answered := strconv.Itoa(i), make(chan struct{})
		waiting.Store(id, answered)
		err := caller.ch.PublishWithContext(ctx, "", rpcQueue, true, false, amqp.Publishing{
			ContentType: "application/json", CorrelationId: id, ReplyTo: replyTo, DeliveryMode: mode, Body: s.bare.Body,
		})
		if err != nil {
			return err
		}
		select {
		case <-answered:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("call %s: %w", id, ctx.Err())
		}
	})
}

// answer echoes requests until the connection is closed.
func (b *rawBroker) answer(ctx context.Context) error {
	_, declared := b.ch.QueueDeclare(rpcQueue, true, false, false, false, nil)
	_, purged := b.ch.QueuePurge(rpcQueue, false)
	if err := errors.Join(declared, purged, b.ch.Qos(window, 0, false)); err != nil {
		return err
	}
	requests, err := b.ch.ConsumeWithContext(ctx, rpcQueue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	go func() {
		for d := range requests {
			err := b.ch.PublishWithContext(ctx, "", d.ReplyTo, false, false, amqp.Publishing{
				ContentType: "application/json", CorrelationId: d.CorrelationId, DeliveryMode: amqp.Transient, Body: d.Body,
			})
			if err != nil || d.Ack(false) != nil {
				return // the callers time out and tell
			}
		}
	}()
	return nil
}
