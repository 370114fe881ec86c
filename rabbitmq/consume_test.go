package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// takeDead returns the next dead letter of b's queue.
func (b *bed) takeDead(t *testing.T) amqp.Delivery {
	t.Helper()
	var d amqp.Delivery
	eventually(t, 10*time.Second, "a dead letter in "+b.queue+deadSuffix, func() bool {
		got, ok, err := b.ch.Get(b.queue+deadSuffix, true)
		if err != nil {
			t.Fatal(err)
		}
		d = got
		return ok
	})
	return d
}

type failure struct{ error }

func (failure) DeadLetterHeaders() map[string]string {
	return map[string]string{"x-salt-handler": "bill", "not-ours": "dropped"}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	var calls atomic.Int64
	consume(t, tr, b.q(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		calls.Add(1)
		switch m.Version {
		case "v2":
			panic("boom")
		case "v3":
			runtime.Goexit()
		case "v4":
			return nil, &salt.ValidationError{Topic: m.Topic, Part: "payload"}
		case "v5":
			return nil, fmt.Errorf("late: %w", salt.ErrExpired)
		case "v6":
			return nil, errors.New(strings.Repeat("ä", 5000))
		}
		return nil, failure{errors.New("no stock")}
	})
	for _, test := range []struct{ version, reason, text string }{
		{"v1", "failed", "no stock"},
		{"v2", "panic", "boom"},
		{"v3", "panic", "Goexit"},
		{"v4", "invalid", "payload"},
		{"v5", "expired", "late"},
		{"v6", "failed", "…"},
	} {
		m := b.event()
		m.Version = test.version
		m.Expires = time.Now().Add(time.Hour)
		m.Header = map[string]string{"tenant": "acme"}
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		d := b.takeDead(t)
		for name, want := range map[string]any{
			"id": m.ID, "tenant": "acme", headerReason: test.reason, headerQueue: b.queue,
			headerExchange: salt.DefaultExchange, headerRoutingKey: b.topic, headerAttempt: int64(1),
		} {
			if d.Headers[name] != want {
				t.Errorf("%s: header %s is %v, want %v", test.version, name, d.Headers[name], want)
			}
		}
		if text, _ := d.Headers[headerError].(string); !strings.Contains(text, test.text) || len(text) > maxErrorText {
			t.Errorf("%s: error %.80q (%d bytes)", test.version, text, len(text))
		}
		if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(d.Headers[headerTime])); err != nil || time.Since(at) > time.Minute {
			t.Errorf("%s: time of death %v", test.version, d.Headers[headerTime])
		}
		if test.version == "v1" && (d.Headers["x-salt-handler"] != "bill" || d.Headers["not-ours"] != nil) {
			t.Errorf("headers of the error: %v", d.Headers)
		}
		if d.Expiration != "" || d.Headers[headerExpiration] == nil {
			t.Errorf("a dead letter that expires: %q, %v", d.Expiration, d.Headers[headerExpiration])
		}
		if !strings.Contains(string(d.Body), `\"n\"`) || d.ContentType != "application/json" || d.DeliveryMode != 2 {
			t.Errorf("the message is not as it was: %+v", d)
		}
	}
	eventually(t, 5*time.Second, "nothing is left in the queue", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	if n := calls.Load(); n != 6 {
		t.Errorf("%d calls for 6 messages", n)
	}
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	handled := new(received)
	consume(t, tr, b.q(), handled.handle)
	task := amqp.Table{"task": "celery_salt.dispatch_event", "id": "1"}
	body := []byte(`[["{\"n\":1}"],{"routing_key":"x"},{}]`)
	with := func(extra amqp.Table) amqp.Table {
		h := maps.Clone(task)
		maps.Copy(h, extra)
		return h
	}
	many := amqp.Table{}
	for i := range 2000 {
		many[fmt.Sprintf("h%040d", i)] = strings.Repeat("x", 12)
	}
	for name, p := range map[string]amqp.Publishing{
		"empty":         {},
		"garbage":       {Headers: task, ContentType: "application/json", Body: []byte("\x00\xff{{{")},
		"pickle":        {Headers: task, ContentType: "application/x-python-serialize", Body: body},
		"no type":       {Headers: task, Body: body},
		"latin1":        {Headers: task, ContentType: "application/json", ContentEncoding: "latin-1", Body: body},
		"huge":          {Headers: task, ContentType: "application/json", Body: []byte(`["` + strings.Repeat("x", 2<<20) + `"]`)},
		"deep":          {Headers: task, ContentType: "application/json", Body: []byte(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))},
		"odd headers":   {Headers: with(amqp.Table{"id": int32(5)}), ContentType: "application/json", Body: body},
		"copies":        {Headers: with(amqp.Table{"CC": []any{fresh("nobody")}}), ContentType: "text/plain", Body: body},
		"expiring":      {Headers: task, ContentType: "text/plain", Expiration: "60000", Body: body},
		"reply-to":      {Headers: task, ContentType: "text/plain", ReplyTo: "amq.rabbitmq.reply-to.g1h2AA==.x", Body: body},
		"user":          {Headers: task, ContentType: "text/plain", UserId: "guest", Body: body},
		"large headers": {Headers: many, ContentType: "text/plain", Body: body},
		"typed headers": {Headers: amqp.Table{"a": amqp.Decimal{Scale: 2, Value: 5}, "b": []any{nil, int64(1), amqp.Table{"c": float32(1)}}, "t": time.Unix(1, 0), "u": uint32(9)}, ContentType: "text/plain"},
	} {
		if err := b.ch.Publish("", b.queue, true, false, p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d := b.takeDead(t)
		if d.Headers[headerReason] == nil && d.Headers["x-first-death-reason"] == nil {
			t.Errorf("%s: no reason: %v", name, d.Headers)
		}
		if d.Headers[headerReason] != nil && d.Headers[headerReason] != "undecodable" {
			t.Errorf("%s: reason %v", name, d.Headers[headerReason])
		}
		if len(d.Body) != len(p.Body) {
			t.Errorf("%s: body of %d bytes, was %d", name, len(d.Body), len(p.Body))
		}
	}
	// What belongs to Celery itself is acknowledged in silence.
	if err := b.ch.Publish("", b.queue, true, false, amqp.Publishing{ContentType: "application/json",
		Headers: amqp.Table{"task": "shop.tasks.charge", "id": "2"}, Body: body}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "queue empty", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	if n, _ := count(t, url, b.queue+deadSuffix); n != 0 {
		t.Errorf("%d unexpected dead letters", n)
	}
	if n := handled.n.Load(); n != 0 {
		t.Errorf("%d messages reached the handler", n)
	}
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("hostile messages cost %d connections", h.Reconnects)
	}
}

