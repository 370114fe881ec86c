package interop_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// requestsFromPython are calls from Python. Each is asked by a caller with
// either result backend: the Go service answers in both places.
var requestsFromPython = cellGroup{
	name:    "call in detail, Python to Go",
	dialect: celerySalt,
	handle: func(c *config) {
		askAny.Handle(c.bus, func(ctx context.Context, q *anyRequest) (*anyResponse, error) {
			c.saw(ctx, "ask.any", *q, q.Tag)
			switch q.What {
			case "rpcerror":
				return nil, &salt.RPCError{Code: "NOPE", Message: "no such thing", Details: map[string]any{"n": q.N}}
			case "internal":
				return nil, errors.New("timeout: the database password is hunter2")
			case "panic":
				panic("hunter2")
			case "large":
				return &anyResponse{strings.Repeat("x", 900_000), q.N}, nil
			case "too large":
				return &anyResponse{strings.Repeat("x", 3<<20), q.N}, nil
			case "slow":
				select {
				case <-c.gaveUp.await(q.Tag):
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			return &anyResponse{"Grüße 🚀 " + q.What, q.N}, nil
		}, salt.AllVersions())
		askList.Handle(c.bus, func(ctx context.Context, q *anyRequest) (*[]int64, error) {
			c.saw(ctx, "ask.list", *q, q.Tag)
			return &[]int64{3, 1, 2}, nil
		}, salt.AllVersions())
		askNewer.Handle(c.bus, func(ctx context.Context, q *anyRequest) (*anyResponse, error) {
			c.saw(ctx, "ask.newer", *q, q.Tag)
			return &anyResponse{"v2", q.N}, nil
		})
	},
	cells: []cell{
		{name: "simple style, result", run: eachCaller(pythonAsks("hello", `{"text": "Grüße 🚀 hello", "n": 7}`))},
		{name: "class style, Response", absent: noClasses, run: eachCaller(pythonAsksClass("hello", "Response", `{"text": "Grüße 🚀 hello", "n": 7}`))},
		{name: "class style, Error", absent: noClasses, run: eachCaller(pythonAsksClass("rpcerror", "Error", `{"error_code": "NOPE", "error_message": "no such thing", "details": {"n": 7}}`))},
		{name: "error without an error schema", run: eachCaller(pythonAsks("rpcerror", `{"error_code": "NOPE", "error_message": "no such thing", "details": {"n": 7}}`))},
		{name: "900 kB", run: eachCaller(pythonAsks("large", `{"text": {"t": "str", "len": 900000, "sha256": "`+fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Repeat("x", 900_000))))+`"}, "n": 7}`))},
		{name: "list", run: eachCaller(pythonAsksList)},
		{name: "task protocol 1", run: eachCaller(pythonAsksProtocol1)},
		{name: "internal error, that says timeout", run: eachCaller(pythonFails("internal", "PublishError", "internal error"))},
		{name: "panic", run: eachCaller(pythonFails("panic", "PublishError", "internal error"))},
		{name: "response that is too large", run: eachCaller(pythonFails("too large", "PublishError", "larger than"))},
		{name: "request refused by Go", run: eachCaller(pythonRefused)},
		{name: "deadline, and the late answer", run: eachCaller(pythonSlow)},
		{name: "version v1 to a handler of v2: silence", absent: noVersionOption, run: eachCaller(pythonAsksVersion("v1", false))},
		{name: "version v2 to a handler of v2", absent: noVersionOption, run: eachCaller(pythonAsksVersion("v2", true))},
		{name: "version v10 to a handler of v2", absent: noVersionOption, run: eachCaller(pythonAsksVersion("v10", true))},
		{name: "kombu path, the answer is in Redis", run: pythonAsksByKombu},
		{name: "20 at once", run: eachCaller(pythonAsksMany)},
	},
}

var (
	askAny   = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("ask.any")
	askList  = salt.DefineRPC[anyRequest, []int64, *salt.RPCError]("ask.list")
	askNewer = salt.DefineRPC[anyRequest, anyResponse, *salt.RPCError]("ask.newer", salt.Version("v2"))
)

// noVersionOption is an absent of cells that publish with a version.
func noVersionOption(s *setup) string {
	if s.env == oldestEnv {
		return "celery-salt 1.0.0 sends no version"
	}
	return ""
}

func eachCaller(run func(t *testing.T, c *config, d *driver)) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		for _, results := range []string{"rpc", "redis"} {
			run(t, c, c.drivers[results]())
		}
	}
}

// askCommand is call_rpc with a request that what makes.
func askCommand(topic string, q *anyRequest, timeout int) command {
	return command{"do": "request", "topic": topic, "timeout": timeout, "payload": map[string]any{"tag": q.Tag, "what": q.What, "n": q.N}}
}

func gotByPython(t *testing.T, want string, a answer) {
	t.Helper()
	if a.Exception != "" {
		t.Fatalf("Python raised %s: %s", a.Exception, a.Text)
	}
	if diff := cmp.Diff(jsonOf(t, []byte(want)), jsonOf(t, a.Result)); diff != "" {
		t.Errorf("what the Python caller got (-want +got)\n%s", diff)
	}
}

