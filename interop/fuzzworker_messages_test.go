package interop_test

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
)

// message returns a random message below prefix that Salt must send and a
// worker must handle.
func (g *generator) message(prefix string) *salt.Message {
	m := &salt.Message{ID: uuid.NewString(), Topic: prefix + "." + g.words(), Body: g.object()}
	if g.IntN(4) == 0 { // any text is an id, if it is unique and not too long
		m.ID = cutText(g.text(oddTexts)+m.ID, 241)
	}
	if g.IntN(3) == 0 {
		m.Version = pick(g, []string{"v1", "v2", "v1.2.3", "V10", "latest", "x", " ", "v-1", "v" + strings.Repeat("9", 30)})
	}
	if g.IntN(3) == 0 {
		m.CorrelationID = g.text(oddTexts)
	}
	if g.IntN(3) == 0 {
		m.Priority = uint8(g.IntN(11))
	}
	switch g.IntN(6) { // far enough away never to come true
	case 0:
		m.Expires = time.Now().Add(time.Hour + time.Duration(g.Int64N(1<<61))).In(g.zone())
	case 1:
		m.NotBefore = time.Unix(g.Int64N(time.Now().Unix()), g.Int64N(1e9)).In(g.zone())
	case 2:
		m.NotBefore = time.Now().Add(time.Duration(g.IntN(200)) * time.Millisecond)
	}
	m.Transient = g.IntN(4) == 0
	for g.IntN(3) == 0 {
		if name := cutText(g.text(oddHeaders), 255); name != "" && !claimed[name] && !strings.HasPrefix(name, "x-") {
			m.Header = with(m.Header, name, cutText(g.text(oddTexts), 1<<13)) // all headers share one frame
		}
		if name := g.text(oddNames); name != "is_rpc" && name != "version" && name != "correlation_id" {
			m.Trace = with(m.Trace, name, g.text(oddTexts))
		}
	}
	return m
}

// Names that look like something of Celery's, kombu's or Python's.
var oddHeaders = []string{
	"traceparent", "baggage", "sentry-trace", "tenant", "Content-Type", "content_type", "__class__", "__dict__", "__init__",
	"_private", "meth", "link", "queue", "tags", "name", "groups", "replyTo", "redelivered", "priority", "timestamp", "stamp", "🚀", "é", " ", "\x00", "a.b", "'", "ID", "Task",
}

// claimed are the names among the odd ones that belong to Celery.
var claimed = map[string]bool{
	"args": true, "kwargs": true, "id": true, "task": true, "headers": true, "properties": true,
	"delivery_info": true, "callbacks": true,
}

func with(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = make(map[string]string)
	}
	m[name] = value
	return m
}

// cutText keeps the end of s, which is where the unique part of an id is.
func cutText(s string, length int) string {
	if len(s) > length {
		s = strings.ToValidUTF8(s[len(s)-length:], "")
	}
	return s
}

func (g *generator) zone() *time.Location {
	return time.FixedZone("", (g.IntN(27)-12)*3600+g.IntN(4)*900)
}

