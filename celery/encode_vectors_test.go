package celery

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What the options of a Python publisher say and a salt.Message does not.
var lostHeaders = map[string][]string{
	"broadcast_time_limits":    {"shadow", "timelimit", "ignore_result"},
	"broadcast_gzip":           {"compression"},
	"broadcast_custom_headers": {"x-l", "x-d"}, // arrays and tables
}

// Headers equal in meaning: the vector's value and Salt's.
var sameHeaders = map[string]map[string][2]any{
	"broadcast_eta": {"eta": {"2024-01-01T12:00:00+02:00", "2024-01-01T10:00:00+00:00"}},
	"broadcast_custom_headers": { // a message's headers are text
		"x-n": {int64(5), "5"}, "x-b": {true, "true"}, "x-f": {1.5, "1.5"}, "x-big": {int64(1 << 40), "1099511627776"},
	},
}

// sentAt is a moment at which the vector's expiration property is exact.
func sentAt(t *testing.T, c *capture) time.Time {
	t.Helper()
	at := instant(t, c.Headers["expires"])
	if c.Properties.Expiration == "" {
		return at
	}
	ms, err := strconv.ParseInt(c.Properties.Expiration, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(-time.Duration(ms) * time.Millisecond)
}

// Encode must give back what Celery sent: the body byte for byte, headers and
// properties value for value, but for the differences named here and in the
// comment of Encode.
func TestEncodeIsWhatCelerySends(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range captures(t, "publish", "rpc_request") {
		if refusedPublishes[c.base()] != "" || c.Headers["task"] == nil {
			continue
		}
		compared++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			captured := mustEnvelope(t, c)
			m, err := Decode(captured, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			e, err := encodeAt(m, sentAt(t, c))
			if err != nil {
				t.Fatal(err)
			}
			want, got := maps.Clone(captured.Headers), maps.Clone(e.Headers)
			if got["lang"] != "go" || got["argsrepr"] != "['...']" || !strings.HasPrefix(got["origin"].(string), "gen") {
				t.Errorf("lang %v, argsrepr %v, origin %v", got["lang"], got["argsrepr"], got["origin"])
			}
			want["lang"], want["argsrepr"], want["origin"] = got["lang"], got["argsrepr"], got["origin"]
			want["retries"] = int32(0)
			if c.modern() {
				if want["replaced_task_nesting"] != int64(0) {
					t.Errorf("replaced_task_nesting %v", want["replaced_task_nesting"])
				}
				want["replaced_task_nesting"] = int32(0)
			} else { // 5.3 and newer append these
				want["replaced_task_nesting"], want["stamped_headers"], want["stamps"] = int32(0), nil, map[string]any{}
			}
			for _, name := range lostHeaders[c.base()] {
				if want[name] == nil {
					t.Errorf("the vector has no header %q", name)
				}
				delete(want, name)
				if v, ok := got[name]; ok {
					want[name] = v
				}
			}
			for name, pair := range sameHeaders[c.base()] {
				if want[name] != pair[0] {
					t.Errorf("header %s is %v in the vector, not %v", name, want[name], pair[0])
				}
				want[name] = pair[1]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers (-celery +salt):\n%s", diff)
			}
			props := captured.Properties
			if !m.RPC {
				props.ReplyTo = "" // nobody answers a broadcast
			}
			if diff := cmp.Diff(props, e.Properties); diff != "" {
				t.Errorf("properties (-celery +salt):\n%s", diff)
			}
			if e.Exchange != captured.Exchange || e.RoutingKey != captured.RoutingKey {
				t.Errorf("to %q/%q, want %q/%q", e.Exchange, e.RoutingKey, captured.Exchange, captured.RoutingKey)
			}
			body := captured.Body
			if captured.Headers["compression"] != nil {
				if body, err = content(captured, Limits{}.orDefaults()); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(body), string(e.Body)); diff != "" {
				t.Errorf("body (-celery +salt):\n%s", diff)
			}
		})
	}
	if compared != 78 {
		t.Errorf("%d vectors compared", compared)
	}
}

