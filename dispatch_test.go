package salt_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
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
