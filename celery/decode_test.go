package celery

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
	"github.com/google/go-cmp/cmp"
)

// taskEnvelope is a minimal protocol 2 message around a payload.
func taskEnvelope(payload string) *Envelope {
	return &Envelope{
		Exchange: salt.DefaultExchange, RoutingKey: "a.b",
		Properties: Properties{ContentType: "application/json", ContentEncoding: "utf-8", DeliveryMode: 2},
		Headers:    map[string]any{"task": celerySaltTask, "id": "1"},
		Body:       append(append([]byte(`[[`), appendText(nil, payload)...), `],{"routing_key":"a.b"},null]`...),
	}
}

func TestDecodeRejects(t *testing.T) {
	t.Parallel()
	const ok = `{"a":1,"_tchu_meta":{"is_rpc":false}}`
	deep := strings.Repeat(`[`, 64) + strings.Repeat(`]`, 64)
	many := strings.Repeat(`{"k":1},`, 10_000) + `{"k":1}`
	tests := map[string]struct {
		change func(e *Envelope)
		body   string // replaces the whole body
		pay    string // replaces the payload
		want   string
	}{
		"pickle":               {change: func(e *Envelope) { e.Properties.ContentType = "application/x-python-serialize" }, want: "content type"},
		"latin1":               {change: func(e *Envelope) { e.Properties.ContentEncoding = "latin1" }, want: "content encoding"},
		"base64":               {change: func(e *Envelope) { e.Properties.ContentEncoding = "base64" }, want: "content encoding"},
		"compression unknown":  {change: func(e *Envelope) { e.Headers["compression"] = "application/zstd" }, want: "not supported"},
		"compression not text": {change: func(e *Envelope) { e.Headers["compression"] = int32(1) }, want: "compression is not a string"},
		"compression untrue":   {change: func(e *Envelope) { e.Headers["compression"] = "application/x-gzip" }, want: "body is not application/x-gzip"},
		"bzip2 untrue":         {change: func(e *Envelope) { e.Headers["compression"] = "application/x-bz2" }, want: "body is not application/x-bz2"},
		"task not text":        {change: func(e *Envelope) { e.Headers["task"] = nil }, want: "header task"},
		"id not text":          {change: func(e *Envelope) { e.Headers["id"] = int64(7) }, want: "header id"},
		"id empty":             {change: func(e *Envelope) { e.Headers["id"] = "" }, want: "header id"},
		"id too long":          {change: func(e *Envelope) { e.Headers["id"] = strings.Repeat("x", 256) }, want: "header id"},
		"eta integer":          {change: func(e *Envelope) { e.Headers["eta"] = int64(1700000000) }, want: "header eta"},
		"expires garbage":      {change: func(e *Envelope) { e.Headers["expires"] = "soon" }, want: "header expires"},
		"empty":                {body: " ", want: "ends too early"},
		"garbage":              {body: "\x00\xff\xfe", want: "not valid JSON"},
		"scalar":               {body: "42", want: "a number where an object"},
		"trailing":             {body: `[[` + `"{}"` + `],{},null] x`, want: "not valid JSON"},
		"two values":           {body: `[["{}"],{},null] 1`, want: "more than one value"},
		"four elements":        {body: `[["{}"],{},null,null]`, want: "array of 4"},
		"no arguments":         {body: `[[],{},null]`, want: "message body is missing"},
		"three arguments":      {body: `[["{}","a","b"],{},null]`, want: "3 positional"},
		"body twice":           {body: `[["{}"],{"message_body":"{}"},null]`, want: "both"},
		"key twice":            {body: `[["{}","a"],{"routing_key":"a"},null]`, want: "both"},
		"kwargs null":          {body: `[["{}"],null,null]`, want: "null where an object"},
		"args object":          {body: `[{},{},null]`, want: "an object where an array"},
		"args number":          {body: `[[1],{},null]`, want: "message body is a number"},
		"key number":           {body: `[["{}",1],{},null]`, want: "routing_key is a number"},
		"topic too long":       {body: `[["{}"],{"routing_key":"` + strings.Repeat("x", 256) + `"},null]`, want: "topic"},
		"outer duplicate":      {body: `[["{}"],{"routing_key":"a","routing_key":"b"},null]`, want: "same member twice"},
		"payload string":       {pay: `"x"`, want: "a string where an object"},
		"payload null":         {pay: `null`, want: "null where an object"},
		"payload duplicate":    {pay: `{"a":1,"a":2}`, want: "same member twice"},
		"payload duplicate in": {pay: `{"a":{"b":{"c":1,"\u0063":2}}}`, want: "same member twice"},
		"meta duplicate":       {pay: `{"_tchu_meta":{},"a":1,"_tchu_meta":{}}`, want: "same member twice"},
		"payload NaN":          {pay: `{"a":NaN}`, want: "not valid JSON"},
		"payload -Infinity":    {pay: `{"a":-Infinity}`, want: "not valid JSON"},
		"lone surrogate":       {pay: `{"a":"\ud800"}`, want: "not valid JSON"},
		"lone surrogate outer": {body: `[["{\"a\":\"\ud800\"}"],{},null]`, want: "not valid JSON"},
		"raw bad UTF-8":        {body: "[[\"{\\\"a\\\":\\\"\xff\\\"}\"],{},null]", want: "not valid JSON"},
		"payload trailing":     {pay: `{"a":1} {}`, want: "more than one value"},
		"payload deep":         {pay: `{"a":` + deep + `}`, want: "deeper than 64"},
		"payload keys":         {pay: `{"a":[` + many + `]}`, want: "more than 10000"},
		"body size":            {body: strings.Repeat(" ", 2<<20+64<<10+1), want: "body of 2162689 bytes"},
		"payload size":         {pay: `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, want: "larger than 1048576"},
		"meta text":            {pay: `{"_tchu_meta":"x"}`, want: "_tchu_meta is a string"},
		"version boolean":      {pay: `{"_tchu_meta":{"version":true}}`, want: "version is a boolean"},
		"no task at all":       {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{"id":"1","args":[]}`, want: "no task"},
		"no task, empty":       {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{}`, want: "no task"},
		"task number":          {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{"task":1,"method":"x"}`, want: "no task"},
		"v1 no id":             {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{"task":"celery_salt.dispatch_event","args":["{}"]}`, want: "id is missing"},
		"v1 eta integer":       {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{"task":"celery_salt.dispatch_event","id":"1","eta":5,"args":["{}"]}`, want: "eta is"},
		"v1 kwargs null":       {change: func(e *Envelope) { delete(e.Headers, "task") }, body: `{"task":"celery_salt.dispatch_event","id":"1","args":["{}"],"kwargs":null}`, want: "kwargs: null"},
		"no topic, direct":     {change: func(e *Envelope) { e.Exchange = "" }, body: `[["{}"],{},null]`, want: "topic"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pay := tt.pay
			if pay == "" {
				pay = ok
			}
			e := taskEnvelope(pay)
			if tt.body != "" {
				e.Body = []byte(tt.body)
			}
			if tt.change != nil {
				tt.change(e)
			}
			_, err := Decode(e, Limits{})
			bad, is := errors.AsType[*RejectError](err)
			if !is || !strings.Contains(bad.Reason, tt.want) {
				t.Errorf("error %v, want a RejectError about %q", err, tt.want)
			}
		})
	}
	if _, err := Decode(taskEnvelope(ok), Limits{}); err != nil {
		t.Errorf("the unchanged message: %v", err)
	}
}

