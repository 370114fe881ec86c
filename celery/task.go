package celery

import (
	"strings"
	"time"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// A task is what an envelope says before the payload is looked into.
type task struct {
	dialect salt.Dialect
	id      string
	topic   string // empty when the arguments do not name it
	eta     time.Time
	expires time.Time
	payload []byte // one JSON value, not yet checked; not shared with the envelope
}

// readTask reads both task protocols. It is Celery's rule that a header "task"
// makes a message protocol 2, whatever the body looks like.
func readTask(e *Envelope, l Limits) (task, error) {
	var t task
	name, v2 := e.Headers["task"]
	if v2 {
		if err := t.readHeaders(name, e.Headers); err != nil {
			return task{}, err
		}
	}
	text, err := content(e, l)
	if err != nil {
		return task{}, err
	}
	var (
		f fields
		a arguments
	)
	r := newReader(text)
	defer r.close()
	if r.kind() == jsontext.KindBeginArray {
		err = a.readBody(r)
	} else {
		err = f.read(r)
	}
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return task{}, reject("body: %v", err)
	}
	if !v2 {
		if err := t.readFields(&f); err != nil {
			return task{}, err
		}
	}
	if err := a.readFields(&f); err != nil {
		return task{}, reject("body: %v", err)
	}
	if t.payload, t.topic, err = a.bind(); err != nil {
		return task{}, reject("%v", err)
	}
	return t, nil
}

// readHeaders reads what protocol 2 has in the headers.
func (t *task) readHeaders(name any, headers map[string]any) error {
	s, ok := name.(string)
	if !ok {
		return reject("header task is not a string")
	}
	if t.dialect, ok = dialectOf(s); !ok {
		return foreign("task %.100q", s)
	}
	if s, ok = headers["id"].(string); !ok {
		return reject("header id is missing or not a string")
	}
	if err := checkID(s); err != nil {
		return reject("header %v", err)
	}
	t.id = s
	var err error
	if t.eta, err = parseInstant(headers["eta"]); err != nil {
		return reject("header eta is %v", err)
	}
	if t.expires, err = parseInstant(headers["expires"]); err != nil {
		return reject("header expires is %v", err)
	}
	return nil
}

// readFields reads the same from the body of protocol 1.
func (t *task) readFields(f *fields) error {
	name, ok := stringOf(f.task)
	if !ok {
		return f.notTask()
	}
	if t.dialect, ok = dialectOf(name); !ok {
		return foreign("task %.100q", name)
	}
	if t.id, ok = stringOf(f.id); !ok {
		return reject("id is missing or not a string")
	}
	if err := checkID(t.id); err != nil {
		return reject("%v", err)
	}
	var err error
	if t.eta, err = instantOf(f.eta); err != nil {
		return reject("eta is %v", err)
	}
	if t.expires, err = instantOf(f.expires); err != nil {
		return reject("expires is %v", err)
	}
	return nil
}

// fields are the members of an object body, as pieces of the text. All are nil
// when the body was an array.
type fields struct {
	task, id, args, kwargs, eta, expires jsontext.Value

	// What an object without a task may be instead.
	method, taskID bool
}

func (f *fields) read(r *reader) error {
	return r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "task":
			f.task = v
		case "id":
			f.id = v
		case "args":
			f.args = v
		case "kwargs":
			f.kwargs = v
		case "eta":
			f.eta = v
		case "expires":
			f.expires = v
		case "method":
			f.method = true
		case "task_id":
			f.taskID = true
		}
		return err
	})
}

// notTask says what a message that names no task is.
func (f *fields) notTask() error {
	switch {
	case f.args != nil || f.kwargs != nil || f.task != nil:
	case f.method:
		return foreign("remote control command")
	case f.taskID:
		return foreign("task result")
	}
	return reject("no task: neither a header nor the body names one")
}

func stringOf(v jsontext.Value) (string, bool) {
	if v.Kind() != jsontext.KindString {
		return "", false
	}
	s, err := unquote(v)
	return string(s), err == nil
}

func instantOf(v jsontext.Value) (time.Time, error) {
	if v == nil || v.Kind() == jsontext.KindNull {
		return time.Time{}, nil
	}
	s, ok := stringOf(v)
	if !ok {
		return time.Time{}, errNotInstant
	}
	return parseInstant(s)
}

// content returns the body as JSON text: checked for type, decompressed,
// within the limit.
func content(e *Envelope, l Limits) ([]byte, error) {
	if e.Properties.ContentType != contentJSON {
		return nil, reject("content type %.100q is not %q", e.Properties.ContentType, contentJSON)
	}
	switch strings.ToLower(e.Properties.ContentEncoding) {
	case "", encodingUTF8, "utf8", "ascii", "us-ascii", "binary": // kombu's names of what may be UTF-8
	default:
		return nil, reject("content encoding %.100q is not %q", e.Properties.ContentEncoding, encodingUTF8)
	}
	if limit := l.envelope(); len(e.Body) > limit {
		return nil, reject("body of %d bytes is larger than %d", len(e.Body), limit)
	}
	switch method := e.Headers["compression"].(type) {
	case nil:
		return e.Body, nil
	case string:
		return inflate(method, e.Body, l.envelope())
	}
	return nil, reject("header compression is not a string")
}
