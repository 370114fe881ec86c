package salt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a [Bus]. Nil means all defaults.
type Options struct {
	// CallTimeout bounds calls whose context has no deadline. Default 30 s,
	// Python's.
	CallTimeout time.Duration

	// Catalog whose definitions Open takes to the registry. Default
	// DefaultCatalog.
	Catalog *Catalog

	// Concurrency is the number of handlers that run at once for each queue.
	// Default 16.
	Concurrency int

	// Dialect in which messages are published that name none: those of
	// definitions without [WithDialect] and raw ones. Default CelerySalt.
	Dialect Dialect

	// DrainTimeout is how long the end waits for running handlers before it
	// cancels their contexts. Default 30 s.
	DrainTimeout time.Duration

	// HandlerTimeout cancels a handler's context. Default none.
	HandlerTimeout time.Duration

	// Logger receives what no caller can see. Default slog.Default().
	Logger *slog.Logger

	// Prefetch is the number of messages held by each queue's consumer.
	// Default the transport's.
	Prefetch int

	// Receive wraps every call of a handler, Send every send and request; the
	// first is outermost. Recovery from panics, timeouts and validation are
	// built in, in fixed places, and not part of these lists.
	Receive, Send []Middleware

	// Registry that stores schemas. Default none: the catalog alone guards
	// this program. One that has the method See of [RegistryStore] is told who
	// of this program publishes, subscribes, calls and serves what: shortly after
	// it begins, and every ten minutes. The caller closes it.
	Registry Registry

	// RegistryURL is opened as Registry by [OpenRegistry], and closed by
	// Bus.Close. The package that knows its scheme must be imported. Default none;
	// it excludes Registry.
	RegistryURL string

	// Results is Celery's other way for answers, beside the transport's own: a
	// Redis (package redis). A bus that has one listens for the answers to its
	// calls in both places, so that it does not matter which backend a Python
	// worker uses, and stores there the answers of its own handlers. While it is
	// away, calls are refused with [ErrUnavailable]; events are not concerned.
	// Bus.Close closes it. Default none, which is right beside Python services
	// with Celery's rpc:// backend.
	Results ResultBackend

	// Service names the queues of this service, so that its instances share
	// them: events arrive on <service>, requests on <service>.rpc. Default the
	// program's file name; set it in production.
	Service string
}

// A Bus connects handlers and publishers to a transport. Safe for concurrent
// use. Make one with [Open].
type Bus struct {
	opts      Options
	unnamed   bool // Options.Service was empty
	log       *slog.Logger
	transport Transport
	registrar *registrar
	registry  RegistryStore // the bus's own: of Options.RegistryURL
	send      Handler       // send middleware around the transport

	mu      sync.Mutex
	subs    []*subscription
	started bool
	queues  []*queueState // fixed once started

	unhandled warned // topics

	closed    atomic.Bool
	stop      context.CancelCauseFunc // ends the consumers
	consuming context.Context
	running   sync.WaitGroup
	storing   context.Context // of answers; ends when the drain is over
	cutStores context.CancelFunc

	failOnce sync.Once
	failed   chan struct{} // closed when some queue can never be consumed
	failure  error         // why

	closeOnce sync.Once
	done      chan struct{} // closed when Close is through
	closeErr  error
}

// Open makes a bus on t, which it owns from now on, and takes the catalog to
// the registry. A conflict is a *[ConflictError]: another schema for the same
// version, or a version that breaks its topic's policy. After any error t and
// Options.Results are closed. A registry that cannot be reached is a warning:
// the definitions stay pending and are registered when it is back. Open does not
// wait for the broker. The registry's history names ctx's [Actor], if none
// service@host.
func Open(ctx context.Context, t Transport, opts *Options) (*Bus, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	o.CallTimeout = cmp.Or(o.CallTimeout, 30*time.Second)
	o.Catalog = cmp.Or(o.Catalog, DefaultCatalog)
	o.Dialect = cmp.Or(o.Dialect, CelerySalt)
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, 30*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	unnamed := o.Service == ""
	o.Service = cmp.Or(o.Service, filepath.Base(os.Args[0]))
	b := &Bus{opts: o, unnamed: unnamed, log: o.Logger, transport: t, failed: make(chan struct{}), done: make(chan struct{})}
	b.consuming, b.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	b.storing, b.cutStores = context.WithCancel(context.WithoutCancel(ctx))
	b.send = chain(o.Send, b.dispatch)
	if err := b.open(ctx); err != nil {
		b.stop(err)
		return nil, errors.Join(fmt.Errorf("salt: open: %w", err), b.closeAll(ctx))
	}
	return b, nil
}

