package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/rabbitmq"
)

// full is a screen, or a file, that takes no more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestBridgeCannotShow: the command ends, and the event, whose copy is out, is
// not dead-lettered.
func TestBridgeCannotShow(t *testing.T) {
	t.Parallel()
	broker := inmem.NewBroker()
	errs := newScreen()
	a := &app{out: full{}, err: errs, env: func(string) string { return "" }, open: func(string, *rabbitmq.Options) (salt.Transport, error) { return broker.Open(), nil }}
	code := make(chan int)
	go func() { code <- a.run(t.Context(), []string{"bridge", "order.#"}) }()
	errs.wait(t, "Ctrl-C ends", 1)
	inProcess(broker).must(t, "publish", "order.a", `{"n": 1}`, "--dialect", "tchu-tchu")
	if got := <-code; got != exitFailed {
		t.Errorf("exit %d", got)
	}
	if text := errs.String(); !strings.Contains(text, "no space left") || !strings.Contains(text, "repeated 1 event") {
		t.Errorf("it said %q", text)
	}
	if dead := broker.DeadLetters("salt-bridge"); len(dead) > 0 {
		t.Errorf("dead letters %+v", dead)
	}
}

// TestBridgeShowsACopy: printing changes nothing of what the next subscription
// reads, and what fails is told.
func TestBridgeShowsACopy(t *testing.T) {
	t.Parallel()
	broker := inmem.NewBroker()
	b := inProcess(broker).start(t.Context(), "bridge", "order.#", "billing.*", "--both")
	b.err.wait(t, "Ctrl-C ends", 1)
	e, err := celery.Encode(&salt.Message{ID: "1", Topic: "order.paid", RoutingKey: "billing.eu", Dialect: salt.TchuTchu, Body: []byte(`{"n": 1, "m": 2}`)})
	if err != nil {
		t.Fatal(err)
	}
	broker.Publish(e)
	b.out.wait(t, `{"n":1,"m":2}`, 1)
	if err := broker.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.stop()
	if code, out, said := b.done(t); code != exitOK || !strings.Contains(said, "repeated 1 event") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit %d: %q, %q", code, out, said)
	}
	if dead := broker.DeadLetters("salt-bridge"); len(dead) > 0 {
		t.Errorf("dead letters %+v", dead)
	}
}

// noCopies refuses what a bridge sends.
type noCopies struct{ salt.Transport }

func (t noCopies) Send(ctx context.Context, m *salt.Message) error {
	if m.BridgedFrom != 0 {
		return errors.New("no room for copies")
	}
	return t.Transport.Send(ctx, m)
}

// TestBridgeTellsFailures: without --verbose, too.
func TestBridgeTellsFailures(t *testing.T) {
	t.Parallel()
	broker := inmem.NewBroker()
	errs := newScreen()
	a := &app{out: io.Discard, err: errs, env: func(string) string { return "" }, open: func(string, *rabbitmq.Options) (salt.Transport, error) {
		return noCopies{broker.Open()}, nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int)
	go func() { code <- a.run(ctx, []string{"bridge", "order.#"}) }()
	errs.wait(t, "Ctrl-C ends", 1)
	inProcess(broker).must(t, "publish", "order.a", `{"n": 1}`, "--dialect", "tchu-tchu")
	errs.wait(t, "not repeated", 1)
	broker.WaitDeadLetters(t.Context(), "salt-bridge", 1)
	stop()
	if got := <-code; got != exitFailed {
		t.Errorf("exit %d", got)
	}
	for _, part := range []string{"no room for copies", "1 event could not be repeated", "salt-bridge.dead"} {
		if !strings.Contains(errs.String(), part) {
			t.Errorf("it said %q, not %q", errs, part)
		}
	}
}
