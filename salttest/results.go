package salttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

// A ResultFixture is what [TestResultBackend] needs of the implementation under
// test.
type ResultFixture struct {
	// Open returns a new backend, as another program would have it. All of one
	// fixture share what they store. The suite closes them.
	Open func(t *testing.T) salt.ResultBackend
}

// TestResultBackend is the suite that every [salt.ResultBackend] passes. It
// needs no exclusive server: ids are unique for each run.
func TestResultBackend(t *testing.T, f ResultFixture) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, *resultKit)
	}{
		{"an answer reaches who waits, unchanged", testAnswer},
		{"a fault reaches who waits", testAnswerFault},
		{"an answer after the wait has begun", testLateAnswer},
		{"an answer before the wait", testRepeatedID},
		{"the first real answer stays", testFirstAnswer},
		{"nobody's answers are passed over", testPassOver},
		{"nobody's answer is returned in the end", testNobody},
		{"nobody's answer replaces none", testNobodyAfter},
		{"several wait for one id", testSeveralWaiters},
		{"waited for twice", testWaitAgain},
		{"stopped twice", testStopAgain},
		{"stopped and awaited again", testAwaitAgain},
		{"ended contexts", testResultContexts},
		{"closed", testResultsClosed},
		{"a thousand calls at once", testManyResults},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, &resultKit{ResultFixture: f, t: t})
		})
	}
}

// resultKit is one test's view of the fixture.
type resultKit struct {
	ResultFixture
	t *testing.T
}

func (k *resultKit) open() salt.ResultBackend {
	k.t.Helper()
	b := k.Open(k.t)
	k.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			k.t.Errorf("Close: %v", err)
		}
	})
	return b
}

// ctx bounds every wait of the suite.
func (k *resultKit) ctx() context.Context {
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*time.Second)
	k.t.Cleanup(cancel)
	return ctx
}

func (k *resultKit) request() *salt.Message {
	return &salt.Message{
		ID: rand.Text(), Topic: "salttest.ask", Version: "v1", RPC: true, Dialect: salt.CelerySalt,
		ReplyTo: "salttest.replies", Expires: time.Now().Add(20 * time.Second), Body: []byte(`{}`),
	}
}

func (k *resultKit) await(b salt.ResultBackend, id string) salt.PendingResult {
	k.t.Helper()
	p, err := b.Await(k.ctx(), id)
	if err != nil {
		k.t.Fatalf("Await: %v", err)
	}
	k.t.Cleanup(p.Stop)
	return p
}

func (k *resultKit) store(b salt.ResultBackend, req *salt.Message, r *salt.Reply) {
	k.t.Helper()
	if err := b.Store(k.ctx(), req, r); err != nil {
		k.t.Fatalf("Store: %v", err)
	}
}

func (k *resultKit) wait(p salt.PendingResult) *salt.Reply {
	k.t.Helper()
	r, err := p.Wait(k.ctx())
	if err != nil {
		k.t.Fatalf("Wait: %v", err)
	}
	return r
}

// wantBody waits for an answer with this body.
func (k *resultKit) wantBody(p salt.PendingResult, id, body string) {
	k.t.Helper()
	if r := k.wait(p); r.ID != id || r.Fault != nil || !sameJSON(r.Body, []byte(body)) {
		k.t.Errorf("answer %s (id %s, fault %v), want %s (id %s)", r.Body, r.ID, r.Fault, body, id)
	}
}

func bodied(req *salt.Message, body string) *salt.Reply {
	return &salt.Reply{ID: req.ID, Body: []byte(body)}
}

func faulted(req *salt.Message, kind salt.Fault) *salt.Reply {
	return &salt.Reply{ID: req.ID, Fault: &salt.RemoteError{Kind: kind, Topic: req.Topic, Message: "no"}}
}

