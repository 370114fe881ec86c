package salt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

func TestRPC(t *testing.T) {
	t.Parallel()
	var logged lockedBuffer
	bus := newBus(t, &salt.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	add := salt.DefineRPC[addRequest, addResponse, *addError]("rpc.add", salt.In(salt.NewCatalog()))
	add.Handle(bus, func(ctx context.Context, q *addRequest) (*addResponse, error) {
		switch {
		case q.A < 0:
			return nil, fmt.Errorf("lookup: %w", &addError{Code: "NEGATIVE", Max: 7})
		case q.A == 666:
			return nil, errors.New("database password is hunter2")
		case q.A == 667:
			panic("hunter2")
		case q.A == 668:
			return nil, nil
		}
		if _, ok := ctx.Deadline(); !ok {
			return nil, errors.New("no deadline")
		}
		return &addResponse{Sum: q.A + q.B}, nil
	})
	start(t, bus)

	if r, err := add.Call(t.Context(), bus, &addRequest{A: 2, B: 3}); err != nil || r.Sum != 5 {
		t.Errorf("2+3 = %v, %v", r, err)
	}
	_, err := add.Call(t.Context(), bus, &addRequest{A: -1})
	if e, ok := errors.AsType[*addError](err); !ok || e.Code != "NEGATIVE" || e.Max != 7 {
		t.Errorf("typed error: %v", err)
	}
	for _, a := range []int{666, 667, 668, 99} { // untyped error, panic, nothing, response over its maximum
		_, err := add.Call(t.Context(), bus, &addRequest{A: a, B: 2})
		re, ok := errors.AsType[*salt.RemoteError](err)
		if !ok || re.Kind != salt.FaultHandler || re.Message != "internal error" {
			t.Errorf("A=%d: error %v", a, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("internal text reached the caller: %v", err)
		}
	}
	if !strings.Contains(logged.String(), "hunter2") {
		t.Error("the log lacks what the caller must not see")
	}
	r, err := bus.Request(t.Context(), &salt.Message{Topic: "rpc.add", Version: "v1", Body: []byte(`{"A":"x"}`)})
	if err != nil || r.Fault == nil || !strings.Contains(r.Fault.Message, "/A") || !strings.Contains(r.Fault.Message, "/B") {
		t.Errorf("an invalid request got %+v, %v; want a fault that names the fields", r, err)
	}
	nobody := salt.DefineRPC[addRequest, addResponse, *addError]("rpc.nobody", salt.In(salt.NewCatalog()))
	if _, err := nobody.Call(t.Context(), bus, &addRequest{}); !errors.Is(err, salt.ErrNoHandler) {
		t.Errorf("no handler: %v", err)
	}
}

func TestCallTimeoutAndLateRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broker := inmem.NewBroker()
		caller, server := busOn(t, broker.Open(), nil), busOn(t, broker.Open(), &salt.Options{Service: "server", Concurrency: 1})
		slow := salt.DefineRPC[addRequest, addResponse, *addError]("rpc.slow", salt.In(salt.NewCatalog()))
		var calls atomic.Int32
		slow.Handle(server, func(ctx context.Context, _ *addRequest) (*addResponse, error) {
			calls.Add(1)
			<-ctx.Done() // the caller's deadline arrives here
			return nil, ctx.Err()
		})
		start(t, server)
		began := time.Now()
		done := make(chan error, 2)
		for range 2 { // the second waits behind the first, past its own deadline
			go func() {
				_, err := slow.Call(t.Context(), caller, &addRequest{})
				done <- err
			}()
			synctest.Wait()
		}
		for range 2 {
			if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		}
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("calls without a deadline took %v, want the default 30s", took)
		}
		synctest.Wait()
		if n := calls.Load(); n != 1 {
			t.Errorf("the handler ran %d times: a late request was not dropped", n)
		}
	})
}

func TestRequestVersions(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	catalog := salt.In(salt.NewCatalog())
	v1 := salt.DefineRPC[payloadA, addResponse, *addError]("rv", catalog)
	v2 := salt.DefineRPC[payloadA, addResponse, *addError]("rv", catalog, salt.Version("v2"))
	v10 := salt.DefineRPC[payloadA, addResponse, *addError]("rv", catalog, salt.Version("v10"))
	for i, d := range []*salt.RPCType[payloadA, addResponse, *addError]{v1, v2} {
		d.Handle(bus, func(context.Context, *payloadA) (*addResponse, error) { return &addResponse{Sum: i + 1}, nil })
	}
	start(t, bus)
	for want, d := range map[int]*salt.RPCType[payloadA, addResponse, *addError]{1: v1, 2: v2} {
		if r, err := d.Call(t.Context(), bus, &payloadA{}); err != nil || r.Sum != want {
			t.Errorf("v%d was answered by handler %v (%v)", want, r, err)
		}
	}
	if r, err := v10.Call(t.Context(), bus, &payloadA{}); err != nil || r.Sum != 2 {
		t.Errorf("v10 was answered by %v (%v), want the newest handler", r, err)
	}
}
