package celery

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	tests := map[string]struct {
		change func(m *salt.Message)
		want   string
	}{
		"no id":               {func(m *salt.Message) { m.ID = "" }, "id is not"},
		"long id":             {func(m *salt.Message) { m.ID = long }, "id is not"},
		"id not UTF-8":        {func(m *salt.Message) { m.ID = "\xff" }, "id is not"},
		"no topic":            {func(m *salt.Message) { m.Topic = "" }, "topic is empty"},
		"wildcard":            {func(m *salt.Message) { m.Topic = "a.#" }, "wildcard"},
		"long key":            {func(m *salt.Message) { m.RoutingKey = long }, "longer than the 255"},
		"long exchange":       {func(m *salt.Message) { m.Exchange = long }, "longer than the 255"},
		"long reply address":  {func(m *salt.Message) { m.ReplyTo = long }, "longer than the 255"},
		"key not UTF-8":       {func(m *salt.Message) { m.RoutingKey = "\xff" }, "not UTF-8"},
		"priority":            {func(m *salt.Message) { m.Priority = 11 }, "priority 11"},
		"dialect":             {func(m *salt.Message) { m.Dialect = 9 }, "unknown dialect"},
		"version not UTF-8":   {func(m *salt.Message) { m.Version = "\xff" }, "version"},
		"correlation":         {func(m *salt.Message) { m.CorrelationID = "\xff" }, "correlation id"},
		"trace not UTF-8":     {func(m *salt.Message) { m.Trace = map[string]string{"a": "\xff"} }, "trace field"},
		"trace name":          {func(m *salt.Message) { m.Trace = map[string]string{"is_rpc": "x"} }, "trace field \"is_rpc\""},
		"header of Celery":    {func(m *salt.Message) { m.Header = map[string]string{"task": "x"} }, "reserved"},
		"header of its state": {func(m *salt.Message) { m.Header = map[string]string{"reply_to": "x"} }, "reserved"},
		"header of Salt":      {func(m *salt.Message) { m.Header = map[string]string{"x-salt-a": "x"} }, "reserved"},
		"header of RabbitMQ":  {func(m *salt.Message) { m.Header = map[string]string{"CC": "x"} }, "reserved"},
		"header without name": {func(m *salt.Message) { m.Header = map[string]string{"": "x"} }, "header name"},
		"header name long":    {func(m *salt.Message) { m.Header = map[string]string{long: "x"} }, "header name"},
		"header not UTF-8":    {func(m *salt.Message) { m.Header = map[string]string{"a": "\xff"} }, "not UTF-8"},
		"expires":             {func(m *salt.Message) { m.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "year 10000"},
		"not before":          {func(m *salt.Message) { m.NotBefore = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) }, "year -1"},
		"no body":             {func(m *salt.Message) { m.Body = nil }, "payload: JSON ends too early"},
		"array":               {func(m *salt.Message) { m.Body = []byte(`[]`) }, "an array where an object"},
		"two objects":         {func(m *salt.Message) { m.Body = []byte(`{}{}`) }, "more than one value"},
		"NaN":                 {func(m *salt.Message) { m.Body = []byte(`{"a":NaN}`) }, "not valid JSON"},
		"duplicate":           {func(m *salt.Message) { m.Body = []byte(`{"a":1,"a":1}`) }, "same member twice"},
		"body not UTF-8":      {func(m *salt.Message) { m.Body = []byte("{\"a\":\"\xff\"}") }, "not valid JSON"},
		"meta":                {func(m *salt.Message) { m.Body = []byte(`{"a":1,"_tchu_meta":{}}`) }, "rename it"},
		"meta escaped":        {func(m *salt.Message) { m.Body = []byte(`{"\u005ftchu_meta":{}}`) }, "rename it"},
		"meta, tchu-tchu":     {func(m *salt.Message) { m.Dialect, m.Body = salt.TchuTchu, []byte(`{"_tchu_meta":{}}`) }, "rename it"},
	}
	for name, tt := range tests {
		for shape, encode := range map[string]func(*salt.Message) (*Envelope, error){"2": Encode, "1": EncodeProtocol1} {
			m := &salt.Message{ID: "1", Topic: "a.b", Body: []byte(`{"a":1}`)}
			if _, err := encode(m); err != nil {
				t.Fatal(err)
			}
			tt.change(m)
			if e, err := encode(m); err == nil || e != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s, protocol %s: error %v, want one about %q", name, shape, err, tt.want)
			}
		}
	}
}

