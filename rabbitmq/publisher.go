package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// A publisher is the confirm channel of one generation, with its window.
type publisher struct {
	gen       *generation
	ch        *amqp.Channel
	window    chan struct{} // a token for each unconfirmed message
	returns   *returns
	exchanges flights[string, struct{}]
	callers   flights[struct{}, *caller]
	answering flights[struct{}, *amqp.Channel]
	nacks     atomic.Int32 // in a row
	nacked    *nackPolicy
}

// openPublisher makes g's confirm channel.
func openPublisher(g *generation, nacked *nackPolicy) error {
	defer g.patience()()
	ch, err := g.conn.Channel()
	if err != nil {
		return fmt.Errorf("open the publishing channel: %w", err)
	}
	p := &publisher{
		gen: g, ch: ch, nacked: nacked,
		window:  make(chan struct{}, g.opts.Window),
		returns: newReturns(ch, g.opts.Window),
	}
	if err := ch.Confirm(false); err != nil {
		return fmt.Errorf("switch to publisher confirms: %w", err)
	}
	g.watchChannel(ch, "publishing")
	g.publisher = p
	return nil
}

// watchChannel ends the generation when the broker closes a channel that the
// generation cannot do without.
func (g *generation) watchChannel(ch *amqp.Channel, what string) {
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	g.tasks.Go(func() {
		if err := <-closed; err != nil {
			g.kill(fmt.Errorf("the broker closed the %s channel: %w", what, err))
		}
	})
}

// outgoing is a message ready for the wire.
type outgoing struct {
	topic, id string // for errors
	exchange  string // declared before the first use; "" is the default exchange
	key       string
	msg       amqp.Publishing
	ref       string // see refOf
	headers   int    // encoded size
}

// An inflight message was written and awaits its confirm. It holds a token of
// the window until finish.
type inflight struct {
	p    *publisher
	dc   *amqp.DeferredConfirmation
	ref  string
	sent time.Time
}

// Results of starting that say nothing about the message.
var errWindowFull = errors.New("too many unconfirmed messages")

// start writes a message. With wait it waits for a token of the window,
// otherwise it returns errWindowFull. errGone says that nothing was written;
// an unknownError that something may have been.
func (p *publisher) start(ctx context.Context, o *outgoing, wait bool) (*inflight, error) {
	if limit := p.gen.maxHeaders(); limit > 0 && o.headers > limit {
		return nil, fmt.Errorf("%w: headers of %d bytes, this broker allows %d", salt.ErrTooLarge, o.headers, limit)
	}
	if err := p.gen.waitUnblocked(ctx); err != nil {
		return nil, err
	}
	if err := p.declare(ctx, o.exchange); err != nil {
		return nil, err
	}
	if err := p.acquire(ctx, wait); err != nil {
		return nil, err
	}
	if err := p.gen.lock(ctx); err != nil {
		<-p.window
		return nil, err
	}
	dc, err := p.ch.PublishWithDeferredConfirm(o.exchange, o.key, true, false, o.msg)
	p.gen.unlock()
	if err != nil {
		<-p.window
		if errors.Is(err, amqp.ErrClosed) {
			// Not one whole message left this process: the library looks
			// before every frame.
			p.gen.kill(errGone)
			return nil, errGone
		}
		p.gen.kill(err)
		return nil, &unknownError{err}
	}
	return &inflight{p: p, dc: dc, ref: o.ref, sent: time.Now()}, nil
}

func (p *publisher) acquire(ctx context.Context, wait bool) error {
	select {
	case p.window <- struct{}{}:
		return nil
	default:
	}
	if !wait {
		return errWindowFull
	}
	select {
	case p.window <- struct{}{}:
		return nil
	case <-p.gen.dead:
		return errGone
	case <-ctx.Done():
		if b := p.gen.blocked.Load(); b != nil {
			return fmt.Errorf("%w: %s: %w", salt.ErrBlocked, b.reason, ended(ctx))
		}
		return fmt.Errorf("%w: %d messages are unconfirmed already: %w", salt.ErrUnavailable, cap(p.window), ended(ctx))
	}
}

