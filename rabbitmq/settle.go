package rabbitmq

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// errGoexit stands for a handler that left through runtime.Goexit, as
// testing.T.FailNow does.
var errGoexit = errors.New("the handler left through runtime.Goexit")

// settlePatience bounds the wait for the confirm of a dead letter.
const settlePatience = 10 * time.Second

// handle decodes a delivery, calls the handler, and settles the delivery by
// the result. It holds a slot for the handler's time, not for the settlement's.
func (s *session) handle(d *amqp.Delivery) {
	defer s.release()
	var (
		m     *salt.Message
		reply *salt.Reply
		err   = errGoexit // unless the handler returns
	)
	defer func() {
		if v := recover(); v != nil {
			reply, err = nil, &salt.PanicError{Value: v, Stack: debug.Stack()}
		}
		<-s.c.slots
		s.settle(d, m, reply, err)
	}()
	var undecodable error
	if m, undecodable = s.decode(d); undecodable != nil {
		err = undecodable
		return
	}
	reply, err = s.c.h(s.c.handling, m)
}

func (s *session) decode(d *amqp.Delivery) (*salt.Message, error) {
	s.g.useful.Store(true)
	m, err := celery.Decode(envelope(d), s.c.t.opts.limits())
	if err != nil {
		return nil, err
	}
	m.Redelivered, m.Attempt = d.Redelivered, attempt(d.Headers)
	return m, nil
}

// attempt reads a quorum queue's count of earlier deliveries.
func attempt(headers amqp.Table) int {
	if n, ok := headers["x-delivery-count"].(int64); ok && n >= 0 && n < 1<<30 {
		return int(n) + 1
	}
	return 1
}

// settle acknowledges or dead-letters. The deliveries of an ended session are
// left alone: the broker has them back.
func (s *session) settle(d *amqp.Delivery, m *salt.Message, reply *salt.Reply, err error) {
	switch {
	case s.stale():
	case err == nil:
		if reply != nil {
			s.reply(m, reply)
		}
		s.settled(d.DeliveryTag, toAck)
	case errors.Is(err, celery.ErrForeign):
		s.settled(d.DeliveryTag, toAck)
	case s.c.handling.Err() != nil, errors.Is(err, salt.ErrGiveBack):
		// The drain is over and we cancelled the handler: its error says
		// nothing about the message. The broker gives it out again.
	case s.c.q.Requests || s.c.q.Ephemeral:
		s.c.t.opts.Logger.Warn("rabbitmq: dropped a message that could not be handled, its queue has no dead letters",
			"queue", s.queue, "reason", string(reasonOf(err)), "error", errorText(err))
		s.settled(d.DeliveryTag, toAck)
	default:
		s.bury(d, err)
	}
}

// deliver publishes o for the transport itself, on the next connection if need
// be: what is delivered twice here does no harm.
func (t *Transport) deliver(ctx context.Context, o *outgoing) (verdict, error) {
	for {
		f, err := t.start(ctx, o, true)
		if err == nil {
			var v verdict
			if v, err = f.wait(ctx); v != lost || err != nil {
				return v, err
			}
			continue // the connection was lost
		}
		if _, ok := errors.AsType[*unknownError](err); !ok && !errors.Is(err, salt.ErrUnavailable) {
			return 0, err
		}
		if ctx.Err() != nil {
			return 0, err
		}
	}
}
