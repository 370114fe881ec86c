package celery

import (
	"fmt"
	"time"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// EncodeProtocol1 returns m in the shape of the publishers that go without a
// Celery application (PROTOCOL.md, sections 3 and 9): the whole task is the
// body, the headers are the application's own. It serves tests and bridges;
// [Encode] is for everything else.
//
// Unlike those publishers it does not drop what they cannot say: priority,
// expires, eta and reply address are set where m has them, as Celery reads
// them. The rules for m are those of Encode.
func EncodeProtocol1(m *salt.Message) (*Envelope, error) { return encodeProtocol1At(m, time.Now()) }

func encodeProtocol1At(m *salt.Message, now time.Time) (*Envelope, error) {
	e, err := newEnvelope(m, now)
	if err == nil {
		e.Headers = make(map[string]any, len(m.Header))
		err = addHeaders(e.Headers, m)
	}
	if err == nil {
		e.Body, err = taskObject(m)
	}
	if err != nil {
		return nil, fmt.Errorf("encode message %q: %w", m.ID, err)
	}
	if e.Properties.ReplyTo != "" && e.Properties.CorrelationID == "" {
		e.Properties.CorrelationID = m.ID
	}
	return e, nil
}

// taskObject returns the body of protocol 1. celery-salt begins with the id,
// tchu-tchu with the task, and only tchu-tchu writes members that are null.
func taskObject(m *salt.Message) ([]byte, error) {
	payload, err := payloadText(m)
	if err != nil {
		return nil, err
	}
	task, _ := taskOf(m.Dialect)
	tchu := m.Dialect == salt.TchuTchu
	body := make([]byte, 0, len(payload)+len(payload)/4+len(m.Topic)+256)
	body = append(body, '{')
	if tchu {
		body = append(body, `"task": "`+task+`", `...)
	}
	body = append(body, `"id": `...)
	body, _ = jsontext.AppendQuote(body, m.ID) // UTF-8: checkMessage made sure, of the topic too
	if !tchu {
		body = append(body, `, "task": "`+task+`"`...)
	}
	body = append(body, `, "args": [`...)
	body, _ = jsontext.AppendQuote(body, payload)
	body = append(body, `], "kwargs": {"routing_key": `...)
	body, _ = jsontext.AppendQuote(body, m.Topic)
	body = append(body, '}')
	if tchu {
		body = append(body, `, "retries": 0`...)
	}
	for _, at := range []struct {
		name string
		time time.Time
	}{{"eta", m.NotBefore}, {"expires", m.Expires}} {
		switch {
		case !at.time.IsZero():
			body = append(body, `, "`+at.name+`": "`...)
			if body, err = appendInstant(body, at.time); err != nil {
				return nil, fmt.Errorf("%s: %w", at.name, err)
			}
			body = append(body, '"')
		case tchu:
			body = append(body, `, "`+at.name+`": null`...)
		}
	}
	return append(body, '}'), nil
}
