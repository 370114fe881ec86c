package interop_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

type handlerName struct {
	Handler string `json:"handler"`
}

// noSaltError is Go's own type for what a Python class declares as its Error.
type noSaltError struct {
	Code    string `json:"error_code"`
	Message string `json:"error_message"`
	Details struct {
		Left int64    `json:"left"`
		Why  []string `json:"why"`
	} `json:"details"`
}

func (e *noSaltError) Error() string { return e.Code + ": " + e.Message }

var (
	failClass = salt.DefineRPC[tagged, handlerName, *noSaltError]("rpcgo.fail.class")
	failBare  = salt.DefineRPC[tagged, handlerName, *salt.RPCError]("rpcgo.fail.bare")
	failPair  = salt.DefineRPC[tagged, handlerName, *salt.RPCError]("rpcgo.pair")
)

func failsAsDeclared(t *testing.T, c *config) {
	q := &tagged{uuid.NewString()}
	_, err := failClass.Call(bounded(t), c.bus, q)
	got, ok := errors.AsType[*noSaltError](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *noSaltError", err, err)
	}
	want := &noSaltError{Code: "NO_SALT", Message: "kein Salz"}
	want.Details.Why = []string{"α"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}
	c.seenByPython(t, q.Tag, "rpcgo.fail.class", `{"tag": `+jsonText(q.Tag)+`}`)
}

