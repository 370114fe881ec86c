package salttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// A Fixture is what [TestTransport] needs of the implementation under test.
type Fixture struct {
	// Open returns a new transport, as another service would have it. All of
	// one fixture share a broker. The suite closes them.
	Open func(t *testing.T) salt.Transport

	// DeadLetters waits until the queue has n dead letters and returns them,
	// oldest first.
	DeadLetters func(t *testing.T, queue string, n int) []DeadLetter

	// Inject publishes an envelope as it is, past the codec.
	Inject func(t *testing.T, e *celery.Envelope)
}

// A DeadLetter is what the suite looks at of one.
type DeadLetter struct {
	Reason  salt.Reason
	Handler string // header x-salt-handler
	Body    []byte // of the envelope
}

// TestTransport is the suite that every [salt.Transport] passes. It needs no
// exclusive broker: names are unique for each run.
func TestTransport(t *testing.T, f Fixture) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, *kit)
	}{
		{"event reaches every queue once, unchanged", testFanout},
		{"instances of a service share a queue", testShare},
		{"patterns", testPatterns},
		{"order of one sender is kept", testOrder},
		{"unheard and unroutable", testUnroutable},
		{"batch", testBatch},
		{"request and reply", testRequest},
		{"callers get their own replies", testManyCallers},
		{"request without handler", testNoHandler},
		{"request runs out of time", testRequestTimeout},
		{"fault", testFault},
		{"reply that is too large", testLargeReply},
		{"failures are dead-lettered, with the reason", testDeadLetters},
		{"undecodable is dead-lettered, foreign is dropped", testForeignBytes},
		{"queue keeps messages while nobody consumes", testDurable},
		{"ephemeral queues", testEphemeral},
		{"end waits for handlers", testDrain},
		{"handlers past the drain time are cut and the message comes again", testDrainOver},
		{"Close cuts handlers when its context ends", testCloseCuts},
		{"what could not begin goes back", testGiveBack},
		{"bad messages are refused", testRefused},
		{"closed", testClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, newKit(t, f))
		})
	}
}

// kit is one test's view of the fixture.
type kit struct {
	Fixture
	t      *testing.T
	prefix string
}

func newKit(t *testing.T, f Fixture) *kit {
	return &kit{Fixture: f, t: t, prefix: "t" + rand.Text()[:8]}
}

func (k *kit) name(s string) string { return k.prefix + "." + s }

func (k *kit) open() salt.Transport {
	k.t.Helper()
	tr := k.Open(k.t)
	k.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := tr.Close(ctx); err != nil {
			k.t.Errorf("Close: %v", err)
		}
	})
	return tr
}

// ctx bounds every wait of the suite.
func (k *kit) ctx() context.Context {
	ctx, cancel := context.WithTimeout(k.t.Context(), 20*time.Second)
	k.t.Cleanup(cancel)
	return ctx
}

func (k *kit) message(topic, body string) *salt.Message {
	return &salt.Message{ID: rand.Text(), Topic: topic, Version: "v1", Exchange: salt.DefaultExchange, Body: []byte(body)}
}

// consume runs a consumer until stop is called (at the latest by the test's
// end) and returns when it is live.
func (k *kit) consume(tr salt.Transport, q salt.Queue, h salt.Handler) (stop func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	live, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	q.Status = func(err error) {
		if err == nil {
			once.Do(func() { close(live) })
		}
	}
	go func() {
		defer close(ended)
		if err := tr.Consume(ctx, q, h); err != nil {
			k.t.Errorf("Consume %s: %v", q.Name, err)
			once.Do(func() { close(live) })
		}
	}()
	stop = func() {
		cancel()
		<-ended
	}
	k.t.Cleanup(stop)
	select {
	case <-live:
	case <-k.ctx().Done():
		k.t.Fatalf("queue %s is not live", q.Name)
	}
	return stop
}

// collect consumes into a channel.
func (k *kit) collect(tr salt.Transport, queue string, patterns ...string) <-chan *salt.Message {
	k.t.Helper()
	got := make(chan *salt.Message, 1000)
	k.consume(tr, k.queue(queue, patterns...), func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		got <- m
		return nil, nil
	})
	return got
}

func (k *kit) queue(name string, patterns ...string) salt.Queue {
	q := salt.Queue{Name: name, Concurrency: 1}
	for _, p := range patterns {
		q.Bindings = append(q.Bindings, salt.Binding{Exchange: salt.DefaultExchange, Pattern: p})
	}
	return q
}

func (k *kit) send(tr salt.Transport, m *salt.Message) {
	k.t.Helper()
	if err := tr.Send(k.ctx(), m); err != nil {
		k.t.Fatalf("Send: %v", err)
	}
}

func receive[T any](k *kit, c <-chan T) T {
	k.t.Helper()
	select {
	case v := <-c:
		return v
	case <-k.ctx().Done():
		k.t.Fatal("nothing arrived")
		panic("unreachable")
	}
}

func nothing[T any](k *kit, c <-chan T) {
	k.t.Helper()
	select {
	case v := <-c:
		k.t.Errorf("unexpected: %v", v)
	default:
	}
}

