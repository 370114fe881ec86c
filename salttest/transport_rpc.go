package salttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// sameJSON compares by value; numbers as they are written.
func sameJSON(a, b []byte) bool {
	x, y := canonical(a), canonical(b)
	return x != "" && x == y
}

func canonical(text []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return ""
	}
	out, err := json.Marshal(v) // sorts members
	if err != nil {
		return ""
	}
	return string(out)
}

func (k *kit) request(topic, body string) *salt.Message {
	m := k.message(topic, body)
	m.RPC, m.Transient = true, true
	m.Expires = time.Now().Add(20 * time.Second)
	return m
}

// serve answers topic with h.
func (k *kit) serve(topic string, h salt.Handler) {
	k.t.Helper()
	q := k.queue(topic+".rpc", topic)
	q.Requests, q.Concurrency = true, 16
	k.consume(k.open(), q, h)
}

func echo(_ context.Context, m *salt.Message) (*salt.Reply, error) {
	return &salt.Reply{ID: m.ID, Body: m.Body}, nil
}

func testRequest(t *testing.T, k *kit) {
	topic, tr := k.name("rpc.echo"), k.open()
	k.serve(topic, echo)
	for _, body := range []string{`{"a":1.50}`, `{}`, `{"text":"ünï","null":null}`} {
		m := k.request(topic, body)
		id := m.ID
		r, err := tr.Request(k.ctx(), m)
		if err != nil {
			t.Fatalf("Request: %v", err)
		}
		if r.ID != id || r.Fault != nil || !sameJSON(r.Body, []byte(body)) {
			t.Errorf("reply %+v with body %s, want id %s and %s", r, r.Body, id, body)
		}
	}
	list := k.name("rpc.list")
	k.serve(list, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		return &salt.Reply{ID: m.ID, Body: []byte(`[1,"two",null]`)}, nil
	})
	if r, err := tr.Request(k.ctx(), k.request(list, `{}`)); err != nil || !sameJSON(r.Body, []byte(`[1,"two",null]`)) {
		t.Errorf("a bare list came as %v, %v", r, err)
	}
}

func testManyCallers(t *testing.T, k *kit) {
	topic, tr := k.name("rpc.many"), k.open()
	k.serve(topic, echo)
	var callers sync.WaitGroup
	for i := range 64 {
		callers.Go(func() {
			for j := range 10 {
				body := fmt.Sprintf(`{"caller":%d,"call":%d}`, i, j)
				r, err := tr.Request(k.ctx(), k.request(topic, body))
				if err != nil || !sameJSON(r.Body, []byte(body)) {
					t.Errorf("caller %d got %v, %v", i, r, err)
					return
				}
			}
		})
	}
	callers.Wait()
}

func testNoHandler(t *testing.T, k *kit) {
	tr := k.open()
	k.serve(k.name("rpc.warm"), echo)
	if _, err := tr.Request(k.ctx(), k.request(k.name("rpc.warm"), `{}`)); err != nil {
		t.Fatal(err) // the connection is up, so that only the answer is timed
	}
	start := time.Now()
	_, err := tr.Request(k.ctx(), k.request(k.name("rpc.nobody"), `{}`))
	if took := time.Since(start); !errors.Is(err, salt.ErrNoHandler) || took > 2*time.Second {
		t.Errorf("error %v after %v, want ErrNoHandler at once", err, took)
	}
}

func testRequestTimeout(t *testing.T, k *kit) {
	topic, tr := k.name("rpc.slow"), k.open()
	var gone sync.WaitGroup
	gone.Add(1)
	k.serve(topic, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		gone.Wait()
		return echo(ctx, m)
	})
	ctx, cancel := context.WithTimeout(k.t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := tr.Request(ctx, k.request(topic, `{}`))
	gone.Done()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	// The late reply must not disturb the next call.
	if r, err := tr.Request(k.ctx(), k.request(topic, `{"next":1}`)); err != nil || !sameJSON(r.Body, []byte(`{"next":1}`)) {
		t.Errorf("the call after a late reply got %v, %v", r, err)
	}
}

func testFault(t *testing.T, k *kit) {
	topic, tr := k.name("rpc.fault"), k.open()
	want := &salt.RemoteError{Kind: salt.FaultHandler, Topic: topic, Handler: "h", Message: "internal error"}
	k.serve(topic, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		return &salt.Reply{ID: m.ID, Fault: want}, nil
	})
	r, err := tr.Request(k.ctx(), k.request(topic, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, r.Fault); diff != "" || r.Body != nil {
		t.Errorf("reply with body %q, fault (-want +got):\n%s", r.Body, diff)
	}
}

func testDeadLetters(t *testing.T, k *kit) {
	topic, queue, tr := k.name("fails"), k.name("q"), k.open()
	done := make(chan struct{}, 10)
	q := k.queue(queue, topic)
	q.Concurrency = 1
	k.consume(k.open(), q, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		defer func() { done <- struct{}{} }()
		switch {
		case strings.Contains(string(m.Body), "invalid"):
			return nil, &salt.ValidationError{Topic: m.Topic, Handler: "charge", Part: "payload"}
		case strings.Contains(string(m.Body), "panic"):
			panic("boom")
		case strings.Contains(string(m.Body), "goexit"):
			runtime.Goexit()
		case strings.Contains(string(m.Body), "fine"):
			return nil, nil
		}
		return nil, &salt.HandlerError{Handler: "charge", Err: errors.New("no")}
	})
	for _, what := range []string{"fail", "invalid", "panic", "goexit", "fine"} {
		k.send(tr, k.message(topic, fmt.Sprintf(`{"what":%q}`, what)))
		receive(k, done)
	}
	letters := k.DeadLetters(t, queue, 4)
	var got []string
	for _, l := range letters {
		got = append(got, fmt.Sprintf("%s/%s", l.Reason, l.Handler))
	}
	if diff := cmp.Diff([]string{"failed/charge", "invalid/", "panic/", "failed/"}, got); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if len(letters) > 0 && !strings.Contains(string(letters[0].Body), "fail") {
		t.Errorf("the dead letter lost its body: %q", letters[0].Body)
	}
}

