package interop_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// requestsToPython are calls from Go: what python/matrix/rpc_calls.py may answer.
var requestsToPython = cellGroup{
	name:    "call in detail, Go to Python",
	dialect: celerySalt,
	handle: func(c *config) {
		// A second service on a topic of which the Python worker hears too. It
		// answers later than that worker's "no handlers".
		askShared.Handle(c.bus, func(ctx context.Context, q *anyRequest) (*anyResponse, error) {
			c.saw(ctx, "call.shared", *q, q.Tag)
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
			return &anyResponse{"shared", q.N}, nil
		}, salt.AllVersions())
	},
	cells: []cell{
		{name: "class style, typed response", absent: noClasses, run: goCallsClass},
		{name: "class style, typed error", absent: noClasses, run: goCallsClassError},
		{name: "text", run: goCalls("text", &anyResponse{"Grüße 🚀 \u2028 \"quoted\"", 7})},
		{name: "900 kB", run: goCalls("large", &anyResponse{strings.Repeat("x", 900_000), 7})},
		{name: "datetime, UUID, Decimal, nested, null", run: goCallsKinds},
		{name: "UUID without a response model", run: goCalls("uuid", &anyResponse{"8b6f1f5e-6f0b-4a55-9a83-5d1f2f0c9f11", 7})},
		{name: "bare list", run: goCallsList(callList)},
		{name: "list (RootModel)", absent: noClasses, run: goCallsList(callListClass)},
		{name: "null", run: goCallsBare("null", "null")},
		{name: "scalar", run: goCallsBare("scalar", "7")},
		{name: "RPCError without an error schema", run: goCallsRPCError},
		{name: "exception", run: goCallsFault("raise", "no upper case today")},
		{name: "exception that says timeout", run: goCallsFault("timeout", "the database had a Timeout")},
		{name: "response that does not fit", run: goCallsWrong},
		{name: "request refused by Go", run: goCallsInvalid},
		{name: "request refused by Python", run: goCallsRefused},
		{name: "two handlers, the first counts", run: goCallsTwo},
		{name: "no handler at the only service", run: goCallsNobody(salt.CelerySalt, "call.silent", salt.FaultNoHandler)},
		{name: "task not registered", run: goCallsNobody(salt.TchuTchu, "call.any", salt.FaultNotRegistered)},
		{name: "nobody bound", run: goCallsUnbound},
		{name: "several services, one without a handler", run: goCallsShared},
		{name: "deadline, and the late answer", run: goCallsSlow},
		{name: "version v1 to a handler of v2", absent: noClasses, run: goCallsVersion("v1", false)},
		{name: "version v2 to a handler of v2", absent: noClasses, run: goCallsVersion("v2", true)},
		{name: "version v10 to a handler of v2", absent: noClasses, run: goCallsVersion("v10", true)},
		{name: "version none to a handler of v2", absent: noClasses, run: goCallsVersion("", false)},
		{name: "priority, correlation id, trace", run: goCallsMeta},
		{name: "50 at once", run: goCallsMany},
		{name: "without Options.Results", run: goCallsWithoutResults},
	},
}

type anyRequest struct {
	Tag  string `json:"tag"`
	What string `json:"what"`
	N    int64  `json:"n" salt:"maximum=1000"`
}

type anyResponse struct {
	Text string `json:"text"`
	N    int64  `json:"n"`
}

type kindsResponse struct {
	At      time.Time      `json:"at"`
	ID      uuid.UUID      `json:"id"`
	Price   salt.Decimal   `json:"price"`
	Inner   map[string]any `json:"inner"`
	Nothing *string        `json:"nothing"`
}

// callClass is the Go side's class style.
type callClass struct {
	salt.RPC[anyResponse, *salt.RPCError]
	anyRequest
}

var (
	callAny       = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("call.any")
	callKinds     = salt.DefineRPC[anyRequest, kindsResponse, *salt.RPCError]("call.kinds")
	callList      = salt.DefineRPC[anyRequest, []int64, *salt.RPCError]("call.list")
	callListClass = salt.DefineRPC[anyRequest, []int64, *salt.RPCError]("call.list.class")
	callTwo       = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("call.two")
	callNobody    = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("call.nobody")
	askShared     = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("call.shared")
	classCall     = salt.Define[callClass]("call.class")
)

func (*callClass) Definition() *salt.Definition[callClass] { return classCall }

func newRequest(what string) *anyRequest { return &anyRequest{uuid.NewString(), what, 7} }

