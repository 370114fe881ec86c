package celery

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// DecodeReply reads an answer that came over rpc:// (PROTOCOL.md, sections 6.2
// to 6.6). The reply has either the body that the first handler returned (null
// included; an authored error is a body as well) or a fault.
//
// The error is [ErrNotFinal], wrapped, when more is to come, and otherwise a
// *[RejectError]. Size is the transport's business: it has the bytes already.
// The default [Limits] hold for the nesting and members of the result.
func DecodeReply(e *Envelope) (*salt.Reply, error) {
	l := Limits{MaxBytes: max(len(e.Body), defaultMaxBytes)}.orDefaults()
	text, err := content(e, l)
	if err != nil {
		return nil, err
	}
	t, err := readResult(text)
	if err != nil {
		return nil, err
	}
	return t.reply()
}

// DecodeResult reads the value that a worker stores and publishes in Redis
// (PROTOCOL.md, section 6.4). Otherwise it is like [DecodeReply].
func DecodeResult(value []byte) (*salt.Reply, error) {
	t, err := readResult(value)
	if err != nil {
		return nil, err
	}
	return t.reply()
}

// A taskResult is Celery's account of a task, as pieces of the text.
type taskResult struct {
	id, status string
	result     jsontext.Value
}

// readResult reads the members a Python caller insists on: without one of them
// it fails too.
func readResult(text []byte) (*taskResult, error) {
	t := new(taskResult)
	var id, status jsontext.Value
	r := newReader(text)
	defer r.close()
	err := r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "task_id":
			id = v
		case "status":
			status = v
		case "result":
			t.result = v
		}
		return err
	})
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, reject("reply: %v", err)
	}
	var ok bool
	if t.id, ok = stringOf(id); !ok || t.id == "" {
		return nil, reject("reply: task_id is missing or not a string")
	}
	if t.status, ok = stringOf(status); !ok {
		return nil, reject("reply: status is missing or not a string")
	}
	if t.result == nil {
		return nil, reject("reply: result is missing")
	}
	return t, Limits{MaxBytes: len(t.result)}.orDefaults().check(t.result)
}

// reply interprets the account.
func (t *taskResult) reply() (*salt.Reply, error) {
	r := &salt.Reply{ID: t.id}
	var err error
	switch t.status {
	case statusSuccess:
		r.Body, r.Fault, err = readDispatch(t.result)
	case statusFailure, statusRevoked:
		r.Fault, err = readException(t.result)
	default:
		return nil, fmt.Errorf("%w: status %.40q", ErrNotFinal, t.status)
	}
	if err != nil {
		return nil, reject("reply: %v", err)
	}
	return r, nil
}

// readDispatch reads the dispatcher's result. What is no object is not a
// dispatcher's and stands for itself, as in Python.
func readDispatch(result jsontext.Value) (body []byte, fault *salt.RemoteError, err error) {
	if result.Kind() != jsontext.KindBeginObject {
		body, err = untyped(result)
		return clone(body), nil, err
	}
	var status, topic, results jsontext.Value
	r := newReader(result)
	defer r.close()
	err = r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "status":
			status = v
		case "routing_key":
			topic = v
		case "results":
			results = v
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	topicText, _ := stringOf(topic)
	if s, _ := stringOf(status); s == "no_handlers" {
		return nil, &salt.RemoteError{Kind: salt.FaultNoHandler, Topic: topicText}, nil
	}
	body, fault, err = readFirst(results)
	if fault != nil {
		fault.Topic = topicText
	}
	return body, fault, err
}

// readFirst reads the result of the first handler, the one that counts.
func readFirst(results jsontext.Value) (body []byte, fault *salt.RemoteError, err error) {
	var first jsontext.Value
	if results != nil && results.Kind() != jsontext.KindNull {
		r := newReader(results)
		defer r.close()
		err = r.array(func(i int) error {
			v, err := r.value()
			if i == 0 {
				first = v
			}
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("results: %w", err)
		}
	}
	if first == nil {
		return nil, &salt.RemoteError{Kind: salt.FaultDispatcher, Message: "no results returned from handler"}, nil
	}
	var status, handler, text, result jsontext.Value
	r := newReader(first)
	defer r.close()
	err = r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "status":
			status = v
		case "handler":
			handler = v
		case "error":
			text = v
		case "result":
			result = v
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("results: %w", err)
	}
	switch s, _ := stringOf(status); s {
	case "success":
		if result == nil {
			result = jsontext.Value("null")
		}
		body, err = untyped(result)
		return clone(body), nil, err
	case "dispatched":
		return nil, &salt.RemoteError{Kind: salt.FaultDispatcher, Message: "the service took the request for a broadcast"}, nil
	}
	name, _ := stringOf(handler)
	message, _ := stringOf(text)
	return nil, &salt.RemoteError{
		Kind:    salt.FaultHandler,
		Handler: cmp.Or(name, "unknown"),
		Message: cmp.Or(message, "Unknown error"),
	}, nil
}

// readException reads the result of a task that failed: an exception, or just
// a text.
func readException(result jsontext.Value) (*salt.RemoteError, error) {
	f := &salt.RemoteError{Kind: salt.FaultDispatcher}
	switch result.Kind() {
	case jsontext.KindString:
		f.Message, _ = stringOf(result)
		return f, nil
	case jsontext.KindBeginObject:
	default:
		return nil, errors.New("the result of a failure is " + kindName(result))
	}
	r := newReader(result)
	defer r.close()
	err := r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "exc_type":
			f.Type, _ = stringOf(v)
		case "exc_message":
			f.Message = exceptionText(v)
		}
		return err
	})
	switch f.Type {
	case excNotRegistered:
		f.Kind = salt.FaultNotRegistered
	case excRevoked:
		if f.Message == "expired" {
			f.Kind = salt.FaultExpired
		}
	}
	return f, err
}

// exceptionText reads an exception's arguments: a string, or a list of which
// Python shows the strings.
func exceptionText(v jsontext.Value) string {
	if v.Kind() != jsontext.KindBeginArray {
		s, _ := stringOf(v)
		return s
	}
	var parts []string
	r := newReader(v)
	defer r.close()
	_ = r.array(func(int) error { // v is valid: it is part of a text that was read
		e, err := r.value()
		if s, ok := stringOf(e); ok {
			parts = append(parts, s)
		}
		return err
	})
	return strings.Join(parts, ", ")
}

// clone returns a copy that does not keep a whole message alive.
func clone(v jsontext.Value) []byte { return append([]byte(nil), v...) }
