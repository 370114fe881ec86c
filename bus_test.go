package salt_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/internal/basetest"
)

// newBus returns a bus on a broker of its own, closed at the test's end.
func newBus(t *testing.T, opts *salt.Options) *salt.Bus {
	t.Helper()
	return busOn(t, inmem.New(), opts)
}

func busOn(t *testing.T, tr salt.Transport, opts *salt.Options) *salt.Bus {
	t.Helper()
	o := salt.Options{}
	if opts != nil {
		o = *opts
	}
	if o.Service == "" {
		o.Service = "svc"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	bus, err := salt.Open(t.Context(), tr, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return bus
}

func start(t *testing.T, bus *salt.Bus) {
	t.Helper()
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(5 * time.Second):
		t.Fatal("nothing arrived")
		panic("unreachable")
	}
}

// into returns a handler that hands what it gets to a channel.
func into[T any](c chan<- *T) func(context.Context, *T) error {
	return func(_ context.Context, v *T) error {
		c <- v
		return nil
	}
}

type riskEscalated struct {
	basetest.RiskCreated
	To string `json:"to"`
}

var riskEscalatedDef = salt.Define[riskEscalated]("risk.escalated")

func (*riskEscalated) Definition() *salt.Definition[riskEscalated] { return riskEscalatedDef }

func TestInheritanceAcrossPackages(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	parents, children := make(chan *basetest.RiskCreated, 1), make(chan *riskEscalated, 1)
	salt.Subscribe(bus, into(parents))
	salt.Subscribe(bus, into(children))
	start(t, bus)

	e := &riskEscalated{To: "cro"}
	e.ID, e.Score = 8, 9
	if _, err := salt.Publish(t.Context(), bus, e); err != nil {
		t.Fatal(err)
	}
	got := wait(t, children)
	want := &riskEscalated{To: "cro", RiskCreated: basetest.RiskCreated{Audited: basetest.Audited{Actor: "system"}, ID: 8, Score: 9, Level: "severe"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("child (-want +got):\n%s", diff)
	}
	if !got.Severe() {
		t.Error("the inherited method does not see the values")
	}
	select {
	case p := <-parents:
		t.Errorf("the parent's handler got the child's event: %+v", p)
	default:
	}
	if _, err := salt.Publish(t.Context(), bus, &basetest.RiskCreated{ID: 1}); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, parents); got.Actor != "system" || got.Level != "" {
		t.Errorf("parent %+v", got)
	}
}

type riskSummary struct {
	Count int `json:"count"`
}

// summarizeRisks overrides only the response of its parent.
type summarizeRisks struct {
	salt.RPC[riskSummary, *salt.RPCError]
	basetest.ListRisks
}

var summarizeRisksDef = salt.Define[summarizeRisks]("risk.summarize")

func (*summarizeRisks) Definition() *salt.Definition[summarizeRisks] { return summarizeRisksDef }

func TestOverrideOnlyTheResponse(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	salt.Handle(bus, func(_ context.Context, q *basetest.ListRisks) (*[]basetest.Risk, error) {
		risks := make([]basetest.Risk, q.Limit)
		return &risks, nil
	})
	salt.Handle(bus, func(_ context.Context, q *summarizeRisks) (*riskSummary, error) {
		return &riskSummary{Count: q.Limit}, nil
	})
	start(t, bus)
	list, err := salt.Call(t.Context(), bus, &basetest.ListRisks{Limit: 3})
	if err != nil || len(*list) != 3 {
		t.Errorf("list %v, %v", list, err)
	}
	sum, err := salt.Call(t.Context(), bus, &summarizeRisks{ListRisks: basetest.ListRisks{Limit: 4}})
	if err != nil || sum.Count != 4 {
		t.Errorf("summary %v, %v", sum, err)
	}
}

type hooked struct {
	salt.Event
	How string `json:"how"`
}

var hookedDef = salt.Define[hooked]("hooked", salt.In(salt.NewCatalog()))

func (*hooked) Definition() *salt.Definition[hooked] { return hookedDef }

var errHook = errors.New("the hook says no")

func (h *hooked) OnPublish(ctx context.Context, next func(context.Context) error) error {
	switch h.How {
	case "veto":
		return nil
	case "fail":
		return errHook
	case "swallow":
		_ = next(ctx)
		return nil
	case "panic":
		panic("boom")
	case "goexit":
		runtime.Goexit()
	case "cancelled":
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return next(ctx)
	case "twice":
		_ = next(ctx)
	}
	return next(ctx)
}

func TestHooks(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	got := make(chan string, 10)
	salt.Subscribe(bus, func(ctx context.Context, h *hooked) error {
		got <- salt.Info(ctx).ID
		return nil
	})
	start(t, bus)
	publish := func(how string, opts ...salt.MessageOption) (string, error) {
		return salt.Publish(t.Context(), bus, &hooked{How: how}, opts...)
	}
	if _, err := publish("veto"); !errors.Is(err, salt.ErrVetoed) {
		t.Errorf("veto: %v", err)
	}
	if _, err := publish("fail"); !errors.Is(err, errHook) {
		t.Errorf("fail: %v", err)
	}
	id, err := publish("twice")
	if err != nil || wait(t, got) != id || wait(t, got) != id {
		t.Errorf("a repeated next does not keep the id (%v)", err)
	}
	select {
	case id := <-got:
		t.Errorf("vetoed event %s was delivered", id)
	default:
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := salt.Publish(cancelled, bus, &hooked{How: "swallow"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a hook that swallows next's error makes a lost event look published: %v", err)
	}
}

type signup struct {
	UserID int64  `json:"user_id"`
	Email  string `json:"email" salt:"format=email"`
	Plan   string `json:"plan" salt:"default=free"`
}

func TestValidation(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	def := salt.DefineEvent[signup]("val.signup", salt.In(salt.NewCatalog()))
	got := make(chan *signup, 1)
	def.Subscribe(bus, into(got), salt.Name("on-signup"))
	start(t, bus)

	const canary = "s3cret-value"
	bad := &signup{UserID: 1, Email: canary}
	id, err := def.Publish(t.Context(), bus, bad)
	ve, ok := errors.AsType[*salt.ValidationError](err)
	if !ok || id == "" {
		t.Fatalf("publish: id %q, error %v", id, err)
	}
	if ve.Topic != "val.signup" || ve.Version != "v1" || ve.Part != "payload" || len(ve.Fields) != 1 ||
		ve.Fields[0].Pointer != "/email" || ve.Fields[0].Rule != "format" {
		t.Errorf("error %+v", ve)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error shows the value: %v", err)
	}
	if err := def.Validate(bad); !errors.As(err, &ve) {
		t.Errorf("Validate: %v", err)
	}

	// A foreign writer's payload is checked before the handler sees it, and
	// defaults are filled in.
	if err := bus.Send(t.Context(), &salt.Message{Topic: "val.signup", Version: "v1", Body: []byte(`{"user_id":"x","email":"a@b.c"}`)}); err != nil {
		t.Fatal(err)
	}
	if err := bus.Send(t.Context(), &salt.Message{Topic: "val.signup", Version: "v1", Body: []byte(`{"user_id":1,"email":"a@b.c","unknown":[]}`)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&signup{UserID: 1, Email: "a@b.c", Plan: "free"}, wait(t, got)); diff != "" {
		t.Error(diff)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := tr.Broker().DeadLetters("svc")
	if len(letters) != 1 || letters[0].Reason != salt.ReasonInvalid || letters[0].Header["x-salt-handler"] != "on-signup" || !strings.Contains(letters[0].Error, "/user_id") {
		t.Errorf("dead letters %+v", letters)
	}
}

type (
	addRequest struct {
		A, B int
	}
	addResponse struct {
		Sum int `json:"sum" salt:"maximum=100"`
	}
	addError struct {
		Code string `json:"error_code"`
		Max  int    `json:"max"`
	}
)

func (e *addError) Error() string { return e.Code }

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type ranged struct {
	From int `json:"from"`
	To   int `json:"to"`
}

var errRange = errors.New("from is after to")

func (r *ranged) Validate() error {
	if r.From > r.To {
		return errRange
	}
	return nil
}

func TestOwnRules(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	def := salt.DefineEvent[ranged]("own.rules", salt.In(salt.NewCatalog()))
	def.Subscribe(bus, func(context.Context, *ranged) error { return nil })
	start(t, bus)
	_, err := def.Publish(t.Context(), bus, &ranged{From: 2, To: 1})
	if ve, ok := errors.AsType[*salt.ValidationError](err); !ok || !errors.Is(err, errRange) || ve.Topic != "own.rules" {
		t.Errorf("publish: %v", err)
	}
	if err := bus.Send(t.Context(), &salt.Message{Topic: "own.rules", Version: "v1", Body: []byte(`{"from":2,"to":1}`)}); err != nil {
		t.Fatal(err)
	}
	if err := tr.Broker().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if letters := tr.Broker().DeadLetters("svc"); len(letters) != 1 || letters[0].Reason != salt.ReasonInvalid {
		t.Errorf("dead letters %+v", letters)
	}
}

func TestUnencodableIsAValidationError(t *testing.T) {
	t.Parallel()
	type loose struct {
		F float64 `json:"f"`
		S string  `json:"s"`
		A any     `json:"a"`
	}
	bus := newBus(t, nil)
	def := salt.DefineEvent[loose]("loose", salt.In(salt.NewCatalog()))
	for name, v := range map[string]*loose{"NaN": {F: math.NaN()}, "UTF-8": {S: "a\xff"}, "channel": {A: make(chan int)}, "nil": nil} {
		id, err := def.Publish(t.Context(), bus, v)
		if ve, ok := errors.AsType[*salt.ValidationError](err); !ok || ve.Topic != "loose" || id == "" {
			t.Errorf("%s: id %q, error %v (%T)", name, id, err, err)
		}
	}
	if id, err := def.Publish(t.Context(), bus, &loose{}, salt.MessageID("mine"), salt.Priority(99)); err == nil || id != "mine" {
		t.Errorf("a bad option: id %q, error %v", id, err)
	}
}
