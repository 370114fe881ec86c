package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// errPatience ends a send that has no deadline of its own.
var errPatience = errors.New("ConfirmTimeout is over")

// Send publishes m and waits for the broker's confirm. The exchange is declared
// before its first use as a durable topic exchange.
//
// The outcome is nil, or a *[salt.PublishError] around one of
//
//   - refused: [salt.ErrTooLarge], [salt.ErrUnavailable] (no connection within
//     [Options.ConnectWait]), [salt.ErrBlocked], [salt.ErrNacked],
//     [salt.ErrUnroutable], [salt.ErrClosed], ctx's error, or what is wrong
//     with the message or the exchange;
//   - unknown: [salt.ErrNotConfirmed], together with ctx's error when ctx ended
//     the wait.
//
// A message that reached no queue is [salt.ErrUnroutable] for requests and with
// MustRoute, otherwise it is counted in [Transport.Health]. Send ends with ctx
// or after [Options.ConfirmTimeout], and at most [Options.WriteTimeout] later.
func (t *Transport) Send(ctx context.Context, m *salt.Message) error {
	if err := t.begin(&t.sends); err != nil {
		return refused(m, err)
	}
	defer t.sends.Done()
	o, err := t.encode(m)
	if err != nil {
		return refused(m, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.opts.ConfirmTimeout, errPatience)
	defer cancel()
	f, err := t.start(ctx, o, true)
	if err != nil {
		return notStarted(m, err)
	}
	return t.settle(ctx, m, f)
}

// SendBatch publishes ms in order without waiting for one confirm before the
// next message, and returns when all outcomes are known: errs[i] is what Send
// would have returned for ms[i]. A connection that is away is waited for once,
// not for every message. When ctx ends, messages not yet written are
// refused with its error.
func (t *Transport) SendBatch(ctx context.Context, ms []*salt.Message) []error {
	errs := make([]error, len(ms))
	if err := t.begin(&t.sends); err != nil {
		for i, m := range ms {
			errs[i] = refused(m, err)
		}
		return errs
	}
	defer t.sends.Done()
	open := make([]pending, 0, min(len(ms), t.opts.Window))
	limit := patience{parent: ctx, length: t.opts.ConfirmTimeout}
	defer limit.end()
	settleOldest := func() {
		oldest := open[0]
		open = open[1:]
		errs[oldest.i] = t.settle(limit.context(), ms[oldest.i], oldest.f)
	}
	var away error // why nothing can be sent; the batch has waited for it once
	for i, m := range ms {
		o, err := t.encode(m)
		if err != nil {
			errs[i] = refused(m, err)
			continue
		}
		if away != nil && !t.sendable() {
			errs[i] = notStarted(m, away)
			continue
		}
		away = nil
		for {
			// Who waits for a token holds none: two full batches would
			// otherwise wait for each other.
			f, err := t.start(limit.context(), o, len(open) == 0)
			if errors.Is(err, errWindowFull) {
				settleOldest()
				continue
			}
			if err == nil {
				open = append(open, pending{i, f})
				break
			}
			errs[i] = notStarted(m, err)
			if ctx.Err() == nil && (errors.Is(err, salt.ErrUnavailable) || errors.Is(err, salt.ErrBlocked)) {
				away = err
			}
			break
		}
	}
	for len(open) > 0 {
		settleOldest()
	}
	return errs
}

// sendable looks, without waiting, whether a message could be written now.
func (t *Transport) sendable() bool {
	g, _, _ := t.publish.state()
	return g != nil && g.blocked.Load() == nil
}

type pending struct {
	i int
	f *inflight
}

// patience yields contexts that leave at least length from now, and not a
// timer for each of many short waits.
type patience struct {
	parent context.Context
	length time.Duration
	ctx    context.Context
	cancel context.CancelFunc
	made   time.Time
}

func (p *patience) context() context.Context {
	if now := time.Now(); p.ctx == nil || now.Sub(p.made) > p.length/4 {
		p.end()
		p.ctx, p.cancel = context.WithTimeoutCause(p.parent, p.length+p.length/4, errPatience)
		p.made = now
	}
	return p.ctx
}

func (p *patience) end() {
	if p.cancel != nil {
		p.cancel()
	}
}

// start writes o on the living connection, or on the next one as long as
// nothing of it was written and it comes within ConnectWait.
func (t *Transport) start(ctx context.Context, o *outgoing, wait bool) (*inflight, error) {
	until := time.Now().Add(t.opts.ConnectWait)
	for {
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		g, err := t.publish.get(ctx, max(time.Until(until), time.Millisecond))
		if err != nil {
			return nil, err
		}
		f, err := g.publisher.start(ctx, o, wait)
		if errors.Is(err, errGone) {
			continue
		}
		return f, err
	}
}

// settle waits for the verdict and words it.
func (t *Transport) settle(ctx context.Context, m *salt.Message, f *inflight) error {
	v, err := f.wait(ctx)
	switch v {
	case confirmed:
		return nil
	case unroutable:
		if m.MustRoute || m.RPC {
			return refused(m, salt.ErrUnroutable)
		}
		t.unheard.Add(1)
		return nil
	case nacked:
		return refused(m, salt.ErrNacked)
	}
	if err == nil {
		err = errors.New("the connection was lost")
	}
	return unknown(m, err)
}

// encode makes m ready for the wire.
func (t *Transport) encode(m *salt.Message) (*outgoing, error) {
	e, err := celery.Encode(m)
	if err != nil {
		return nil, err
	}
	return t.pack(e, m.Topic, m.ID)
}

// pack checks what would hurt others on the same connection.
func (t *Transport) pack(e *celery.Envelope, topic, id string) (*outgoing, error) {
	if len(e.Body) > t.opts.MaxBody {
		return nil, fmt.Errorf("%w: body of %d bytes in its envelope, the limit is %d; "+
			"store what is large and send a reference to it", salt.ErrTooLarge, len(e.Body), t.opts.MaxBody)
	}
	msg, err := publishing(e)
	if err != nil {
		return nil, err
	}
	if err := checkWritable(e.Exchange, e.RoutingKey, &msg); err != nil {
		return nil, err
	}
	return &outgoing{
		topic: topic, id: id, exchange: e.Exchange, key: e.RoutingKey, msg: msg,
		ref: refOf(msg.Headers), headers: headerSize(msg.Headers),
	}, nil
}

func refused(m *salt.Message, err error) error {
	return &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Refused, Err: err}
}

func unknown(m *salt.Message, err error) error {
	return &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Unknown,
		Err: fmt.Errorf("%w: %w", salt.ErrNotConfirmed, err)}
}

func notStarted(m *salt.Message, err error) error {
	if u, ok := errors.AsType[*unknownError](err); ok {
		return unknown(m, u.err)
	}
	return refused(m, err)
}
