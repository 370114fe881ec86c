package interop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// FuzzEncodeMinimum: what the encoders return is always what a worker needs,
// by section 5 of PROTOCOL.md. The judge is encoding/json, which the encoders
// do not use.
func FuzzEncodeMinimum(f *testing.F) {
	f.Add("1", "a.b", "v1", "c", "k", "v", int64(1_700_000_000_123_456), uint8(3), true, []byte(`{"a":[1,{"b":null}]}`))
	for i, flaw := range flaws {
		m := &salt.Message{ID: fmt.Sprint(i), Topic: "a", Body: []byte(`{}`)}
		flaw.apply(m)
		f.Add(m.ID, m.Topic, m.Version, m.CorrelationID, "", "", int64(0), m.Priority, false, m.Body)
	}
	f.Fuzz(func(t *testing.T, id, topic, version, correlation, name, value string, instant int64, priority uint8, rpc bool, body []byte) {
		m := &salt.Message{ID: id, Topic: topic, Version: version, CorrelationID: correlation, Priority: priority, RPC: rpc, Body: body}
		if name != "" {
			m.Header, m.Trace = map[string]string{name: value}, map[string]string{name: value}
		}
		if instant != 0 {
			m.Expires, m.NotBefore = time.UnixMicro(instant), time.UnixMicro(-instant)
		}
		if rpc {
			m.ReplyTo = "amq.rabbitmq.reply-to"
		}
		for protocol, encode := range map[int]func(*salt.Message) (*celery.Envelope, error){1: celery.EncodeProtocol1, 2: celery.Encode} {
			e, err := encode(m)
			if err != nil {
				if e != nil {
					t.Fatal("an envelope beside an error")
				}
				continue
			}
			if err := minimum(protocol, e, m); err != nil {
				t.Fatalf("protocol %d: %v\n%+v\n%s", protocol, err, e, e.Body)
			}
		}
	})
}

// pythonInstant is what every Celery parses: at most six digits of a second.
var pythonInstant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d$`)

// minimum returns what a worker lacks in e, the envelope of m.
func minimum(protocol int, e *celery.Envelope, m *salt.Message) error {
	p := e.Properties
	switch {
	case p.ContentType != "application/json" || p.ContentEncoding != "utf-8":
		return fmt.Errorf("content type %q encoding %q", p.ContentType, p.ContentEncoding)
	case p.DeliveryMode != 1 && p.DeliveryMode != 2:
		return fmt.Errorf("delivery mode %d", p.DeliveryMode)
	case max(len(e.RoutingKey), len(e.Exchange), len(p.CorrelationID), len(p.ReplyTo), len(p.Expiration)) > 255:
		return errors.New("a short string is too long")
	case !m.RPC && p.ReplyTo != "":
		return fmt.Errorf("an event has the reply address %q", p.ReplyTo)
	case !utf8.Valid(e.Body):
		return errors.New("the body is not UTF-8")
	}
	var body struct {
		ID, Task string
		Args     []string
		Kwargs   map[string]string
	}
	if protocol == 1 {
		if _, v2 := e.Headers["task"]; v2 {
			return errors.New("it has the header task, so it is read as protocol 2")
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	} else {
		var parts []json.RawMessage
		if err := json.Unmarshal(e.Body, &parts); err != nil || len(parts) != 3 {
			return fmt.Errorf("body of %d parts: %w", len(parts), err)
		}
		err1, err2 := json.Unmarshal(parts[0], &body.Args), json.Unmarshal(parts[1], &body.Kwargs)
		if err1 != nil || err2 != nil || !strings.HasPrefix(string(parts[2]), "{") {
			return fmt.Errorf("parts: %w, %w, %s", err1, err2, parts[2])
		}
		body.ID, _ = e.Headers["id"].(string)
		body.Task, _ = e.Headers["task"].(string)
		for _, name := range []string{"args", "kwargs", "compression", "reply_to", "_children"} {
			if _, ok := e.Headers[name]; ok {
				return fmt.Errorf("header %q is the application's", name)
			}
		}
	}
	var payload map[string]json.RawMessage
	var meta struct {
		IsRPC *bool `json:"is_rpc"`
	}
	switch {
	case body.ID != m.ID || body.ID == "":
		return fmt.Errorf("id %q, want %q", body.ID, m.ID)
	case body.Task != "celery_salt.dispatch_event":
		return fmt.Errorf("task %q", body.Task)
	case len(body.Args) != 1 || len(body.Kwargs) != 1 || body.Kwargs["routing_key"] != m.Topic:
		return fmt.Errorf("args %q kwargs %q, want one payload and the topic", body.Args, body.Kwargs)
	case json.Unmarshal([]byte(body.Args[0]), &payload) != nil:
		return fmt.Errorf("the payload is no object: %q", body.Args[0])
	case json.Unmarshal(payload["_tchu_meta"], &meta) != nil || meta.IsRPC == nil || *meta.IsRPC != m.RPC:
		return fmt.Errorf("_tchu_meta is %s, want is_rpc %t", payload["_tchu_meta"], m.RPC)
	}
	for _, name := range []string{"eta", "expires"} {
		if text, ok := e.Headers[name].(string); ok && !pythonInstant.MatchString(text) {
			return fmt.Errorf("%s is %q", name, text)
		}
	}
	return nil
}
