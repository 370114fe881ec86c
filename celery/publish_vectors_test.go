package celery

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The Python classes of the capture: what they are published as.
var classes = map[string]struct{ topic, version string }{
	"UserCreated": {"user.created", "v1"}, "Order": {"order.placed", "v3"}, "Ping": {"ping", "v1"},
	"Add": {"rpc.add", "v1"}, "NoErrSchema": {"rpc.noerrschema", "v1"}, "ListItems": {"rpc.items.list", "v2"},
	"NoResp": {"rpc.noresp", "v1"}, "Types": {"rpc.types", "v1"}, "NoHandler": {"rpc.nohandler", "v1"},
	"BadResp": {"rpc.badresp", "v1"}, "Slow": {"rpc.slow", "v1"}, "Two": {"rpc.two", "v1"}, "NoneReq": {"rpc.none", "v1"},
}

const unicodePayload = `{"text":"Grüße, 世界! 😀 ☃","quote":"\"double\" 'single' back\\slash","ctl":"tab\tnl\ncr\r nul\u0000 bel\u0007",` +
	`"html":"<a href='x'>&amp;</a>","ls":"\u2028\u2029","key ünï":"é","empty":""}`

// The payloads whose python_call does not spell them out.
var payloads = map[string]string{
	"broadcast_client_nondict": `{"data":[1,2,3]}`,
	"broadcast_nested":         `{"payload":{"l1":{"l2":[{"l3":{"l4":[1,[2,[3,[null,true,false]]]]}},{}],"e":[]},"n":null,"f":0.5,"i":-3}}`,
	"broadcast_finite_numbers": `{"big":9007199254740993,"neg":-9223372036854775808,"f1":1,"f2":0.1,"f3":1e16,"f4":1e-7,"f5":1.5e300,"negz":-0.0,"t":true}`,
	"broadcast_types": `{"aware":"2024-05-06T07:08:09.123456+02:00","aware_utc":"2024-05-06T07:08:09+00:00","naive":"2024-05-06T07:08:09",` +
		`"date":"2024-02-29","time":"23:59:58","uuid":"0f8fad5b-d9cb-469f-a165-70867728950e","dec":10.5,"dec_big":1.2345678901234567e19,` +
		`"set":[1],"bytes":"abc","bin":"//4A","tuple":[1,2]}`,
	"broadcast_class_event": `{"order_id":"0f8fad5b-d9cb-469f-a165-70867728950e","total":19.99,"placed_at":"2024-05-06T07:08:09+00:00","tags":["a","b"],"customer":{"name":"Zoë","vip":true}}`,
	"kombu_types":           `{"order_id":"0f8fad5b-d9cb-469f-a165-70867728950e","total":0.1,"placed_at":"2024-05-06T07:08:09.000001+00:00","tags":[],"customer":{}}`,
	"broadcast_unicode":     unicodePayload,
	"kombu_unicode":         unicodePayload,
	"tchu_broadcast_string": `{"raw":true}`, "tchu_serverless_string": `{"n":"日本"}`,
	"broadcast_empty": `{}`,
}

// What Salt refuses of what Python sends, and why.
var refusedPublishes = map[string]string{
	"broadcast_numbers":                   "payload: not valid JSON",            // NaN and Infinity are not JSON
	"rpc_redis_dispatcher_raises_request": "_tchu_meta.version is a number",     // a Python worker fails too
	"rpc_rpc_dispatcher_raises_request":   "_tchu_meta.version is a number",     //
	"tchu_broadcast_list":                 "payload: an array where an object ", // a Salt payload is an object
}

var (
	classCall    = regexp.MustCompile(`^(\w+)(?:\.|\()`)
	topicCall    = regexp.MustCompile(`\('([a-z.]+)', `)
	dictArgument = regexp.MustCompile(`', (\{.*?\})[,)]`)
	keyword      = regexp.MustCompile(`(\w+)=('[^']*'|[0-9.]+)`)
)

// python turns a literal of plain Python into JSON.
func python(s string) string {
	return strings.NewReplacer(`'`, `"`, "True", "true", "False", "false", "None", "null").Replace(s)
}

// keywords are the named arguments of the call whose values are plain.
func keywords(call string) map[string]any {
	found := make(map[string]any)
	for _, kv := range keyword.FindAllStringSubmatch(call, -1) {
		var v any
		if json.Unmarshal([]byte(python(kv[2])), &v) == nil {
			found[kv[1]] = v
		}
	}
	return found
}

