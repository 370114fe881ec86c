package rabbitmq

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

func wantPublishError(t *testing.T, err error, outcome salt.Outcome, facts ...error) {
	t.Helper()
	pe, ok := errors.AsType[*salt.PublishError](err)
	if !ok {
		t.Fatalf("error %v, want a *salt.PublishError", err)
	}
	if pe.Outcome != outcome {
		t.Errorf("outcome %v, want %v: %v", pe.Outcome, outcome, err)
	}
	if pe.ID == "" || pe.Topic == "" {
		t.Errorf("id %q or topic %q is missing", pe.ID, pe.Topic)
	}
	for _, fact := range facts {
		if !errors.Is(err, fact) {
			t.Errorf("error %q is not %q", err, fact)
		}
	}
}

func TestSendAndConsume(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	got := make(chan *salt.Message, 1)
	consume(t, tr, b.q(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		got <- m
		return nil, nil
	})
	sent := b.event()
	sent.CorrelationID = "order 7"
	sent.Header = map[string]string{"tenant": "acme"}
	sent.Trace = map[string]string{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	sent.Expires = time.Now().Add(time.Minute).UTC().Truncate(time.Microsecond)
	sent.Priority = 5
	sent.MustRoute = true
	if err := tr.Send(within(t, 5*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	m := <-got
	want := *sent
	want.Attempt, want.MustRoute, want.Exchange, want.Dialect = 1, false, salt.DefaultExchange, salt.CelerySalt
	if diff := cmp.Diff(&want, m, cmpopts.IgnoreUnexported(salt.Message{})); diff != "" {
		t.Errorf("received other than sent (-sent +received):\n%s", diff)
	}
	eventually(t, 5*time.Second, "acknowledged", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	if h := tr.Health(); !h.Connected || h.Detail != "" || h.Unheard != 0 || h.Reconnects != 0 {
		t.Errorf("health %+v", h)
	}
}

func TestUnroutable(t *testing.T) {
	t.Parallel()
	tr := open(t, brokerURL(t), nil)
	ctx := within(t, 10*time.Second)
	b := &bed{topic: fresh("nobody")}
	for range 3 {
		if err := tr.Send(ctx, b.event()); err != nil {
			t.Fatal(err)
		}
	}
	if h := tr.Health(); h.Unheard != 3 {
		t.Errorf("unheard %d, want 3", h.Unheard)
	}
	m := b.event()
	m.MustRoute = true
	wantPublishError(t, tr.Send(ctx, m), salt.Refused, salt.ErrUnroutable)
	m = b.event()
	m.RPC = true
	wantPublishError(t, tr.Send(ctx, m), salt.Refused, salt.ErrUnroutable)
}

// Returned and kept messages are mixed on one channel, written by many
// goroutines: each must get its own verdict, whichever order the library's
// channels have.
func TestReturnsMatchConfirms(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	got := new(received)
	consume(t, tr, b.q(), got.handle)
	nowhere := &bed{topic: fresh("nobody")}
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			for i := range 50 {
				from, routable := b, true
				if (g+i)%3 == 0 {
					from, routable = nowhere, false
				}
				m := from.event()
				m.MustRoute = true
				err := tr.Send(context.Background(), m)
				if (err == nil) != routable || !routable && !errors.Is(err, salt.ErrUnroutable) {
					t.Errorf("routable %t: %v", routable, err)
				}
			}
		})
	}
	wg.Wait()
	g, _, _ := tr.publish.state()
	if n := len(g.publisher.returns.seen); n != 0 {
		t.Errorf("%d returns are left without a confirm", n)
	}
	if n := len(g.publisher.window); n != 0 {
		t.Errorf("%d tokens of the window are left", n)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	consume(t, tr, b.q(), new(received).handle)
	ctx := within(t, 10*time.Second)

	m := b.event()
	m.Body = []byte(`{"x":"` + strings.Repeat("x", 1<<20) + `"}`)
	wantPublishError(t, tr.Send(ctx, m), salt.Refused, salt.ErrTooLarge)

	m = b.event()
	m.Header = map[string]string{"large": strings.Repeat("x", 140<<10)}
	wantPublishError(t, tr.Send(ctx, m), salt.Refused, salt.ErrTooLarge)

	m = b.event()
	m.RoutingKey = strings.Repeat("k", 300)
	wantPublishError(t, tr.Send(ctx, m), salt.Refused)

	// None of that cost the connection.
	if err := tr.Send(ctx, b.event()); err != nil {
		t.Fatal(err)
	}
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("%d reconnects", h.Reconnects)
	}
}

func TestSendBatch(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{Window: 32})
	got := new(received)
	consume(t, tr, b.q(), got.handle)
	var wg sync.WaitGroup
	for range 3 { // batches of four windows each, at the same time
		wg.Go(func() {
			ms := make([]*salt.Message, 128)
			for i := range ms {
				ms[i] = b.event()
			}
			ms[5].Topic, ms[5].MustRoute = fresh("nobody"), true
			ms[6].Body = []byte("not JSON")
			for i, err := range tr.SendBatch(within(t, 30*time.Second), ms) {
				switch i {
				case 5:
					wantPublishError(t, err, salt.Refused, salt.ErrUnroutable)
				case 6:
					wantPublishError(t, err, salt.Refused)
				default:
					if err != nil {
						t.Errorf("message %d: %v", i, err)
					}
				}
			}
		})
	}
	wg.Wait()
	eventually(t, 10*time.Second, "all handled", func() bool { return got.n.Load() == 3*126 })
}

