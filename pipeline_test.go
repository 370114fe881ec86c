package salt_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

func TestMiddlewareOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var steps []string
	step := func(name string) salt.Middleware {
		return func(next salt.Handler) salt.Handler {
			return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
				mu.Lock()
				steps = append(steps, name+" "+m.Topic)
				mu.Unlock()
				return next(ctx, m)
			}
		}
	}
	tr := inmem.New()
	bus := busOn(t, tr, &salt.Options{
		Send:    []salt.Middleware{step("send1"), step("send2")},
		Receive: []salt.Middleware{step("recv1"), step("recv2")},
	})
	def := salt.DefineEvent[payloadA]("mw", salt.In(salt.NewCatalog()))
	got := make(chan *payloadA, 1)
	def.Subscribe(bus, into(got))
	start(t, bus)
	if _, err := def.Publish(t.Context(), bus, &payloadA{}); err != nil {
		t.Fatal(err)
	}
	wait(t, got)
	if diff := cmp.Diff([]string{"send1 mw", "send2 mw", "recv1 mw", "recv2 mw"}, steps); diff != "" {
		t.Error(diff)
	}
}

func TestHandlerFailures(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	handled := make(chan string, 4)
	noop := func(name string, err error) {
		salt.SubscribePattern(bus, "f.*", func(context.Context, *salt.Message) error {
			handled <- name
			return err
		}, salt.Name(name))
	}
	noop("good", nil)
	noop("bad", errors.New("no"))
	salt.SubscribePattern(bus, "f.*", func(context.Context, *salt.Message) error { panic("boom") }, salt.Name("panics"))
	noop("after", nil)
	start(t, bus)
	if err := bus.Send(t.Context(), &salt.Message{Topic: "f.x", Body: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(handled); n != 3 {
		t.Errorf("%d handlers ran to their end; one that fails must not keep the others from the message", n)
	}
	letters := tr.Broker().DeadLetters("svc")
	if len(letters) != 1 || letters[0].Header["x-salt-handler"] != "bad, panics" {
		t.Errorf("dead letters %+v", letters)
	}
}

func TestGoexitInHandler(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, &salt.Options{Concurrency: 1})
	got := make(chan *salt.Message, 1)
	salt.SubscribePattern(bus, "g", func(_ context.Context, m *salt.Message) error {
		if m.Version == "" {
			runtime.Goexit()
		}
		got <- m
		return nil
	})
	start(t, bus)
	for _, v := range []string{"", "v1"} {
		if err := bus.Send(t.Context(), &salt.Message{Topic: "g", Version: v, Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, got) // the worker lives on
}

func TestPatternDecodesIntoAnyStruct(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	type anyRisk struct {
		ID int64 `json:"id"`
	}
	got := make(chan *anyRisk, 2)
	salt.SubscribePattern(bus, "pat.#", into(got))
	start(t, bus)
	for i, topic := range []string{"pat.a", "pat.b.c"} {
		if err := bus.Send(t.Context(), &salt.Message{Topic: topic, Body: fmt.Appendf(nil, `{"id":%d,"more":1}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := wait(t, got), wait(t, got); a.ID+b.ID != 1 {
		t.Errorf("got %v and %v", a, b)
	}
}

func TestInfoAndCausality(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	catalog := salt.In(salt.NewCatalog())
	first, second := salt.DefineEvent[payloadA]("c.first", catalog), salt.DefineEvent[payloadA]("c.second", catalog)
	got := make(chan *salt.Message, 1)
	first.Subscribe(bus, func(ctx context.Context, p *payloadA) error {
		_, err := second.Publish(ctx, bus, p)
		return err
	})
	second.Subscribe(bus, func(ctx context.Context, _ *payloadA) error {
		got <- salt.Info(ctx)
		return nil
	})
	start(t, bus)
	id, err := first.Publish(t.Context(), bus, &payloadA{}, salt.Header("tenant", "acme"), salt.Priority(7))
	if err != nil {
		t.Fatal(err)
	}
	if m := wait(t, got); m.CorrelationID != id || m.Attempt != 1 || m.Version != "v1" {
		t.Errorf("the second message %+v does not name its cause %s", m, id)
	}
	if salt.Info(t.Context()) != nil {
		t.Error("Info outside of a handler")
	}
}

func TestMessageOptions(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	def := salt.DefineEvent[payloadA]("opt", salt.In(salt.NewCatalog()))
	got := make(chan *salt.Message, 1)
	salt.SubscribePattern(bus, "other.key", into(got))
	start(t, bus)
	id, err := def.Publish(t.Context(), bus, &payloadA{ID: 1}, salt.RoutingKey("other.key"), salt.Priority(5),
		salt.Expires(time.Minute), salt.MessageID("my-id"), salt.CorrelationID("corr"), salt.Header("a", "b"), salt.MustRoute())
	if err != nil || id != "my-id" {
		t.Fatal(id, err)
	}
	m := wait(t, got)
	if m.ID != "my-id" || m.Topic != "opt" || m.Priority != 5 || m.CorrelationID != "corr" || m.Header["a"] != "b" ||
		time.Until(m.Expires) > time.Minute || time.Until(m.Expires) < 50*time.Second {
		t.Errorf("message %+v", m)
	}
	for name, opt := range map[string]salt.MessageOption{
		"priority 11": salt.Priority(11), "priority -1": salt.Priority(-1), "expiry 0": salt.Expires(0),
		"empty id": salt.MessageID(""), "long id": salt.MessageID(strings.Repeat("x", 256)), "long key": salt.RoutingKey(strings.Repeat("x", 256)),
		"reserved header": salt.Header("x-salt-reason", "x"), "empty header": salt.Header("", "x"),
		"celery header": salt.Header("task", "evil"), "unroutable": func(m *salt.Message) error {
			m.MustRoute, m.RoutingKey = true, "nobody.listens"
			return nil
		},
	} {
		if _, err := def.Publish(t.Context(), bus, &payloadA{}, opt); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestHandlerTimeoutAndConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := inmem.New()
		bus := busOn(t, tr, nil)
		var mu sync.Mutex
		running, most := 0, 0
		salt.SubscribePattern(bus, "slow", func(ctx context.Context, _ *salt.Message) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			running--
			mu.Unlock()
			return ctx.Err()
		}, salt.HandlerTimeout(time.Second), salt.Concurrency(3))
		start(t, bus)
		for range 9 {
			if err := bus.Send(t.Context(), &salt.Message{Topic: "slow", Body: []byte(`{}`)}); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 3*time.Second || most != 3 {
			t.Errorf("9 messages of 1s at concurrency 3 took %v with %d at once", took, most)
		}
	})
}

func TestExpiredAndEta(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tr := inmem.New()
		bus := busOn(t, tr, nil)
		var at []time.Duration
		began := time.Now()
		salt.SubscribePattern(bus, "when", func(context.Context, *salt.Message) error {
			at = append(at, time.Since(began))
			return nil
		})
		start(t, bus)
		send := func(m salt.Message) {
			m.Topic, m.Body = "when", []byte(`{}`)
			if err := bus.Send(t.Context(), &m); err != nil {
				t.Fatal(err)
			}
		}
		send(salt.Message{NotBefore: began.Add(5 * time.Second)})
		send(salt.Message{NotBefore: began.Add(2 * time.Second), Expires: began.Add(time.Second)}) // too late when its time comes
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{5 * time.Second}, at); diff != "" {
			t.Errorf("handled at (-want +got):\n%s", diff)
		}
		if n := len(tr.Broker().DeadLetters("svc")); n != 0 {
			t.Errorf("%d dead letters; an expired message is dropped", n)
		}
	})
}

func TestRawDoorChecks(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	for _, topic := range []string{"", strings.Repeat("x", 256), "a.*", "#"} {
		err := bus.Send(t.Context(), &salt.Message{Topic: topic, Body: []byte(`{}`)})
		pe, ok := errors.AsType[*salt.PublishError](err)
		if !ok || pe.Outcome != salt.Refused {
			t.Errorf("topic %.10q: %v", topic, err)
		}
		if _, err := bus.Request(t.Context(), &salt.Message{Topic: topic, Body: []byte(`{}`)}); err == nil {
			t.Errorf("topic %.10q was called", topic)
		}
	}
	if got := bus.Bindings(); len(got) != 0 {
		t.Errorf("bindings %v", got)
	}
}
