package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/celerysalt/salt"
)

// A Transport is one program's access to a RabbitMQ broker. Make it with
// [Open]. Safe for concurrent use.
type Transport struct {
	opts    Options
	at      address
	tasks   sync.WaitGroup // links and everything they started
	unheard atomic.Uint64
	nacked  nackPolicy

	publish *link
	consume *link
	feeding sync.Once // starts consume: who only publishes has one connection
	doubts  quarantine

	linking   context.Context // the links' life
	unlink    context.CancelCauseFunc
	consuming context.Context // ends first: consumers drain while publishing goes on
	undeliver context.CancelCauseFunc

	mu        sync.Mutex
	closing   bool
	closed    chan struct{} // when Close is through
	sends     sync.WaitGroup
	calls     sync.WaitGroup
	consumers sync.WaitGroup
	attached  map[string]int // our consumers by queue
}

var (
	_ salt.Transport   = (*Transport)(nil)
	_ salt.BatchSender = (*Transport)(nil)
)

// Open returns a transport for the broker at rawURL:
// amqp://user:password@host:5672/vhost, or amqps:// for TLS. It does no I/O and
// fails for a malformed URL only, without quoting it. The connection is made in
// the background, for as long as the transport lives; see [Transport.Health].
// opts may be nil.
func Open(rawURL string, opts *Options) (*Transport, error) {
	at, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	t := &Transport{
		opts: opts.withDefaults(), at: at,
		closed: make(chan struct{}), attached: make(map[string]int),
	}
	t.linking, t.unlink = context.WithCancelCause(context.Background())
	t.consuming, t.undeliver = context.WithCancelCause(context.Background())
	t.publish = newLink("publish", at, &t.opts, func(ctx context.Context) (*generation, error) { return t.dialPublish(ctx, "publish") })
	t.consume = newLink("consume", at, &t.opts, func(ctx context.Context) (*generation, error) { return t.dial(ctx, "consume") })
	t.doubts.init(t)
	t.tasks.Go(func() { t.publish.run(t.linking) })
	return t, nil
}

// dialPublish makes a connection with its confirm channel.
func (t *Transport) dialPublish(ctx context.Context, use string) (*generation, error) {
	g, err := t.dial(ctx, use)
	if err != nil {
		return nil, err
	}
	if err := openPublisher(g, &t.nacked); err != nil {
		g.kill(err)
		return nil, err
	}
	return g, nil
}

func (t *Transport) dial(ctx context.Context, use string) (*generation, error) {
	return connect(ctx, t.at, &t.opts, fmt.Sprintf("%s (%s)", t.opts.ConnectionName, use), &t.tasks)
}

// begin registers a call that Close waits for.
func (t *Transport) begin(calls *sync.WaitGroup) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return errClosing
	}
	calls.Add(1)
	return nil
}

// Health reports the state of the connections now, without I/O. Connected says
// that a publish would be tried; Detail tells what is wrong with either
// connection.
func (t *Transport) Health() salt.TransportHealth {
	g, made, err := t.publish.state()
	_, consumed, consumeErr := t.consume.state()
	h := salt.TransportHealth{
		Connected:  g != nil,
		Unheard:    t.unheard.Load(),
		Reconnects: again(made) + again(consumed),
	}
	switch {
	case err != nil:
		h.Detail = err.Error()
	case g == nil:
		h.Detail = "connecting to " + t.at.String()
	case g.blocked.Load() != nil:
		h.Connected = false
		h.Detail = fmt.Sprintf("%v: %s", salt.ErrBlocked, g.blocked.Load().reason)
	case consumeErr != nil:
		h.Detail = "consuming: " + consumeErr.Error()
	}
	return h
}

func again(made uint64) uint64 { return made - min(made, 1) }

// Close ends the transport in order: consumers stop taking messages and drain,
// unfinished sends get their outcome, then the connections are closed, which
// fails calls that wait for a reply with [salt.ErrConnectionLost]. When ctx ends first, what is left is cut short, sends as unknown and
// deliveries to be given out again, and Close returns ctx's error. It outlives
// ctx by at most [Options.WriteTimeout] plus [Options.DrainGrace]. Calls after
// it return [salt.ErrClosed]; closing again waits for the first Close.
func (t *Transport) Close(ctx context.Context) error {
	t.mu.Lock()
	first := !t.closing
	t.closing = true
	t.mu.Unlock()
	if !first {
		select {
		case <-t.closed:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("close: %w", ctx.Err())
		}
	}
	defer close(t.closed)
	t.undeliver(errClosing)
	err := errors.Join(
		waitFor(ctx, &t.consumers, "handlers still run"),
		waitFor(ctx, &t.sends, "messages are still unconfirmed"),
	)
	t.unlink(errClosing)
	// Without connections everything ends by itself; only a handler that never
	// returns can hold this up.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.opts.WriteTimeout+t.opts.DrainGrace)
	defer cancel()
	for _, w := range []*sync.WaitGroup{&t.sends, &t.calls, &t.consumers, &t.tasks} {
		if late := waitFor(end, w, "goroutines are left behind"); err == nil {
			err = late
		}
	}
	return err
}

// waitFor waits for w until ctx ends; left says what is then left.
func waitFor(ctx context.Context, w *sync.WaitGroup, left string) error {
	done := make(chan struct{})
	go func() {
		w.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		select {
		case <-done: // both, and this one is better
			return nil
		default:
			return fmt.Errorf("close: %s: %w", left, ctx.Err())
		}
	}
}
