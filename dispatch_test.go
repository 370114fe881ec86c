package salt_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	var logged lockedBuffer
	tr := inmem.New()
	bus := busOn(t, tr, &salt.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	catalog := salt.In(salt.NewCatalog())
	v1 := salt.DefineEvent[payloadA]("ver", catalog)
	v2 := salt.DefineEvent[signup]("ver", catalog, salt.Version("v2"))
	var mu sync.Mutex
	seen := map[string][]string{}
	note := func(handler string) func(context.Context, *salt.Message) error {
		return func(_ context.Context, m *salt.Message) error {
			mu.Lock()
			defer mu.Unlock()
			seen[handler] = append(seen[handler], m.Version)
			return nil
		}
	}
	salt.SubscribePattern(bus, "ver", note("all"))
	v1.Subscribe(bus, func(ctx context.Context, _ *payloadA) error { return note("v1")(ctx, salt.Info(ctx)) })
	v2.Subscribe(bus, func(ctx context.Context, _ *signup) error { return note("v2")(ctx, salt.Info(ctx)) })
	v2.Subscribe(bus, func(ctx context.Context, _ *signup) error { return note("v2-all")(ctx, salt.Info(ctx)) }, salt.AllVersions())
	start(t, bus)
	for _, v := range []string{"v1", "v2", "v10", "", "v2"} {
		m := &salt.Message{Topic: "ver", Version: v, Body: []byte(`{"id":1,"user_id":1,"email":"a@b.c"}`)}
		if err := bus.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]string{
		"all": {"v1", "v2", "v10", "", "v2"}, "v1": {"v1", "v2", "v10", "v2"}, "v2": {"v2", "v10", "v2"}, "v2-all": {"v1", "v2", "v10", "", "v2"},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("versions seen (-want +got):\n%s", diff)
	}
	// v1 sees v2 (once, of two) and v10; v2 sees v10.
	if n := strings.Count(logged.String(), "newer version than its own"); n != 3 {
		t.Errorf("%d warnings of newer versions, want one for each handler and version (3):\n%s", n, logged.String())
	}
}

