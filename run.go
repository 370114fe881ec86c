package salt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// queueState is one queue being consumed.
type queueState struct {
	queue Queue
	subs  []*subscription

	mu    sync.Mutex
	live  bool
	err   error
	since time.Time
	ready chan struct{} // closed when live for the first time
}

func (q *queueState) status(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.live, q.err, q.since = err == nil, err, time.Now()
	if q.live {
		select {
		case <-q.ready:
		default:
			close(q.ready)
		}
	}
}

// Start begins to consume in the background, until [Bus.Close], and returns
// when every subscription is live. When ctx ends before that it returns an
// error that names the queues which are not, and consuming goes on trying. It
// returns at once an error for a queue that can never be consumed.
func (b *Bus) Start(ctx context.Context) error {
	if err := b.begin(); err != nil {
		return err
	}
	for _, q := range b.queues {
		select {
		case <-q.ready:
		case <-b.failed:
			return b.failure
		case <-b.consuming.Done():
			return fmt.Errorf("salt: start: %w", ErrClosed)
		case <-ctx.Done():
			return b.notLive(ctx, q)
		}
	}
	return nil
}

// notLive says why Start gives up: the queue's own error, or the transport's.
func (b *Bus) notLive(ctx context.Context, q *queueState) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	err := fmt.Errorf("salt: start: queue %q is not live yet: %w", q.queue.Name, ctx.Err())
	switch detail := b.transport.Health().Detail; {
	case q.err != nil:
		return fmt.Errorf("%w: %w", err, q.err)
	case detail != "":
		return fmt.Errorf("%w: %s", err, detail)
	}
	return err
}

// Run consumes until ctx ends, then drains and closes the bus: it stops taking
// messages, waits up to [Options.DrainTimeout] for the handlers, flushes what
// is being published, and returns nil. What still waits in the service's queue
// stays there for the next process. It returns an error at once for a queue
// that can never be consumed; a broker that is away is waited for.
func (b *Bus) Run(ctx context.Context) error {
	if err := b.begin(); err != nil {
		return err
	}
	var err error
	select {
	case <-ctx.Done():
	case <-b.consuming.Done(): // Close was called
	case <-b.failed:
		err = b.failure
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.opts.DrainTimeout+closeGrace)
	defer cancel()
	return errors.Join(err, b.Close(end))
}

// closeGrace is what Run allows for the end beyond the handlers' own time.
const closeGrace = 10 * time.Second

// begin starts the consumers, once.
func (b *Bus) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.consuming.Err() != nil:
		return fmt.Errorf("salt: start: %w", ErrClosed)
	case b.started:
		return nil
	}
	b.started = true
	b.queues = b.plan()
	b.registrar.noteAll(b.subs)
	if b.unnamed && slices.ContainsFunc(b.subs, func(s *subscription) bool { return !s.ephemeral }) {
		b.log.Info("salt: Options.Service is empty: queues are named after the program", "service", b.opts.Service)
	}
	for _, q := range b.queues {
		b.running.Go(func() {
			if err := b.transport.Consume(b.consuming, q.queue, receive(b, q.subs)); err != nil {
				q.status(err)
				b.log.Error("salt: a queue can not be consumed", "queue", q.queue.Name, "error", err)
				b.failOnce.Do(func() {
					b.failure = fmt.Errorf("salt: consume %q: %w", q.queue.Name, err)
					close(b.failed)
				})
			}
		})
	}
	return nil
}

