package celery

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
)

// Outcomes that Python made out of a reply by its own rules: what Salt's reply
// is instead, and why.
var ownBodies = map[string]string{
	// no response model: Python validates against an empty one and drops all
	"rpc_rpc_no_response_model_reply":    `{"value":7,"extra":"kept?"}`,
	"rpc_redis_no_response_model_result": `{"value":7,"extra":"kept?"}`,
	// the caller had given up before; the reply itself is good
	"rpc_rpc_slow_timeout_reply": `{"slept":1.5}`,
	// does not fit the response model, which is the caller's business
	"rpc_rpc_bad_response_reply": `{"value":"not an int"}`,
	// called without an outcome recorded beside the reply
	"tchu_rpc_echo_reply": `{"echo":{"x":1}}`,
}

var ownFaults = map[string]*salt.RemoteError{
	// Python takes the word for its own timeout; Salt does not
	"rpc_rpc_exception_timeoutword_reply": {Kind: salt.FaultHandler, Topic: "rpc.add", Handler: handlerName, Message: "upstream timeout while adding"},
}

var handlerFailed = regexp.MustCompile(`(?s)^Handler '([^']*)' failed: (.*)$`)

// wantFault derives the fault from the text of Python's PublishError.
func wantFault(t *testing.T, text string) *salt.RemoteError {
	t.Helper()
	text, ok := strings.CutPrefix(text, "RPC call failed: ")
	if !ok {
		t.Fatalf("python said %q", text)
	}
	if m := handlerFailed.FindStringSubmatch(text); m != nil {
		return &salt.RemoteError{Kind: salt.FaultHandler, Handler: m[1], Message: m[2]}
	}
	if strings.HasPrefix(text, "No handlers found") {
		return &salt.RemoteError{Kind: salt.FaultNoHandler}
	}
	return &salt.RemoteError{Kind: salt.FaultDispatcher, Message: text}
}

// decodeCaptured decodes a reply or a Redis value.
func decodeCaptured(t *testing.T, c *capture) (*salt.Reply, error) {
	t.Helper()
	if c.Redis != nil {
		return DecodeResult([]byte(c.Redis.Value))
	}
	return DecodeReply(mustEnvelope(t, c))
}

func TestDecodeReplies(t *testing.T) {
	t.Parallel()
	for _, c := range captures(t, "rpc_reply", "redis_result") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			r, err := decodeCaptured(t, c)
			if err != nil {
				t.Fatal(err)
			}
			if id := load(t, c.Request).Headers["id"]; r.ID != id {
				t.Errorf("id %q, the request's is %q", r.ID, id)
			}
			out := c.PythonOutcome
			want := out.Value
			if out.DataType != "" {
				want = out.Payload
			}
			if own, ok := ownBodies[c.Name]; ok {
				want = []byte(own)
			}
			if fault := ownFaults[c.Name]; fault != nil {
				if diff := cmp.Diff(fault, r.Fault); diff != "" || r.Body != nil {
					t.Errorf("body %s, fault (-want +got):\n%s", r.Body, diff)
				}
				return
			}
			if want != nil {
				if r.Fault != nil {
					t.Fatalf("fault %v, Python returned %s", r.Fault, want)
				}
				if diff := diffJSON(t, want, r.Body); diff != "" {
					t.Errorf("body (-python +salt):\n%s", diff)
				}
				return
			}
			fault := wantFault(t, out.Message)
			if fault.Kind != salt.FaultDispatcher {
				fault.Topic = load(t, c.Request).RoutingKey
			} else {
				fault.Type = "AttributeError" // the one exception captured; Python hides the type
			}
			if diff := cmp.Diff(fault, r.Fault); diff != "" || r.Body != nil {
				t.Errorf("body %s, fault (-python +salt):\n%s", r.Body, diff)
			}
		})
	}
}

// The 38 hand-crafted replies, where Salt's caller and Python's part.
var replyDifferences = map[string]string{
	"reply_accept_redis_malformed_json_published_then_normal": "Python fails; Salt drops what it cannot read and takes the next",
	"reply_accept_redis_setex_only_delayed_0_7_s":             "the value is good, Python just never looks at the key again",
	"reply_accept_redis_setex_only_immediately_before_get":    "the value is good, Python just never looks at the key again",
	"reply_accept_rpc_status_failure_result_string":           "Python stumbles over a plain text; Salt shows it",
}

func TestDecodeCraftedReplies(t *testing.T) {
	t.Parallel()
	differences := 0
	for _, c := range captures(t, "reply_accept_test") {
		if replyDifferences[c.Name] != "" {
			differences++
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := callerOutcome(t, c)
			out := c.PythonOutcome
			var want string
			switch {
			case out.Returned != nil:
				if diff := diffJSON(t, out.Returned, []byte(strings.TrimPrefix(got, "returned "))); diff != "" {
					t.Errorf("(-python +salt):\n%s", diff)
				}
				return
			case replyDifferences[c.Name] == "the value is good, Python just never looks at the key again":
				want = `returned {"v": 1}`
			case c.Name == "reply_accept_redis_malformed_json_published_then_normal":
				want = `returned {"v": 1}`
			case c.Name == "reply_accept_rpc_status_failure_result_string":
				want = "failure: boom"
			case strings.Contains(out.Message, "failed: 'result'"):
				want = "undecodable: reply: result is missing"
			case strings.Contains(out.Message, "failed: 'status'"):
				want = "undecodable: reply: status is missing or not a string"
			case strings.Contains(out.Message, "string indices must be integers"):
				want = `undecodable: content type "" is not "application/json"`
			case out.Raised == "TimeoutError":
				want = "no reply"
			default:
				f := wantFault(t, out.Message)
				want = string(f.Kind) + ": " + f.Message
				if f.Handler != "" {
					want = fmt.Sprintf("%s: %s in %s", f.Kind, f.Message, f.Handler)
				}
			}
			if strings.HasPrefix(want, "failure: No results returned from handler") {
				want = "failure: no results returned from handler"
			}
			if got != want {
				t.Errorf("salt: %s\nwant: %s\npython: %+v", got, want, out)
			}
		})
	}
	if differences != len(replyDifferences) {
		t.Errorf("%d of %d named differences occur", differences, len(replyDifferences))
	}
}