func TestUnhandledIsKept(t *testing.T) {
	t.Parallel()
	broker := inmem.NewBroker()
	// Two releases of one service share its queue; only the newer one knows
	// the second topic.
	older, newer := busOn(t, broker.Open(), nil), busOn(t, broker.Open(), nil)
	noop := func(context.Context, *payloadA) error { return nil }
	catalog := salt.In(salt.NewCatalog())
	known := salt.DefineEvent[payloadA]("unh.known", catalog, salt.Version("v2"))
	fresh := salt.DefineEvent[payloadA]("unh.fresh", catalog)
	known.Subscribe(older, noop)
	known.Subscribe(newer, noop)
	fresh.Subscribe(newer, noop)
	start(t, newer)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := newer.Close(ctx); err != nil { // its bindings stay
		t.Fatal(err)
	}
	start(t, older)
	for _, topic := range []string{"unh.known", "unh.fresh"} { // the first is filtered by its version
		if err := older.Send(t.Context(), &salt.Message{Topic: topic, Version: "v1", Body: []byte(`{"id":1}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := broker.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	letters := broker.DeadLetters("svc")
	if len(letters) != 1 || letters[0].Reason != salt.ReasonUnhandled || letters[0].Envelope.RoutingKey != "unh.fresh" {
		t.Errorf("dead letters %+v, want the one event that nobody here handles", letters)
	}
}

func TestExchangesAreKeptApart(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	got := make(chan string, 4)
	for _, exchange := range []string{salt.DefaultExchange, "other"} {
		salt.SubscribePattern(bus, "x.#", func(context.Context, *salt.Message) error {
			got <- exchange
			return nil
		}, salt.FromExchange(exchange))
	}
	start(t, bus)
	for _, exchange := range []string{"", "other"} {
		if err := bus.Send(t.Context(), &salt.Message{Topic: "x.y", Exchange: exchange, Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := wait(t, got), wait(t, got); a != salt.DefaultExchange || b != "other" || len(got) > 0 {
		t.Errorf("handled by %s and %s, and %d more", a, b, len(got))
	}
}

func TestVersionsOfARequestOnTwoQueues(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	catalog := salt.In(salt.NewCatalog())
	v1 := salt.DefineRPC[payloadA, addResponse, *addError]("two.queues", catalog)
	v2 := salt.DefineRPC[payloadA, addResponse, *addError]("two.queues", catalog, salt.Version("v2"))
	var ran [3]atomic.Int32
	for version, d := range map[int]*salt.RPCType[payloadA, addResponse, *addError]{1: v1, 2: v2} {
		d.Handle(bus, func(context.Context, *payloadA) (*addResponse, error) {
			ran[version].Add(1)
			return &addResponse{Sum: version}, nil
		}, salt.OnQueue(fmt.Sprintf("two.%d", version)))
	}
	start(t, bus)
	for range 20 {
		if r, err := v2.Call(t.Context(), bus, &payloadA{}); err != nil || r.Sum != 2 {
			t.Fatalf("v2 was answered by %+v, %v", r, err)
		}
	}
	if n := ran[1].Load(); n != 0 {
		t.Errorf("the handler of v1 ran %d times beside it", n)
	}
}

func TestOutgoingMistakeIsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	catalog := salt.In(salt.NewCatalog())
	in, out := salt.DefineEvent[payloadA]("blame.in", catalog), salt.DefineEvent[signup]("blame.out", catalog)
	ask := salt.DefineRPC[payloadA, addResponse, *addError]("blame.ask", catalog)
	broken := func(ctx context.Context) error {
		_, err := out.Publish(ctx, bus, &signup{Email: "no address"})
		return err
	}
	in.Subscribe(bus, func(ctx context.Context, _ *payloadA) error { return broken(ctx) })
	ask.Handle(bus, func(ctx context.Context, _ *payloadA) (*addResponse, error) { return nil, broken(ctx) })
	start(t, bus)
	if _, err := ask.Call(t.Context(), bus, &payloadA{}); err == nil || strings.Contains(err.Error(), "blame.out") {
		t.Errorf("the caller reads %v, want no more than an internal error", err)
	}
	if _, err := in.Publish(t.Context(), bus, &payloadA{}); err != nil {
		t.Fatal(err)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if letters := tr.Broker().DeadLetters("svc"); len(letters) != 1 || letters[0].Reason != salt.ReasonFailed {
		t.Errorf("dead letters %+v, want reason failed", letters)
	}
}

func TestTraceIsNotShared(t *testing.T) {
	t.Parallel()
	bus := newBus(t, &salt.Options{Send: []salt.Middleware{func(next salt.Handler) salt.Handler {
		return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
			if m.Topic == "trace.out" {
				m.Trace["traceparent"] = "changed"
			}
			return next(ctx, m)
		}
	}}})
	catalog := salt.In(salt.NewCatalog())
	in, out := salt.DefineEvent[payloadA]("trace.in", catalog), salt.DefineEvent[payloadA]("trace.out", catalog)
	got := make(chan string, 1)
	in.Subscribe(bus, func(ctx context.Context, p *payloadA) error {
		before := salt.Info(ctx).Trace["tracestate"]
		_, err := out.Publish(ctx, bus, p)
		got <- before + salt.Info(ctx).Trace["traceparent"]
		return err
	})
	start(t, bus)
	m := &salt.Message{Topic: "trace.in", Version: "v1", Trace: map[string]string{"tracestate": "a=b"}, Body: []byte(`{"id":1}`)}
	if err := bus.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if s := wait(t, got); s != "a=b" {
		t.Errorf("a send middleware changed the trace of the message being handled: %q", s)
	}
}