func pythonAsks(what, want string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		q := newRequest(what)
		gotByPython(t, want, d.do(t, askCommand("ask.any", q, 30)))
		info := c.seenByGo(t, q.Tag, "ask.any", *q)
		sameFields(t, info, map[string]any{"RPC": true, "Dialect": salt.CelerySalt, "Topic": "ask.any"})
	}
}

func pythonAsksClass(what, kind, want string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		q := newRequest(what)
		a := d.do(t, command{"do": "call", "event": "ask.class", "timeout": 30, "fields": map[string]any{"tag": q.Tag, "what": q.What, "n": q.N}})
		gotByPython(t, want, a)
		if a.Type != kind {
			t.Errorf("the Python caller got a %s, want %s", a.Type, kind)
		}
		info := c.seenByGo(t, q.Tag, "ask.any", *q)
		sameFields(t, info, map[string]any{"Version": "v1", "RPC": true})
	}
}

func pythonAsksList(t *testing.T, c *config, d *driver) {
	q := newRequest("")
	gotByPython(t, `[3, 1, 2]`, d.do(t, askCommand("ask.list", q, 30)))
	c.seenByGo(t, q.Tag, "ask.list", *q)
}

func pythonAsksProtocol1(t *testing.T, c *config, d *driver) {
	q := newRequest("one")
	asked := askCommand("ask.any", q, 30)
	asked["protocol"] = 1
	gotByPython(t, `{"text": "Grüße 🚀 one", "n": 7}`, d.do(t, asked))
	c.seenByGo(t, q.Tag, "ask.any", *q)
}

// failedInPython: the caller's exception, without the service's own text.
func failedInPython(t *testing.T, a answer, exception, part string) {
	t.Helper()
	if a.Exception != exception || !strings.Contains(a.Text, part) || strings.Contains(a.Text, "hunter2") {
		t.Errorf("Python raised %s: %.300s; want %s with %q", a.Exception, a.Text, exception, part)
	}
}

func pythonFails(what, exception, part string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		q := newRequest(what)
		failedInPython(t, d.do(t, askCommand("ask.any", q, 30)), exception, part)
		c.seenByGo(t, q.Tag, "ask.any", *q)
	}
}

func pythonRefused(t *testing.T, c *config, d *driver) {
	q := newRequest("hello")
	q.N = 1001
	failedInPython(t, d.do(t, askCommand("ask.any", q, 30)), "PublishError", "n: ")
	if seen := c.sights.all(q.Tag, func(sight) bool { return true }); len(seen) != 0 {
		t.Errorf("the handler ran: %+v", seen)
	}
}

func pythonSlow(t *testing.T, c *config, d *driver) {
	q := newRequest("slow")
	a := d.do(t, askCommand("ask.any", q, 1))
	c.gaveUp.tell(q.Tag)
	failedInPython(t, a, "TimeoutError", "within 1 seconds")
	pythonAsks("next", `{"text": "Grüße 🚀 next", "n": 7}`)(t, c, d)
}

func pythonAsksVersion(version string, handled bool) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		q := newRequest("")
		asked := askCommand("ask.newer", q, 30)
		if !handled {
			asked["timeout"] = 2
		}
		asked["options"] = map[string]any{"version": version}
		a := d.do(t, asked)
		if handled {
			gotByPython(t, `{"text": "v2", "n": 7}`, a)
			c.seenByGo(t, q.Tag, "ask.newer", *q)
			return
		}
		failedInPython(t, a, "TimeoutError", "within 2 seconds")
		if seen := c.sights.all(q.Tag, func(sight) bool { return true }); len(seen) != 0 {
			t.Errorf("a handler ran: %+v", seen)
		}
	}
}

// pythonAsksByKombu: that path names no reply address, so the only answer is
// the one stored under the id, for whoever knows to look there.
func pythonAsksByKombu(t *testing.T, c *config) {
	q := newRequest("kombu")
	a := c.driver().must(t, command{"do": "send", "topic": "ask.any", "kombu": true, "options": map[string]any{"is_rpc": true},
		"payload": map[string]any{"tag": q.Tag, "what": q.What, "n": q.N}})
	c.seenByGo(t, a.ID, "ask.any", *q)
	results := c.openRedis(t)
	defer results.Close(context.Background())
	pending, err := results.Await(bounded(t), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer pending.Stop()
	r, err := pending.Wait(bounded(t))
	if err != nil || string(r.Body) != `{"text":"Grüße 🚀 kombu","n":7}` {
		t.Errorf("stored is %+v, %v", r, err)
	}
}

func pythonAsksMany(t *testing.T, c *config, d *driver) {
	answers := map[string]func() answer{}
	for range 20 {
		q := &anyRequest{Tag: uuid.NewString(), What: uuid.NewString()}
		answers[q.What] = d.begin(t, askCommand("ask.any", q, 30))
	}
	for what, wait := range answers {
		gotByPython(t, fmt.Sprintf(`{"text": "Grüße 🚀 %s", "n": 0}`, what), wait())
	}
}