// A dead-letter queue that somebody deleted must not cost the message.
func TestDeadLetterQueueMissing(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	log := new(logBuffer)
	tr := open(t, url, &Options{Logger: log.logger()})
	consume(t, tr, b.q(), func(context.Context, *salt.Message) (*salt.Reply, error) { return nil, errors.New("no") })
	if _, err := b.ch.QueueDelete(b.queue+deadSuffix, false, false, false); err != nil {
		t.Fatal(err)
	}
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the broker took over", func() bool { return strings.Contains(log.String(), "unroutable") })
	// The broker keeps it and tries again when the queue is back; that takes
	// RabbitMQ minutes (reliability.md, section 5), so it is not waited for.
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("reconnects %d", h.Reconnects)
	}
}

func TestQueueExistsWithOtherArguments(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	if _, err := b.ch.QueueDeclare(b.queue, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	tr := open(t, url, nil)
	err := tr.Consume(within(t, 10*time.Second), b.q(), new(received).handle)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{b.queue, "inequivalent arg", "quorum queue", "delete_queue"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not mention %s", err, want)
		}
	}
}

func TestRequestsAndEphemeralQueues(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Ephemeral = true
	a, c := new(received), new(received)
	consume(t, tr, q, a.handle)
	consume(t, tr, q, c.handle)
	for range 10 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "both have everything", func() bool { return a.n.Load() == 10 && c.n.Load() == 10 })
	if n, _ := count(t, url, b.queue); n != -1 {
		t.Error("an ephemeral queue has the plain name")
	}
}

func TestQueueDeletedUnderConsumer(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	for i := range 3 {
		if _, err := b.ch.QueueDelete(b.queue, false, false, false); err != nil {
			t.Fatal(err)
		}
		status.waitLive(t, i+2)
		m := b.event()
		m.MustRoute = true
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
	}
}

// Deleted at the moment of subscribing, a queue sometimes goes without a word.
func TestQueueDeletedRightAfterSubscribing(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	tr := open(t, url, &Options{CheckInterval: 200 * time.Millisecond})
	var wg sync.WaitGroup
	for range 40 {
		b := newBed(t, url)
		got := new(received)
		status := newStatusLog()
		q := b.q()
		deleted := make(chan struct{})
		var once sync.Once
		q.Status = func(err error) {
			status.add(err)
			if err == nil {
				once.Do(func() { close(deleted) })
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if err := tr.Consume(ctx, q, got.handle); err != nil {
				t.Error(err)
			}
		})
		<-deleted
		if _, err := b.ch.QueueDelete(b.queue, false, false, false); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer cancel()
			status.waitLive(t, 2)
			m := b.event()
			m.MustRoute = true
			if err := tr.Send(within(t, 5*time.Second), m); err != nil {
				t.Error(err)
				return
			}
			eventually(t, 10*time.Second, "handled", func() bool { return got.has(m.ID) })
		})
	}
	wg.Wait()
}

