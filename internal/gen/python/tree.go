package python

import (
	"maps"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// A says is what Pydantic is known to make of a Python type: a JSON Schema
// object as a tree. Numbers are of type number, so trees that are equal in value
// are equal for reflect.DeepEqual.
type says map[string]any

type number string

// tree turns JSON into a tree.
func tree(v jsontext.Value) any {
	switch v.Kind() {
	case '{':
		object := says{}
		for name, member := range gen.Fields(v) {
			object[name] = tree(member)
		}
		return object
	case '[':
		list := []any{}
		for _, item := range gen.Items(v) {
			list = append(list, tree(item))
		}
		return list
	case '"':
		text, _ := jsontext.AppendUnquote(nil, v) // gen.Parse has checked the document
		return string(text)
	case '0':
		return number(canonical(string(v)))
	case 't':
		return true
	case 'f':
		return false
	}
	return nil
}

func sameValue(a, b any) bool { return reflect.DeepEqual(a, b) }

// canonical writes numbers of one value the same. An exponent too large to
// compute with is left as it is.
func canonical(text string) string {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		if exponent, err := strconv.Atoi(text[at+1:]); err != nil || exponent > 4000 || exponent < -4000 {
			return text
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return r.RatString()
}

// with returns a copy in which the key has the value.
func (s says) with(key string, value any) says {
	c := make(says, len(s)+1)
	maps.Copy(c, s)
	c[key] = value
	return c
}

// mentions reports whether a keyword occurs in the tree.
func mentions(v any, keyword string) bool {
	switch v := v.(type) {
	case says:
		for k, member := range v {
			if k == keyword || mentions(member, keyword) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if mentions(item, keyword) {
				return true
			}
		}
	}
	return false
}

// show writes a tree for errors.
func show(s says) string {
	text, err := marshal(s)
	if err != nil {
		return "something else"
	}
	return string(text)
}

func marshal(v any) (jsontext.Value, error) {
	switch v := v.(type) {
	case says:
		b := []byte{'{'}
		for i, k := range sortedKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, strconv.Quote(k)+":"...)
			inner, err := marshal(v[k])
			if err != nil {
				return nil, err
			}
			b = append(b, inner...)
		}
		return append(b, '}'), nil
	case []any:
		b := []byte{'['}
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			inner, err := marshal(item)
			if err != nil {
				return nil, err
			}
			b = append(b, inner...)
		}
		return append(b, ']'), nil
	case string:
		return jsontext.AppendQuote(nil, v)
	case number:
		return jsontext.Value(v), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	}
	return jsontext.Value("null"), nil
}
