package celery

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// The members by which kombu 5.3 and newer write a Python value that JSON has
// not, in results of tasks: {"__type__": "datetime", "__value__": "2026-…"}. A
// handler that returns such values without a response model sends them so, and
// Python's callers read them back.
const (
	typeMember  = "__type__"
	valueMember = "__value__"
)

// untyped returns v with such values as celery-salt writes them in payloads:
// times, decimals and bytes as text, UUIDs with dashes. Types that kombu does
// not know itself stay as they are.
func untyped(v jsontext.Value) (jsontext.Value, error) {
	if !bytes.Contains(v, []byte(typeMember)) {
		return v, nil
	}
	return appendUntyped(make([]byte, 0, len(v)), v)
}

func appendUntyped(dst []byte, v jsontext.Value) ([]byte, error) {
	r := newReader(v)
	defer r.close()
	switch v.Kind() {
	case jsontext.KindBeginArray:
		dst = append(dst, '[')
		err := r.array(func(i int) error {
			e, err := r.value()
			if err != nil {
				return err
			}
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst, err = appendUntyped(dst, e)
			return err
		})
		return append(dst, ']'), err
	case jsontext.KindBeginObject:
	default:
		return append(dst, v...), nil
	}
	if text, ok := typedText(v); ok {
		return appendText(dst, text), nil
	}
	dst = append(dst, '{')
	first := true
	err := r.object(func(name []byte) error {
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = append(appendText(dst, string(name)), ": "...)
		e, err := r.value()
		if err != nil {
			return err
		}
		dst, err = appendUntyped(dst, e)
		return err
	})
	return append(dst, '}'), err
}

// typedText reads an object that stands for one value of kombu's own types.
func typedText(v jsontext.Value) (string, bool) {
	var kind string
	var value jsontext.Value
	members := 0
	r := newReader(v)
	defer r.close()
	err := r.object(func(name []byte) error {
		members++
		e, err := r.value()
		switch string(name) {
		case typeMember:
			kind, _ = stringOf(e)
		case valueMember:
			value = e
		}
		return err
	})
	if err != nil || members != 2 || value == nil {
		return "", false
	}
	switch kind {
	case "datetime", "date", "time", "decimal", "bytes", "base64":
		return stringOf(value)
	case "uuid":
		return uuidText(value)
	}
	return "", false
}

// uuidText reads {"hex": 32 digits}.
func uuidText(v jsontext.Value) (string, bool) {
	if v.Kind() != jsontext.KindBeginObject {
		return "", false
	}
	var hex string
	r := newReader(v)
	defer r.close()
	err := r.object(func(name []byte) error {
		e, err := r.value()
		if string(name) == "hex" {
			hex, _ = stringOf(e)
		}
		return err
	})
	if err != nil || len(hex) != 32 {
		return "", false
	}
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:], true
}