// callerOutcome plays a caller who awaits the reply to the request that the
// last reply answers, and to whom all of the vector's are sent.
func callerOutcome(t *testing.T, c *capture) string {
	t.Helper()
	type outcome struct {
		reply *salt.Reply
		err   error
	}
	var got []outcome
	for i, sent := range c.Replies {
		var o outcome
		if sent.Value != nil {
			o.reply, o.err = DecodeResult([]byte(*sent.Value))
		} else {
			body, err := vectorBody(sent.Body)
			if err != nil {
				t.Fatal(err)
			}
			o.reply, o.err = DecodeReply(&Envelope{Properties: sent.Properties.properties(), Body: body})
		}
		if bad, ok := errors.AsType[*RejectError](o.err); o.err != nil && !ok && !errors.Is(o.err, ErrNotFinal) {
			t.Fatalf("reply %d: error %v (%v) of an unknown kind", i, o.err, bad)
		}
		got = append(got, o)
	}
	if len(got) == 0 {
		return "no reply"
	}
	last := got[len(got)-1]
	if last.err != nil {
		return last.err.Error()
	}
	for _, o := range got {
		if o.err != nil || o.reply.ID != last.reply.ID {
			continue
		}
		if f := o.reply.Fault; f != nil && f.Kind == salt.FaultHandler {
			return fmt.Sprintf("%s: %s in %s", f.Kind, f.Message, f.Handler)
		} else if f != nil {
			return fmt.Sprintf("%s: %s", f.Kind, f.Message)
		}
		return "returned " + string(o.reply.Body)
	}
	return "no reply"
}

func TestNotFinal(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"PENDING", "RECEIVED", "STARTED", "RETRY", "PROGRESS"} {
		value := fmt.Sprintf(`{"task_id":"x","status":%q,"result":null}`, status)
		if r, err := DecodeResult([]byte(value)); !errors.Is(err, ErrNotFinal) || r != nil {
			t.Errorf("%s: %v, error %v; want ErrNotFinal", status, r, err)
		}
	}
}

// What faults become for a caller, and back.
func TestFaultsRoundTrip(t *testing.T) {
	t.Parallel()
	req := &salt.Message{ID: "7", Topic: "a.b", RPC: true, ReplyTo: "q"}
	for _, f := range []*salt.RemoteError{
		{Kind: salt.FaultHandler, Topic: "a.b", Handler: "h", Message: "kaput"},
		{Kind: salt.FaultNoHandler, Topic: "a.b"},
		{Kind: salt.FaultNotRegistered, Type: "NotRegistered", Message: celerySaltTask},
		{Kind: salt.FaultExpired, Type: "TaskRevokedError", Message: "expired"},
		{Kind: salt.FaultDispatcher, Type: "GoError", Message: "boom"},
	} {
		e, err := EncodeReply(req, &salt.Reply{ID: "7", Fault: f})
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeReply(e)
		if diff := cmp.Diff(&salt.Reply{ID: "7", Fault: f}, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, (-want +got):\n%s", f.Kind, err, diff)
		}
		key, value, err := EncodeResult(req, &salt.Reply{ID: "7", Fault: f}, instant(t, "2024-01-01T00:00:00Z"))
		if err != nil || key != "celery-task-meta-7" {
			t.Fatalf("key %q, error %v", key, err)
		}
		if got, err = DecodeResult(value); err != nil || !cmp.Equal(f, got.Fault) {
			t.Errorf("%s: error %v, %v", f.Kind, err, got)
		}
	}
}

// Python's caller must not take our faults for its own timeout.
func TestFaultsDoNotSayTimeout(t *testing.T) {
	t.Parallel()
	req := &salt.Message{ID: "7", Topic: "a", RPC: true, ReplyTo: "q"}
	for _, text := range []string{"upstream timeout", "Timed Out twice, timed out", "TIMEOUT", "timeTIMEOUTout", "ok"} {
		for _, kind := range []salt.Fault{salt.FaultHandler, salt.FaultDispatcher} {
			e, err := EncodeReply(req, &salt.Reply{Fault: &salt.RemoteError{Kind: kind, Handler: text, Message: text}})
			if err != nil {
				t.Fatal(err)
			}
			body := strings.ToLower(string(e.Body))
			if strings.Contains(body, "timeout") || strings.Contains(body, "timed out") {
				t.Errorf("%q: %s", text, e.Body)
			}
			if !json.Valid(e.Body) {
				t.Errorf("%q: %s is not JSON", text, e.Body)
			}
		}
	}
	if got := calm("Timed Out: timeout"); got != "Timed-Out: time-out" {
		t.Errorf("calm: %q", got)
	}
}

// The size of a reply is the transport's business.
func TestDecodeLargeReply(t *testing.T) {
	t.Parallel()
	large := `"` + strings.Repeat("x", 3<<20) + `"`
	e, err := EncodeReply(&salt.Message{ID: "1", Topic: "a", ReplyTo: "q"}, &salt.Reply{Body: []byte(large)})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := DecodeReply(e); err != nil || string(r.Body) != large {
		t.Errorf("error %v", err)
	}
}
