package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// directReplyTo is RabbitMQ's pseudo queue: replies come straight to the
// channel that published the request, without a queue to declare or to leak.
const directReplyTo = "amq.rabbitmq.reply-to"

// A caller is the channel of one generation on which requests go out and
// replies come in.
type caller struct {
	ch      *amqp.Channel
	pending sync.Map // message id -> *call
	dead    chan struct{}
}

// A call waits for its reply. Only the first final reply counts.
type call struct {
	final      chan *salt.Reply
	unroutable chan struct{}
	nobody     atomic.Pointer[salt.Reply] // a service without a handler answered
}

// Request sends m and waits for its reply (PROTOCOL.md, section 6). It returns
// [salt.ErrNoHandler] at once when m reaches no queue, [salt.ErrConnectionLost]
// when the way back is lost, ctx's error when that ends first, and a
// *[salt.PublishError] when m was not sent. Answers of services that know no
// handler are passed over until ctx ends, because another may yet do better;
// then the first of them is returned. Requests go unconfirmed: the reply is the
// confirm.
func (t *Transport) Request(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
	if err := t.begin(&t.calls); err != nil {
		return nil, refused(m, err)
	}
	defer t.calls.Done()
	req := *m
	req.ReplyTo, req.RPC = directReplyTo, true
	o, err := t.encode(&req)
	if err != nil {
		return nil, refused(m, err)
	}
	c := &call{final: make(chan *salt.Reply, 1), unroutable: make(chan struct{})}
	to, err := t.request(ctx, o, c)
	if err != nil {
		return nil, notStarted(m, err)
	}
	defer to.pending.Delete(o.id)
	select {
	case r := <-c.final:
		return r, nil
	case <-c.unroutable:
		return nil, fmt.Errorf("request %q: %w: no queue is bound to its routing key", m.Topic, salt.ErrNoHandler)
	case <-to.dead:
		select {
		case r := <-c.final:
			return r, nil
		default:
			return nil, fmt.Errorf("request %q: %w", m.Topic, salt.ErrConnectionLost)
		}
	case <-ctx.Done():
		if r := c.nobody.Load(); r != nil {
			return r, nil
		}
		return nil, fmt.Errorf("request %q: no reply: %w", m.Topic, ended(ctx))
	}
}

// request writes o and returns the caller on which the reply will come.
func (t *Transport) request(ctx context.Context, o *outgoing, c *call) (*caller, error) {
	for {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		g, err := t.publish.get(ctx, t.opts.ConnectWait)
		if err != nil {
			return nil, err
		}
		to, err := g.publisher.request(ctx, o, c, t.opts.limits())
		if errors.Is(err, errGone) {
			continue
		}
		return to, err
	}
}

func (p *publisher) request(ctx context.Context, o *outgoing, c *call, limits celery.Limits) (*caller, error) {
	if limit := p.gen.maxHeaders(); limit > 0 && o.headers > limit {
		return nil, fmt.Errorf("%w: headers of %d bytes, this broker allows %d", salt.ErrTooLarge, o.headers, limit)
	}
	if err := p.gen.waitUnblocked(ctx); err != nil {
		return nil, err
	}
	if err := p.declare(ctx, o.exchange); err != nil {
		return nil, err
	}
	to, err := p.callers.do(ctx, p.gen.tasks, struct{}{}, func() (*caller, error) { return openCaller(p.gen, limits) })
	if err != nil {
		return nil, p.gen.orGone(err)
	}
	if err := p.gen.lock(ctx); err != nil {
		return nil, err
	}
	if _, busy := to.pending.LoadOrStore(o.id, c); busy {
		p.gen.unlock()
		return nil, fmt.Errorf("a request with id %q is waiting for its reply already", o.id)
	}
	err = to.ch.Publish(o.exchange, o.key, true, false, o.msg)
	p.gen.unlock()
	if err == nil {
		return to, nil
	}
	to.pending.Delete(o.id)
	if errors.Is(err, amqp.ErrClosed) {
		p.gen.kill(errGone)
		return nil, errGone
	}
	p.gen.kill(err)
	return nil, &unknownError{err}
}

// openCaller makes the channel for requests.
func openCaller(g *generation, limits celery.Limits) (*caller, error) {
	defer g.patience()()
	ch, err := g.conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open the channel for requests: %w", err)
	}
	c := &caller{ch: ch, dead: make(chan struct{})}
	returned := ch.NotifyReturn(make(chan amqp.Return, 64))
	replies, err := ch.Consume(directReplyTo, "", true, true, false, false, nil)
	if err != nil {
		return nil, fmt.Errorf("consume direct replies: %w", err)
	}
	g.watchChannel(ch, "request")
	g.tasks.Go(func() { c.receive(g, returned, replies, limits) })
	return c, nil
}

// receive hands out replies and returns until the channel ends.
func (c *caller) receive(g *generation, returned <-chan amqp.Return, replies <-chan amqp.Delivery, limits celery.Limits) {
	defer close(c.dead)
	for {
		select {
		case r, ok := <-returned:
			if !ok {
				returned = nil
				continue
			}
			if waiting := callOf(c.pending.LoadAndDelete(refOf(r.Headers))); waiting != nil {
				close(waiting.unroutable)
			}
		case d, ok := <-replies:
			if !ok {
				g.kill(errors.New("the broker ended the consumer of replies"))
				return
			}
			g.useful.Store(true)
			c.deliver(&d, limits)
		}
	}
}

// callOf returns what a look-up in pending found, nil when it found nothing.
func callOf(found any, _ bool) *call {
	c, _ := found.(*call)
	return c
}

// deliver gives a reply to its call. Late, unknown, undecodable and second
// replies belong to nobody.
func (c *caller) deliver(d *amqp.Delivery, limits celery.Limits) {
	if len(d.Body) > limits.MaxBytes {
		c.tooLarge(d, limits)
		return
	}
	r, err := celery.DecodeReply(envelope(d))
	if err != nil {
		return
	}
	waiting := callOf(c.pending.Load(r.ID))
	if waiting == nil {
		return
	}
	if r.Fault != nil && errors.Is(r.Fault, salt.ErrNoHandler) {
		waiting.nobody.CompareAndSwap(nil, r)
		return
	}
	select {
	case waiting.final <- r:
	default:
	}
}

// tooLarge fails the call whose reply is beyond the limit, found by the
// property because the body is not read.
func (c *caller) tooLarge(d *amqp.Delivery, limits celery.Limits) {
	if waiting := callOf(c.pending.Load(d.CorrelationId)); waiting != nil {
		select {
		case waiting.final <- &salt.Reply{ID: d.CorrelationId, Fault: &salt.RemoteError{
			Kind:    salt.FaultDispatcher,
			Message: fmt.Sprintf("the reply has %d bytes, the limit here is %d", len(d.Body), limits.MaxBytes),
		}}:
		default:
		}
	}
}
