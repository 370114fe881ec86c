package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/redis"
)

type addRequest struct {
	A int64 `json:"a"`
	B int64 `json:"b" salt:"minimum=0"`
}

type addResponse struct {
	Sum  int64  `json:"sum"`
	Text string `json:"text"`
}

var add = salt.DefineRPC[addRequest, addResponse, *salt.RPCError]("rpc.add", salt.In(salt.NewCatalog()))

func calculator(t *testing.T) cli {
	t.Helper()
	b := inmem.NewBroker()
	service(t, b, func(bus *salt.Bus) {
		add.Handle(bus, func(ctx context.Context, q *addRequest) (*addResponse, error) {
			switch q.A {
			case 1:
				return nil, &salt.RPCError{Code: "UNLUCKY", Message: "one is\u009b unlucky", Details: map[string]any{"a": q.A}}
			case 2:
				return nil, errors.New("secret internals")
			case 3:
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return &addResponse{Sum: q.A + q.B, Text: "ä"}, nil
		}, salt.Name("adder"))
	})
	return inProcess(b)
}

func TestCall(t *testing.T) {
	t.Parallel()
	c := calculator(t)
	for _, tt := range []struct {
		args      []string
		code      int
		out, err  string // whole, and a part
		forbidden string
	}{
		{[]string{"rpc.add", `{"a":40,"b":2}`}, exitOK, "{\"sum\":42,\"text\":\"ä\"}\n", "", ""},
		{[]string{"rpc.add", `{"a":40,"b":2}`, "--version", "v7"}, exitOK, "{\"sum\":42,\"text\":\"ä\"}\n", "", ""},
		{[]string{"rpc.add", `{"a":40,"b":2}`, "--json", "--id", "x"}, exitOK, `{"id":"x","outcome":"result","result":{"sum":42,"text":"ä"}}` + "\n", "", ""},
		{[]string{"rpc.add", `{"a":1,"b":2}`}, exitFailed, "", `the service answered an error UNLUCKY: one is\u009b unlucky (details {"a":1})`, "\u009b"},
		{[]string{"rpc.add", `{"a":1,"b":2}`, "--json", "--id", "x"}, exitFailed,
			`{"id":"x","outcome":"error","answer":{"error_code":"UNLUCKY","error_message":"one is` + "\u009b" + ` unlucky","details":{"a":1}},"error":"the service answered an error UNLUCKY: one is\\u009b unlucky (details {\"a\":1})"}` + "\n", "UNLUCKY", ""},
		{[]string{"rpc.add", `{"a":2,"b":2}`}, exitFailed, "", `remote handler error in handler "adder": internal error`, "secret"},
		{[]string{"rpc.add", `{"a":2,"b":2}`, "--json", "--id", "x"}, exitFailed,
			`{"id":"x","outcome":"fault","fault":"handler_error","error":"remote handler error in handler \"adder\": internal error"}` + "\n", "internal error", "secret"},
		{[]string{"rpc.add", `{"a":0,"b":-1}`}, exitFailed, "", "/b: minimum", ""},
		{[]string{"rpc.nobody", `{}`}, exitFailed, "", "no handler; start the service that answers it", ""},
		{[]string{"rpc.add", `{"a":3,"b":0}`, "--timeout", "100ms"}, exitFailed, "", "allow more with --timeout", ""},
	} {
		code, out, err := c.run(t, append([]string{"call"}, tt.args...)...)
		if code != tt.code || out != tt.out || !strings.Contains(err, tt.err) {
			t.Errorf("salt call %q: exit %d\nstdout: %s\nstderr: %s\nwant exit %d, %s and %s", tt.args, code, out, err, tt.code, tt.out, tt.err)
		}
		if code == exitOK && err != "" || code != exitOK && (strings.Count(err, "\n") != 1 || !strings.HasPrefix(err, "salt: call")) {
			t.Errorf("salt call %q: stderr is not one sentence: %s", tt.args, err)
		}
		if tt.forbidden != "" && strings.Contains(err, tt.forbidden) {
			t.Errorf("salt call %q: %q is in %s", tt.args, tt.forbidden, err)
		}
	}
}

func TestAuthoredError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":1}`:               "",
		`[]`:                    "",
		`null`:                  "",
		`"error_code"`:          "",
		`{"error_code":"X"}`:    "the service answered an error X",
		`{"error_message":"m"}`: "the service answered an error: m",
		`{"error_code":7,"error_message":null,"details":{}}`: "the service answered an error 7: null",
	} {
		got := ""
		if err := authoredError([]byte(body)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// A service that answers through Redis alone, as a Python worker with that
// backend does.
func TestCallResults(t *testing.T) {
	t.Parallel()
	url := os.Getenv("SALT_TEST_REDIS_URL")
	if url == "" {
		skip(t, "SALT_TEST_REDIS_URL is not set: start servers with make services")
	}
	results, err := redis.Open(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = results.Close(context.Background()) })
	b := inmem.NewBroker()
	service(t, b, func(bus *salt.Bus) {
		salt.SubscribePattern(bus, "rpc.stored", func(ctx context.Context, m *salt.Message) error {
			return results.Store(ctx, m, &salt.Reply{ID: m.ID, Body: []byte(`{"sum":42}`)})
		})
	})
	c := inProcess(b)
	if code, out, err := c.run(t, "call", "rpc.stored", "{}", "--results", url); code != exitOK || out != "{\"sum\":42}\n" {
		t.Errorf("exit %d, printed %q, %q", code, out, err)
	}
	if code, _, err := c.run(t, "call", "rpc.stored", "{}", "--timeout", "300ms"); code != exitFailed || !strings.Contains(err, "the service may be down") {
		t.Errorf("without --results: exit %d, %q", code, err)
	}

	c.env = map[string]string{"SALT_RESULTS": "redis://me:Canary-7f%2F3%22x@127.0.0.1:1/0"}
	code, out, text := c.run(t, "call", "rpc.stored", "{}", "--timeout", "5s", "--verbose")
	if code != exitFailed || !strings.Contains(text, "start the Redis that --results names") || strings.Contains(out+text, "Canary") {
		t.Errorf("a Redis that is away: exit %d, %q, %q", code, out, text)
	}
	if code, _, text := c.run(t, "call", "rpc.stored", "{}", "--results", "http://me:"+canary+"@host"); code != exitMisuse || strings.Contains(text, "Canary") {
		t.Errorf("no Redis URL: exit %d, %q", code, text)
	}
}