func (q *anyRequest) seen() string {
	return `{"tag": ` + jsonText(q.Tag) + `, "what": ` + jsonText(q.What) + `, "n": ` + jsonText(q.N) + `}`
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func sameAnswer(t *testing.T, want, got any, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the Go caller got (-want +got)\n%s", diff)
	}
}

func goCalls(what string, want *anyResponse) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		q := newRequest(what)
		got, err := callAny.Call(bounded(t), c.bus, q)
		sameAnswer(t, want, got, err)
		c.seenByPython(t, q.Tag, "call.any", q.seen())
	}
}

func goCallsClass(t *testing.T, c *config) {
	q := newRequest("hello")
	got, err := salt.Call(bounded(t), c.bus, &callClass{anyRequest: *q})
	sameAnswer(t, &anyResponse{"hello", 7}, got, err)
	if r := c.seenByPython(t, q.Tag, "call.class", q.seen()); r.Arg != "CallClass" {
		t.Errorf("the Python handler got a %s, want its class", r.Arg)
	}
}

func goCallsClassError(t *testing.T, c *config) {
	q := newRequest("error")
	_, err := salt.Call(bounded(t), c.bus, &callClass{anyRequest: *q})
	sameRPCError(t, err)
	c.seenByPython(t, q.Tag, "call.class", q.seen())
}

func sameRPCError(t *testing.T, err error) {
	t.Helper()
	got, ok := errors.AsType[*salt.RPCError](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *salt.RPCError", err, err)
	}
	want := &salt.RPCError{Code: "NOPE", Message: "no such thing", Details: map[string]any{"n": 7.0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}
}

func goCallsRPCError(t *testing.T, c *config) {
	q := newRequest("rpcerror")
	_, err := callAny.Call(bounded(t), c.bus, q)
	sameRPCError(t, err)
	c.seenByPython(t, q.Tag, "call.any", q.seen())
}

func goCallsKinds(t *testing.T, c *config) {
	q := newRequest("")
	got, err := callKinds.Call(bounded(t), c.bus, q)
	if err != nil {
		t.Fatal(err)
	}
	if !got.At.Equal(time.Date(2026, 11, 23, 10, 20, 30, 123456000, time.UTC)) || got.ID.String() != "8b6f1f5e-6f0b-4a55-9a83-5d1f2f0c9f11" ||
		got.Nothing != nil {
		t.Errorf("the Go caller got %+v", got)
	}
	if text := strings.TrimRight(got.Price.String(), "0"); text != "12.5" { // a float on the way, or text
		t.Errorf("price %s, want 12.5", got.Price)
	}
	if diff := cmp.Diff(map[string]any{"list": []any{1.0, 2.5, nil}, "ü": map[string]any{}}, got.Inner); diff != "" {
		t.Errorf("inner (-want +got)\n%s", diff)
	}
	c.seenByPython(t, q.Tag, "call.kinds", q.seen())
}

func goCallsList(of *salt.RPCType[anyRequest, []int64, *salt.RPCError]) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		q := newRequest("")
		got, err := of.Call(bounded(t), c.bus, q)
		sameAnswer(t, &[]int64{3, 1, 2}, got, err)
		c.seenByPython(t, q.Tag, of.Spec().Topic, q.seen())
	}
}

// goCallsBare: results that no definition has, through the door for tools.
func goCallsBare(what, want string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		q := newRequest(what)
		r, err := c.bus.Request(bounded(t), &salt.Message{Topic: "call.any", Version: "v1", Body: []byte(jsonText(q))})
		if err != nil || r.Fault != nil || string(r.Body) != want {
			t.Errorf("got %+v, %v; want %s", r, err, want)
		}
		c.seenByPython(t, q.Tag, "call.any", q.seen())
	}
}

func goCallsFault(what, text string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		q := newRequest(what)
		_, err := callAny.Call(bounded(t), c.bus, q)
		remote, ok := errors.AsType[*salt.RemoteError](err)
		if !ok || remote.Kind != salt.FaultHandler || !strings.Contains(remote.Message, text) {
			t.Errorf("error %v (%T), want the handler's, with %q", err, err, text)
		}
		c.seenByPython(t, q.Tag, "call.any", q.seen())
	}
}