func TestSendBatchEndsWithContext(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	tr := open(t, url, &Options{Window: 8, WriteTimeout: 500 * time.Millisecond})
	b := &bed{topic: fresh("topic")}
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	p.shut(fromBroker) // confirms stay away
	ms := make([]*salt.Message, 20)
	for i := range ms {
		ms[i] = b.event()
	}
	began := time.Now()
	errs := tr.SendBatch(within(t, 300*time.Millisecond), ms)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	for i, err := range errs {
		if i < 8 {
			wantPublishError(t, err, salt.Unknown, salt.ErrNotConfirmed, context.DeadlineExceeded)
		} else {
			wantPublishError(t, err, salt.Refused, context.DeadlineExceeded)
		}
	}
}

func TestExchangeOfAnotherType(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	ch := raw(t, url)
	name := fresh("fanout")
	if err := ch.ExchangeDeclare(name, "fanout", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ch.ExchangeDelete(name, false, false) })
	tr := open(t, url, nil)
	b := &bed{topic: fresh("topic")}
	m := b.event()
	m.Exchange = name
	err := tr.Send(within(t, 5*time.Second), m)
	wantPublishError(t, err, salt.Refused)
	for _, want := range []string{name, "'fanout'", "topic exchange"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not mention %s", err, want)
		}
	}
	if err := tr.Consume(within(t, 5*time.Second), salt.Queue{Name: fresh("queue"), Ephemeral: true,
		Bindings: []salt.Binding{{Exchange: name, Pattern: "#"}}}, new(received).handle); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("Consume on a fanout exchange: %v", err)
	}
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("the refusal cost %d connections", h.Reconnects)
	}
}

// An exchange that vanishes under a living connection closes the channel with
// everybody's messages: those must come back as unknown or be confirmed, never
// be lost as confirmed, and the next publish must find a new exchange.
func TestExchangeDeletedWhilePublishing(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	got := new(received)
	consume(t, tr, b.q(), got.handle)
	ch := raw(t, url)
	doomed := fresh("exchange")
	var wg sync.WaitGroup
	var mu sync.Mutex
	var good []string
	stop := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m := b.event()
				if err := tr.Send(context.Background(), m); err == nil {
					mu.Lock()
					good = append(good, m.ID)
					mu.Unlock()
				} else if pe, ok := errors.AsType[*salt.PublishError](err); !ok || !salt.Retryable(err) {
					t.Errorf("neighbour: %v (%v)", err, pe)
				}
			}
		})
	}
	for range 5 {
		m := b.event()
		m.Exchange = doomed
		if err := tr.Send(within(t, 10*time.Second), m); err != nil {
			t.Errorf("publish to the fresh exchange: %v", err)
		}
		if err := ch.ExchangeDelete(doomed, false, false); err != nil {
			t.Fatal(err)
		}
		m = b.event()
		m.Exchange = doomed
		wantPublishError(t, tr.Send(within(t, 10*time.Second), m), salt.Unknown, salt.ErrNotConfirmed)
	}
	close(stop)
	wg.Wait()
	_ = ch.ExchangeDelete(doomed, false, false)
	eventually(t, 20*time.Second, "every confirmed message is handled", func() bool {
		for _, id := range good {
			if !got.has(id) {
				return false
			}
		}
		return true
	})
	if len(good) == 0 {
		t.Error("no neighbour was confirmed")
	}
	eventually(t, 5*time.Second, "5 reconnects", func() bool { return tr.Health().Reconnects >= 5 })
}

func TestClosed(t *testing.T) {
	t.Parallel()
	tr := open(t, brokerURL(t), nil)
	b := &bed{topic: fresh("topic")}
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := tr.Close(within(t, 5*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	wantPublishError(t, tr.Send(t.Context(), b.event()), salt.Refused, salt.ErrClosed)
	for _, err := range tr.SendBatch(t.Context(), []*salt.Message{b.event()}) {
		wantPublishError(t, err, salt.Refused, salt.ErrClosed)
	}
	if _, err := tr.Request(t.Context(), b.event()); !errors.Is(err, salt.ErrClosed) {
		t.Errorf("Request: %v", err)
	}
	if err := tr.Consume(t.Context(), salt.Queue{Name: "x"}, nil); !errors.Is(err, salt.ErrClosed) {
		t.Errorf("Consume: %v", err)
	}
	if h := tr.Health(); h.Connected || h.Detail == "" {
		t.Errorf("health %+v", h)
	}
}

// A full queue that refuses is told from a broker that went away.
func TestNacked(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	if err := b.ch.ExchangeDeclare(salt.DefaultExchange, "topic", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ch.QueueDeclare(b.queue, true, false, false, false,
		amqp.Table{"x-max-length": int64(1), "x-overflow": "reject-publish"}); err != nil {
		t.Fatal(err)
	}
	if err := b.ch.QueueBind(b.queue, b.topic, salt.DefaultExchange, false, nil); err != nil {
		t.Fatal(err)
	}
	tr := open(t, url, nil)
	ctx := within(t, 20*time.Second)
	nacks := 0
	for range 12 {
		m := b.event()
		m.ID = uuid.NewString()
		if err := tr.Send(ctx, m); err != nil {
			wantPublishError(t, err, salt.Refused, salt.ErrNacked)
			nacks++
		}
	}
	if nacks < 8 {
		t.Errorf("%d refusals of 12", nacks)
	}
	// Refusals in a row make it try another connection, but not each time.
	eventually(t, 5*time.Second, "reconnected", func() bool { h := tr.Health(); return h.Connected && h.Reconnects >= 1 })
	if n := tr.Health().Reconnects; n > 2 {
		t.Errorf("%d reconnects over a full queue", n)
	}
}