func TestExpiration(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, ""},
		{now.Add(-time.Hour), "0"},
		{now, "0"},
		{now.Add(1), "1"}, // not yet expired: never 0
		{now.Add(time.Millisecond), "1"},
		{now.Add(time.Millisecond + 1), "2"},
		{now.Add(time.Minute), "60000"},
		{now.AddDate(9, 0, 0), "284083200000"},
		{now.Add(maxExpiration), "315360000000"},
		{now.Add(maxExpiration + 1), "315360000000"},
		{now.AddDate(5000, 0, 0), "315360000000"}, // also where the duration overflows
	} {
		if got := expiration(tt.at, now); got != tt.want {
			t.Errorf("expiration of %v: %q, want %q", tt.at, got, tt.want)
		}
	}
}

func TestInstants(t *testing.T) {
	t.Parallel()
	base := time.Date(2024, 1, 1, 12, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2024-01-01T12:30:00Z":                base,
		"2024-01-01T12:30:00":                 base,
		"2024-01-01 12:30:00":                 base,
		"2024-01-01T12:30":                    base,
		"2024-01-01T12:30Z":                   base,
		"2024-01-01T14:30:00+02:00":           base,
		"2024-01-01T14:30:00+0200":            base,
		"2024-01-01T14:30:00+02":              base,
		"2024-01-01T12:30:00.5":               base.Add(500 * time.Millisecond),
		"2024-01-01T12:30:00.123456789+00:00": base.Add(123456 * time.Microsecond),
		"2024-01-01":                          base.Truncate(24 * time.Hour),
	} {
		if got, err := parseInstant(text); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, error %v; want %v", text, got, err, want)
		}
	}
	for _, bad := range []any{"", "tomorrow", "2024", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00,5", int64(5), 1.5, true, []any{}, strings.Repeat("2", 100)} {
		if got, err := parseInstant(bad); err == nil {
			t.Errorf("%v: %v, want an error", bad, got)
		}
	}
	for at, want := range map[time.Time]string{
		base: "2024-01-01T12:30:00+00:00",
		base.Add(time.Microsecond).In(time.FixedZone("", 7200)): "2024-01-01T12:30:00.000001+00:00",
		base.Add(999): "2024-01-01T12:30:00+00:00",
	} {
		if got, err := appendInstant(nil, at); err != nil || string(got) != want {
			t.Errorf("%v: %s, error %v; want %s", at, got, err, want)
		}
	}
}