func testForeignBytes(t *testing.T, k *kit) {
	topic, queue := k.name("bytes"), k.name("q")
	got := k.collect(k.open(), queue, topic)
	envelope := func(change func(*celery.Envelope)) {
		e, err := celery.Encode(k.message(topic, `{}`))
		if err != nil {
			t.Fatal(err)
		}
		change(e)
		k.Inject(t, e)
	}
	envelope(func(e *celery.Envelope) { e.Body = []byte("\x80\x04garbage") })
	envelope(func(e *celery.Envelope) { e.Properties.ContentType = "application/x-python-serialize" })
	envelope(func(e *celery.Envelope) { e.Headers["task"] = "somebody.elses.task" })
	envelope(func(*celery.Envelope) {})
	receive(k, got)
	nothing(k, got)
	letters := k.DeadLetters(t, queue, 2)
	if len(letters) != 2 {
		t.Errorf("%d dead letters, want 2", len(letters))
	}
	for i, l := range letters {
		if l.Reason != salt.ReasonUndecodable {
			t.Errorf("dead letter %d has reason %q", i, l.Reason)
		}
	}
}

func testDurable(t *testing.T, k *kit) {
	topic, queue, tr := k.name("kept"), k.name("q"), k.open()
	stop := k.consume(k.open(), k.queue(queue, topic), func(context.Context, *salt.Message) (*salt.Reply, error) {
		return nil, nil
	})
	stop()
	m := k.message(topic, `{}`)
	id := m.ID
	k.send(tr, m)
	if got := receive(k, k.collect(k.open(), queue, topic)); got.ID != id {
		t.Errorf("got message %s, want %s", got.ID, id)
	}
}

func testEphemeral(t *testing.T, k *kit) {
	topic, tr := k.name("all"), k.open()
	q := k.queue(k.name("tail"), topic)
	q.Ephemeral = true
	one, two := make(chan string, 10), make(chan string, 10)
	into := func(c chan string) salt.Handler {
		return func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
			c <- m.ID
			return nil, nil
		}
	}
	stop := k.consume(k.open(), q, into(one))
	k.consume(k.open(), q, into(two))
	m := k.message(topic, `{}`)
	id := m.ID
	k.send(tr, m)
	if a, b := receive(k, one), receive(k, two); a != id || b != id {
		t.Errorf("got %s and %s, want %s in both", a, b, id)
	}
	stop()
	k.send(tr, k.message(topic, `{}`))
	receive(k, two)
	nothing(k, one)
}

// A reply that may not be sent is a fault at once, and no silence until the
// deadline.
func testLargeReply(t *testing.T, k *kit) {
	topic := k.name("rpc.large")
	k.serve(topic, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		return &salt.Reply{ID: m.ID, Body: []byte(`"` + strings.Repeat("x", 2<<20) + `"`)}, nil
	})
	r, err := k.open().Request(k.ctx(), k.request(topic, `{}`))
	if err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultHandler || !strings.Contains(r.Fault.Message, "larger than") {
		t.Errorf("got %+v, %v; want the fault that the response is too large", r, err)
	}
}

func testRefused(t *testing.T, k *kit) {
	tr := k.open()
	big := k.message(k.name("big"), `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)
	wantPublishError(t, tr.Send(k.ctx(), big), big.ID, salt.Refused, salt.ErrTooLarge)

	list := k.message(k.name("list"), `[1]`)
	if err := tr.Send(k.ctx(), list); err == nil {
		t.Error("a payload that is no object was accepted")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	m := k.message(k.name("late"), `{}`)
	if err := tr.Send(cancelled, m); !errors.Is(err, context.Canceled) {
		t.Errorf("Send with a cancelled context: %v", err)
	}
}

func testClosed(t *testing.T, k *kit) {
	topic := k.name("rpc.never")
	release := make(chan struct{})
	k.serve(topic, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		<-release
		return echo(ctx, m)
	})
	defer close(release)
	tr := k.open()
	k.send(tr, k.message(k.name("x"), `{}`)) // connected
	failed := make(chan error, 1)
	asked := make(chan struct{})
	go func() {
		close(asked)
		_, err := tr.Request(k.ctx(), k.request(topic, `{}`))
		failed <- err
	}()
	receive(k, asked)
	for range 2 {
		if err := tr.Close(k.ctx()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := receive(k, failed); !errors.Is(err, salt.ErrConnectionLost) && !errors.Is(err, salt.ErrClosed) {
		t.Errorf("a pending call failed with %v, want ErrConnectionLost or ErrClosed", err)
	}
	m := k.message(k.name("x"), `{}`)
	wantPublishError(t, tr.Send(k.ctx(), m), m.ID, salt.Refused, salt.ErrClosed)
	if tr.Health().Connected {
		t.Error("a closed transport says it is connected")
	}
}