// plan groups the subscriptions into queues, in order of subscription.
func (b *Bus) plan() []*queueState {
	var queues []*queueState
	byName := map[string]*queueState{}
	for _, s := range b.subs {
		key := fmt.Sprintf("%s/%t/%t", s.queue, s.ephemeral, s.mode == ModeRPC)
		q := byName[key]
		if q == nil {
			q = &queueState{ready: make(chan struct{}), since: time.Now(), queue: Queue{
				Name: s.queue, Requests: s.mode == ModeRPC, Ephemeral: s.ephemeral,
				Prefetch: b.opts.Prefetch, Concurrency: b.opts.Concurrency, Drain: b.opts.DrainTimeout,
			}}
			q.queue.Status = q.status
			byName[key] = q
			queues = append(queues, q)
		}
		q.subs = append(q.subs, s)
		q.queue.Concurrency = max(q.queue.Concurrency, s.concurrency)
		if bind := (Binding{Exchange: s.exchange, Pattern: s.pattern}); !slices.Contains(q.queue.Bindings, bind) {
			q.queue.Bindings = append(q.queue.Bindings, bind)
		}
	}
	return queues
}

// Close ends the bus in order: no new messages (those that wait in queues stay
// there), running handlers finish within [Options.DrainTimeout], unfinished publishes and replies are flushed, the
// transport is closed. When ctx ends first, Close cuts what is left short and
// returns ctx's error. A second Close waits for the first, no longer than its
// own ctx.
func (b *Bus) Close(ctx context.Context) error {
	first := false
	b.closeOnce.Do(func() { first = true })
	if first {
		b.closeErr = b.end(ctx)
		close(b.done)
		return b.closeErr
	}
	select {
	case <-b.done:
		return b.closeErr
	case <-ctx.Done():
		return fmt.Errorf("salt: close: another Close is still draining: %w", ctx.Err())
	}
}

func (b *Bus) end(ctx context.Context) error {
	b.mu.Lock()
	b.stop(ErrClosed) // under the lock: begin starts no consumer after it
	if n := len(b.subs); n > 0 && !b.started {
		b.log.Warn("salt: the bus is closed and its subscriptions never received anything: Start or Run was not called", "subscriptions", n)
	}
	b.mu.Unlock()
	cut := time.AfterFunc(b.opts.DrainTimeout, b.cutStores)
	defer cut.Stop()
	defer b.cutStores()
	drained := make(chan struct{})
	go func() {
		b.running.Wait()
		close(drained)
	}()
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		err = fmt.Errorf("salt: close: handlers still run: %w", ctx.Err())
	}
	b.closed.Store(true) // handlers may publish until here
	b.registrar.close(ctx)
	return errors.Join(err, b.closeAll(ctx))
}

// Health is a bus's account of itself, fit for a readiness probe.
type Health struct {
	// Ready: publishing is possible, every subscription is live, and no
	// definition is in conflict.
	Ready     bool            `json:"ready"`
	Transport TransportHealth `json:"transport"`
	Queues    []QueueHealth   `json:"queues"`
	Registry  RegistryHealth  `json:"registry"`

	// Results tells why [Options.Results] is away; empty when it is not, or
	// there is none. It does not count for Ready: events flow without.
	Results string `json:"results,omitzero"`
}

// QueueHealth tells whether messages can arrive through a queue.
type QueueHealth struct {
	Queue string    `json:"queue"`
	Live  bool      `json:"live"`
	Since time.Time `json:"since"` // of the last change
	Error string    `json:"error,omitzero"`
}

// Health reports the state now, without I/O.
func (b *Bus) Health() Health {
	h := Health{Transport: b.transport.Health(), Registry: b.registrar.health()}
	if b.opts.Results != nil {
		if err := b.opts.Results.Health(); err != nil {
			h.Results = err.Error()
		}
	}
	h.Ready = h.Transport.Connected && h.Registry.Conflict == "" && b.consuming.Err() == nil
	b.mu.Lock()
	queues := b.queues
	h.Ready = h.Ready && (b.started || len(b.subs) == 0)
	b.mu.Unlock()
	for _, q := range queues {
		q.mu.Lock()
		qh := QueueHealth{Queue: q.queue.Name, Live: q.live, Since: q.since}
		if q.err != nil {
			qh.Error = q.err.Error()
		}
		q.mu.Unlock()
		h.Ready = h.Ready && qh.Live
		h.Queues = append(h.Queues, qh)
	}
	return h
}