// An unknownError says that a message may have reached the broker.
type unknownError struct{ err error }

func (e *unknownError) Error() string { return e.err.Error() }
func (e *unknownError) Unwrap() error { return e.err }

// A verdict is what became of a message.
type verdict uint8

const (
	confirmed  verdict = iota + 1
	unroutable         // confirmed and returned: it is nowhere
	nacked
	lost // the channel ended first: unknown
)

func (v verdict) String() string {
	switch v {
	case confirmed:
		return "confirmed"
	case unroutable:
		return "unroutable"
	case nacked:
		return "nacked"
	case lost:
		return "unknown"
	}
	return "not sent"
}

// wait returns the broker's verdict. When ctx ends first the outcome is
// unknown, and the token is given back when the verdict comes after all.
func (f *inflight) wait(ctx context.Context) (verdict, error) {
	select {
	case <-f.dc.Done():
		return f.finish(), nil
	case <-ctx.Done():
	}
	select {
	case <-f.dc.Done(): // both at once: what is known counts
		return f.finish(), nil
	default:
	}
	f.p.gen.tasks.Go(f.abandon)
	if b := f.p.gen.blocked.Load(); b != nil {
		return lost, fmt.Errorf("%w: %s: %w", salt.ErrBlocked, b.reason, ended(ctx))
	}
	return lost, ended(ctx)
}

// abandon waits for the verdict that nobody waits for any more. A broker that
// gives none in time is asked again on another connection.
func (f *inflight) abandon() {
	timeout := f.p.gen.opts.ConfirmTimeout
	late := time.NewTimer(time.Until(f.sent.Add(timeout)))
	defer late.Stop()
	for {
		select {
		case <-f.dc.Done():
			f.finish()
			return
		case <-late.C:
			if f.p.gen.blocked.Load() != nil {
				late.Reset(timeout) // the confirm comes when the alarm is over
				continue
			}
			f.p.gen.kill(fmt.Errorf("a message was not confirmed within %v", timeout))
			<-f.dc.Done()
			f.finish()
			return
		}
	}
}

// finish reads the verdict and gives the token back. Call it once, after dc is
// done.
func (f *inflight) finish() verdict {
	p := f.p
	returned := p.returns.take(f.ref)
	acked := f.dc.Acked()
	<-p.window
	switch {
	case acked:
		p.nacks.Store(0)
		p.nacked.reset()
		p.gen.useful.Store(true)
		if returned {
			return unroutable
		}
		return confirmed
	case p.ch.IsClosed():
		return lost // the library resolves what is open at the end as not acknowledged
	}
	if n := p.nacks.Add(1); n >= nacksInRow && p.nacked.mayReopen(time.Now()) {
		p.gen.kill(fmt.Errorf("the broker refused %d messages in a row", n))
	}
	return nacked
}

// declare makes sure that an exchange is there: publishing to a missing one
// closes the channel under everybody's messages.
func (p *publisher) declare(ctx context.Context, exchange string) error {
	if exchange == "" {
		return nil
	}
	_, err := p.exchanges.do(ctx, p.gen.tasks, exchange, func() (struct{}, error) {
		return struct{}{}, p.gen.command(context.WithoutCancel(ctx), func(ch *amqp.Channel) error {
			return declareExchange(ch, p.gen, exchange)
		})
	})
	if err != nil {
		return p.gen.orGone(err)
	}
	return nil
}

// orGone returns errGone for an error that only says that the connection went;
// the library may know it before the generation does.
func (g *generation) orGone(err error) error {
	if errors.Is(err, amqp.ErrClosed) {
		g.kill(errGone)
		return errGone
	}
	if g.isDead() {
		return errGone
	}
	return err
}
