package schema

import (
	"encoding"
	"encoding/base64"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A decoder reads values from a document that has been taken apart.
type decoder struct{ *tape }

// unfit is the error of the value at cell i.
func (d decoder) unfit(i int, rule, expected string) error {
	return failure(d.pointer(i), rule, expected, kindName(d.cells[i].kind))
}

// wrongKind is the error of a value whose kind the type does not have.
func (d decoder) wrongKind(i int, f *form) error {
	return d.unfit(i, "type", kindsOf(f))
}

// kindsOf is what the JSON of a form looks like, for people.
func kindsOf(f *form) string {
	switch f.kind {
	case formBool:
		return "boolean"
	case formInt, formUint:
		return "integer"
	case formFloat:
		return "number"
	case formNumber, formDecimal:
		return "decimal as string or number"
	case formSlice, formArray:
		return "array"
	case formMap, formStruct, formUnion:
		return "object"
	}
	return "string"
}

// value reads the value at cell i into v, which is zero and settable.
func (d decoder) value(i int, f *form, v reflect.Value) error {
	kind := d.cells[i].kind
	if kind == 'n' && f.kind != formCustom {
		if f.nullable || f.kind == formAny {
			v.SetZero()
			return nil
		}
		return d.wrongKind(i, f)
	}
	switch f.kind {
	case formBool:
		if kind != 't' && kind != 'f' {
			return d.wrongKind(i, f)
		}
		v.SetBool(kind == 't')
		return nil
	case formInt, formUint, formFloat:
		if kind != '0' {
			return d.wrongKind(i, f)
		}
		return d.number(i, f, v)
	case formNumber, formDecimal:
		return d.decimal(i, f, v)
	case formPointer:
		v.Set(reflect.New(f.elem.goType))
		return d.value(i, f.elem, v.Elem())
	case formSlice:
		return d.slice(i, f, v)
	case formArray:
		return d.array(i, f, v)
	case formMap:
		return d.mapping(i, f, v)
	case formStruct:
		return d.object(i, f, v)
	case formUnion:
		return d.union(i, f, v)
	case formAny:
		x, err := d.dynamic(i)
		if err == nil {
			v.Set(reflect.ValueOf(x))
		}
		return err
	case formCustom:
		return d.custom(i, f, v)
	}
	if kind != '"' {
		return d.wrongKind(i, f)
	}
	return d.text(i, f, v)
}

// text is about forms that are strings.
func (d decoder) text(i int, f *form, v reflect.Value) error {
	s := d.str(i)
	switch f.kind {
	case formString:
		v.SetString(string(s))
	case formBytes:
		v.SetBytes(append(make([]byte, 0, len(s)), s...))
	case formBase64:
		raw, err := base64.StdEncoding.Strict().AppendDecode(nil, s)
		if err != nil {
			return d.unfit(i, "format", formats["base64"].expected)
		}
		if v.Kind() == reflect.Slice {
			v.SetBytes(raw)
			return nil
		}
		if len(raw) != v.Len() {
			return d.unfit(i, "format", "base64 of exactly "+strconv.Itoa(v.Len())+" bytes")
		}
		reflect.Copy(v, reflect.ValueOf(raw))
	case formTime, formDate:
		return d.moment(i, f, v)
	case formDuration:
		span, valid, wide := parseDuration(s)
		switch {
		case !valid:
			return d.unfit(i, "format", formats["duration"].expected)
		case wide:
			return d.unfit(i, "precision", "a duration of at most 292 years in whole nanoseconds")
		}
		v.SetInt(int64(span))
	case formText:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(s); err != nil { //nolint:errcheck // the form is of such types
			return d.unfit(i, "format", "a text that "+describe(f.goType)+" reads")
		}
	}
	return nil
}

// moment reads a date or a date-time. Python's naive times are UTC.
func (d decoder) moment(i int, f *form, v reflect.Value) error {
	s := d.str(i)
	target := v.Addr().Interface().(*time.Time) //nolint:errcheck // the form is of this type
	if f.kind == formDate {
		t, err := time.Parse(time.DateOnly, string(s))
		if err != nil {
			return d.unfit(i, "format", formats["date"].expected)
		}
		*target = t
		return nil
	}
	if isDateTime(s) && isNaive(s) {
		s = append(append(make([]byte, 0, len(s)+1), s...), 'Z')
	}
	if err := target.UnmarshalText(s); err != nil {
		return d.unfit(i, "format", formats["date-time"].expected)
	}
	return nil
}

// isNaive reports whether a date-time has no offset.
func isNaive(s []byte) bool {
	last := s[len(s)-1]
	return last != 'Z' && (len(s) < 6 || s[len(s)-6] != '+' && s[len(s)-6] != '-')
}

// custom calls the type's own method. What it says is not repeated, since it
// often quotes the value.
func (d decoder) custom(i int, f *form, v reflect.Value) error {
	if f.record != nil && d.cells[i].kind != '{' {
		return d.unfit(i, "type", "object")
	}
	if f.goType == bigInt && !isIntegral(d.tape.text(i)) {
		return d.unfit(i, "type", "integer")
	}
	if err := json.Unmarshal(jsontext.Value(d.tape.text(i)), v.Addr().Interface()); err != nil {
		return d.unfit(i, "type", "a value that "+describe(f.goType)+" reads")
	}
	return nil
}
