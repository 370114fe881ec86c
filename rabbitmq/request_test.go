package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

func (b *bed) requests() salt.Queue {
	q := b.q()
	q.Requests = true
	return q
}

func (b *bed) request(ctx context.Context) *salt.Message {
	m := b.event()
	m.RPC, m.Transient = true, true
	m.Expires, _ = ctx.Deadline()
	return m
}

func TestRequest(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	server, client := open(t, url, nil), open(t, url, nil)
	consume(t, server, b.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		if m.Version == "v2" {
			return &salt.Reply{ID: m.ID, Fault: &salt.RemoteError{Kind: salt.FaultHandler, Topic: m.Topic, Handler: "h", Message: "no"}}, nil
		}
		return &salt.Reply{ID: m.ID, Body: []byte(fmt.Sprintf(`{"id":%q}`, m.ID))}, nil
	})
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 20 {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				m := b.request(ctx)
				r, err := client.Request(ctx, m)
				cancel()
				if err != nil {
					t.Error(err)
				} else if want := fmt.Sprintf(`{"id":%q}`, m.ID); string(r.Body) != want || r.ID != m.ID {
					t.Errorf("reply %+v, want body %s", r, want)
				}
			}
		})
	}
	wg.Wait()
	ctx := within(t, 5*time.Second)
	m := b.request(ctx)
	m.Version = "v2"
	r, err := client.Request(ctx, m)
	if err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultHandler {
		t.Errorf("reply %+v, %v; want a fault", r, err)
	}
	eventually(t, 5*time.Second, "requests acknowledged", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	g, _, _ := client.publish.state()
	f := g.publisher.callers.m[struct{}{}]
	f.value.pending.Range(func(k, v any) bool { t.Errorf("call %v is left", k); return true })
}

func TestRequestWithoutHandler(t *testing.T) {
	t.Parallel()
	tr := open(t, brokerURL(t), nil)
	b := &bed{topic: fresh("nobody")}
	ctx := within(t, 30*time.Second)
	if err := tr.Send(ctx, b.event()); err != nil { // connected
		t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		_, err := tr.Request(ctx, b.request(ctx))
		if !errors.Is(err, salt.ErrNoHandler) {
			t.Errorf("error %v, want ErrNoHandler", err)
		}
		if took := time.Since(began); took > 100*time.Millisecond {
			t.Errorf("took %v, want less than 100ms", took)
		}
	}
}

// Services without a handler answer as well (PROTOCOL.md, section 6.7): their
// answers count only if nobody does better.
func TestRequestPassesOverNoHandlers(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	server, client := open(t, url, nil), open(t, url, nil)
	q := b.requests()
	answer := func(f salt.Fault) salt.Handler {
		return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
			return &salt.Reply{ID: m.ID, Fault: &salt.RemoteError{Kind: f, Topic: m.Topic}}, nil
		}
	}
	consume(t, server, q, answer(salt.FaultNoHandler))
	ctx := within(t, 300*time.Millisecond)
	r, err := client.Request(ctx, b.request(ctx))
	if err != nil || r.Fault == nil || !errors.Is(r.Fault, salt.ErrNoHandler) {
		t.Errorf("alone: %+v, %v; want the fault when the time is over", r, err)
	}

	slow := newBed(t, url)
	slow.topic = b.topic
	consume(t, server, slow.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		select {
		case <-time.After(100 * time.Millisecond): // the others are first
		case <-ctx.Done():
		}
		return &salt.Reply{ID: m.ID, Body: []byte("7")}, nil
	})
	other := newBed(t, url)
	other.topic = b.topic
	consume(t, server, other.requests(), answer(salt.FaultNotRegistered))
	ctx = within(t, 10*time.Second)
	r, err = client.Request(ctx, b.request(ctx))
	if err != nil || string(r.Body) != "7" {
		t.Errorf("reply %+v, %v; want the result", r, err)
	}
}

