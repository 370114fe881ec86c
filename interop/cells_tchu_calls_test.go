package interop_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// tchuCalls are calls between Go and tchu-tchu, and the bridge.
var tchuCalls = cellGroup{
	name:    "tchu-tchu call and bridge",
	dialect: tchuTchu,
	handle: func(c *config) {
		addFromTchu.Handle(c.bus, func(ctx context.Context, q *anyRequest) (*anyResponse, error) {
			c.saw(ctx, "tchu.go.add", *q, q.Tag)
			switch q.What {
			case "rpcerror":
				return nil, &tchuError{Code: "NOPE", Message: "no such thing", Details: map[string]any{"n": q.N}}
			case "internal":
				return nil, errors.New("the database password is hunter2")
			}
			return &anyResponse{q.What, q.N}, nil
		})
	},
	cells: []cell{
		{name: "Go to Python, response", run: goCallsTchu},
		{name: "Go to Python, error of TchuRPCException", run: goCallsTchuError},
		{name: "Go to Python, exception", run: goCallsTchuFault},
		{name: "Go to Python, no handler", run: goCallsNobody(salt.TchuTchu, "tchu.silent", salt.FaultNoHandler)},
		{name: "Go to Python, as celery-salt: not registered", run: goCallsNobody(salt.CelerySalt, "tchu.add", salt.FaultNotRegistered)},
		{name: "Python to Go, response", run: tchuCallsGo("hello", `{"text": "hello", "n": 7}`)},
		{name: "Python to Go, error", run: tchuCallsGo("rpcerror", `{"success": false, "error_code": "NOPE", "error_message": "no such thing", "error_details": {"n": 7}}`)},
		{name: "Python to Go, internal error", run: tchuFails},
		{name: "bridge between tchu-tchu and celery-salt", absent: onceIsEnough, run: bridgesPython},
	},
}

// tchuError is an error as tchu-tchu writes it.
type tchuError struct {
	Success bool           `json:"success"`
	Message string         `json:"error_message"`
	Code    string         `json:"error_code"`
	Details map[string]any `json:"error_details"`
}

func (e *tchuError) Error() string { return e.Code + ": " + e.Message }

var (
	addToTchu   = salt.DefineRPC[anyRequest, anyResponse, *tchuError]("tchu.add", salt.WithDialect(salt.TchuTchu))
	addFromTchu = salt.DefineRPC[anyRequest, anyResponse, *tchuError]("tchu.go.add")
)

// onceIsEnough is an absent of a cell that starts a second worker.
func onceIsEnough(s *setup) string {
	if s.pool == "solo" && s.results == "rpc" {
		return ""
	}
	return "a bridge knows neither pools nor result backends; asked once"
}

func goCallsTchu(t *testing.T, c *config) {
	q := newRequest("hello")
	got, err := addToTchu.Call(bounded(t), c.bus, q)
	sameAnswer(t, &anyResponse{"hello", 7}, got, err)
	c.seenByPython(t, q.Tag, "tchu.add", q.seen())
}

func goCallsTchuError(t *testing.T, c *config) {
	q := newRequest("rpcerror")
	_, err := addToTchu.Call(bounded(t), c.bus, q)
	got, ok := errors.AsType[*tchuError](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *tchuError", err, err)
	}
	if diff := cmp.Diff(&tchuError{Code: "NOPE", Message: "no such thing", Details: map[string]any{"n": 7.0}}, got); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}
	c.seenByPython(t, q.Tag, "tchu.add", q.seen())
}

func goCallsTchuFault(t *testing.T, c *config) {
	q := newRequest("raise")
	_, err := addToTchu.Call(bounded(t), c.bus, q)
	remote, ok := errors.AsType[*salt.RemoteError](err)
	if !ok || remote.Kind != salt.FaultHandler || !strings.Contains(remote.Message, "no upper case today") {
		t.Errorf("error %v (%T), want the handler's", err, err)
	}
	c.seenByPython(t, q.Tag, "tchu.add", q.seen())
}

func tchuCommand(do, topic string, q *anyRequest) command {
	return command{"do": do, "topic": topic, "timeout": 30, "fields": map[string]any{"tag": q.Tag, "what": q.What, "n": q.N}}
}

