package celery

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// FuzzDecode: no bytes crash the decoder, every error is one of the two, and
// what is accepted is strict by the schema package's measure as well and
// survives the way back.
func FuzzDecode(f *testing.F) {
	for _, c := range captures(f, "publish", "rpc_request", "internal_subtask", "accept_test") {
		e := mustEnvelope(f, c)
		task, v2 := e.Headers["task"].(string)
		id, _ := e.Headers["id"].(string)
		compression, _ := e.Headers["compression"].(string)
		expires, _ := e.Headers["expires"].(string)
		f.Add(v2, task, id, compression, expires, e.Properties.ContentType, e.Properties.ReplyTo, e.RoutingKey, e.Body)
	}
	f.Fuzz(func(t *testing.T, v2 bool, task, id, compression, expires, contentType, replyTo, key string, body []byte) {
		if strings.Contains(replyTo, correlationMark) {
			return // Salt's own mark, which no broker hands out
		}
		e := &Envelope{
			Exchange: salt.DefaultExchange, RoutingKey: key, Body: body, Headers: map[string]any{"x": id},
			Properties: Properties{ContentType: contentType, ReplyTo: replyTo, CorrelationID: compression},
		}
		if v2 {
			e.Headers["task"], e.Headers["id"] = task, id
			e.Headers["expires"] = expires
			if expires == "" {
				e.Headers["expires"] = nil
			}
		}
		if compression != "" {
			e.Headers["compression"] = compression
		}
		before := string(body)
		m, err := Decode(e, Limits{})
		if string(body) != before {
			t.Fatal("the decoder changed the body")
		}
		if err != nil {
			_, rejected := errors.AsType[*RejectError](err)
			if rejected == errors.Is(err, ErrForeign) || m != nil {
				t.Fatalf("message %v, error %v", m, err)
			}
			return
		}
		checkStrict(t, m.Body)
		again, err := Encode(m)
		if err != nil {
			if salt.CheckTopic(m.Topic) != nil || len(m.Key()) > maxShort || len(m.ReplyTo) > maxShort || len(m.ID) > maxID ||
				strings.Contains(err.Error(), "not UTF-8") || strings.Contains(err.Error(), "year") || strings.Contains(err.Error(), "rename it") ||
				strings.Contains(err.Error(), "Python reads") {
				return // what Python accepts and Salt does not send
			}
			t.Fatalf("cannot send again %+v: %v", m, err)
		}
		back, err := Decode(again, Limits{})
		if err != nil {
			if len(m.Body) > defaultMaxBytes/2 {
				return // the escapes of another sender may be longer
			}
			t.Fatalf("sent again it is refused: %v\n%s", err, again.Body)
		}
		if m.Dialect == salt.TchuTchu { // which says less
			back.Version, back.CorrelationID, back.Trace, back.RPC = m.Version, m.CorrelationID, m.Trace, m.RPC
			back.ReplyTo = m.ReplyTo
		}
		m.Transient, back.Transient = false, false
		back.Body, m.Body = compact(t, back.Body), compact(t, m.Body)
		if diff := cmp.Diff(m, back, ignoreSpec); diff != "" {
			t.Fatalf("(-first +again):\n%s", diff)
		}
	})
}

// checkStrict compares the decoder's strictness with schema.Check's, which
// also judges numbers; the bus does that when it validates.
func checkStrict(t *testing.T, body []byte) {
	t.Helper()
	if !jsontext.Value(body).IsValid() || jsontext.Value(body).Kind() != jsontext.KindBeginObject {
		t.Fatalf("body %q", body)
	}
	err := schema.Check(body, schema.Limits{MaxDigits: 1 << 21})
	if bad, ok := errors.AsType[*schema.Error](err); ok {
		for _, f := range bad.Fields {
			if f.Rule != "precision" && f.Rule != "digits" && f.Rule != "number" {
				t.Fatalf("body %q: schema.Check says %v", body, err)
			}
		}
	}
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	v := jsontext.Value(text)
	if err := v.Compact(jsontext.PreserveRawStrings(true)); err != nil {
		t.Fatal(err)
	}
	return v
}

