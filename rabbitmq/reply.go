package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// replyPatience bounds the wait for a connection to reply on.
const replyPatience = 10 * time.Second

// reply sends a reply, before the request is acknowledged. A caller that is
// gone is nobody's error, and a reply that cannot be sent is not worth running
// the handler again: the caller has its deadline.
func (s *session) reply(m *salt.Message, r *salt.Reply) {
	if m.ReplyTo == "" {
		return
	}
	t := s.c.t
	until := time.Now().Add(replyPatience)
	if !m.Expires.IsZero() && m.Expires.Before(until) {
		until = m.Expires
	}
	ctx, cancel := context.WithDeadline(t.linking, until)
	defer cancel()
	if ctx.Err() != nil {
		return // nobody waits any more
	}
	err := t.sendReply(ctx, m, r)
	if errors.Is(err, salt.ErrTooLarge) { // the caller may know, rather than wait
		t.opts.Logger.Warn("rabbitmq: a reply was too large, the caller is told so instead", "topic", m.Topic, "id", m.ID, "error", errorText(err))
		err = t.sendReply(ctx, m, &salt.Reply{ID: r.ID, Fault: &salt.RemoteError{
			Kind: salt.FaultHandler, Message: fmt.Sprintf("the response is larger than the service may send (%d bytes)", t.opts.MaxBody),
		}})
	}
	if err != nil {
		t.opts.Logger.Warn("rabbitmq: a reply was not sent", "topic", m.Topic, "id", m.ID, "error", errorText(err))
	}
}

// sendReply writes a reply, on the next connection if one fails under it.
// Replies go unconfirmed: they live in no queue that could keep them, and
// waiting for confirms costs callers a sixth of their calls.
func (t *Transport) sendReply(ctx context.Context, m *salt.Message, r *salt.Reply) error {
	e, err := celery.EncodeReply(m, r)
	if err != nil {
		return err
	}
	o, err := t.pack(e, m.Topic, m.ID)
	if err != nil {
		return err
	}
	if !t.doubts.trusted(o.key) {
		return t.doubts.send(ctx, o)
	}
	for {
		g, err := t.publish.get(ctx, 0)
		if err != nil {
			return err
		}
		if err = g.publisher.answer(ctx, o); err == nil || !g.isDead() {
			return err
		}
	}
}

// answer writes a reply on the channel that is for nothing else.
func (p *publisher) answer(ctx context.Context, o *outgoing) error {
	if err := p.gen.waitUnblocked(ctx); err != nil {
		return err
	}
	ch, err := p.answering.do(ctx, p.gen.tasks, struct{}{}, func() (*amqp.Channel, error) {
		defer p.gen.patience()()
		ch, err := p.gen.conn.Channel()
		if err == nil {
			p.gen.watchChannel(ch, "replying")
		}
		return ch, err
	})
	if err != nil {
		return err
	}
	if err := p.gen.lock(ctx); err != nil {
		return err
	}
	defer p.gen.unlock()
	if err := ch.Publish(o.exchange, o.key, false, false, o.msg); err != nil {
		p.gen.kill(err)
		return err
	}
	return nil
}