// The expectations are what Python 3's repr prints.
func TestPythonRepr(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"a.b": `'a.b'`, "it's": `"it's"`, `both'"`: `'both\'"'`, `back\`: `'back\\'`, "tab\t\n\r": `'tab\t\n\r'`,
		"\x00\x7f": `'\x00\x7f'`, "ünï日😀": `'ünï日😀'`, "\u2028": `'\u2028'`, "\u00a0": `'\xa0'`, "\U000e0001": `'\U000e0001'`,
	} {
		if got := pythonRepr(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// What Encode writes into the payload's text.
func TestEncodeBody(t *testing.T) {
	t.Parallel()
	m := &salt.Message{
		ID: "1", Topic: "a.b", Version: "v1", CorrelationID: `c"1`, RPC: true, Body: []byte(" {\n\"a\": \"é\\n\" } \n"),
		Trace: map[string]string{"tracestate": "y", "traceparent": "x", "baggage": "z"},
	}
	e, err := Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[[" {\n\"a\": \"é\\n\", \"_tchu_meta\": {\"is_rpc\": true, \"version\": \"v1\", \"correlation_id\": \"c\\\"1\", ` +
		`\"baggage\": \"z\", \"traceparent\": \"x\", \"tracestate\": \"y\"}}"], ` +
		`{"routing_key": "a.b"}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]`
	if diff := cmp.Diff(want, string(e.Body)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e.Properties.ReplyTo != "" || e.Exchange != salt.DefaultExchange {
		t.Errorf("%+v", e)
	}
}

func TestReplyAddress(t *testing.T) {
	t.Parallel()
	// The caller's own correlation id comes back, as section 6.3 has it.
	for _, name := range []string{"accept_rpc_v1_with_reply_to", "accept_rpc_v2_minimal_reply_to_correlation_id", "accept_rpc_v2_reply_to_without_correlation_id"} {
		captured := mustEnvelope(t, load(t, name))
		m, err := Decode(captured, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := EncodeReply(m, &salt.Reply{})
		if err != nil {
			t.Fatal(err)
		}
		want := captured.Properties.CorrelationID
		if want == "" {
			want = m.ID
		}
		if e.Exchange != "" || e.RoutingKey != captured.Properties.ReplyTo || e.Properties.CorrelationID != want {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e, err := EncodeReply(&salt.Message{ID: "1", Topic: "a"}, &salt.Reply{}); err == nil {
		t.Errorf("a request without reply address was answered: %+v", e)
	}
}

func TestEncodeReplyRefuses(t *testing.T) {
	t.Parallel()
	req := &salt.Message{ID: "1", Topic: "a", ReplyTo: "q"}
	for name, r := range map[string]*salt.Reply{
		"not JSON":       {Body: []byte(`{`)},
		"NaN":            {Body: []byte(`NaN`)},
		"empty":          {Body: []byte{}},
		"body and fault": {Body: []byte(`1`), Fault: &salt.RemoteError{}},
	} {
		if e, err := EncodeReply(req, r); err == nil {
			t.Errorf("%s: %s", name, e.Body)
		}
		if _, v, err := EncodeResult(req, r, time.Now()); err == nil {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// Any message comes back from the wire as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		m := randomMessage(r)
		shape, encode := "2", Encode
		if n%3 == 0 {
			shape, encode = "1", EncodeProtocol1
		}
		e, err := encode(m)
		if err != nil {
			t.Fatalf("protocol %s: %v: %+v", shape, err, m)
		}
		got, err := Decode(e, Limits{})
		if err != nil {
			t.Fatalf("protocol %s: %v: %s", shape, err, e.Body)
		}
		if diff := diffJSON(t, m.Body, got.Body); diff != "" {
			t.Fatalf("protocol %s, payload (-sent +received):\n%s", shape, diff)
		}
		got.Body = m.Body
		if diff := cmp.Diff(m, got, ignoreSpec); diff != "" {
			t.Fatalf("protocol %s (-sent +received):\n%s", shape, diff)
		}
	}
}

// randomMessage returns a message in the normal form that Decode returns.
func randomMessage(r *rand.Rand) *salt.Message {
	text := func() string {
		runes := []rune("aZ09 .-_'\"\\/\n\t\x00\x7fé日😀\u2028<&")
		b := make([]rune, r.IntN(12))
		for i := range b {
			b[i] = runes[r.IntN(len(runes))]
		}
		return string(b)
	}
	table := func(prefix string) map[string]string {
		n := r.IntN(3)
		if n == 0 {
			return nil
		}
		m := make(map[string]string)
		for i := range n {
			m[fmt.Sprint(prefix, i)] = text()
		}
		return m
	}
	when := func() time.Time {
		if r.IntN(2) == 0 {
			return time.Time{}
		}
		return time.UnixMicro(r.Int64N(1 << 52)).UTC()
	}
	body := []byte("{")
	for i := range r.IntN(4) {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendText(body, fmt.Sprint(text(), i))
		body = append(body, ':')
		switch r.IntN(4) {
		case 0:
			body = appendText(body, text())
		case 1:
			body = strconv.AppendUint(body, r.Uint64(), 10)
		case 2:
			body = append(body, ` [ {"_tchu_meta": null}, -0.0, 1e+16 ] `...)
		case 3:
			body = append(body, "null"...)
		}
	}
	m := &salt.Message{
		ID: "id" + text(), Topic: "a.b", Exchange: salt.DefaultExchange, Body: append(body, '}'), Header: table("x-"),
		Expires: when(), NotBefore: when(), Priority: uint8(r.IntN(11)), Transient: r.IntN(2) == 0, Attempt: 1,
		Dialect: salt.CelerySalt, BridgedFrom: salt.Dialect(r.IntN(3)),
	}
	if r.IntN(3) == 0 {
		m.Exchange = "other"
	}
	if r.IntN(3) == 0 {
		m.RoutingKey = "other.key"
	}
	if r.IntN(4) == 0 {
		m.Dialect = salt.TchuTchu
		if m.RPC = r.IntN(2) == 0; m.RPC {
			m.ReplyTo, m.AwaitsStored = "queue", m.Transient
		}
		return m
	}
	m.RPC = r.IntN(2) == 0
	if m.RPC && r.IntN(2) == 0 {
		m.ReplyTo, m.AwaitsStored = "queue", m.Transient
	}
	m.Version, m.CorrelationID, m.Trace = text(), text(), table("t")
	return m
}

// Encoders and decoders share nothing with what they were given.
func TestNothingIsShared(t *testing.T) {
	t.Parallel()
	m := event()
	m.Header = map[string]string{"x": "y"}
	e, err := Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	body, headers := string(e.Body), maps.Clone(e.Headers)
	got, err := Decode(e, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := string(got.Body)
	clear(m.Body)
	clear(m.Header)
	if string(e.Body) != body || !cmp.Equal(headers, e.Headers) {
		t.Error("the envelope shares with the message")
	}
	clear(e.Body)
	if string(got.Body) != want || !jsontext.Value(got.Body).IsValid() {
		t.Error("the message shares with the envelope")
	}
	reply, err := DecodeResult([]byte(`{"task_id":"1","status":"SUCCESS","result":[1,2,3]}`))
	if err != nil || string(reply.Body) != `[1,2,3]` {
		t.Errorf("%s, error %v", reply.Body, err)
	}
}
