package salt_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/inmem"
)

// A listener notes what arrives, as "topic version dialect".
type listener struct {
	mu   sync.Mutex
	seen []string
}

func (l *listener) note(m *salt.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what := m.Topic + " " + m.Version + " " + m.Dialect.String()
	if m.RPC {
		what += " rpc"
	}
	l.seen = append(l.seen, what)
}

func (l *listener) raw(_ context.Context, m *salt.Message) error {
	l.note(m)
	return nil
}

// wire records every message of a broker as a Python worker would read it.
func wire(t *testing.T, broker *inmem.Broker) *listener {
	t.Helper()
	l := new(listener)
	tr := broker.Open()
	ctx, cancel := context.WithCancel(context.Background())
	live, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = tr.Consume(ctx, salt.Queue{
			Name: "python", Bindings: []salt.Binding{{Pattern: "#"}}, Concurrency: 1,
			Status: func(err error) {
				if err == nil {
					close(live)
				}
			},
		}, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
			l.note(m)
			return nil, nil
		})
	}()
	<-live
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

func TestDialects(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	catalog := salt.In(salt.NewCatalog())
	plain := salt.DefineEvent[payloadA]("plain", catalog)
	old := salt.DefineEvent[payloadA]("old", catalog, salt.WithDialect(salt.TchuTchu))
	kept := salt.DefineEvent[payloadA]("kept", catalog, salt.WithDialect(salt.CelerySalt))
	seen := wire(t, tr.Broker())
	salty := busOn(t, tr, nil)
	tchu := busOn(t, tr.Broker().Open(), &salt.Options{Dialect: salt.TchuTchu, Service: "tchu"})
	for _, bus := range []*salt.Bus{salty, tchu} {
		for _, e := range []*salt.EventType[payloadA]{plain, old, kept} {
			if _, err := e.Publish(t.Context(), bus, &payloadA{ID: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := bus.Send(t.Context(), &salt.Message{Topic: "raw", Version: "v1", Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"plain v1 celery-salt", "old  tchu-tchu", "kept v1 celery-salt", "raw v1 celery-salt",
		"plain  tchu-tchu", "old  tchu-tchu", "kept v1 celery-salt", "raw  tchu-tchu",
	}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	if _, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Dialect: 7, Catalog: salt.NewCatalog()}); err == nil || !strings.Contains(err.Error(), "unknown dialect 7") {
		t.Errorf("Open: error %v", err)
	}
	bus := busOn(t, inmem.New(), nil)
	if err := bus.Send(t.Context(), &salt.Message{Topic: "a", Dialect: 7, Body: []byte(`{}`)}); err == nil || !strings.Contains(err.Error(), "unknown dialect 7") {
		t.Errorf("Send: error %v", err)
	}
	for name, misuse := range map[string]func(){
		"define":      func() { salt.DefineEvent[payloadA]("x", salt.WithDialect(7), salt.In(salt.NewCatalog())) },
		"same":        func() { salt.Bridge(bus, salt.TchuTchu, salt.TchuTchu, []string{"#"}) },
		"not named":   func() { salt.Bridge(bus, 0, salt.TchuTchu, []string{"#"}) },
		"bad pattern": func() { salt.Bridge(bus, salt.CelerySalt, salt.TchuTchu, []string{"a..b"}) },
	} {
		func() {
			defer func() {
				if v, _ := recover().(string); !strings.Contains(v, "bridge_test.go:") {
					t.Errorf("%s: panic %q does not name the place", name, v)
				}
			}()
			misuse()
		}()
	}
}

// What a tchu-tchu service publishes through Celery names a reply address, and
// no version. Handlers of events get it as an event whatever their version,
// requests are answered, and patterns that alone observe see what came.
func TestTchuTchuReceived(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	catalog := salt.In(salt.NewCatalog())
	var events, patterns listener
	for _, version := range []string{"v1", "v2"} {
		e := salt.DefineEvent[payloadA]("order", catalog, salt.Version(version))
		e.Subscribe(bus, func(ctx context.Context, _ *payloadA) error { return events.raw(ctx, salt.Info(ctx)) })
	}
	salt.DefineRPC[sumArgs, sumTotal, *salt.RPCError]("add", catalog, salt.Version("v3")).Handle(bus, func(_ context.Context, s *sumArgs) (*sumTotal, error) {
		return &sumTotal{s.A + s.B}, nil
	})
	salt.SubscribePattern(bus, "#", patterns.raw, salt.OnQueue("observer"))
	start(t, bus)

	e, err := celery.Encode(&salt.Message{ID: "1", Topic: "order", Dialect: salt.TchuTchu, RPC: true, ReplyTo: "python", Body: []byte(`{"id":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	tr.Broker().Publish(e)
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := bus.Request(t.Context(), &salt.Message{Topic: "add", Dialect: salt.TchuTchu, Body: []byte(`{"A":1,"B":2}`)})
	if err != nil || string(r.Body) != `{"Sum":3}` {
		t.Errorf("a request: %v, %+v", err, r)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"order  tchu-tchu"}, events.seen); diff != "" {
		t.Errorf("handlers saw (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"order  tchu-tchu rpc", "add  tchu-tchu rpc"}, patterns.seen); diff != "" {
		t.Errorf("the pattern saw (-want +got):\n%s", diff)
	}

	// A leftover binding brings what nobody here knows: it is kept.
	e.Body = []byte(strings.ReplaceAll(string(e.Body), `"order"`, `"gone"`)) // the routing key is as before
	tr.Broker().Publish(e)
	if letters := tr.Broker().WaitDeadLetters(t.Context(), "svc", 1); len(letters) != 1 || letters[0].Reason != salt.ReasonUnhandled {
		t.Errorf("dead letters %+v, want one that is unhandled", letters)
	}
}

func TestBridge(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	seen := wire(t, tr.Broker())
	bus := busOn(t, tr, nil)
	var handled listener
	salt.SubscribePattern(bus, "#", handled.raw)
	salt.Bridge(bus, salt.CelerySalt, salt.TchuTchu, []string{"order.#", "order.paid"}, salt.OnQueue("to-tchu"))
	salt.Bridge(bus, salt.TchuTchu, salt.CelerySalt, []string{"order.*"}, salt.OnQueue("to-salt"))
	start(t, bus)
	for _, m := range []*salt.Message{
		{ID: "1", Topic: "order.paid", Version: "v2", Dialect: salt.CelerySalt, Header: map[string]string{"tenant": "acme"}, Body: []byte(`{"n":1}`)},
		{ID: "2", Topic: "order.sent", Dialect: salt.TchuTchu, Priority: 7, Body: []byte(`{"n":2}`)},
		{ID: "3", Topic: "other", Dialect: salt.TchuTchu, Body: []byte(`{}`)},
	} {
		if err := bus.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"order.paid v2 celery-salt", "order.paid  tchu-tchu",
		"order.sent  tchu-tchu", "order.sent v1 celery-salt",
		"other  tchu-tchu",
	}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"order.paid v2 celery-salt", "order.sent  tchu-tchu", "other  tchu-tchu"}, handled.seen); diff != "" {
		t.Errorf("Salt's own handler saw (-want +got):\n%s", diff)
	}
}

// What the copy keeps of the message, and how it is marked.
func TestBridgedCopy(t *testing.T) {
	t.Parallel()
	m := &salt.Message{
		ID: "1", Topic: "a", Dialect: salt.TchuTchu, BridgedFrom: salt.CelerySalt, Body: []byte(`{}`),
		Header: map[string]string{"tenant": "acme"},
	}
	for name, encode := range map[string]func(*salt.Message) (*celery.Envelope, error){"2": celery.Encode, "1": celery.EncodeProtocol1} {
		e, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := celery.Decode(e, celery.Limits{})
		if err != nil || got.BridgedFrom != salt.CelerySalt || got.Dialect != salt.TchuTchu {
			t.Errorf("protocol %s: %+v, %v", name, got, err)
		}
		if diff := cmp.Diff(m.Header, got.Header); diff != "" {
			t.Errorf("protocol %s: headers (-sent +received):\n%s", name, diff)
		}
	}
}