func tchuCallsGo(what, want string) func(*testing.T, *config) {
	return eachCaller(func(t *testing.T, c *config, d *driver) {
		q := newRequest(what)
		gotByPython(t, want, d.do(t, tchuCommand("tchu call", "tchu.go.add", q)))
		info := c.seenByGo(t, q.Tag, "tchu.go.add", *q)
		sameFields(t, info, map[string]any{"RPC": true, "Version": "", "Dialect": salt.TchuTchu})
	})
}

func tchuFails(t *testing.T, c *config) {
	q := newRequest("internal")
	a := c.driver().do(t, tchuCommand("tchu call", "tchu.go.add", q))
	if a.Exception == "" || strings.Contains(a.Text, "hunter2") || !strings.Contains(a.Text, "internal error") {
		t.Errorf("Python raised %q: %s, got %s", a.Exception, a.Text, a.Result)
	}
	c.seenByGo(t, q.Tag, "tchu.go.add", *q)
}

// bridgesPython starts a celery-salt worker beside the tchu-tchu one. Neither
// hears the other, until a Go service bridges.
func bridgesPython(t *testing.T, c *config) {
	interpreter := interpreterOf(t, newestEnv)
	env := []string{"MATRIX_BROKER=" + c.url, "MATRIX_RESULTS=rpc", "MATRIX_QUEUE=python-salt"}
	other := startProgram(t, interpreter, "matrix.worker", []string{"-P", "solo"}, env, c.take, c.reports.end)
	salty := startDriver(t, interpreter, env)
	c.reports.await(t, "ready", 2, "the celery-salt worker to be ready", func(report) bool { return true })

	fromTchu := func(v note) {
		c.driver().must(t, command{"do": "tchu publish", "topic": "note.py", "fields": map[string]any{"tag": v.Tag, "n": v.N}})
	}
	fromSalt := func(tag string) string {
		return salty.must(t, command{"do": "send", "topic": "tchu.order", "options": map[string]any{"version": "v1"}, "payload": map[string]any{"tag": tag}}).ID
	}
	before, unheard := note{uuid.NewString(), 1}, uuid.NewString()
	fromTchu(before)
	unheardID := fromSalt(unheard)

	bus := c.openBus(t, &salt.Options{Service: "bridge"})
	topics := []string{"note.py", "tchu.order"}
	salt.Bridge(bus, salt.TchuTchu, salt.CelerySalt, topics)
	salt.Bridge(bus, salt.CelerySalt, salt.TchuTchu, topics)
	handled := make(chan salt.Message, 8)
	salt.SubscribePattern(bus, "note.py", func(_ context.Context, m *salt.Message) error {
		handled <- *m
		return nil
	}, salt.OnQueue("bridge-listener"))
	c.startConsuming(t, bus)

	v, tag := note{uuid.NewString(), 2}, uuid.NewString()
	fromTchu(v)
	id := fromSalt(tag)
	c.seenByPython(t, v.Tag, "note.py", v.seen())
	c.seenByPython(t, id, "tchu.order", `{"tag": `+jsonText(tag)+`}`)
	if m := <-handled; m.Dialect != salt.TchuTchu || m.BridgedFrom != 0 {
		t.Errorf("Salt's handler got %+v, want what tchu-tchu published", m)
	}

	// In order behind: so each got its event once, and Salt no copy.
	last, lastTag := note{uuid.NewString(), 3}, uuid.NewString()
	fromTchu(last)
	c.seenByPython(t, last.Tag, "note.py", last.seen())
	c.seenByPython(t, fromSalt(lastTag), "tchu.order", `{"tag": `+jsonText(lastTag)+`}`)
	seen := func(key string) int {
		return len(c.reports.all(key, func(r report) bool { return r.Kind == "seen" }))
	}
	if a, b, x, y := seen(v.Tag), seen(tag), seen(before.Tag), seen(unheard)+seen(unheardID); a != 1 || b != 1 || x != 0 || y != 0 {
		t.Errorf("with the bridge %d and %d copies were handled, want 1 each; without it %d and %d, want 0", a, b, x, y)
	}
	select {
	case m := <-handled:
		if m.Dialect != salt.TchuTchu {
			t.Errorf("Salt's handler got the bridge's copy %+v", m)
		}
	case <-time.After(patience):
		t.Error("Salt's handler did not get the last event")
	}
	if n := len(handled); n != 0 {
		t.Errorf("Salt's handler got %d events more", n)
	}
	select {
	case <-other.ended:
		t.Errorf("the celery-salt worker has ended: %v", other.fate)
	default:
	}
}