func testAnswer(_ *testing.T, k *resultKit) {
	caller, service := k.open(), k.open()
	for _, body := range []string{`{"n":9007199254740993,"text":"ünï ✓ \"quoted\"","nested":{"a":[1,null,true]}}`, `null`, `[1,2]`, `"text"`, `{"error_code":"X","error_message":"y"}`} {
		req := k.request()
		p := k.await(caller, req.ID)
		k.store(service, req, bodied(req, body))
		k.wantBody(p, req.ID, body)
	}
}

func testAnswerFault(t *testing.T, k *resultKit) {
	caller, service := k.open(), k.open()
	for _, kind := range []salt.Fault{salt.FaultHandler, salt.FaultExpired, salt.FaultDispatcher} {
		req := k.request()
		p := k.await(caller, req.ID)
		k.store(service, req, faulted(req, kind))
		if r := k.wait(p); r.Fault == nil || r.Fault.Kind != kind {
			t.Errorf("answer %+v, want a fault of kind %s", r, kind)
		}
	}
}

func testLateAnswer(t *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	p := k.await(caller, req.ID)
	early, cancel := context.WithTimeout(k.ctx(), time.Millisecond)
	defer cancel()
	if r, err := p.Wait(early); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Wait without an answer: %v, %v; want its deadline", r, err)
	}
	got := make(chan *salt.Reply, 1)
	go func() {
		r, err := p.Wait(k.ctx())
		if err != nil {
			t.Errorf("Wait: %v", err)
		}
		got <- r
	}()
	k.store(service, req, bodied(req, `{"late":true}`))
	if r := <-got; r != nil && !sameJSON(r.Body, []byte(`{"late":true}`)) {
		t.Errorf("answer %s", r.Body)
	}
}

func testRepeatedID(_ *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	k.store(service, req, bodied(req, `{"run":1}`))
	k.wantBody(k.await(caller, req.ID), req.ID, `{"run":1}`)
	k.wantBody(k.await(k.open(), req.ID), req.ID, `{"run":1}`)
}

func testFirstAnswer(_ *testing.T, k *resultKit) {
	caller, one, two, req := k.open(), k.open(), k.open(), k.request()
	p := k.await(caller, req.ID)
	k.store(one, req, bodied(req, `{"from":1}`))
	k.store(two, req, bodied(req, `{"from":2}`))
	k.wantBody(p, req.ID, `{"from":1}`)
	k.wantBody(k.await(k.open(), req.ID), req.ID, `{"from":1}`)
}

func testPassOver(_ *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	p := k.await(caller, req.ID)
	k.store(service, req, faulted(req, salt.FaultNoHandler))
	k.store(service, req, faulted(req, salt.FaultNotRegistered))
	k.store(service, req, bodied(req, `{"real":true}`))
	k.wantBody(p, req.ID, `{"real":true}`)
	k.wantBody(k.await(k.open(), req.ID), req.ID, `{"real":true}`)
}

func testNobody(t *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	p := k.await(caller, req.ID)
	k.store(service, req, faulted(req, salt.FaultNoHandler))
	k.store(service, req, faulted(req, salt.FaultNotRegistered))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := p.Wait(ctx)
	if err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultNoHandler {
		t.Fatalf("Wait: %+v, %v; want the first fault", r, err)
	}
	if ctx.Err() == nil {
		t.Error("it was returned before the deadline")
	}
}

func testNobodyAfter(_ *testing.T, k *resultKit) {
	service, req := k.open(), k.request()
	k.store(service, req, bodied(req, `{"real":true}`))
	k.store(service, req, faulted(req, salt.FaultNoHandler))
	k.wantBody(k.await(k.open(), req.ID), req.ID, `{"real":true}`)
}

func testSeveralWaiters(_ *testing.T, k *resultKit) {
	one, two, service, req := k.open(), k.open(), k.open(), k.request()
	ps := []salt.PendingResult{k.await(one, req.ID), k.await(one, req.ID), k.await(two, req.ID)}
	left := k.await(one, req.ID)
	left.Stop()
	k.store(service, req, bodied(req, `{"all":true}`))
	for _, p := range ps {
		k.wantBody(p, req.ID, `{"all":true}`)
	}
}

