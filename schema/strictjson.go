package schema

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Check reports whether doc is one JSON value in the strict sense of RFC 8259
// and I-JSON, within the limits: no duplicate member names at any level, no
// invalid UTF-8, no lone surrogate escapes, no NaN or Infinity, nothing after
// the value, no number with an absurd exponent. The error is an [*Error] with
// one field and never contains text of the document other than member names.
func Check(doc []byte, l Limits) error {
	t, err := scan(doc, l.withDefaults())
	if err != nil {
		return err
	}
	t.release()
	return nil
}

// A tape is a document taken apart once, in document order, so that schemas
// can be held against any of its values without parsing again.
type tape struct {
	src   []byte
	cells []cell
	wide  bool // some number has more digits than every float64 keeps
}

// A cell is one value or member name. The cells of an object alternate name
// and value, those of an array follow each other; next jumps over them.
type cell struct {
	kind       jsontext.Kind
	escaped    bool  // string with a backslash
	wide       bool  // number that may not survive float64
	covered    bool  // number that a schema with a type has accepted
	start, end int32 // the text in src
	next       int32 // index of the first cell behind this value
	size       int32 // members or elements
}

// Tapes are reused: a document of 65 leaves needs about 4 KiB of cells. Big
// ones are left to the garbage collector.
var tapes sync.Pool

const keepCells = 1 << 14

func (t *tape) release() {
	if cap(t.cells) > keepCells {
		return
	}
	t.src, t.cells, t.wide = nil, t.cells[:0], false
	tapes.Put(t)
}

func (t *tape) text(i int) []byte { return t.src[t.cells[i].start:t.cells[i].end] }

// str returns the string at cell i without quotes and escapes; it may alias
// the document.
func (t *tape) str(i int) []byte {
	raw := t.text(i)
	if !t.cells[i].escaped {
		return raw[1 : len(raw)-1]
	}
	s, _ := jsontext.AppendUnquote(nil, raw) // the scan has checked it
	return s
}

// scan checks doc and takes it apart. On success the caller releases the tape.
//
// Nearly all documents are good, so the decoder first only says yes or no, and
// goes token by token, three times as slow, to find out where and why not.
func scan(doc []byte, l Limits) (*tape, error) {
	if len(doc) > min(l.MaxBytes, math.MaxInt32) {
		return nil, failure("", "size", "at most "+strconv.Itoa(l.MaxBytes)+" bytes", strconv.Itoa(len(doc))+" bytes")
	}
	t, ok := tapes.Get().(*tape)
	if !ok { // there is none to reuse
		t = new(tape)
	}
	t.src = doc
	if jsontext.Value(doc).IsValid() && t.split(l) {
		return t, nil
	}
	t.cells, t.wide = t.cells[:0], false
	s := scanner{tape: t, dec: jsontext.NewDecoder(bytes.NewBuffer(doc)), limits: l}
	if err := s.document(); err != nil {
		t.release()
		return nil, err
	}
	return t, nil
}

type scanner struct {
	*tape
	dec    *jsontext.Decoder
	limits Limits
	keys   int
	stack  []int // open objects and arrays
}

func (s *scanner) document() error {
	for {
		kind := s.dec.PeekKind()
		if kind == '{' || kind == '[' || kind == '}' || kind == ']' {
			if _, err := s.dec.ReadToken(); err != nil {
				return s.syntax(err)
			}
			if err := s.bracket(kind); err != nil {
				return err
			}
		} else {
			raw, err := s.dec.ReadValue()
			if err != nil {
				return s.syntax(err)
			}
			if err := s.scalar(kind, raw); err != nil {
				return err
			}
		}
		if len(s.stack) == 0 {
			break
		}
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return failure("", "syntax", "one JSON value", "more after it at byte "+strconv.FormatInt(s.dec.InputOffset(), 10))
	}
	return nil
}

func (s *scanner) bracket(kind jsontext.Kind) error {
	end := int32(s.dec.InputOffset())
	if kind == '}' || kind == ']' {
		top := len(s.stack) - 1
		open := &s.cells[s.stack[top]]
		open.end, open.next = end, int32(len(s.cells))
		if kind == '}' {
			open.size /= 2
		}
		s.stack = s.stack[:top]
		return nil
	}
	if len(s.stack) >= s.limits.MaxDepth {
		return failure(string(s.dec.StackPointer()), "depth", "at most "+strconv.Itoa(s.limits.MaxDepth)+" levels", "more")
	}
	if err := s.count(); err != nil {
		return err
	}
	s.stack = append(s.stack, len(s.cells))
	s.cells = append(s.cells, cell{kind: kind, start: end - 1})
	return nil
}

func (s *scanner) scalar(kind jsontext.Kind, raw jsontext.Value) error {
	if err := s.count(); err != nil {
		return err
	}
	end := int32(s.dec.InputOffset())
	c := cell{kind: kind, start: end - int32(len(raw)), end: end, next: int32(len(s.cells)) + 1}
	c.escaped = kind == '"' && bytes.IndexByte(raw, '\\') >= 0
	if kind == '0' {
		if len(raw) > s.limits.MaxDigits {
			return s.number("at most " + strconv.Itoa(s.limits.MaxDigits) + " characters")
		}
		wide, ok := measure(raw)
		if !ok {
			return s.number("an exponent within " + strconv.Itoa(maxExponent))
		}
		c.wide = wide
		s.wide = s.wide || wide
	}
	s.cells = append(s.cells, c)
	return nil
}

// count adds a cell to its container. In an object every second one is a name,
// so until the end of an object its size counts names and values.
func (s *scanner) count() error {
	if len(s.stack) == 0 {
		return nil
	}
	parent := &s.cells[s.stack[len(s.stack)-1]]
	parent.size++
	if parent.kind == '[' || parent.size%2 == 0 {
		return nil
	}
	if s.keys++; s.keys > s.limits.MaxKeys {
		return failure("", "keys", "at most "+strconv.Itoa(s.limits.MaxKeys)+" members", "more")
	}
	return nil
}

func (s *scanner) number(expected string) error {
	return failure(string(s.dec.StackPointer()), "number", expected, "number")
}

// syntax turns the decoder's error into ours, which quotes nothing.
func (s *scanner) syntax(err error) error {
	syn, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok { // io.EOF before any value
		return failure("", "syntax", "a JSON value", "the end of the document")
	}
	pointer, at := string(syn.JSONPointer), "byte "+strconv.FormatInt(syn.ByteOffset, 10)
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return failure(pointer, "duplicate", "each member name once", "a second member")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failure(pointer, "syntax", "more text", "the end of the document")
	case notText(s.src[min(int(syn.ByteOffset), len(s.src)):]):
		return failure(pointer, "utf8", "Unicode text", "invalid UTF-8 or a lone surrogate at "+at)
	}
	return failure(pointer, "syntax", "JSON", "malformed text at "+at)
}

// notText reports whether b begins with what is no Unicode character: a byte
// that is not UTF-8, or the escape of half a surrogate pair.
func notText(b []byte) bool {
	if r, n := utf8.DecodeRune(b); r == utf8.RuneError && n == 1 {
		return true
	}
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return false
	}
	code, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return err == nil && 0xd800 <= code && code <= 0xdfff
}

func failure(pointer, rule, expected, got string) *Error {
	return &Error{Fields: []FieldError{{Pointer: pointer, Rule: rule, Expected: expected, Got: got}}}
}