// words returns what may follow in a topic. Wildcards, spaces and control
// characters may not.
func (g *generator) words() string {
	var words []string
	for range 1 + g.IntN(3) {
		word := strings.Map(func(c rune) rune {
			if c <= ' ' || c == 0x7f || strings.ContainsRune(".*#", c) {
				return '-'
			}
			return c
		}, g.text([]string{"user", "a'b", `a"b`, `\`, "(", "[a", "$", "^a$", "{0}", "%s", "é", "日本", "🚀", "a/b", "__proto__"}))
		if word = cutText(word, 60); word == "" || salt.CheckTopic(word) != nil {
			word = "x"
		}
		words = append(words, word)
	}
	return strings.Join(words, ".")
}

// A flaw makes a message one that Salt must refuse, and says for which reason.
type flaw struct {
	name, reason string
	apply        func(m *salt.Message)
}

func body(text string) func(*salt.Message) {
	return func(m *salt.Message) { m.Body = []byte(text) }
}

var flaws = []flaw{
	{"lone surrogate", "not valid JSON", body(`{"a": "\ud800"}`)},
	{"surrogates reversed", "not valid JSON", body(`{"a": "\udc00\ud800"}`)},
	{"surrogate in a name", "not valid JSON", body(`{"a": {"\udfff": 1}}`)},
	{"not UTF-8", "not valid JSON", body("{\"a\": \"\xff\"}")},
	{"overlong UTF-8", "not valid JSON", body("{\"a\": \"\xc0\x80\"}")},
	{"member twice", "same member twice", body(`{"a": 1, "a": 1}`)},
	{"member twice, nested", "same member twice", body(`{"a": [{"b": 1, "\u0062": 1}]}`)},
	{"NaN", "not valid JSON", body(`{"a": NaN}`)},
	{"Infinity", "not valid JSON", body(`{"a": -Infinity}`)},
	{"leading zero", "not valid JSON", body(`{"a": 01}`)},
	{"hexadecimal", "not valid JSON", body(`{"a": 0x10}`)},
	{"raw control character", "not valid JSON", body("{\"a\": \"\n\"}")},
	{"byte order mark", "not valid JSON", body("\ufeff{}")},
	{"comment", "not valid JSON", body(`{} // {}`)},
	{"trailing comma", "not valid JSON", body(`{"a": 1,}`)},
	{"two values", "more than one value", body(`{} {}`)},
	{"cut off", "ends too early", body(`{"a": "b`)},
	{"nothing", "ends too early", body(``)},
	{"array", "an array where an object was expected", body(`[]`)},
	{"null", "null where an object was expected", body(`null`)},
	{"envelope's own member", "rename it", body(`{"_tchu_meta": {}}`)},
	{"envelope's own member, escaped", "rename it", body(`{"\u005ftchu_meta": {}}`)},
	{"too deep for Python", "nested deeper", body(`{"a": ` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`)},
	{"too long for Python", "digits", body(`{"a": ` + strings.Repeat("9", 4301) + `}`)},
	{"long id", "id of", func(m *salt.Message) { m.ID = strings.Repeat("i", 242) }},
	{"id not UTF-8", "of UTF-8", func(m *salt.Message) { m.ID = "\xff" }},
	{"topic with a space", "topic", func(m *salt.Message) { m.Topic = "a b" }},
	{"topic with a wildcard", "topic", func(m *salt.Message) { m.Topic = "a.#" }},
	{"topic with an empty word", "topic", func(m *salt.Message) { m.Topic = "a..b" }},
	{"long topic", "topic", func(m *salt.Message) { m.Topic = strings.Repeat("t", 256) }},
	{"long routing key", "longer than", func(m *salt.Message) { m.RoutingKey = strings.Repeat("t", 256) }},
	{"priority", "priority", func(m *salt.Message) { m.Priority = 11 }},
	{"header of Celery's", "reserved", func(m *salt.Message) { m.Header = map[string]string{"task": "x"} }},
	{"header of the request's", "reserved", func(m *salt.Message) { m.Header = map[string]string{"_children": "x"} }},
	{"header without a name", "header name", func(m *salt.Message) { m.Header = map[string]string{"": "x"} }},
	{"header not UTF-8", "not UTF-8", func(m *salt.Message) { m.Header = map[string]string{"a": "\xff"} }},
	{"trace field of Salt's", "is a name of", func(m *salt.Message) { m.Trace = map[string]string{"is_rpc": "x"} }},
	{"trace not UTF-8", "not UTF-8", func(m *salt.Message) { m.Trace = map[string]string{"a": "\xff"} }},
	{"correlation id not UTF-8", "not UTF-8", func(m *salt.Message) { m.CorrelationID = "\xff" }},
	{"version not UTF-8", "not UTF-8", func(m *salt.Message) { m.Version = "\xff" }},
	{"after Python's last year", "year", func(m *salt.Message) { m.NotBefore = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
}
