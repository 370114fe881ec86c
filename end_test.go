package salt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// brokenTransport can consume nothing.
type brokenTransport struct{ *inmem.Transport }

var errBroken = errors.New("the queue has other arguments")

func (brokenTransport) Consume(context.Context, salt.Queue, salt.Handler) error { return errBroken }

func TestStartWithManyBrokenQueues(t *testing.T) {
	t.Parallel()
	bus := busOn(t, brokenTransport{inmem.New()}, nil)
	for i := range 200 {
		salt.SubscribePattern(bus, "x", func(context.Context, *salt.Message) error { return nil }, salt.OnQueue(fmt.Sprintf("q%d", i)))
	}
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- bus.Start(t.Context()) }()
	}
	for range 2 {
		if err := wait(t, done); !errors.Is(err, errBroken) {
			t.Errorf("Start: %v", err)
		}
	}
	go func() { done <- bus.Run(t.Context()) }()
	if err := wait(t, done); !errors.Is(err, errBroken) {
		t.Errorf("Run: %v", err)
	}
}

func TestCloseKeepsToItsOwnContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Service: "svc"})
		if err != nil {
			t.Fatal(err)
		}
		salt.SubscribePattern(bus, "stuck", func(ctx context.Context, _ *salt.Message) error {
			<-ctx.Done()
			return ctx.Err()
		})
		start(t, bus)
		if err := bus.Send(t.Context(), &salt.Message{Topic: "stuck", Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		first := make(chan error, 1)
		began := time.Now()
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			first <- bus.Close(ctx)
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := bus.Close(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("the second Close: %v after %v", err, time.Since(began))
		}
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("the first Close: %v after %v", err, time.Since(began))
		}
		if err := bus.Start(t.Context()); !errors.Is(err, salt.ErrClosed) {
			t.Errorf("Start while closed: %v", err)
		}
	})
}

func TestStartAndCloseAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		bus := newBus(t, nil)
		salt.SubscribePattern(bus, "x", func(context.Context, *salt.Message) error { return nil })
		var both sync.WaitGroup
		both.Go(func() { _ = bus.Start(t.Context()) }) // either outcome; the race detector judges
		both.Go(func() { _ = bus.Close(t.Context()) })
		both.Wait()
	}
}

func TestEtaDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := inmem.NewBroker()
		bus := busOn(t, broker.Open(), nil)
		salt.SubscribePattern(bus, "later", func(context.Context, *salt.Message) error { return nil })
		start(t, bus)
		if err := bus.Send(t.Context(), &salt.Message{Topic: "later", Body: []byte(`{}`), NotBefore: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		began := time.Now()
		if err := bus.Close(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("Close: %v after %v", err, time.Since(began))
		}
		if n := broker.Depth("svc"); n != 1 {
			t.Errorf("%d messages wait in the queue, want the one with the eta", n)
		}
	})
}

// A request without an expiry, as a foreign caller may send it.
func TestRequestAcrossTheDrain(t *testing.T) {
	t.Parallel()
	for _, ignoresContext := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			broker := inmem.NewBroker()
			caller, server := broker.Open(), busOn(t, broker.Open(), &salt.Options{DrainTimeout: time.Second})
			add := salt.DefineRPC[addRequest, addResponse, *addError]("rpc.drain", salt.In(salt.NewCatalog()))
			add.Handle(server, func(ctx context.Context, _ *addRequest) (*addResponse, error) {
				if ignoresContext {
					time.Sleep(5 * time.Second)
					return &addResponse{Sum: 5}, nil
				}
				<-ctx.Done()
				return nil, ctx.Err()
			})
			start(t, server)
			replies := make(chan *salt.Reply, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			go func() {
				r, _ := caller.Request(ctx, &salt.Message{ID: "1", Topic: "rpc.drain", Version: "v1", RPC: true, Body: []byte(`{"A":1,"B":2}`)})
				replies <- r
			}()
			synctest.Wait()
			if err := server.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if ignoresContext {
				if r := <-replies; r == nil || r.Fault != nil {
					t.Errorf("the good answer of a handler that outlasted the drain was dropped: %+v", r)
				}
				return
			}
			if n := broker.Depth("svc.rpc"); n != 1 {
				t.Errorf("%d requests wait, want the one that the drain cut short", n)
			}
			cancel()
			<-replies
		})
	}
}

func TestHealthBeforeStart(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	if !bus.Health().Ready {
		t.Error("a bus that only publishes is not ready")
	}
	salt.SubscribePattern(bus, "x", func(context.Context, *salt.Message) error { return nil })
	if bus.Health().Ready {
		t.Error("ready although no subscription is live")
	}
	start(t, bus)
	if !bus.Health().Ready {
		t.Error("not ready after Start")
	}
}

func TestOpenWithBadOptionsClosesTheTransport(t *testing.T) {
	t.Parallel()
	for _, o := range []salt.Options{{Service: "a b"}, {Concurrency: -1}, {CallTimeout: -1}} {
		tr := inmem.New()
		if _, err := salt.Open(t.Context(), tr, &o); err == nil || tr.Health().Connected {
			t.Errorf("%+v: error %v, connected %v", o, err, tr.Health().Connected)
		}
	}
}

func TestFailuresAreSeen(t *testing.T) {
	t.Parallel()
	var logged lockedBuffer
	seen := make(chan error, 2)
	tr := inmem.New()
	bus := busOn(t, tr, &salt.Options{
		Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		Receive: []salt.Middleware{func(next salt.Handler) salt.Handler {
			return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
				r, err := next(ctx, m)
				seen <- err
				return r, err
			}
		}},
	})
	salt.SubscribePattern(bus, "boom", func(context.Context, *salt.Message) error { panic("kaboom") })
	start(t, bus)
	if err := bus.Send(t.Context(), &salt.Message{Topic: "boom", Body: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if err := wait(t, seen); err == nil || !strings.Contains(err.Error(), "kaboom") {
		t.Errorf("middleware saw %v", err)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := logged.String(); !strings.Contains(log, "kaboom") || !strings.Contains(log, "end_test.go") {
		t.Errorf("the log lacks the panic or its place:\n%s", log)
	}
}