// A consumer that the broker does not know any more, although nobody said so.
func TestWatchFindsDeafConsumer(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{CheckInterval: 50 * time.Millisecond})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	// Pretend that there is one consumer more than the broker knows of.
	detach := tr.attach(b.queue)
	eventually(t, 10*time.Second, "reported", func() bool {
		status.mu.Lock()
		defer status.mu.Unlock()
		for _, err := range status.all {
			if errors.Is(err, errDeaf) {
				return true
			}
		}
		return false
	})
	detach()
	status.waitLive(t, 2)
	m := b.event()
	if err := tr.Send(within(t, 5*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
}

// An idle consumer subscribes anew without losing or doubling anything, and
// without being reported as unhealthy.
func TestIdleRefresh(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{CheckInterval: 10 * time.Millisecond, IdleRefresh: 30 * time.Millisecond})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	for range 40 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Millisecond) // idle time is what is tested
	}
	eventually(t, 10*time.Second, "all handled", func() bool { return got.n.Load() >= 40 })
	for id, n := range got.ids {
		if n != 1 {
			t.Errorf("message %s handled %d times", id, n)
		}
	}
	status.mu.Lock()
	defer status.mu.Unlock()
	if len(status.all) != 1 {
		t.Errorf("told %v, want live once", status.all)
	}
}

func TestDrainFinishesHandlers(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Concurrency, q.Prefetch = 2, 10
	started, release := make(chan struct{}, 10), make(chan struct{})
	var done atomic.Int64
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		started <- struct{}{}
		<-release
		if ctx.Err() != nil {
			return nil, errors.New("cancelled although the drain is not over")
		}
		done.Add(1)
		return nil, nil
	})
	for range 6 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	<-started
	<-started
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	// What was prefetched and not begun is for others at once, not after the drain.
	eventually(t, 5*time.Second, "four given back", func() bool { n, _ := count(t, url, b.queue); return n == 4 })
	close(release)
	<-stopped
	if n := done.Load(); n != 2 {
		t.Errorf("%d handled, want 2", n)
	}
	eventually(t, 5*time.Second, "the finished ones are acknowledged", func() bool {
		n, c := count(t, url, b.queue)
		return n == 4 && c == 0
	})
}

func TestDrainOver(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, &Options{DrainGrace: 100 * time.Millisecond})
	q := b.q()
	q.Drain = 100 * time.Millisecond
	started := make(chan struct{}, 2)
	stubborn := make(chan struct{})
	returned := make(chan struct{}, 2)
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		defer func() { returned <- struct{}{} }()
		started <- struct{}{}
		if m.Version == "v2" {
			<-stubborn
			return nil, nil
		}
		<-ctx.Done()
		return nil, fmt.Errorf("interrupted: %v", ctx.Err()) // does not wrap it: an error like any other
	})
	first, second := b.event(), b.event()
	second.Version = "v2"
	for _, m := range []*salt.Message{first, second} {
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		<-started
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v", took)
	}
	eventually(t, 5*time.Second, "both given back", func() bool { n, _ := count(t, url, b.queue); return n == 2 })
	if n, _ := count(t, url, b.queue+deadSuffix); n != 0 {
		t.Errorf("%d dead letters: an interrupted handler is not a failed one", n)
	}
	close(stubborn)
	<-returned
	<-returned
}

func TestConcurrencyAndOrder(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	q := b.q()
	q.Concurrency = 1
	var mu sync.Mutex
	var order []string
	var running atomic.Int64
	consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		if running.Add(1) > 1 {
			t.Error("two handlers at once")
		}
		defer running.Add(-1)
		mu.Lock()
		defer mu.Unlock()
		order = append(order, m.ID)
		return nil, nil
	})
	var ms []*salt.Message
	for range 300 {
		ms = append(ms, b.event())
	}
	for _, err := range tr.SendBatch(within(t, 20*time.Second), ms) {
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 10*time.Second, "all handled", func() bool { mu.Lock(); defer mu.Unlock(); return len(order) == len(ms) })
	for i, m := range ms {
		if order[i] != m.ID {
			t.Fatalf("message %d came in other order", i)
		}
	}
}

