package celery

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// The outcomes of a [Description].
const (
	OutcomeEvent    = "event"
	OutcomeRequest  = "request"
	OutcomeReply    = "reply"
	OutcomeIgnored  = "ignored"  // somebody else's: acknowledged in silence
	OutcomeRejected = "rejected" // undecodable: dead-lettered
)

// A Description says what Salt understands of a captured message. It is made
// for its JSON, in which only the members of the outcome appear.
type Description struct {
	Outcome string `json:"outcome"`
	ID      string `json:"id,omitzero"`

	// Of events and requests. Version and CorrelationID are strings or null.
	Topic         string         `json:"topic,omitzero"`
	Version       jsontext.Value `json:"version,omitzero"`
	RPC           *bool          `json:"rpc,omitzero"`
	CorrelationID jsontext.Value `json:"correlation_id,omitzero"`
	Payload       jsontext.Value `json:"payload,omitzero"` // without _tchu_meta

	// Of replies. Status is Celery's. Where there is no result, ErrorCode and
	// ErrorMessage are what an authored error says, or a [salt.Fault] and its
	// text; a reply that is not final has neither.
	Status       string         `json:"status,omitzero"`
	Result       jsontext.Value `json:"result,omitzero"`
	ErrorCode    jsontext.Value `json:"error_code,omitzero"`
	ErrorMessage jsontext.Value `json:"error_message,omitzero"`

	// Of what is ignored or rejected, for people.
	Reason string `json:"reason,omitzero"`
}

// Describe reads a vector file (PROTOCOL.md, "Vector files"): a message with
// the members exchange, routing_key, properties, headers and body (text, or
// {"__base64__": …}), a stored result under redis, or the last of the
// replies_sent. Whether a message is a reply shows in its content. The error
// says why the file is not such a vector; a message that Salt would not accept
// is no error but an outcome.
func Describe(vector []byte) (*Description, error) {
	v, err := parseVector(vector)
	if err != nil {
		return nil, err
	}
	if v.Redis != nil {
		return describeReply(readResult([]byte(v.Redis.Value))), nil
	}
	if n := len(v.Replies); n > 0 {
		last := v.Replies[n-1]
		if last.Value != nil {
			return describeReply(readResult([]byte(*last.Value))), nil
		}
		v.Properties, v.Body = last.Properties, last.Body
	}
	e, err := v.envelope()
	if err != nil {
		return nil, err
	}
	if isReply(e) {
		text, err := content(e, Limits{}.orDefaults())
		if err != nil {
			return undecoded(e, err), nil
		}
		return describeReply(readResult(text)), nil
	}
	m, err := Decode(e, Limits{})
	if err != nil {
		return undecoded(e, err), nil
	}
	return describeMessage(m), nil
}

// isReply reports whether e is the result of a task and not a task.
func isReply(e *Envelope) bool {
	if _, task := e.Headers["task"]; task {
		return false
	}
	var f fields
	r := newReader(e.Body)
	defer r.close()
	return f.read(r) == nil && f.taskID && f.task == nil && f.args == nil && f.kwargs == nil
}

func describeMessage(m *salt.Message) *Description {
	d := &Description{
		Outcome:       OutcomeEvent,
		ID:            m.ID,
		Topic:         m.Topic,
		Version:       textOrNull(m.Version),
		RPC:           &m.RPC,
		CorrelationID: textOrNull(m.CorrelationID),
		Payload:       m.Body,
	}
	if m.RPC {
		d.Outcome = OutcomeRequest
	}
	return d
}

func undecoded(e *Envelope, err error) *Description {
	d := &Description{Outcome: OutcomeRejected, Reason: err.Error()}
	d.ID, _ = e.Headers["id"].(string)
	if bad, ok := errors.AsType[*RejectError](err); ok {
		d.Reason = bad.Reason
	}
	if errors.Is(err, ErrForeign) {
		d.Outcome = OutcomeIgnored
	}
	return d
}

func describeReply(t *taskResult, err error) *Description {
	if err != nil {
		return undecoded(new(Envelope), err)
	}
	d := &Description{Outcome: OutcomeReply, ID: t.id, Status: t.status}
	r, err := t.reply()
	switch {
	case errors.Is(err, ErrNotFinal):
		return d
	case err != nil:
		d = undecoded(new(Envelope), err)
		d.ID = t.id
		return d
	case r.Fault != nil:
		d.ErrorCode = appendText(nil, string(r.Fault.Kind))
		d.ErrorMessage = appendText(nil, faultText(r.Fault))
		return d
	}
	if d.ErrorCode, d.ErrorMessage = authoredError(r.Body); d.ErrorCode == nil && d.ErrorMessage == nil {
		d.Result = r.Body
	}
	return d
}

// authoredError returns the members by which Python knows an error; nil for a
// result (PROTOCOL.md, section 6.6).
func authoredError(body jsontext.Value) (code, message jsontext.Value) {
	if body.Kind() != jsontext.KindBeginObject {
		return nil, nil
	}
	r := newReader(body)
	defer r.close()
	_ = r.object(func(name []byte) error { // body is part of a text that was read
		v, err := r.value()
		switch string(name) {
		case "error_code":
			code = v
		case "error_message":
			message = v
		}
		return err
	})
	return code, message
}

func faultText(f *salt.RemoteError) string {
	switch f.Kind {
	case salt.FaultNoHandler:
		return fmt.Sprintf("no handler for topic %q", f.Topic)
	case salt.FaultNotRegistered:
		return fmt.Sprintf("the worker does not know the task %q", f.Message)
	}
	return cmp.Or(f.Message, "no message")
}

func textOrNull(s string) jsontext.Value {
	if s == "" {
		return jsontext.Value("null")
	}
	return appendText(nil, s)
}