func TestRequestDeadline(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	release := make(chan struct{})
	consume(t, tr, b.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		<-release
		return &salt.Reply{ID: m.ID, Body: []byte("1")}, nil
	})
	ctx := within(t, 100*time.Millisecond)
	m := b.request(ctx)
	_, err := tr.Request(ctx, m)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	close(release)
	// A late reply, an unknown one and garbage disturb nobody.
	ctx = within(t, 10*time.Second)
	if _, err := tr.Request(ctx, b.request(ctx)); err != nil {
		t.Error(err)
	}
}

func TestRequestSameIDTwice(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	release, started := make(chan struct{}), make(chan struct{}, 2)
	consume(t, tr, b.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		started <- struct{}{}
		<-release
		return &salt.Reply{ID: m.ID, Body: []byte("1")}, nil
	})
	ctx := within(t, 10*time.Second)
	m := b.request(ctx)
	first := make(chan error, 1)
	go func() { _, err := tr.Request(ctx, m); first <- err }()
	<-started
	_, err := tr.Request(ctx, m)
	wantPublishError(t, err, salt.Refused)
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestRequestConnectionLost(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	server, client := open(t, brokerURL(t), nil), open(t, url, nil)
	started, release := make(chan struct{}, 20), make(chan struct{})
	consume(t, server, b.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		started <- struct{}{}
		<-release
		return &salt.Reply{ID: m.ID, Body: []byte("1")}, nil
	})
	ctx := within(t, 20*time.Second)
	errs := make(chan error, 10)
	for range 10 {
		go func() { _, err := client.Request(ctx, b.request(ctx)); errs <- err }()
	}
	for range 10 {
		<-started
	}
	p.cut()
	for range 10 {
		if err := <-errs; !errors.Is(err, salt.ErrConnectionLost) {
			t.Errorf("error %v, want ErrConnectionLost", err)
		}
	}
	close(release) // the answers go to a caller that is gone
	r, err := client.Request(ctx, b.request(ctx))
	if err != nil || string(r.Body) != "1" {
		t.Errorf("after the reconnect: %+v, %v", r, err)
	}
	eventually(t, 5*time.Second, "acknowledged all the same", func() bool { n, _ := count(t, b.url, b.queue); return n == 0 })
}

// Whatever comes to the reply address, only a reply to a pending call counts.
func TestForeignReplies(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	client := open(t, url, nil)
	ch := raw(t, url)
	if err := ch.ExchangeDeclare(salt.DefaultExchange, "topic", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDeclare(b.queue, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := ch.QueueBind(b.queue, b.topic, salt.DefaultExchange, false, nil); err != nil {
		t.Fatal(err)
	}
	in, err := ch.Consume(b.queue, "", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for d := range in {
			id := fmt.Sprint(d.Headers["id"])
			for _, body := range []string{
				"garbage", "", "[]",
				fmt.Sprintf(`{"task_id": %q, "status": "SUCCESS", "result": 1}`, uuid.NewString()),
				fmt.Sprintf(`{"task_id": %q, "status": "STARTED", "result": null}`, id),
				fmt.Sprintf(`{"task_id": %q, "status": "SUCCESS", "result": {"status":"completed","results":[{"handler":"h","status":"success","result":42}]}, "traceback": null, "children": []}`, id),
				fmt.Sprintf(`{"task_id": %q, "status": "SUCCESS", "result": {"status":"completed","results":[{"handler":"h","status":"success","result":43}]}, "traceback": null, "children": []}`, id),
			} {
				_ = ch.Publish("", d.ReplyTo, false, false, amqp.Publishing{ContentType: "application/json", CorrelationId: id, Body: []byte(body)})
			}
		}
	}()
	for range 3 {
		ctx := within(t, 5*time.Second)
		r, err := client.Request(ctx, b.request(ctx))
		if err != nil || string(r.Body) != "42" {
			t.Errorf("reply %+v, %v; want 42", r, err)
		}
	}
}