func TestEncodeProtocol1IsWhatKombuSends(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range captures(t, "publish") {
		if c.Headers["task"] != nil {
			continue
		}
		compared++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			captured := mustEnvelope(t, c)
			m, err := Decode(captured, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			e, err := EncodeProtocol1(m)
			if diff := cmp.Diff(captured, e); err != nil || diff != "" {
				t.Errorf("error %v, (-kombu +salt):\n%s", err, diff)
			}
		})
	}
	if compared != 10 {
		t.Errorf("%d vectors compared", compared)
	}
}

// What Python's workers answer and Salt's do not: named by reply.
var replyEdits = map[string]*strings.Replacer{
	// Salt's RPC has one handler
	"rpc_rpc_two_handlers_reply": strings.NewReplacer(`"handlers_executed": 2`, `"handlers_executed": 1`,
		`, {"handler": "validated_handler", "status": "success", "result": {"by": "b"}}`, ""),
	// tchu-tchu names its functions
	"tchu_rpc_echo_reply": strings.NewReplacer(`"handler": "echo"`, `"handler": "validated_handler"`),
	// see calm
	"rpc_rpc_exception_timeoutword_reply": strings.NewReplacer("timeout", "time-out"),
}

func TestEncodeReplyIsWhatCelerySends(t *testing.T) {
	t.Parallel()
	for _, c := range captures(t, "rpc_reply", "redis_result") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			requested := mustEnvelope(t, load(t, c.Request))
			if c.Redis == nil { // replayed by the capture with a reply queue of its own
				requested.Properties.ReplyTo = c.RoutingKey
			}
			req, err := Decode(requested, Limits{})
			failed := strings.Contains(c.Name, "dispatcher_raises")
			if failed { // an integer version, which Salt does not even decode
				req = messageOf(requested)
			} else if err != nil {
				t.Fatal(err)
			}
			r, err := decodeCaptured(t, c)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []byte
			if c.Redis != nil {
				key, value, err := EncodeResult(req, r, dateDone(t, c))
				if err != nil || key != c.RedisKey.Key {
					t.Fatalf("key %q, want %q, error %v", key, c.RedisKey.Key, err)
				}
				want, got = []byte(c.RedisKey.Value), value
			} else {
				e, err := EncodeReply(req, r)
				if err != nil {
					t.Fatal(err)
				}
				captured := mustEnvelope(t, c)
				if diff := cmp.Diff(captured, e, cmpopts.IgnoreFields(Envelope{}, "Body")); diff != "" {
					t.Errorf("(-celery +salt):\n%s", diff)
				}
				want, got = captured.Body, e.Body
			}
			if edit := replyEdits[c.Name]; edit != nil {
				want = []byte(edit.Replace(string(want)))
			}
			if failed { // no traceback and no Python module goes out
				tree := tree(t, want).(map[string]any)
				if tree["traceback"] == nil {
					t.Error("the vector has no traceback")
				}
				want = []byte(strings.Replace(string(want), `"exc_module": "builtins"`, `"exc_module": "`+ownModule+`"`, 1))
				want = append(append([]byte{}, want[:strings.Index(string(want), `"traceback": "`)]...),
					append([]byte(`"traceback": null`), want[strings.Index(string(want), `, "children"`):]...)...)
			}
			if c.Redis != nil && !c.modern() { // 5.2 leaves the offset out
				want = []byte(celery52Date.ReplaceAllString(string(want), `$1+00:00"`))
			}
			if diff := diffJSON(t, want, got); diff != "" {
				t.Errorf("(-celery +salt):\n%s", diff)
			}
		})
	}
}

var celery52Date = regexp.MustCompile(`("date_done": "[0-9T:.-]+)"`)

// dateDone is the time in a stored result.
func dateDone(t *testing.T, c *capture) time.Time {
	t.Helper()
	at, err := parseInstant(tree(t, []byte(c.RedisKey.Value)).(map[string]any)["date_done"])
	if err != nil || at.IsZero() {
		t.Fatalf("date_done: %v", err)
	}
	return at
}

// messageOf is a request of which only the envelope is known.
func messageOf(e *Envelope) *salt.Message {
	return &salt.Message{ID: e.Headers["id"].(string), Topic: e.RoutingKey, RPC: true, ReplyTo: e.Properties.ReplyTo}
}
