package celery

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// Encode returns m as Celery 5.3 and newer would publish it, by task protocol 2
// (PROTOCOL.md, sections 2 and 10). Differences from the captured messages, all
// of them harmless to Celery:
//
//   - lang is "go".
//   - argsrepr, which Celery workers log and show in their monitors, does not
//     contain the payload: secrets do not belong there.
//   - reply_to is set on requests only, so that no queue fills with the results
//     of broadcasts.
//   - Text is UTF-8, not ASCII with escapes.
//
// The message must have an id, a topic and a body that is one strict JSON
// object without a member _tchu_meta. A message that has expired already is
// encoded, with an expiration of 0, by which the broker drops it. Size is the
// transport's business. An error says what is wrong with m; nothing else can
// fail.
func Encode(m *salt.Message) (*Envelope, error) { return encodeAt(m, time.Now()) }

func encodeAt(m *salt.Message, now time.Time) (*Envelope, error) {
	e, err := newEnvelope(m, now)
	if err != nil {
		return nil, fmt.Errorf("encode message %q: %w", m.ID, err)
	}
	if e.Headers, err = taskHeaders(m); err != nil {
		return nil, fmt.Errorf("encode message %q: %w", m.ID, err)
	}
	if e.Body, err = taskBody(m); err != nil {
		return nil, fmt.Errorf("encode message %q: %w", m.ID, err)
	}
	if e.Properties.CorrelationID == "" {
		e.Properties.CorrelationID = m.ID
	}
	return e, nil
}

// newEnvelope fills in what both protocols share.
func newEnvelope(m *salt.Message, now time.Time) (*Envelope, error) {
	if err := checkMessage(m); err != nil {
		return nil, err
	}
	e := &Envelope{
		Exchange:   m.Exchange,
		RoutingKey: m.Key(),
		Properties: Properties{
			ContentType:     contentJSON,
			ContentEncoding: encodingUTF8,
			DeliveryMode:    persistentMode,
			Priority:        m.Priority,
			Expiration:      expiration(m.Expires, now),
		},
	}
	if e.Exchange == "" {
		e.Exchange = salt.DefaultExchange
	}
	if m.Transient {
		e.Properties.DeliveryMode = transientMode
	}
	if m.RPC { // the second part is there when a received request is sent on
		e.Properties.ReplyTo, e.Properties.CorrelationID, _ = strings.Cut(m.ReplyTo, correlationMark)
	}
	return e, nil
}

func checkMessage(m *salt.Message) error {
	if err := salt.CheckTopic(m.Topic); err != nil {
		return err
	}
	if err := checkID(m.ID); err != nil {
		return err
	}
	if len(m.ID) > maxID {
		return fmt.Errorf("id of %d bytes; a Python worker needs room to lengthen it, so %d are allowed", len(m.ID), maxID)
	}
	queue, correlation, _ := strings.Cut(m.ReplyTo, correlationMark)
	switch {
	case max(len(m.Key()), len(m.Exchange), len(queue), len(correlation)) > maxShort:
		return fmt.Errorf("routing key, exchange or reply address is longer than the %d bytes AMQP allows", maxShort)
	case !utf8.ValidString(m.Key()) || !utf8.ValidString(m.Exchange):
		return errors.New("routing key or exchange is not UTF-8")
	case m.Priority > maxPriority:
		return fmt.Errorf("priority %d is above %d", m.Priority, maxPriority)
	}
	for _, d := range []salt.Dialect{m.Dialect, m.BridgedFrom} {
		if _, known := taskOf(d); !known {
			return fmt.Errorf("unknown dialect %v", d)
		}
	}
	return nil
}

func checkID(id string) error {
	if id == "" || len(id) > maxShort || !utf8.ValidString(id) {
		return fmt.Errorf("id is not 1 to %d bytes of UTF-8", maxShort)
	}
	return nil
}

// taskHeaders returns the header table of Celery 5.3+.
func taskHeaders(m *salt.Message) (map[string]any, error) {
	eta, err := instantHeader(m.NotBefore)
	if err != nil {
		return nil, fmt.Errorf("not-before: %w", err)
	}
	expires, err := instantHeader(m.Expires)
	if err != nil {
		return nil, fmt.Errorf("expires: %w", err)
	}
	task, _ := taskOf(m.Dialect)
	var id any = m.ID                                   // boxed once
	headers := make(map[string]any, 20+len(m.Header)+8) // room for the transport's own
	headers["lang"] = "go"
	headers["task"] = task
	headers["id"] = id
	headers["shadow"] = nil
	headers["eta"] = eta
	headers["expires"] = expires
	headers["group"] = nil
	headers["group_index"] = nil
	headers["retries"] = int32(0)
	headers["timelimit"] = []any{nil, nil}
	headers["root_id"] = id
	headers["parent_id"] = nil
	headers["argsrepr"] = "['...']" // not the payload, see Encode
	headers["kwargsrepr"] = "{'routing_key': " + pythonRepr(m.Topic) + "}"
	headers["origin"] = origin()
	headers["ignore_result"] = false
	headers["replaced_task_nesting"] = int32(0)
	headers["stamped_headers"] = nil
	headers["stamps"] = map[string]any{}
	return headers, addHeaders(headers, m)
}

// taskBody returns [[payload], {"routing_key": topic}, embed]. Exactly three
// elements: a Python worker dies of any other number.
func taskBody(m *salt.Message) ([]byte, error) {
	payload, err := payloadText(m)
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, len(payload)+len(payload)/4+len(m.Topic)+128)
	body = append(body, "[["...)
	body, _ = jsontext.AppendQuote(body, payload) // UTF-8: payloadText made sure
	body = append(body, `], {"routing_key": `...)
	body, _ = jsontext.AppendQuote(body, m.Topic) // UTF-8: checkMessage made sure
	return append(body, `}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]`...), nil
}

// payloadText returns the payload with _tchu_meta as its last member.
func payloadText(m *salt.Message) ([]byte, error) {
	r := newReader(m.Body)
	defer r.close()
	last := 0
	err := r.object(func(name []byte) error {
		if string(name) == metaName {
			return fmt.Errorf("the payload has a member %q, which is the envelope's; rename it", metaName)
		}
		_, err := r.value()
		last = r.offset()
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err == nil {
		err = checkBearable(m.Body)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("payload: %w", err)
	case m.Dialect == salt.TchuTchu:
		return m.Body, nil
	}
	text := make([]byte, 0, len(m.Body)+128)
	if last == 0 {
		text = append(text, '{')
	} else {
		text = append(append(text, m.Body[:last]...), ", "...)
	}
	text = append(text, `"`+metaName+`": `...)
	if text, err = appendMeta(text, m); err != nil {
		return nil, err
	}
	return append(text, '}'), nil
}

// origin names this process as Celery names an anonymous client.
var origin = sync.OnceValue(func() string {
	host, err := os.Hostname()
	if err != nil || !utf8.ValidString(host) {
		host = "unknown"
	}
	return "gen" + strconv.Itoa(os.Getpid()) + "@" + host
})

// pythonRepr returns s as Python's repr does.
func pythonRepr(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	b := append(make([]byte, 0, len(s)+2), quote)
	for _, c := range s {
		switch {
		case c == rune(quote) || c == '\\':
			b = append(b, '\\', byte(c))
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == ' ' || unicode.IsPrint(c):
			b = utf8.AppendRune(b, c)
		case c < 0x100:
			b = fmt.Appendf(b, `\x%02x`, c)
		case c < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = fmt.Appendf(b, `\U%08x`, c)
		}
	}
	return string(append(b, quote))
}