// The limits mean here what they mean to the schema package.
func TestLimitsAgree(t *testing.T) {
	t.Parallel()
	for depth := 62; depth <= 66; depth++ {
		payload := `{"a":` + strings.Repeat(`[`, depth-1) + strings.Repeat(`]`, depth-1) + `}`
		checkAgreement(t, payload)
	}
	for keys := 9_998; keys <= 10_002; keys++ {
		checkAgreement(t, `{"\"}:{":[`+strings.Repeat(`{"":0},`, keys-2)+`{"":0}]}`)
	}
}

// What fits as a payload fits in its envelope, however much is quoted there.
func TestLargestPayload(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	body := `{"a":[` + strings.Repeat(`"",`, limit/3-3) + `""]}`
	body += strings.Repeat(" ", limit-len(body))
	for _, encode := range []func(*salt.Message) (*Envelope, error){Encode, EncodeProtocol1} {
		e, err := encode(&salt.Message{ID: "1", Topic: "a", Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(e, Limits{MaxBytes: limit}); err != nil {
			t.Errorf("a payload of %d bytes in %d: %v", len(body), len(e.Body), err)
		}
	}
}

func checkAgreement(t *testing.T, payload string) {
	t.Helper()
	_, err := Decode(taskEnvelope(payload), Limits{})
	if err2 := schema.Check([]byte(payload), schema.Limits{}); (err == nil) != (err2 == nil) {
		t.Errorf("%.20s… of %d bytes: Decode says %v, schema.Check %v", payload, len(payload), err, err2)
	}
}

func TestDecodeForeign(t *testing.T) {
	t.Parallel()
	tests := map[string]*Envelope{
		"another task, even in pickle": {Headers: map[string]any{"task": "shop.mail", "id": "1"}, Body: []byte("\x80\x04")},
		"another task, protocol 1":     {Body: []byte(`{"task":"shop.mail","id":"1","args":[1,2,3],"kwargs":{"to":"x"}}`)},
		"protocol 1, args null":        {Body: []byte(`{"task":"shop.mail","id":"1","args":null,"kwargs":null}`)},
		"remote control":               {Body: []byte(`{"method":"ping","arguments":{},"destination":null,"pattern":null,"matcher":null}`)},
		"task result":                  {Body: []byte(`{"task_id":"1","status":"SUCCESS","result":null}`)},
	}
	for name, e := range tests {
		if e.Headers == nil {
			e.Properties.ContentType = contentJSON
		}
		if m, err := Decode(e, Limits{}); !errors.Is(err, ErrForeign) || m != nil {
			t.Errorf("%s: error %v, want ErrForeign", name, err)
		}
	}
}

func TestDecodeShapes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload string
		body    string
		version string
		rpc     bool
		trace   map[string]string
	}{
		"meta last":        {payload: `{"a": 1, "_tchu_meta": {"is_rpc": true, "version": "v2"}}`, body: `{"a": 1}`, version: "v2", rpc: true},
		"meta first":       {payload: ` { "_tchu_meta" : {} , "a" : 1 } `, body: ` {"a" : 1 } `},
		"meta between":     {payload: `{"a":1,"_tchu_meta":{},"b":[2]}`, body: `{"a":1,"b":[2]}`},
		"meta alone":       {payload: `{ "_tchu_meta": {} }`, body: `{}`},
		"meta escaped":     {payload: `{"\u005ftchu_meta":{"is_rpc":true},"a":"_tchu_meta"}`, body: `{"a":"_tchu_meta"}`, rpc: true},
		"meta nested":      {payload: `{"a":{"_tchu_meta":{}},"_tchu_meta":{}}`, body: `{"a":{"_tchu_meta":{}}}`},
		"no meta":          {payload: `{"a":1}`, body: `{"a":1}`, rpc: true},
		"version empty":    {payload: `{"_tchu_meta":{"version":""}}`, body: `{}`, version: "v0"},
		"version null":     {payload: `{"_tchu_meta":{"version":null}}`, body: `{}`},
		"truthy number":    {payload: `{"_tchu_meta":{"is_rpc":1}}`, body: `{}`, rpc: true},
		"falsy number":     {payload: `{"_tchu_meta":{"is_rpc":0.0}}`, body: `{}`},
		"truthy text":      {payload: `{"_tchu_meta":{"is_rpc":"no"}}`, body: `{}`, rpc: true},
		"falsy text":       {payload: `{"_tchu_meta":{"is_rpc":""}}`, body: `{}`},
		"falsy array":      {payload: `{"_tchu_meta":{"is_rpc":[ ]}}`, body: `{}`},
		"truthy object":    {payload: `{"_tchu_meta":{"is_rpc":{"a":1}}}`, body: `{}`, rpc: true},
		"trace":            {payload: `{"_tchu_meta":{"traceparent":"x","n":1,"tracestate":"é"}}`, body: `{}`, trace: map[string]string{"traceparent": "x", "tracestate": "é"}},
		"other id ignored": {payload: `{"_tchu_meta":{"correlation_id":5}}`, body: `{}`},
	}
	for name, tt := range tests {
		m, err := Decode(taskEnvelope(tt.payload), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(m.Body) != tt.body || m.Version != tt.version || m.RPC != tt.rpc || !cmp.Equal(m.Trace, tt.trace) {
			t.Errorf("%s: %s, version %q, RPC %t, trace %v", name, m.Body, m.Version, m.RPC, m.Trace)
		}
	}
}

func TestDecodeRoute(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, exchange, key, kwargs string
		want                        salt.Message
	}{
		{"as sent", "tchu_events", "a.b", `{"routing_key":"a.b"}`, salt.Message{Topic: "a.b", Exchange: "tchu_events"}},
		{"other key", "tchu_events", "x.y", `{"routing_key":"a.b"}`, salt.Message{Topic: "a.b", RoutingKey: "x.y", Exchange: "tchu_events"}},
		{"other exchange", "mine", "a.b", `{"routing_key":"a.b"}`, salt.Message{Topic: "a.b", Exchange: "mine"}},
		{"straight to the queue", "", "queue", `{"routing_key":"a.b"}`, salt.Message{Topic: "a.b"}},
		{"by the key alone", "tchu_events", "a.b", `{}`, salt.Message{Topic: "a.b", Exchange: "tchu_events"}},
		{"null", "tchu_events", "a.b", `{"routing_key":null}`, salt.Message{Topic: "a.b", Exchange: "tchu_events"}},
	}
	for _, tt := range tests {
		e := taskEnvelope(`{}`)
		e.Exchange, e.RoutingKey = tt.exchange, tt.key
		e.Body = []byte(`[["{}"],` + tt.kwargs + `,null]`)
		m, err := Decode(e, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		got := salt.Message{Topic: m.Topic, RoutingKey: m.RoutingKey, Exchange: m.Exchange}
		if diff := cmp.Diff(tt.want, got, ignoreSpec); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDecodeHeaderTypes(t *testing.T) {
	t.Parallel()
	e := taskEnvelope(`{"_tchu_meta":{}}`)
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	e.Headers["expires"] = at
	maps.Copy(e.Headers, map[string]any{
		"s": "x", "b": []byte("y"), "bad": "\xff", "t": true, "i8": int8(-1), "i16": int16(2), "i32": int32(3), "i64": int64(4),
		"u8": uint8(5), "u32": uint32(6), "i": 7, "f32": float32(0.1), "f64": 1e21, "at": at, "null": nil,
		"table": map[string]any{"a": 1}, "array": []any{1}, "x-salt-reason": "no", "x-death": []any{}, "x-delivery-count": int64(2), "shadow": "no",
	})
	m, err := Decode(e, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"s": "x", "b": "y", "bad": "\uFFFD", "t": "true", "i8": "-1", "i16": "2", "i32": "3", "i64": "4", "u8": "5", "u32": "6", "i": "7",
		"f32": "0.1", "f64": "1e+21", "at": "2030-01-02T02:04:05Z",
	}
	if diff := cmp.Diff(want, m.Header); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !m.Expires.Equal(at) {
		t.Errorf("expires %v, want %v", m.Expires, at)
	}
}

func TestDecodeCompressed(t *testing.T) {
	t.Parallel()
	plain := taskEnvelope(`{"a":1,"_tchu_meta":{}}`)
	writers := map[string]func(io.Writer) io.WriteCloser{
		"zlib": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"gzip": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	}
	for name, writer := range writers {
		e := taskEnvelope("")
		e.Headers["compression"] = "application/x-gzip"
		e.Body = compress(t, writer, bytes.NewReader(plain.Body))
		m, err := Decode(e, Limits{})
		if err != nil || string(m.Body) != `{"a":1}` {
			t.Errorf("%s: %+v, error %v", name, m, err)
		}
		e.Body = e.Body[:len(e.Body)-6]
		if _, err = Decode(e, Limits{}); err == nil {
			t.Errorf("%s: a truncated body was accepted", name)
		}
	}
}

func compress(t testing.TB, writer func(io.Writer) io.WriteCloser, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	w := writer(&b)
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A bomb must cost no more than the limit. Not parallel: it measures memory.
func TestDecodeBomb(t *testing.T) {
	e := taskEnvelope("")
	e.Headers["compression"] = "application/x-gzip"
	e.Body = compress(t, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, io.LimitReader(zeros{}, 16<<20))
	if len(e.Body) > 1<<20 {
		t.Fatalf("the bomb is %d bytes: too large to test the limit", len(e.Body))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Decode(e, Limits{})
	runtime.ReadMemStats(&after)
	if bad, ok := errors.AsType[*RejectError](err); !ok || !strings.Contains(bad.Reason, "larger than 2162688 bytes when decompressed") {
		t.Errorf("error %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d MiB allocated for a bomb with a limit of 1", used>>20)
	}
}

// No value of a payload may be in an error.
func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	const canary = "hunter2"
	for _, payload := range []string{
		`{"password":"` + canary + `",}`, `{"a":"` + canary, `{"p":"` + canary + `","p":1}`, `"` + canary + `"`, canary,
		`{"_tchu_meta":"` + canary + `"}`, `{"_tchu_meta":{"version":["` + canary + `"]}}`, `{"a":"\ud800` + canary + `"}`,
		`{"` + canary + `":1,"` + canary + `":2}`,
	} {
		_, err := Decode(taskEnvelope(payload), Limits{})
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: error %v", payload, err)
		}
		_, err = Encode(&salt.Message{ID: "1", Topic: "a", Body: []byte(payload)})
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: error %v", payload, err)
		}
		_, err = DecodeResult([]byte(fmt.Sprintf(`{"task_id":"1","status":"SUCCESS","result":%s`, payload)))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: error %v", payload, err)
		}
	}
	// The payload is not in the headers either, which Celery logs.
	e, err := Encode(&salt.Message{ID: "1", Topic: "a", Body: []byte(`{"password":"` + canary + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(e.Headers); strings.Contains(s, canary) {
		t.Errorf("headers %s", s)
	}
}
