package salt_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// TestBridgeOnce: pattern and event may meet by the key or by the topic, and
// two patterns in either way.
func TestBridgeOnce(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	seen := wire(t, tr.Broker())
	bus := busOn(t, tr, nil)
	salt.Bridge(bus, salt.CelerySalt, salt.TchuTchu, []string{"order.#", "billing.*"})
	start(t, bus)
	if err := bus.Send(t.Context(), &salt.Message{Topic: "order.paid", RoutingKey: "billing.eu", Version: "v1", Body: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	settled(t, tr)
	if diff := cmp.Diff([]string{"order.paid v1 celery-salt", "order.paid  tchu-tchu"}, seen.seen); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
}

// TestBridgeRequest: celery-salt says what is a request, and a copy would run it
// twice.
func TestBridgeRequest(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	seen := wire(t, tr.Broker())
	bus := busOn(t, tr, nil)
	salt.Bridge(bus, salt.CelerySalt, salt.TchuTchu, []string{"#"})
	start(t, bus)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := bus.Request(ctx, &salt.Message{Topic: "order.charge", Version: "v1", Body: []byte(`{}`)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a request that nobody answers: %v", err)
	}
	settled(t, tr)
	if diff := cmp.Diff([]string{"order.charge v1 celery-salt rpc"}, seen.seen); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
}

// offWire hands over a queue's handler and what is sent.
type offWire struct {
	salt.Transport
	handlers chan salt.Handler
	sent     chan *salt.Message
}

func (t *offWire) Consume(ctx context.Context, q salt.Queue, h salt.Handler) error {
	t.handlers <- h
	return t.Transport.Consume(ctx, q, h)
}

func (t *offWire) Send(_ context.Context, m *salt.Message) error {
	t.sent <- m
	return nil
}

// TestBridgeReplay: a dead letter that was put straight back into the queue has
// lost its exchange; its copy goes to the bridge's.
func TestBridgeReplay(t *testing.T) {
	t.Parallel()
	tr := &offWire{inmem.New(), make(chan salt.Handler, 1), make(chan *salt.Message, 1)}
	bus := busOn(t, tr, nil)
	salt.Bridge(bus, salt.TchuTchu, salt.CelerySalt, []string{"order.#"}, salt.FromExchange("foo"))
	start(t, bus)
	replayed := &salt.Message{ID: "1", Topic: "order.paid", RoutingKey: "queue", Dialect: salt.TchuTchu, Body: []byte(`{}`)}
	if _, err := (<-tr.handlers)(t.Context(), replayed); err != nil {
		t.Fatal(err)
	}
	if m := <-tr.sent; m.Exchange != "foo" {
		t.Errorf("the copy goes to %q", m.Exchange)
	}
}

// TestBridgeEta: an event for later holds up nobody, and its copy waits as it
// does.
func TestBridgeEta(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := inmem.New()
		eta := time.Now().Add(time.Hour)
		var copies []*salt.Message
		bridge := busOn(t, tr.Broker().Open(), &salt.Options{Concurrency: 1, Service: "bridge", Send: []salt.Middleware{func(next salt.Handler) salt.Handler {
			return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
				copies = append(copies, m) // one at a time
				return next(ctx, m)
			}
		}}})
		salt.Bridge(bridge, salt.TchuTchu, salt.CelerySalt, []string{"#"})
		start(t, bridge)
		bus := busOn(t, tr, nil)
		for _, m := range []*salt.Message{
			{Topic: "later", Dialect: salt.TchuTchu, NotBefore: eta, Body: []byte(`{}`)},
			{Topic: "now", Dialect: salt.TchuTchu, Body: []byte(`{}`)},
		} {
			if err := bus.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(copies) != 2 || copies[0].Topic != "later" || !copies[0].NotBefore.Equal(eta) || copies[1].Topic != "now" {
			t.Errorf("at once the bridge has copied %+v", copies)
		}
	})
}

type tchuFirst struct {
	ID int `json:"id"`
}

type tchuAnswer struct {
	By string `json:"by"`
}

type tchuSecond struct {
	ID     int    `json:"id"`
	Region string `json:"region"`
}

// TestTchuTchuVersions: adding a handler of v2 changes nothing for those who
// know no versions.
func TestTchuTchuVersions(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	catalog := salt.In(salt.NewCatalog())
	bus := busOn(t, tr, &salt.Options{Service: "svc"})
	var calls []string
	answer := func(name string) *tchuAnswer { calls = append(calls, name); return &tchuAnswer{name} }
	salt.DefineEvent[tchuFirst]("order", catalog).Subscribe(bus, func(context.Context, *tchuFirst) error { answer("event v1"); return nil })
	salt.DefineEvent[tchuSecond]("order", catalog, salt.Version("v2")).Subscribe(bus, func(context.Context, *tchuSecond) error { answer("event v2"); return nil })
	salt.DefineRPC[tchuFirst, tchuAnswer, *salt.RPCError]("get", catalog).Handle(bus,
		func(context.Context, *tchuFirst) (*tchuAnswer, error) { return answer("v1"), nil })
	salt.DefineRPC[tchuSecond, tchuAnswer, *salt.RPCError]("get", catalog, salt.Version("v2")).Handle(bus,
		func(context.Context, *tchuSecond) (*tchuAnswer, error) { return answer("v2"), nil })
	salt.DefineRPC[tchuFirst, tchuAnswer, *salt.RPCError]("get.new", catalog, salt.Version("v2")).Handle(bus,
		func(context.Context, *tchuFirst) (*tchuAnswer, error) { return answer("new v2"), nil })
	salt.DefineRPC[tchuSecond, tchuAnswer, *salt.RPCError]("get.new", catalog, salt.Version("v3")).Handle(bus,
		func(context.Context, *tchuSecond) (*tchuAnswer, error) { return answer("new v3"), nil })
	start(t, bus)
	if err := bus.Send(t.Context(), &salt.Message{Topic: "order", Dialect: salt.TchuTchu, Body: []byte(`{"id":1}`)}); err != nil {
		t.Fatal(err)
	}
	settled(t, tr)
	for _, topic := range []string{"get", "get.new"} {
		if r, err := bus.Request(t.Context(), &salt.Message{Topic: topic, Dialect: salt.TchuTchu, Body: []byte(`{"id":1}`)}); err != nil || r.Fault != nil {
			t.Errorf("%s: %v, %v", topic, r, err)
		}
	}
	if diff := cmp.Diff([]string{"event v1", "v1", "new v2"}, calls); diff != "" {
		t.Errorf("handlers (-want +got):\n%s", diff)
	}
	if dead := tr.Broker().DeadLetters("svc"); len(dead) > 0 {
		t.Errorf("dead letters %+v", dead)
	}
}

func settled(t *testing.T, tr *inmem.Transport) {
	t.Helper()
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}