// open does what can fail.
func (b *Bus) open(ctx context.Context) (err error) {
	if err := checkOptions(&b.opts); err != nil {
		return err
	}
	schemas := b.opts.Registry
	if b.opts.RegistryURL != "" {
		if b.registry, err = OpenRegistry(ctx, b.opts.RegistryURL); err != nil {
			return err
		}
		schemas = b.registry
	}
	b.registrar = newRegistrar(schemas, b.opts.Service, b.log)
	return b.registrar.open(ctx, b.opts.Catalog.Specs())
}

func checkOptions(o *Options) error {
	if o.CallTimeout < 0 || o.DrainTimeout < 0 || o.HandlerTimeout < 0 {
		return errors.New("a timeout in Options is negative")
	}
	if o.Concurrency < 0 || o.Prefetch < 0 {
		return errors.New("Concurrency or Prefetch in Options is negative")
	}
	if o.Registry != nil && o.RegistryURL != "" {
		return errors.New("Options has both Registry and RegistryURL; set one of them")
	}
	if err := checkWords(o.Service); err != nil {
		return fmt.Errorf("Options.Service %w", err)
	}
	return checkDialect(o.Dialect)
}

// closeAll ends the ways out of the process.
func (b *Bus) closeAll(ctx context.Context) error {
	err := b.transport.Close(ctx)
	if b.opts.Results != nil {
		err = errors.Join(err, b.opts.Results.Close(ctx))
	}
	if b.registry != nil {
		err = errors.Join(err, b.registry.Close())
	}
	return err
}

// chain wraps h in the middlewares, the first outermost.
func chain(mws []Middleware, h Handler) Handler {
	for _, mw := range slices.Backward(mws) {
		h = mw(h)
	}
	return h
}

// Send sends a raw message, unchecked against any schema: the door for tools
// and bridges. It fills in what is empty of ID, Exchange and Dialect; m belongs to the
// bus afterwards.
func (b *Bus) Send(ctx context.Context, m *Message) error {
	if err := b.prepare(ctx, m); err != nil {
		return err
	}
	m.RPC = false
	_, err := b.send(ctx, m)
	return err
}

// Request sends a raw request and returns its reply, which may hold a fault.
// Without a deadline in ctx, [Options.CallTimeout] applies. The deadline
// travels with the request: a service drops what comes late.
func (b *Bus) Request(ctx context.Context, m *Message) (*Reply, error) {
	if err := b.prepare(ctx, m); err != nil {
		return nil, err
	}
	m.RPC = true
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(b.opts.CallTimeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if m.Expires.IsZero() || m.Expires.After(deadline) {
		m.Expires = deadline
	}
	return b.send(ctx, m)
}

// prepare checks the envelope. What fails here was certainly not sent.
func (b *Bus) prepare(ctx context.Context, m *Message) error {
	if m.ID == "" {
		m.ID = newID()
	}
	m.Exchange = cmp.Or(m.Exchange, DefaultExchange)
	m.Dialect = cmp.Or(m.Dialect, b.opts.Dialect)
	err := ctx.Err()
	switch {
	case b.closed.Load():
		err = ErrClosed
	case err == nil:
		err = cmp.Or(CheckTopic(m.Topic), checkExchange(m.Exchange), checkDialect(m.Dialect))
	}
	if err == nil && m.spec != nil {
		err = b.registrar.ensure(ctx, m.spec)
	}
	if err != nil {
		return &PublishError{Topic: m.Topic, ID: m.ID, Outcome: Refused, Err: err}
	}
	if m.spec != nil {
		b.registrar.witness.sends(m.spec)
	}
	return nil
}

// dispatch is the innermost handler of the way out.
func (b *Bus) dispatch(ctx context.Context, m *Message) (*Reply, error) {
	switch {
	case !m.RPC:
		return nil, b.transport.Send(ctx, m)
	case b.opts.Results == nil:
		return b.transport.Request(ctx, m)
	}
	return b.requestBothWays(ctx, m)
}

// SendBatch sends raw messages in order, pipelined where the transport can and
// no send middleware wants to see each on its own.
func (b *Bus) SendBatch(ctx context.Context, ms []*Message) []error {
	errs := make([]error, len(ms))
	batch, ok := b.transport.(BatchSender)
	if !ok || len(b.opts.Send) > 0 {
		for i, m := range ms {
			errs[i] = b.Send(ctx, m)
		}
		return errs
	}
	good, at := make([]*Message, 0, len(ms)), make([]int, 0, len(ms))
	for i, m := range ms {
		if errs[i] = b.prepare(ctx, m); errs[i] == nil {
			m.RPC = false
			good, at = append(good, m), append(at, i)
		}
	}
	for i, err := range batch.SendBatch(ctx, good) {
		errs[at[i]] = err
	}
	return errs
}
