// Package interop tests Salt against the real Python celery-salt, on a real
// RabbitMQ: a Celery worker and a Python publisher in processes of their own.
package interop_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A stage is one run: both sides, live.
type stage struct {
	contract
	bus            *salt.Bus
	worker, driver *python
	shipped        chan shipment
}

// A shipment is what the Go handler saw.
type shipment struct {
	order orderShipped
	info  salt.Message
}

func TestPython(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	t.Run("Go event to Python handler", s.goEventToPython)
	t.Run("Python class event to Go handler", func(t *testing.T) { s.pythonEventToGo(t, "publish_class") })
	t.Run("Python serverless event to Go handler", func(t *testing.T) { s.pythonEventToGo(t, "publish_kombu") })
	t.Run("Go calls Python", s.goCallsPython)
	t.Run("Python calls Go", s.pythonCallsGo)
}

func setUp(t *testing.T) *stage {
	t.Helper()
	url := need(t, "SALT_TEST_AMQP_URL")
	prefix := "interop-" + uuid.NewString()[:8]
	s := &stage{contract: newContract(prefix), shipped: make(chan shipment, 4)}
	s.worker = startPython(t, "worker.py", prefix)
	s.driver = startPython(t, "driver.py", prefix)

	transport, err := rabbitmq.Open(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.bus, err = salt.Open(t.Context(), transport, &salt.Options{
		Service: prefix + ".go", Catalog: s.catalog, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.bus.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s.contract.shipped.Subscribe(s.bus, func(ctx context.Context, o *orderShipped) error {
		s.shipped <- shipment{*o, *salt.Info(ctx)}
		return nil
	})
	s.quote.Handle(s.bus, answerQuote)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.bus.Start(ctx); err != nil {
		t.Fatal(err)
	}

	var ready struct{ Kind string }
	if s.worker.next(t, &ready); ready.Kind != "ready" {
		t.Fatalf("the worker's first report is %q, want ready", ready.Kind)
	}
	return s
}

func answerQuote(_ context.Context, q *getQuote) (*quote, error) {
	switch q.SKU {
	case "unknown":
		return nil, &salt.RPCError{Code: "NO_SUCH_SKU", Message: "no such sku", Details: map[string]any{"sku": q.SKU}}
	case "broken":
		return nil, errors.New("the database password is hunter2")
	}
	return &quote{SKU: q.SKU, Total: 2.5 * float64(q.Quantity), Parts: []string{"α", "β"}}, nil
}

func (s *stage) goEventToPython(t *testing.T) {
	_, err := s.placed.Publish(t.Context(), s.bus, &orderPlaced{
		ID: 1<<53 + 1, Amount: 12, Note: "Grüße 🚀 \"quoted\"", Tags: []string{"a", "b"}, Express: true,
	}, salt.MustRoute())
	if err != nil {
		t.Fatal(err)
	}
	type fields struct {
		ID      int64    `json:"order_id"`
		Amount  float64  `json:"amount"`
		Note    string   `json:"note"`
		Tags    []string `json:"tags"`
		Express bool     `json:"express"`
		Coupon  any      `json:"coupon"`
	}
	type report struct {
		Kind   string
		Fields fields
		Types  map[string]string
	}
	want := report{
		Kind:   "order",
		Fields: fields{ID: 1<<53 + 1, Amount: 12, Note: "Grüße 🚀 \"quoted\"", Tags: []string{"a", "b"}, Express: true},
		Types: map[string]string{
			"order_id": "int", "amount": "float", "note": "str", "tags": "list", "express": "bool", "coupon": "NoneType",
		},
	}
	var got report
	s.worker.next(t, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the Python handler saw (-want +got)\n%s", diff)
	}
}

func (s *stage) pythonEventToGo(t *testing.T, command string) {
	t.Helper()
	var answer struct{ ID, Exception, Message string }
	s.driver.do(t, command, map[string]any{
		"order_id": 7, "carrier": "Übersee", "shipped_at": "2026-11-23T10:20:30.123456+02:00", "weights": []float64{1.5, 2},
	}, &answer)
	if answer.Exception != "" {
		t.Fatalf("Python: %s: %s", answer.Exception, answer.Message)
	}
	var got shipment
	select {
	case got = <-s.shipped:
	case <-time.After(patience):
		t.Fatalf("nothing arrived within %v", patience)
	}
	want := orderShipped{
		ID: 7, Carrier: "Übersee", Weights: []float64{1.5, 2},
		ShippedAt: time.Date(2026, 11, 23, 10, 20, 30, 123456000, time.FixedZone("", 2*60*60)),
	}
	if diff := cmp.Diff(want, got.order); diff != "" {
		t.Errorf("what the Go handler saw (-want +got)\n%s", diff)
	}
	if got.info.ID != answer.ID || got.info.Version != "v2" || got.info.RPC {
		t.Errorf("message id %q version %q rpc %t, want %q v2 false", got.info.ID, got.info.Version, got.info.RPC, answer.ID)
	}
}

func (s *stage) goCallsPython(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	got, err := s.divide.Call(ctx, s.bus, &divide{A: 17, B: 5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&divided{Quotient: 3, Remainder: 2}, got); diff != "" {
		t.Errorf("response (-want +got)\n%s", diff)
	}

	_, err = s.divide.Call(ctx, s.bus, &divide{A: 17})
	authored, ok := errors.AsType[*divideError](err)
	if !ok {
		t.Fatalf("division by zero: error %v (%T), want a *divideError", err, err)
	}
	want := &divideError{Code: "DIVISION_BY_ZERO", Message: "cannot divide by zero", Details: map[string]any{"a": 17.0}}
	if diff := cmp.Diff(want, authored); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}

	_, err = s.upper.Call(ctx, s.bus, &upper{Text: "x"})
	remote, ok := errors.AsType[*salt.RemoteError](err)
	if !ok || remote.Kind != salt.FaultHandler || !strings.Contains(remote.Message, "no upper case today") {
		t.Errorf("a handler that raises: error %v (%T), want a *salt.RemoteError with its text", err, err)
	}

	begin := time.Now()
	_, err = s.nobody.Call(ctx, s.bus, &upper{Text: "x"})
	if !errors.Is(err, salt.ErrNoHandler) {
		t.Errorf("a topic without any queue: error %v, want ErrNoHandler", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("ErrNoHandler took %v, so it came by timeout", took)
	}
}

func (s *stage) pythonCallsGo(t *testing.T) {
	type answer struct {
		Type               string
		Payload            map[string]any
		Exception, Message string
	}
	call := func(sku string, quantity int) (a answer) {
		s.driver.do(t, "call_quote", map[string]any{"sku": sku, "quantity": quantity}, &a)
		return a
	}

	want := answer{Type: "Response", Payload: map[string]any{"sku": "salt", "total": 10.0, "parts": []any{"α", "β"}}}
	if diff := cmp.Diff(want, call("salt", 4)); diff != "" {
		t.Errorf("response (-want +got)\n%s", diff)
	}

	want = answer{Type: "Error", Payload: map[string]any{
		"error_code": "NO_SUCH_SKU", "error_message": "no such sku", "details": map[string]any{"sku": "unknown"},
	}}
	if diff := cmp.Diff(want, call("unknown", 4)); diff != "" {
		t.Errorf("authored error (-want +got)\n%s", diff)
	}

	for _, bad := range []struct {
		name, sku string
		quantity  int
	}{
		{"an internal error", "broken", 1},
		{"an invalid request", "salt", 0},
	} {
		got := call(bad.sku, bad.quantity)
		if got.Exception != "PublishError" {
			t.Errorf("%s: %+v, want a PublishError", bad.name, got)
		}
		if strings.Contains(got.Message, "hunter2") {
			t.Errorf("%s: internal text crossed the wire: %s", bad.name, got.Message)
		}
	}
}