func goCallsWrong(t *testing.T, c *config) {
	q := newRequest("wrong")
	_, err := callAny.Call(bounded(t), c.bus, q)
	bad, ok := errors.AsType[*salt.ValidationError](err)
	if !ok || bad.Part != "response" || len(bad.Fields) != 2 {
		t.Errorf("error %v (%T), want a *salt.ValidationError of two members of the response", err, err)
	}
}

func goCallsInvalid(t *testing.T, c *config) {
	q := newRequest("text")
	q.N = 1001
	_, err := callAny.Call(bounded(t), c.bus, q)
	if bad, ok := errors.AsType[*salt.ValidationError](err); !ok || bad.Part != "payload" || bad.Handler != "" {
		t.Errorf("error %v (%T), want a *salt.ValidationError of the payload", err, err)
	}
	goCalls("text", &anyResponse{"Grüße 🚀 \u2028 \"quoted\"", 7})(t, c)
	if n := len(c.reports.all(q.Tag, func(report) bool { return true })); n != 0 {
		t.Errorf("Python got %d reports of a call that was not sent", n)
	}
}

// goCallsRefused: a Go service that knows another schema than Python's.
func goCallsRefused(t *testing.T, c *config) {
	r, err := c.bus.Request(bounded(t), &salt.Message{Topic: "call.any", Version: "v1", Body: []byte(`{"what": "text", "n": "seven"}`)})
	if err != nil || r.Fault == nil || r.Fault.Kind != salt.FaultHandler || !strings.Contains(r.Fault.Message, "tag") {
		t.Errorf("got %+v, %v; want the fault that tag is missing", r, err)
	}
}

func goCallsTwo(t *testing.T, c *config) {
	q := newRequest("")
	id := uuid.NewString()
	got, err := callTwo.Call(bounded(t), c.bus, q, salt.MessageID(id))
	sameAnswer(t, &anyResponse{"first", 1}, got, err)
	c.seenByPython(t, q.Tag, "call.two first", q.seen())
	c.seenByPython(t, q.Tag, "call.two second", q.seen())
	c.dispatchedByPython(t, id, 2)
}

func goCallsUnbound(t *testing.T, c *config) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begin := time.Now()
	_, err := callNobody.Call(ctx, c.bus, newRequest(""))
	if !errors.Is(err, salt.ErrNoHandler) || time.Since(begin) > patience/2 {
		t.Errorf("error %v after %v, want ErrNoHandler at once", err, time.Since(begin))
	}
}

func goCallsShared(t *testing.T, c *config) {
	q := newRequest("")
	id := uuid.NewString()
	got, err := askShared.Call(bounded(t), c.bus, q, salt.MessageID(id))
	sameAnswer(t, &anyResponse{"shared", 7}, got, err)
	c.dispatchedByPython(t, id, 0)
}

func goCallsSlow(t *testing.T, c *config) {
	q := newRequest("slow")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := callAny.Call(ctx, c.bus, q)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
	goCalls("text", &anyResponse{"Grüße 🚀 \u2028 \"quoted\"", 7})(t, c)
}

func goCallsMeta(t *testing.T, c *config) {
	q := newRequest("text")
	id := uuid.NewString()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	_, err := c.bus.Request(bounded(t), &salt.Message{
		ID: id, Topic: "call.any", Version: "v1", CorrelationID: "order 7", Priority: 6,
		Trace: map[string]string{"traceparent": parent}, Header: map[string]string{"tenant": "acme"}, Body: []byte(jsonText(q)),
	})
	if err != nil {
		t.Fatal(err)
	}
	meta := c.seenByPython(t, q.Tag, "call.any", q.seen()).Meta
	want := map[string]any{"is_rpc": true, "version": "v1", "correlation_id": "order 7", "traceparent": parent}
	if c.env == oldestEnv {
		want = nil // its handlers have no current task in a call
	}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Errorf("_tchu_meta in Python (-want +got)\n%s", diff)
	}
	got := c.dispatchedByPython(t, id, 1)
	if got.Priority != 6 || !got.ReplyTo || got.Expires == nil || got.Headers["tenant"] != "acme" {
		t.Errorf("Celery told the dispatcher %+v", got)
	}
}

func goCallsMany(t *testing.T, c *config) {
	var all sync.WaitGroup
	for n := range int64(50) {
		all.Go(func() {
			q := newRequest("many")
			q.N = n
			got, err := callAny.Call(bounded(t), c.bus, q)
			if err != nil || *got != (anyResponse{"many", n}) {
				t.Errorf("call %d: %+v, %v", n, got, err)
			}
		})
	}
	all.Wait()
}
