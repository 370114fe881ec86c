package salt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type (
	sumArgs  struct{ A, B int }
	sumTotal struct{ Sum int }
)

// resultsDouble is a result backend whose answers a test gives.
type resultsDouble struct {
	await  error // of Await
	answer func(ctx context.Context) (*salt.Reply, error)
	store  func(ctx context.Context) error // nil: keep

	mu     sync.Mutex
	stored []string
	events []string
	away   error
}

func (d *resultsDouble) note(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, event)
}

func (d *resultsDouble) Await(context.Context, string) (salt.PendingResult, error) {
	d.note("await")
	return d, d.await
}

func (d *resultsDouble) Wait(ctx context.Context) (*salt.Reply, error) {
	if d.answer != nil {
		return d.answer(ctx)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (d *resultsDouble) Stop() { d.note("stop") }

func (d *resultsDouble) Store(ctx context.Context, req *salt.Message, r *salt.Reply) error {
	d.mu.Lock()
	if r.Fault != nil {
		d.stored = append(d.stored, fmt.Sprintf("%s %v", req.Topic, r.Fault))
	} else {
		d.stored = append(d.stored, fmt.Sprintf("%s %s", req.Topic, r.Body))
	}
	d.mu.Unlock()
	if len(r.Body) > 1000 {
		return fmt.Errorf("redis: %w", salt.ErrTooLarge)
	}
	if d.store != nil {
		return d.store(ctx)
	}
	return nil
}

func (d *resultsDouble) Health() error { return d.away }

func (d *resultsDouble) Close(context.Context) error {
	d.note("close")
	return nil
}

// callDouble is a transport whose answers a test gives.
type callDouble struct {
	*inmem.Transport
	request func(ctx context.Context) (*salt.Reply, error)
}

func (c *callDouble) Request(ctx context.Context, _ *salt.Message) (*salt.Reply, error) {
	return c.request(ctx)
}

func silent(ctx context.Context) (*salt.Reply, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func after(d time.Duration, r *salt.Reply, err error) func(context.Context) (*salt.Reply, error) {
	return func(ctx context.Context) (*salt.Reply, error) {
		select {
		case <-time.After(d):
			return r, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// passing is what both ways do with a service that has no handler.
func passing(r *salt.Reply) func(context.Context) (*salt.Reply, error) {
	return func(ctx context.Context) (*salt.Reply, error) {
		<-ctx.Done()
		return r, nil
	}
}

func TestRequestBothWays(t *testing.T) {
	t.Parallel()
	result := func(n int) *salt.Reply { return &salt.Reply{Body: fmt.Appendf(nil, `{"Sum":%d}`, n)} }
	fault := func(k salt.Fault) *salt.Reply { return &salt.Reply{Fault: &salt.RemoteError{Kind: k}} }
	refused := &salt.PublishError{Outcome: salt.Refused, Err: salt.ErrBlocked}
	unknown := &salt.PublishError{Outcome: salt.Unknown, Err: fmt.Errorf("%w: %w", salt.ErrNotConfirmed, salt.ErrClosed)}
	strange := errors.New("strange")
	tests := map[string]struct {
		transport, backend func(context.Context) (*salt.Reply, error)
		want               int
		err                error
		took               time.Duration
	}{
		"transport answers":            {after(2*time.Second, result(1), nil), silent, 1, nil, 2 * time.Second},
		"backend answers":              {silent, after(2*time.Second, result(2), nil), 2, nil, 2 * time.Second},
		"the first counts":             {after(3*time.Second, result(1), nil), after(2*time.Second, result(2), nil), 2, nil, 2 * time.Second},
		"a fault is an answer":         {silent, after(time.Second, fault(salt.FaultHandler), nil), 0, &salt.RemoteError{Kind: salt.FaultHandler}, time.Second},
		"nobody here, somebody there":  {passing(fault(salt.FaultNoHandler)), after(time.Second, result(2), nil), 2, nil, time.Second},
		"somebody here, nobody there":  {after(time.Second, result(1), nil), passing(fault(salt.FaultNotRegistered)), 1, nil, time.Second},
		"nobody at all":                {passing(fault(salt.FaultNotRegistered)), passing(fault(salt.FaultNoHandler)), 0, salt.ErrNoHandler, 30 * time.Second},
		"nobody, told by the backend":  {silent, passing(fault(salt.FaultNoHandler)), 0, salt.ErrNoHandler, 30 * time.Second},
		"no answer":                    {silent, silent, 0, context.DeadlineExceeded, 30 * time.Second},
		"unroutable ends it":           {after(0, nil, salt.ErrNoHandler), silent, 0, salt.ErrNoHandler, 0},
		"refused ends it":              {after(0, nil, refused), silent, 0, salt.ErrBlocked, 0},
		"connection lost, then stored": {after(time.Second, nil, salt.ErrConnectionLost), after(2*time.Second, result(2), nil), 2, nil, 2 * time.Second},
		"connection lost, nothing":     {after(time.Second, nil, salt.ErrConnectionLost), silent, 0, salt.ErrConnectionLost, 30 * time.Second},
		"cut short, then stored":       {after(time.Second, nil, unknown), after(2*time.Second, result(2), nil), 2, nil, 2 * time.Second},
		"cut short, nothing":           {after(time.Second, nil, unknown), silent, 0, salt.ErrNotConfirmed, 30 * time.Second},
		"who knows, then stored":       {after(time.Second, nil, strange), after(2*time.Second, result(2), nil), 2, nil, 2 * time.Second},
		"closed ends it":               {after(time.Second, nil, salt.ErrClosed), silent, 0, salt.ErrClosed, time.Second},
		"unavailable ends it":          {after(0, nil, salt.ErrUnavailable), silent, 0, salt.ErrUnavailable, 0},
		"too large ends it":            {after(0, nil, salt.ErrTooLarge), silent, 0, salt.ErrTooLarge, 0},
		"backend closed":               {after(time.Second, result(1), nil), after(0, nil, salt.ErrClosed), 1, nil, time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				results := &resultsDouble{answer: tt.backend}
				bus, err := salt.Open(t.Context(), &callDouble{inmem.New(), tt.transport}, &salt.Options{Results: results, Catalog: salt.NewCatalog()})
				if err != nil {
					t.Fatal(err)
				}
				add := salt.DefineRPC[sumArgs, sumTotal, *salt.RPCError]("add", salt.In(salt.NewCatalog()))
				begin := time.Now()
				got, err := add.Call(t.Context(), bus, &sumArgs{1, 2})
				if took := time.Since(begin); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				var remote *salt.RemoteError
				switch {
				case tt.err == nil && err != nil:
					t.Fatal(err)
				case tt.err == nil && got.Sum != tt.want:
					t.Errorf("got %d, want %d", got.Sum, tt.want)
				case errors.As(tt.err, &remote):
					if have, ok := errors.AsType[*salt.RemoteError](err); !ok || have.Kind != remote.Kind {
						t.Errorf("error %v, want the fault %s", err, remote.Kind)
					}
				case tt.err != nil && !errors.Is(err, tt.err):
					t.Errorf("error %v, want %v", err, tt.err)
				}
				if err := bus.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff([]string{"await", "stop", "close"}, results.events); diff != "" {
					t.Errorf("the backend saw (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRequestWithoutBackend(t *testing.T) {
	t.Parallel()
	away := fmt.Errorf("redis: %w", salt.ErrUnavailable)
	results := &resultsDouble{await: away, away: away}
	tr := &callDouble{inmem.New(), func(context.Context) (*salt.Reply, error) { panic("sent") }}
	bus, err := salt.Open(t.Context(), tr, &salt.Options{Results: results, Catalog: salt.NewCatalog()})
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close(t.Context())
	_, err = bus.Request(t.Context(), &salt.Message{Topic: "add", Body: []byte(`{}`)})
	pe, ok := errors.AsType[*salt.PublishError](err)
	if !ok || pe.Outcome != salt.Refused || !errors.Is(err, salt.ErrUnavailable) || !salt.Retryable(err) || !strings.Contains(err.Error(), "result backend") {
		t.Errorf("error %v, want a refused publish that names the result backend and may be retried", err)
	}
	if h := bus.Health(); !strings.Contains(h.Results, "redis") || !h.Ready {
		t.Errorf("health %+v, want the backend's reason, and ready", h)
	}
}

// Answers are stored, also those for callers without a reply address, and a
// backend that hangs delays the transport's answer by a second at most.
func TestAnswersAreStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := false
		ended := make(chan error, 1)
		results := &resultsDouble{}
		results.store = func(ctx context.Context) error {
			if !hang {
				return nil
			}
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}
		catalog := salt.In(salt.NewCatalog())
		add := salt.DefineRPC[sumArgs, sumTotal, *salt.RPCError]("add", catalog)
		tr := inmem.New()
		bus, err := salt.Open(t.Context(), tr, &salt.Options{Results: results, Catalog: salt.NewCatalog(), Service: "adder"})
		if err != nil {
			t.Fatal(err)
		}
		add.Handle(bus, func(_ context.Context, s *sumArgs) (*sumTotal, error) {
			if s.A < 0 {
				return nil, salt.NewRPCError("NEGATIVE", "a is negative")
			}
			return &sumTotal{s.A + s.B}, nil
		})
		if err := bus.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := add.Call(t.Context(), bus, &sumArgs{1, 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := add.Call(t.Context(), bus, &sumArgs{-1, 2}); err == nil {
			t.Fatal("no error")
		}
		hang = true
		begin := time.Now()
		if _, err := add.Call(t.Context(), bus, &sumArgs{3, 4}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("with a backend that hangs a call took %v, want 1s", took)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("storing ended with %v, want a deadline", err)
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("storing was given up after %v, want 10s", took)
		}
		if err := bus.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{`add {"Sum":3}`, `add {"error_code":"NEGATIVE","error_message":"a is negative","details":{}}`, `add {"Sum":7}`}
		if diff := cmp.Diff(want, results.stored); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
	})
}

// A store may use the time of the drain and, when its handler was that late, a
// second more; then Close goes on without it.
func TestStoreEndsWithDrain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		drain, handler, want time.Duration // want: of Close, which begins at 0 as the handler does
	}{
		"under way at the end":  {3 * time.Second, 0, 3 * time.Second},
		"begun in the drain":    {3 * time.Second, time.Second, 3 * time.Second},
		"begun late":            {3 * time.Second, 2500 * time.Millisecond, 3500 * time.Millisecond},
		"a drain of no time":    {time.Millisecond, 0, time.Second},
		"one longer than needs": {time.Minute, 0, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				results := &resultsDouble{store: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
				tr := inmem.New()
				bus := busOn(t, tr, &salt.Options{Results: results, DrainTimeout: tt.drain})
				begun := make(chan struct{})
				add := salt.DefineRPC[sumArgs, sumTotal, *salt.RPCError]("add", salt.In(salt.NewCatalog()))
				add.Handle(bus, func(context.Context, *sumArgs) (*sumTotal, error) {
					close(begun)
					time.Sleep(tt.handler)
					return &sumTotal{}, nil
				})
				start(t, bus)
				caller := busOn(t, tr.Broker().Open(), nil)
				called := make(chan error, 1)
				go func() {
					_, err := add.Call(t.Context(), caller, &sumArgs{})
					called <- err
				}()
				<-begun
				synctest.Wait()
				at := time.Now()
				if err := bus.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(at); took != tt.want {
					t.Errorf("Close took %v, want %v", took, tt.want)
				}
				if err := <-called; err != nil {
					t.Errorf("the transport's own way: %v", err)
				}
			})
		})
	}
}

// A service learns whether the caller looks into the result backend as well.
func TestCallersSayWhereTheyListen(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	var awaits []bool
	service := busOn(t, tr, &salt.Options{Concurrency: 1, Receive: []salt.Middleware{func(next salt.Handler) salt.Handler {
		return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
			awaits = append(awaits, m.AwaitsStored)
			return next(ctx, m)
		}
	}}})
	add := salt.DefineRPC[sumArgs, sumTotal, *salt.RPCError]("add", salt.In(salt.NewCatalog()))
	add.Handle(service, func(context.Context, *sumArgs) (*sumTotal, error) { return &sumTotal{}, nil })
	start(t, service)
	for _, results := range []salt.ResultBackend{inmem.NewResultStore().Open(), nil} {
		if _, err := add.Call(t.Context(), busOn(t, tr.Broker().Open(), &salt.Options{Results: results}), &sumArgs{}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]bool{true, false}, awaits); diff != "" {
		t.Errorf("callers with and without a result backend (-want +got):\n%s", diff)
	}
}

func TestAnswerTooLargeToStore(t *testing.T) {
	t.Parallel()
	results, tr := &resultsDouble{}, inmem.New()
	bus := busOn(t, tr, &salt.Options{Results: results})
	long := salt.DefineRPC[sumArgs, []string, *salt.RPCError]("long", salt.In(salt.NewCatalog()))
	long.Handle(bus, func(context.Context, *sumArgs) (*[]string, error) {
		return &[]string{strings.Repeat("x", 1000)}, nil
	})
	start(t, bus)
	if _, err := long.Call(t.Context(), bus, &sumArgs{}); err != nil {
		t.Errorf("the transport's own way: %v", err)
	}
	if len(results.stored) != 2 || !strings.Contains(results.stored[1], "larger than") {
		t.Errorf("stored %d answers, want the large one refused and a fault in its place: %.200q", len(results.stored), results.stored)
	}
}

// A bus that cannot be opened closes what it was given.
func TestOpenClosesResults(t *testing.T) {
	t.Parallel()
	results := &resultsDouble{}
	if _, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Results: results, Service: "a b"}); err == nil {
		t.Fatal("a bad service name was taken")
	}
	if diff := cmp.Diff([]string{"close"}, results.events); diff != "" {
		t.Errorf("the backend saw (-want +got):\n%s", diff)
	}
}