func testFanout(t *testing.T, k *kit) {
	topic := k.name("made")
	one := k.collect(k.open(), k.name("one"), topic)
	two := k.collect(k.open(), k.name("two"), topic)
	m := k.message(topic, `{"n":9007199254740993,"text":"ünï ✓","nested":{"a":[1,null,true]}}`)
	m.CorrelationID, m.Priority = "corr-1", 5
	m.Header = map[string]string{"tenant": "acme"}
	m.Trace = map[string]string{"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
	m.Expires = time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	m.BridgedFrom = salt.TchuTchu
	want := *m
	want.Attempt, want.Dialect = 1, salt.CelerySalt
	sender, after := k.open(), k.message(topic, `{"after":true}`)
	afterID := after.ID
	k.send(sender, m)
	k.send(sender, after)
	for _, c := range []<-chan *salt.Message{one, two} {
		got := receive(k, c)
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreUnexported(salt.Message{}), cmpopts.IgnoreFields(salt.Message{}, "Body")); diff != "" {
			t.Errorf("message (-sent +received):\n%s", diff)
		}
		if !sameJSON(want.Body, got.Body) {
			t.Errorf("body %s, want %s", got.Body, want.Body)
		}
		if next := receive(k, c); next.ID != afterID {
			t.Errorf("then came message %s, want %s: something was delivered twice or lost", next.ID, afterID)
		}
	}
}

func testShare(t *testing.T, k *kit) {
	topic, tr := k.name("job"), k.open()
	var mu sync.Mutex
	seen := map[string]int{}
	all := make(chan struct{})
	handler := func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if seen[m.ID]++; len(seen) == 100 {
			close(all)
		}
		return nil, nil
	}
	k.consume(k.open(), k.queue(k.name("workers"), topic), handler)
	k.consume(k.open(), k.queue(k.name("workers"), topic), handler)
	for range 100 {
		k.send(tr, k.message(topic, `{}`))
	}
	receive(k, all)
	mu.Lock()
	defer mu.Unlock()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("message %s was handled %d times", id, n)
		}
	}
}

func testPatterns(t *testing.T, k *kit) {
	tr := k.open()
	keys := []string{"a", "a.b", "a.b.c", "a.x.c", "b"}
	for i, pattern := range []string{"a", "a.*", "a.#", "#.c", "a.*.c", "*.b", "#"} {
		var want []string
		for _, key := range keys {
			if salt.MatchPattern(k.name(pattern), k.name(key)) {
				want = append(want, k.name(key))
			}
		}
		got := k.collect(tr, k.name(fmt.Sprintf("q%d", i)), k.name(pattern))
		for _, key := range keys {
			k.send(tr, k.message(k.name(key), `{}`))
		}
		var topics []string
		for range want {
			topics = append(topics, receive(k, got).Topic)
		}
		slices.Sort(topics)
		slices.Sort(want)
		if diff := cmp.Diff(want, topics); diff != "" {
			t.Errorf("pattern %s (-want +got):\n%s", pattern, diff)
		}
	}
}

func testOrder(t *testing.T, k *kit) {
	topic, tr := k.name("seq"), k.open()
	got := make(chan string, 300)
	q := k.queue(k.name("q"), topic)
	q.Concurrency = 1
	k.consume(k.open(), q, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		got <- m.ID
		return nil, nil
	})
	for i := range 300 {
		m := k.message(topic, `{}`)
		m.ID = fmt.Sprint(i)
		k.send(tr, m)
	}
	for i := range 300 {
		if id := receive(k, got); id != fmt.Sprint(i) {
			t.Fatalf("message %s arrived as number %d", id, i)
		}
	}
}

func testUnroutable(t *testing.T, k *kit) {
	tr := k.open()
	before := tr.Health().Unheard
	k.send(tr, k.message(k.name("nobody"), `{}`))
	if n := tr.Health().Unheard - before; n != 1 {
		t.Errorf("%d unheard broadcasts counted, want 1", n)
	}
	m := k.message(k.name("nobody"), `{}`)
	m.MustRoute = true
	err := tr.Send(k.ctx(), m)
	wantPublishError(t, err, m.ID, salt.Refused, salt.ErrUnroutable)
}

func wantPublishError(t *testing.T, err error, id string, outcome salt.Outcome, fact error) {
	t.Helper()
	pe, ok := errors.AsType[*salt.PublishError](err)
	if !ok {
		t.Errorf("error %v (%T), want a *salt.PublishError", err, err)
		return
	}
	if pe.ID != id || pe.Outcome != outcome || !errors.Is(err, fact) {
		t.Errorf("error %+v, want id %s, outcome %s, fact %v", pe, id, outcome, fact)
	}
}

func testBatch(t *testing.T, k *kit) {
	topic := k.name("batch")
	batch, ok := k.open().(salt.BatchSender)
	if !ok {
		t.Skip("the transport has no SendBatch")
	}
	got := k.collect(k.open(), k.name("q"), topic)
	var ms []*salt.Message
	for range 500 {
		ms = append(ms, k.message(topic, `{}`))
	}
	lost := k.message(k.name("nobody"), `{}`)
	lost.MustRoute = true
	ms = slices.Insert(ms, 250, lost)
	want := map[string]bool{}
	for _, m := range ms {
		want[m.ID] = m != lost
	}
	for i, err := range batch.SendBatch(k.ctx(), ms) {
		if i == 250 {
			wantPublishError(t, err, lost.ID, salt.Refused, salt.ErrUnroutable)
		} else if err != nil {
			t.Errorf("outcome %d: %v", i, err)
		}
	}
	for range 500 {
		if id := receive(k, got).ID; !want[id] {
			t.Errorf("message %s arrived twice or was never sent", id)
		} else {
			want[id] = false
		}
	}
}