// FuzzDecodeReply: likewise for replies and stored results.
func FuzzDecodeReply(f *testing.F) {
	for _, c := range captures(f, "rpc_reply") {
		e := mustEnvelope(f, c)
		f.Add(e.Properties.ContentType, e.Body)
	}
	for _, c := range captures(f, "reply_accept_test") {
		for _, sent := range c.Replies {
			if sent.Value != nil {
				f.Add(contentJSON, []byte(*sent.Value))
			} else if body, err := vectorBody(sent.Body); err == nil {
				f.Add(sent.Properties.ContentType, body)
			}
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r, err := DecodeReply(&Envelope{Properties: Properties{ContentType: contentType}, Body: body})
		stored, err2 := DecodeResult(body)
		if contentType == contentJSON && (err == nil) != (err2 == nil) || err == nil && !cmp.Equal(r, stored) {
			t.Fatalf("reply %+v (%v), stored %+v (%v)", r, err, stored, err2)
		}
		if err != nil {
			if _, rejected := errors.AsType[*RejectError](err); rejected == errors.Is(err, ErrNotFinal) || r != nil {
				t.Fatalf("reply %v, error %v", r, err)
			}
			return
		}
		if r.ID == "" || (r.Body == nil) == (r.Fault == nil) {
			t.Fatalf("reply %+v", r)
		}
		if len(r.ID) > maxShort {
			return
		}
		req := &salt.Message{ID: r.ID, Topic: "a", RPC: true, ReplyTo: "q"}
		e, err := EncodeReply(req, r)
		if err != nil {
			t.Fatalf("cannot answer with %+v: %v", r, err)
		}
		back, err := DecodeReply(e)
		if err != nil {
			t.Fatalf("%v: %s", err, e.Body)
		}
		if string(back.Body) != string(r.Body) || (back.Fault == nil) != (r.Fault == nil) {
			t.Fatalf("sent %+v, received %+v", r, back)
		}
		if r.Fault != nil && r.Fault.Kind != back.Fault.Kind && r.Fault.Kind != salt.FaultDispatcher {
			t.Fatalf("sent %v, received %v", r.Fault, back.Fault)
		}
	})
}

// FuzzRoundTrip: what Encode accepts, Decode gives back.
func FuzzRoundTrip(f *testing.F) {
	f.Add("1", "a.b", "v1", "c", "k", "v", int64(1_700_000_000_123_456), uint8(3), true, []byte(`{"a":[1,{"b":null}]}`))
	f.Add("é", "x", "", "", "", "", int64(0), uint8(0), false, []byte(` { } `))
	f.Fuzz(func(t *testing.T, id, topic, version, correlation, name, value string, expires int64, priority uint8, rpc bool, body []byte) {
		m := &salt.Message{
			Dialect: salt.CelerySalt,
			ID:      id, Topic: topic, Version: version, CorrelationID: correlation, Priority: priority, RPC: rpc, Body: body, Attempt: 1,
			Exchange: salt.DefaultExchange,
		}
		if name != "" {
			m.Header, m.Trace = map[string]string{"h" + name: value}, map[string]string{"t" + name: value}
		}
		if expires != 0 {
			m.Expires = time.UnixMicro(expires).UTC()
		}
		for shape, encode := range map[string]func(*salt.Message) (*Envelope, error){"2": Encode, "1": EncodeProtocol1} {
			e, err := encode(m)
			if err != nil {
				continue
			}
			got, err := Decode(e, Limits{MaxDepth: 10_000, MaxKeys: 1 << 20})
			if err != nil {
				t.Fatalf("protocol %s: %v: %s", shape, err, e.Body)
			}
			want := *m
			want.Body = compact(t, append([]byte(nil), m.Body...))
			got.Body = compact(t, got.Body)
			if diff := cmp.Diff(&want, got, ignoreSpec); diff != "" {
				t.Fatalf("protocol %s (-sent +received):\n%s", shape, diff)
			}
		}
	})
}