// wantPayload derives the payload from the Python call.
func wantPayload(t *testing.T, c *capture) []byte {
	t.Helper()
	if p, ok := payloads[c.base()]; ok {
		return []byte(p)
	}
	if m := dictArgument.FindStringSubmatch(c.PythonCall); m != nil {
		return []byte(python(m[1]))
	}
	fields := keywords(c.PythonCall)
	delete(fields, "timeout")
	if strings.HasPrefix(c.PythonCall, "UserCreated") {
		fields["note"] = "none" // the model's default
	}
	if len(fields) == 0 {
		t.Fatalf("no payload in %q; add it to payloads", c.PythonCall)
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodePublished(t *testing.T) {
	t.Parallel()
	refused := 0
	for _, c := range captures(t, "publish", "rpc_request") {
		if refusedPublishes[c.base()] != "" {
			refused++
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			e := mustEnvelope(t, c)
			m, err := Decode(e, Limits{})
			if reason := refusedPublishes[c.base()]; reason != "" {
				if bad, ok := errors.AsType[*RejectError](err); !ok || !strings.Contains(bad.Reason, reason) {
					t.Fatalf("error %v, want a RejectError about %q", err, reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := diffJSON(t, wantPayload(t, c), m.Body); diff != "" {
				t.Errorf("payload (-python +salt):\n%s", diff)
			}
			body := m.Body
			m.Body = nil
			if diff := cmp.Diff(wantMessage(t, c), m, ignoreSpec); diff != "" {
				t.Errorf("message (-python +salt):\n%s", diff)
			}
			if m2, err := Decode(mustEnvelope(t, c), Limits{}); err != nil || string(m2.Body) != string(body) {
				t.Errorf("decoded again: %v", err)
			}
		})
	}
	if refused != 6 {
		t.Errorf("%d refused, want 6", refused)
	}
}

var ignoreSpec = cmpopts.IgnoreUnexported(salt.Message{})

// wantMessage derives all but the payload from the Python call; what Python
// chose itself (id of a request, reply queue, absolute times) from the capture.
func wantMessage(t *testing.T, c *capture) *salt.Message {
	t.Helper()
	call := c.PythonCall
	kw := keywords(call)
	tchu := strings.Contains(call, "Tchu") && c.base() != "broadcast_client_nondict" ||
		strings.Contains(call, "Producer")
	kombu := strings.HasPrefix(c.Name, "kombu") || strings.Contains(call, "Serverless")
	m := &salt.Message{Exchange: salt.DefaultExchange, Attempt: 1, Dialect: salt.CelerySalt}
	if name := classCall.FindStringSubmatch(call); name != nil && classes[name[1]].topic != "" {
		m.Topic, m.Version = classes[name[1]].topic, classes[name[1]].version
	} else {
		m.Topic = topicCall.FindStringSubmatch(call)[1]
		m.Version, _ = kw["version"].(string)
	}
	m.CorrelationID, _ = kw["correlation_id"].(string)
	m.RPC = strings.Contains(call, "call(") || strings.Contains(call, "call_rpc(") || strings.Contains(call, "is_rpc=True")
	if p, ok := kw["priority"].(float64); ok {
		m.Priority = uint8(p)
	}
	m.Transient = kw["delivery_mode"] == 1.0
	if tchu {
		m.Dialect = salt.TchuTchu
		// On the wire a tchu-tchu broadcast through Celery is the same as a
		// request (compare tchu_broadcast_basic and tchu_rpc_echo_request).
		m.RPC = !kombu
	}
	if strings.Contains(call, "headers=") {
		m.Header = map[string]string{"x-tenant": "acme", "x-n": "5", "x-b": "true", "x-f": "1.5", "x-big": strconv.Itoa(1 << 40)}
	}
	switch {
	case strings.Contains(call, "eta=datetime"):
		m.NotBefore = time.Date(2024, 1, 1, 10, 0, 0, 0, time.UTC)
	case strings.Contains(call, "countdown"):
		m.NotBefore = instant(t, c.Headers["eta"])
	case strings.Contains(call, "expires=datetime"):
		m.Expires = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	case strings.Contains(call, "expires="):
		m.Expires = instant(t, c.Headers["expires"])
	}
	m.ID, _ = c.Headers["id"].(string)
	if id, ok := c.ReturnValue.(string); ok {
		m.ID = id
	}
	if strings.Contains(call, "Producer") {
		if err := json.Unmarshal(c.PythonOutcome.Returned, &m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if m.RPC {
		m.ReplyTo = c.Properties.ReplyTo
	}
	return m
}

func TestSubtasksAreForeign(t *testing.T) {
	t.Parallel()
	for _, c := range captures(t, "internal_subtask") {
		if m, err := Decode(mustEnvelope(t, c), Limits{}); !errors.Is(err, ErrForeign) || m != nil {
			t.Errorf("%s: error %v, want ErrForeign", c.Name, err)
		}
	}
}