func failsBarely(t *testing.T, c *config) {
	_, err := failBare.Call(bounded(t), c.bus, &tagged{uuid.NewString()})
	got, ok := errors.AsType[*salt.RPCError](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *salt.RPCError", err, err)
	}
	want := &salt.RPCError{Code: "RPC_ERROR", Message: "RPC error occurred", Details: map[string]any{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}
}

// failsAtTheFirst: Python runs both handlers and the first result counts, also
// when it is a failure; for a Python caller too.
func failsAtTheFirst(t *testing.T, c *config) {
	q, id := &tagged{uuid.NewString()}, uuid.NewString()
	_, err := failPair.Call(bounded(t), c.bus, q, salt.MessageID(id))
	remote, ok := errors.AsType[*salt.RemoteError](err)
	if !ok || remote.Kind != salt.FaultHandler || !strings.Contains(remote.Message, "the first handler failed") {
		t.Errorf("error %v (%T), want that of the first handler", err, err)
	}
	c.seenByPython(t, q.Tag, "rpcgo.pair first", `{"tag": `+jsonText(q.Tag)+`}`)
	c.seenByPython(t, q.Tag, "rpcgo.pair second", `{"tag": `+jsonText(q.Tag)+`}`)
	c.dispatchedByPython(t, id, 2)
	a := c.driver().do(t, command{"do": "request", "topic": "rpcgo.pair", "payload": map[string]any{"tag": uuid.NewString()}})
	if a.Exception != "PublishError" || !strings.Contains(a.Text, "the first handler failed") {
		t.Errorf("a Python caller got %q: %q", a.Exception, a.Text)
	}
}

// strictly sends what breaks the Python side's own schema in one member each,
// as a Go service does that knows another schema. A function gets a model that
// was rebuilt from the schema and has lost much of it; a class checks itself
// (PROTOCOL.md, section 5).
func strictly(style string) func(*testing.T, *config) {
	good := func() map[string]any {
		return map[string]any{
			"tag": uuid.NewString(), "level": "low", "above": 1, "upto": 10, "name": "abcde", "day": "2026-02-28",
			"pair": []int{1, 2}, "maybe": nil, "inner": map[string]any{"n": 1},
		}
	}
	changes := map[string]struct {
		member string
		value  any    // nil leaves the member out
		loose  bool   // a function takes it
		seen   string // as a function sees it
		class  bool   // a class takes it too
	}{
		"nothing":           {"upto", 10, true, `10`, true},
		"missing":           {"upto", nil, false, "", false},
		"Literal":           {"level", "middle", true, `"middle"`, false},
		"exclusive bound":   {"above", 0, true, `0`, false},
		"bound":             {"upto", 11, false, "", false},
		"length of text":    {"name", "abcdef", false, "", false},
		"date":              {"day", "soon", true, `"soon"`, false},
		"length of a list":  {"pair", []int{1}, true, `[1]`, false},
		"item of a list":    {"pair", []any{1, "x"}, false, "", false},
		"Optional":          {"maybe", "text", true, `"text"`, false},
		"nested":            {"inner", map[string]any{"n": "x"}, true, `{"n": "x"}`, false},
		"text for a number": {"upto", "7", true, `7`, true}, // lax coercion
		"fraction":          {"upto", 7.5, false, "", false},
	}
	return func(t *testing.T, c *config) {
		for _, name := range slices.Sorted(maps.Keys(changes)) {
			change, payload := changes[name], good()
			payload[change.member] = change.value
			if change.value == nil {
				delete(payload, change.member)
			}
			tag := payload["tag"].(string)
			topic, taken := "rpcgo.strict."+style, change.loose
			seenAs := change.seen
			switch {
			case style == "class":
				taken = change.class
			case name == "missing" && c.env == oldestEnv:
				taken, seenAs = true, "null" // celery-salt 1.0.0 rebuilds every member as an optional one
			}
			r, err := c.bus.Request(bounded(t), &salt.Message{Topic: topic, Version: "v1", Body: []byte(jsonText(payload))})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !taken {
				if r.Fault == nil || r.Fault.Kind != salt.FaultHandler || !strings.Contains(r.Fault.Message, change.member) {
					t.Errorf("%s: Python answered %s, %v; want it to refuse the member %s", name, r.Body, r.Fault, change.member)
				}
				if n := len(c.reports.all(tag, func(report) bool { return true })); n != 0 {
					t.Errorf("%s: the handler saw what was refused", name)
				}
				continue
			}
			if r.Fault != nil || string(r.Body) != `{"handler": "`+topic+`"}` {
				t.Errorf("%s: Python answered %s, %v", name, r.Body, r.Fault)
			}
			if style == "simple" {
				seen := map[string]string{
					"tag": jsonText(tag), "level": `"low"`, "above": "1", "upto": "10", "name": `"abcde"`, "day": `"2026-02-28"`,
					"pair": "[1, 2]", "maybe": "null", "inner": `{"n": 1}`,
				}
				seen[change.member] = seenAs
				var members []string
				for member, text := range seen {
					members = append(members, jsonText(member)+": "+text)
				}
				c.seenByPython(t, tag, topic, "{"+strings.Join(members, ", ")+"}")
			}
		}
	}
}

// byVersion sends messages without a version ("-"), of v1, v2 and v10, and
// asserts which of them the handler takes.
func byVersion(handler, takes string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		topic := "rpcgo.version." + handler
		for _, version := range []string{"-", "v1", "v2", "v10"} {
			id := uuid.NewString()
			q := tagged{id}
			// celery-salt 1.0.0 has versions in its schemas only.
			taken := slices.Contains(strings.Fields(takes), version) || c.env == oldestEnv
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			type result struct {
				reply *salt.Reply
				err   error
			}
			answered := make(chan result, 1)
			go func() {
				r, err := c.bus.Request(ctx, &salt.Message{ID: id, Topic: topic, Version: strings.Trim(version, "-"), Body: []byte(jsonText(q))})
				answered <- result{r, err}
			}()
			if !taken {
				c.dispatchedByPython(t, id, 0)
				cancel() // nothing better can come
				if got := <-answered; got.err == nil && !errors.Is(got.reply.Fault, salt.ErrNoHandler) {
					t.Errorf("version %s: answered %s, %v", version, got.reply.Body, got.reply.Fault)
				}
				continue
			}
			got := <-answered
			cancel()
			if got.err != nil || got.reply.Fault != nil || string(got.reply.Body) != `{"handler": "`+topic+`"}` {
				t.Errorf("version %s: %+v, %v", version, got.reply, got.err)
			}
			c.seenByPython(t, id, topic, `{"tag": `+jsonText(q.Tag)+`}`)
			c.dispatchedByPython(t, id, 1)
		}
	}
}