// A delivery whose connection broke is counted by the broker.
func TestAttempt(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, url, nil)
	attempts := make(chan *salt.Message, 5)
	hold := make(chan struct{})
	q := b.q()
	q.Concurrency = 4
	consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		attempts <- m
		if m.Attempt < 3 {
			<-hold
		}
		return nil, nil
	})
	defer close(hold)
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 3; want++ {
		m := <-attempts
		if m.Attempt != want || m.Redelivered != (want > 1) {
			t.Errorf("attempt %d (redelivered %t), want %d", m.Attempt, m.Redelivered, want)
		}
		if want < 3 {
			p.cut()
		}
	}
}

// T12: three deliveries are held while the connection breaks; after they were
// given out again, the old handlers finish. Their acknowledgements carry tags
// that now mean other messages, and must remove nothing.
func TestStaleAcknowledgements(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr, publisher := open(t, url, nil), open(t, brokerURL(t), nil)
	q := b.q()
	q.Concurrency, q.Prefetch = 8, 3
	type run struct {
		id  string
		end chan struct{}
	}
	runs := make(chan run, 8)
	_, stop := consume(t, tr, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		r := run{m.ID, make(chan struct{})}
		runs <- r
		<-r.end
		return nil, nil
	})
	for range 4 { // the fourth comes when the broker has one acknowledgement
		if err := publisher.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	var old, again []run
	for range 3 {
		old = append(old, <-runs)
	}
	p.cut()
	for range 3 {
		again = append(again, <-runs)
	}
	byID := func(a, b run) int { return strings.Compare(a.id, b.id) }
	slices.SortFunc(old, byID)
	slices.SortFunc(again, byID)
	for i := range old {
		if old[i].id != again[i].id {
			t.Fatalf("given out again: %v, were %v", again, old)
		}
	}
	// One of the old tags is 3. Written now, it would remove all.
	for _, r := range old {
		close(r.end)
	}
	close(again[1].end)
	fourth := <-runs
	p.setDown(true) // the consumer "crashes"
	want := map[string]bool{again[0].id: true, again[2].id: true, fourth.id: true}
	left := map[string]bool{}
	ch := raw(t, brokerURL(t))
	eventually(t, 10*time.Second, "three messages come back", func() bool {
		d, ok, err := ch.Get(b.queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			left[fmt.Sprint(d.Headers["id"])] = true
		}
		return len(left) >= len(want)
	})
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("left in the queue (-want +got):\n%s", diff)
	}
	for _, r := range []run{again[0], again[2], fourth} {
		close(r.end)
	}
	stop()
}

// Settlement in every way at once, with connections cut: whatever was
// confirmed is handled at least once, and nothing stays in the queue.
func TestSettlementThroughCuts(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, brokerURL(t), nil) // publishes undisturbed
	eater := open(t, url, nil)
	got := new(received)
	q := b.q()
	q.Prefetch, q.Concurrency = 50, 20
	consume(t, eater, q, func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		_, _ = got.handle(ctx, m)
		switch m.Priority % 4 {
		case 1:
			return nil, errors.New("no")
		case 2:
			panic("no")
		}
		return nil, nil
	})
	const n = 1500
	ms := make([]*salt.Message, n)
	for i := range ms {
		ms[i] = b.event()
		ms[i].Priority = uint8(i % 4)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		// Fewer cuts than deliveries the broker allows a message.
		for range deliveryLimit - 5 {
			time.Sleep(50*time.Millisecond + rand.N(200*time.Millisecond))
			p.cut()
		}
	})
	for _, err := range tr.SendBatch(within(t, 60*time.Second), ms) {
		if err != nil {
			t.Error(err)
		}
	}
	eventually(t, 60*time.Second, "all handled", func() bool {
		got.mu.Lock()
		defer got.mu.Unlock()
		return len(got.ids) == n
	})
	wg.Wait()
	dead := map[string]bool{}
	eventually(t, 60*time.Second, "every failed message is a dead letter", func() bool {
		for {
			d, ok, err := b.ch.Get(b.queue+deadSuffix, true)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			dead[fmt.Sprint(d.Headers["id"])] = true
		}
		return len(dead) == n/2
	})
	for i, m := range ms {
		if failed := i%4 == 1 || i%4 == 2; dead[m.ID] != failed {
			t.Errorf("message %d: dead %t, want %t", i, dead[m.ID], failed)
		}
	}
	eventually(t, 20*time.Second, "queue empty", func() bool { n, _ := count(t, b.url, b.queue); return n == 0 })
}

func TestConsumeNeedsName(t *testing.T) {
	t.Parallel()
	tr := open(t, "amqp://127.0.0.1:1/", nil)
	for _, name := range []string{"", strings.Repeat("q", 251)} {
		if err := tr.Consume(t.Context(), salt.Queue{Name: name}, nil); err == nil {
			t.Errorf("no error for a name of %d bytes", len(name))
		}
	}
}
