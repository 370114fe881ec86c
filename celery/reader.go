package celery

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// A reader walks one strict JSON text: no duplicate names at any depth, no
// invalid UTF-8 or lone surrogates, no NaN, nothing after the value. Values are
// handed out as pieces of the text itself.
type reader struct {
	dec  jsontext.Decoder
	src  bytes.Buffer
	text []byte
}

var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(text []byte) *reader {
	r := readers.Get().(*reader) //nolint:errcheck // the pool holds nothing else
	r.text = text
	r.src = *bytes.NewBuffer(text)
	r.dec.Reset(&r.src)
	return r
}

// close gives the reader back. What it handed out stays valid.
func (r *reader) close() {
	r.text = nil
	r.src = bytes.Buffer{}
	r.dec.Reset(&r.src) // or the pool would keep the text alive
	readers.Put(r)
}

// kind returns the kind of the next value or delimiter; 0 when there is none.
func (r *reader) kind() jsontext.Kind { return r.dec.PeekKind() }

// token consumes a delimiter.
func (r *reader) token() error {
	_, err := r.dec.ReadToken()
	return strict(err)
}

// value consumes and returns a whole value, an object's name included.
func (r *reader) value() (jsontext.Value, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return nil, strict(err)
	}
	end := r.offset()
	return r.text[end-len(v) : end : end], nil
}

// offset is the end of what was consumed last.
func (r *reader) offset() int { return int(r.dec.InputOffset()) }

// end makes sure that nothing but space follows.
func (r *reader) end() error {
	switch _, err := r.dec.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return strict(err)
	}
	return fmt.Errorf("more than one value, at byte %d", r.offset())
}

// object consumes an object, calling f at the value of each member; f consumes
// the value.
func (r *reader) object(f func(name []byte) error) error {
	if k := r.kind(); k != jsontext.KindBeginObject {
		return r.unexpected("an object")
	}
	if err := r.token(); err != nil {
		return err
	}
	for r.kind() != jsontext.KindEndObject {
		quoted, err := r.value()
		if err != nil {
			return err
		}
		name, err := unquote(quoted)
		if err != nil {
			return err
		}
		if err := f(name); err != nil {
			return err
		}
	}
	return r.token()
}

// array consumes an array, calling f at each element; f consumes it.
func (r *reader) array(f func(i int) error) error {
	if k := r.kind(); k != jsontext.KindBeginArray {
		return r.unexpected("an array")
	}
	if err := r.token(); err != nil {
		return err
	}
	for i := 0; r.kind() != jsontext.KindEndArray; i++ {
		if err := f(i); err != nil {
			return err
		}
	}
	return r.token()
}

// unexpected explains that want was wanted; a text that is not JSON at all is
// the more important news.
func (r *reader) unexpected(want string) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	return fmt.Errorf("%s where %s was expected", kindName(v), want)
}

// unquote returns the content of a JSON string; it aliases quoted where it can.
func unquote(quoted jsontext.Value) ([]byte, error) {
	if bytes.IndexByte(quoted, '\\') < 0 && len(quoted) >= 2 {
		return quoted[1 : len(quoted)-1 : len(quoted)-1], nil
	}
	return jsontext.AppendUnquote(make([]byte, 0, len(quoted)), quoted)
}

// strict says what is wrong with a text without quoting from it.
func strict(err error) error {
	if err == nil {
		return nil
	}
	what := "not valid JSON"
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		what = "an object has the same member twice"
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		what = "JSON ends too early"
	}
	if at, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%s (at byte %d)", what, at.ByteOffset)
	}
	return errors.New(what)
}

func kindName(v jsontext.Value) string {
	switch v.Kind() {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	}
	return "nothing"
}
