package schema

import (
	"encoding"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An encoder writes values as JSON to out.
type encoder struct {
	out   []byte
	depth int
	path  []string // the tokens of the pointer to an error, innermost first
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

const keepOutput = 1 << 16

func (e *encoder) recycle() {
	if cap(e.out) <= keepOutput {
		encoders.Put(e)
	}
}

// root encodes a whole value.
func (e *encoder) root(f *form, v reflect.Value) error {
	e.out, e.depth, e.path = e.out[:0], 0, e.path[:0]
	err := e.value(f, v)
	if err == nil {
		return nil
	}
	slices.Reverse(e.path)
	pointer := pointerOf(e.path)
	if bad, ok := err.(*unfit); ok { //nolint:errorlint // ours, not wrapped
		return failure(pointer, bad.rule, bad.expected, bad.got)
	}
	return fmt.Errorf("marshal %s: %w", place(pointer), err)
}

// An unfit value has no JSON in its form.
type unfit struct{ rule, expected, got string }

func (u *unfit) Error() string { return u.rule + ": expected " + u.expected + ", got " + u.got }

// within notes the way to an error.
func (e *encoder) within(token string, err error) error {
	if err != nil {
		e.path = append(e.path, token)
	}
	return err
}

// value writes an addressable value.
func (e *encoder) value(f *form, v reflect.Value) error {
	switch f.kind {
	case formBool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case formInt:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case formUint:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case formFloat:
		return e.float(v.Float(), v.Type().Bits())
	case formString:
		return e.text(v.String())
	case formNumber, formDecimal:
		return e.decimal(f, v.String())
	case formBytes:
		out, err := jsontext.AppendQuote(e.out, v.Bytes())
		if err != nil {
			return &unfit{"utf8", "bytes that are UTF-8 text (the tag format=base64 takes any)", "others"}
		}
		e.out = out
	case formBase64:
		e.out = append(e.out, '"')
		e.out = append(base64.StdEncoding.AppendEncode(e.out, v.Bytes()), '"')
	case formTime, formDate:
		return e.moment(f, *v.Addr().Interface().(*time.Time)) //nolint:errcheck // the form is of this type
	case formDuration:
		e.out = append(appendDuration(append(e.out, '"'), time.Duration(v.Int())), '"')
	case formText:
		text, err := v.Addr().Interface().(encoding.TextMarshaler).MarshalText() //nolint:errcheck // the form is of such types
		if err != nil {
			return err
		}
		return e.text(string(text))
	case formCustom:
		return e.custom(v)
	default:
		return e.nested(f, v)
	}
	return nil
}

// nested is about values that contain others.
func (e *encoder) nested(f *form, v reflect.Value) error {
	if e.depth++; e.depth > maxNesting {
		return &unfit{"depth", "at most " + strconv.Itoa(maxNesting) + " levels", "more (a value that contains itself?)"}
	}
	defer func() { e.depth-- }()
	switch f.kind {
	case formPointer:
		if v.IsNil() {
			return e.null()
		}
		return e.value(f.elem, v.Elem())
	case formSlice:
		if f.nullable && v.IsNil() {
			return e.null()
		}
		return e.array(f, v)
	case formArray:
		return e.array(f, v)
	case formMap:
		if f.nullable && v.IsNil() {
			return e.null()
		}
		return e.mapping(f, v)
	case formStruct:
		return e.object(f.record, v)
	case formUnion:
		return e.union(f, v)
	}
	return e.dynamic(v)
}

func (e *encoder) null() error {
	e.out = append(e.out, "null"...)
	return nil
}

func (e *encoder) text(s string) error {
	var err error
	if e.out, err = jsontext.AppendQuote(e.out, s); err != nil {
		return &unfit{"utf8", "UTF-8 text", "other bytes"}
	}
	return nil
}

// float writes a number as JavaScript and encoding/json do.
func (e *encoder) float(x float64, bits int) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return &unfit{"number", "a finite number", "NaN or an infinity"}
	}
	size := math.Abs(x)
	if size == 0 || size >= 1e-6 && size < 1e21 {
		e.out = strconv.AppendFloat(e.out, x, 'f', -1, bits)
		return nil
	}
	start := len(e.out)
	e.out = strconv.AppendFloat(e.out, x, 'e', -1, bits)
	// e-07 becomes e-7
	if n := len(e.out); n-start >= 4 && e.out[n-4] == 'e' && e.out[n-3] == '-' && e.out[n-2] == '0' {
		e.out = append(e.out[:n-2], e.out[n-1])
	}
	return nil
}

func (e *encoder) decimal(f *form, s string) error {
	plain, ok := Decimal(s).plain()
	if !ok {
		return &unfit{"decimal", "a decimal number such as -12.50", "other text"}
	}
	if f.bounds != nil {
		if rule, expected := f.bounds.broken(plain); rule != "" {
			return &unfit{rule, expected, "another one"}
		}
	}
	if f.kind == formNumber {
		if literal := jsontext.Value(s); literal.Kind() == '0' && literal.IsValid() {
			plain = literal // as it is, exponent and all
		}
		e.out = append(e.out, plain...)
		return nil
	}
	e.out = append(append(append(e.out, '"'), plain...), '"')
	return nil
}

func (e *encoder) moment(f *form, t time.Time) error {
	if f.kind == formDate {
		if t.Year() < 0 || t.Year() > 9999 {
			return &unfit{"date", "a year of four digits", "another one"}
		}
		e.out = t.AppendFormat(e.out, `"`+time.DateOnly+`"`)
		return nil
	}
	out, err := t.AppendText(append(e.out, '"'))
	if err != nil {
		return &unfit{"date-time", "a time that RFC 3339 can express", "another one"}
	}
	e.out = out
	e.out = append(e.out, '"')
	return nil
}

// custom calls the type's own method. A json.Number within counts as one.
func (e *encoder) custom(v reflect.Value) error {
	text, err := json.Marshal(v.Addr().Interface(), json.Deterministic(true))
	if err != nil {
		if own, ok := errors.AsType[*json.SemanticError](err); ok && own.Err != nil {
			return fmt.Errorf("%s: %w", v.Type(), own.Err)
		}
		return err
	}
	e.out = append(e.out, text...)
	return nil
}