func testWaitAgain(t *testing.T, k *resultKit) {
	caller, service, req, none := k.open(), k.open(), k.request(), k.request()
	p := k.await(caller, req.ID)
	k.store(service, req, bodied(req, `{"from":1}`))
	k.wantBody(p, req.ID, `{"from":1}`)
	k.store(service, req, bodied(req, `{"from":2}`))
	k.wantBody(p, req.ID, `{"from":1}`)

	p = k.await(caller, none.ID)
	k.store(service, none, faulted(none, salt.FaultNoHandler))
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r, err := p.Wait(ctx); err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultNoHandler {
			t.Errorf("Wait: %+v, %v; want the fault", r, err)
		}
	}
	k.store(service, none, bodied(none, `{"real":true}`)) // better, and the last word
	k.wantBody(p, none.ID, `{"real":true}`)
	k.wantBody(p, none.ID, `{"real":true}`)
}

func testStopAgain(_ *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	p, left := k.await(caller, req.ID), k.await(caller, req.ID)
	left.Stop()
	left.Stop()
	k.store(service, req, bodied(req, `{"one":true}`))
	k.wantBody(p, req.ID, `{"one":true}`)
}

func testAwaitAgain(_ *testing.T, k *resultKit) {
	caller, service, req := k.open(), k.open(), k.request()
	for range 20 {
		p, err := caller.Await(k.ctx(), req.ID)
		if err != nil {
			k.t.Fatalf("Await: %v", err)
		}
		p.Stop()
	}
	p := k.await(caller, req.ID)
	k.store(service, req, bodied(req, `{"again":true}`))
	k.wantBody(p, req.ID, `{"again":true}`)
}

func testResultContexts(t *testing.T, k *resultKit) {
	b, req := k.open(), k.request()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	p := k.await(b, req.ID)
	if r, err := p.Wait(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait: %v, %v; want context.Canceled", r, err)
	}
	if _, err := b.Await(over, req.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("Await: %v, want context.Canceled", err)
	}
	if err := b.Store(over, req, bodied(req, `{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("Store: %v, want context.Canceled", err)
	}
	if err := b.Health(); err != nil {
		t.Errorf("Health: %v", err)
	}
}

func testResultsClosed(t *testing.T, k *resultKit) {
	b, req := k.open(), k.request()
	p := k.await(b, req.ID)
	waited := make(chan error, 1)
	go func() {
		_, err := p.Wait(k.ctx())
		waited <- err
	}()
	for range 2 {
		if err := b.Close(k.ctx()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, awaiting := b.Await(k.ctx(), req.ID)
	for what, err := range map[string]error{
		"Wait": <-waited, "Await": awaiting, "Store": b.Store(k.ctx(), req, bodied(req, `{}`)), "Health": b.Health(),
	} {
		if !errors.Is(err, salt.ErrClosed) {
			t.Errorf("%s after Close: %v, want salt.ErrClosed", what, err)
		}
	}
}

func testManyResults(t *testing.T, k *resultKit) {
	caller, service := k.open(), k.open()
	ctx := k.ctx()
	failed := make(chan error, 1000)
	for i := range cap(failed) {
		go func() {
			req := k.request()
			body := fmt.Sprintf(`{"i":%d}`, i)
			failed <- func() error {
				p, err := caller.Await(ctx, req.ID)
				if err != nil {
					return err
				}
				defer p.Stop()
				if err := service.Store(ctx, req, bodied(req, body)); err != nil {
					return err
				}
				r, err := p.Wait(ctx)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(canonical([]byte(body)), canonical(r.Body)); diff != "" {
					return fmt.Errorf("answer of another call (-want +got):\n%s", diff)
				}
				return nil
			}()
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
