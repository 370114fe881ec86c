package interop_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// callsFromPython are requests from Python to Go in every style of both sides.
var callsFromPython = cellGroup{
	name:    "call, Python to Go",
	dialect: celerySalt,
	handle: func(c *config) {
		all := salt.AllVersions() // celery-salt 1.0.0 and call_rpc send none
		quoteSimple.Handle(c.bus, func(ctx context.Context, q *quoteRequest) (*quoteResponse, error) {
			c.saw(ctx, "pycall.simple", *q, q.Tag)
			return quoteFor(q), nil
		}, all)
		salt.Handle(c.bus, func(ctx context.Context, q *quoteClass) (*quoteResponse, error) {
			c.saw(ctx, "pycall.class", q.quoteRequest, q.Tag)
			return quoteFor(&q.quoteRequest), nil
		}, all)
	},
	cells: []cell{
		{name: "decorator to simple style", run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall simple"}, "pycall.simple", "v1", "Response", ""))},
		{name: "decorator to class style", run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall simple to class"}, "pycall.class", "v1", "Response", ""))},
		{name: "class style to simple style", absent: noClasses, run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall class to simple"}, "pycall.simple", "v1", "Response", "SaltResponse"))},
		{name: "class style to class style", absent: noClasses, run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall class"}, "pycall.class", "v1", "Response", "SaltResponse"))},
		{name: "call_rpc to simple style", run: byBothCallers(pythonAsksQuote(command{"do": "request", "topic": "pycall.simple"}, "pycall.simple", "", "", ""))},
		{name: "call_rpc to class style", run: byBothCallers(pythonAsksQuote(command{"do": "request", "topic": "pycall.class"}, "pycall.class", "", "", ""))},
		{name: "TchuClient.call", run: byBothCallers(pythonAsksQuote(command{"do": "pycall client", "topic": "pycall.simple"}, "pycall.simple", "", "", ""))},
		{name: "decorator, task protocol 1", run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall simple", "protocol": 1}, "pycall.simple", "v1", "Response", ""))},
		{name: "class style, task protocol 1", absent: noClasses, run: byBothCallers(pythonAsksQuote(command{"do": "call", "event": "pycall class", "protocol": 1}, "pycall.class", "v1", "Response", "SaltResponse"))},
		{name: "kombu path, redis caller", run: pythonAsksByKombuOnRedis},
		{name: "kombu path, rpc caller", limit: func(*setup) string {
			return "a request by the kombu path names no reply address, so a caller with the backend rpc:// cannot be answered; the same from Python to Python"
		}, run: pythonAsksByKombuOnRPC, shown: pythonAsksByKombuOnRPC},
	},
}

type quoteRequest struct {
	Tag      string `json:"tag"`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity" salt:"minimum=1"`
}

type quoteResponse struct {
	SKU   string   `json:"sku"`
	Total float64  `json:"total"`
	Parts []string `json:"parts"`
}

type quoteClass struct {
	salt.RPC[quoteResponse, *salt.RPCError]
	quoteRequest
}

var (
	quoteSimple     = salt.DefineRPC[quoteRequest, quoteResponse, *salt.RPCError]("pycall.simple")
	quoteDefinition = salt.Define[quoteClass]("pycall.class")
)

func (*quoteClass) Definition() *salt.Definition[quoteClass] { return quoteDefinition }

func quoteFor(q *quoteRequest) *quoteResponse {
	return &quoteResponse{SKU: q.SKU, Total: 2.5 * float64(q.Quantity), Parts: []string{"α", "β"}}
}

// byBothCallers asks from Python programs with either result backend, at once:
// the Go service answers in both places.
func byBothCallers(ask func(t *testing.T, c *config, d *driver)) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		var asking sync.WaitGroup
		for _, results := range []string{"rpc", "redis"} {
			asking.Go(func() {
				t.Run("caller with "+results, func(t *testing.T) { ask(t, c, c.drivers[results]()) })
			})
		}
		asking.Wait()
	}
}

// with returns a copy of the command with more members.
func (c command) with(more command) command {
	all := command{}
	for _, members := range []command{c, more} {
		maps.Copy(all, members)
	}
	return all
}

// pythonGot compares what the caller got: the type of the answer beneath its
// wrapper (empty: the command does not tell), and its members.
func pythonGot(t *testing.T, a answer, kind, wrapper, want string) {
	t.Helper()
	if a.Exception != "" {
		t.Fatalf("the Python caller raised %s: %s", a.Exception, a.Text)
	}
	if diff := cmp.Diff(jsonOf(t, []byte(want)), jsonOf(t, a.Result)); diff != "" {
		t.Errorf("what the Python caller got (-want +got)\n%s", diff)
	}
	if a.Type != kind || a.Wrapper != wrapper {
		t.Errorf("the Python caller got a %q in a %q, want a %q in a %q", a.Type, a.Wrapper, kind, wrapper)
	}
}

// pythonRaised compares the caller's exception and its whole text.
func pythonRaised(t *testing.T, a answer, class, text string) {
	t.Helper()
	if a.Exception != class || a.Text != text {
		t.Errorf("the Python caller got %s: %s (result %s), want %s: %s", a.Exception, a.Text, a.Result, class, text)
	}
}

// notSeenByGo asserts that no handler ran. It proves nothing on its own: call it
// when the message has had its time.
func (c *config) notSeenByGo(t *testing.T, key string) {
	t.Helper()
	if seen := c.sights.all(key, func(sight) bool { return true }); len(seen) > 0 {
		t.Errorf("a Go handler saw the request: %+v", seen)
	}
}

func pythonAsksQuote(how command, handler, version, kind, wrapper string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		fields := map[string]any{"tag": tag, "sku": "salt", "quantity": 4}
		a := d.do(t, how.with(command{"timeout": 30, "fields": fields, "payload": fields}))
		total := "10.0"
		if kind == "" {
			total = "10" // without a model nobody makes a float of it
		}
		pythonGot(t, a, kind, wrapper, `{"sku": "salt", "total": `+total+`, "parts": ["α", "β"]}`)
		info := c.seenByGo(t, tag, handler, quoteRequest{Tag: tag, SKU: "salt", Quantity: 4}) // a call does not tell its id
		sameFields(t, info, map[string]any{"Topic": handler, "Version": c.sentVersion(version), "RPC": true, "Dialect": salt.CelerySalt, "Redelivered": false})
	}
}

// pythonAsksByKombuOnRedis: the answer is stored under the id.
func pythonAsksByKombuOnRedis(t *testing.T, c *config) {
	tag, d := uuid.NewString(), c.drivers["redis"]()
	fields := map[string]any{"tag": tag, "sku": "salt", "quantity": 4}
	asked := d.must(t, command{"do": "pycall kombu", "topic": "pycall.simple", "payload": fields})
	info := c.seenByGo(t, asked.ID, "pycall.simple", quoteRequest{Tag: tag, SKU: "salt", Quantity: 4})
	sameFields(t, info, map[string]any{"RPC": true, "ReplyTo": ""})
	a := d.do(t, command{"do": "pycall stored", "id": asked.ID, "timeout": 30})
	pythonGot(t, a, "", "", `{"status": "completed", "routing_key": "pycall.simple", "is_rpc": true, "handlers_executed": 1, "results": [
		{"handler": "validated_handler", "status": "success", "result": {"sku": "salt", "total": 10, "parts": ["α", "β"]}}]}`)
}

// pythonAsksByKombuOnRPC: both handlers ran, and there is no answer.
func pythonAsksByKombuOnRPC(t *testing.T, c *config) {
	tag, d := uuid.NewString(), c.drivers["rpc"]()
	toGo := d.must(t, command{"do": "pycall kombu", "topic": "pycall.simple", "payload": map[string]any{"tag": tag, "sku": "salt", "quantity": 4}})
	toPython := d.must(t, command{"do": "pycall kombu", "topic": "pycall.kombu.python", "payload": map[string]any{"tag": tag}})
	c.seenByGo(t, toGo.ID, "pycall.simple", quoteRequest{Tag: tag, SKU: "salt", Quantity: 4})
	c.dispatchedByPython(t, toPython.ID, 1)
	stored := func(id string) func() answer {
		return d.begin(t, command{"do": "pycall stored", "id": id, "timeout": 1})
	}
	for _, wait := range []func() answer{stored(toGo.ID), stored(toPython.ID)} {
		if a := wait(); a.Exception != "TimeoutError" || !strings.Contains(a.Text, "timed out") {
			t.Errorf("Celery's AsyncResult.get gave %s: %s (%s), want TimeoutError", a.Exception, a.Text, a.Result)
		}
	}
}
