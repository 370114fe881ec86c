package schema

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// parts is a schema object while it is being made, in the order of its text.
type parts []part

type part struct {
	key   string
	value any // parts, []any, []string, string, bool, int, jsontext.Value or a pointer to one, typeRef
}

// A typeRef stands for the pointer to a definition: the names of definitions
// are known only when all of them are.
type typeRef struct{ goType reflect.Type }

func (p parts) index(key string) int {
	return slices.IndexFunc(p, func(have part) bool { return have.key == key })
}

func (p parts) has(key string) bool { return p.index(key) >= 0 }

func (p parts) get(key string) any {
	if i := p.index(key); i >= 0 {
		return p[i].value
	}
	return nil
}

// with returns p with one part more. It may share memory with p.
func (p parts) with(key string, value any) parts { return append(p, part{key, value}) }

// set returns a copy of p in which key has the value.
func (p parts) set(key string, value any) parts {
	p = slices.Clone(p)
	if i := p.index(key); i >= 0 {
		p[i].value = value
		return p
	}
	return p.with(key, value)
}

// appendParts writes a part's value as JSON.
func (r *reflector) appendParts(b []byte, v any) []byte {
	switch v := v.(type) {
	case parts:
		b = append(b, '{')
		for i, p := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, p.key), ':')
			b = r.appendParts(b, p.value)
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = r.appendParts(b, e)
		}
		return append(b, ']')
	case []string:
		b = append(b, '[')
		for i, s := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, s)
		}
		return append(b, ']')
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case jsontext.Value:
		return append(b, v...)
	case *jsontext.Value: // filled later
		return append(b, *v...)
	case typeRef:
		return appendText(b, "#/$defs/"+escapeToken(r.defs[v.goType].name))
	}
	panic("schema: no JSON for such a part") // a mistake in this package
}

// appendText writes text of the program; what is not UTF-8 in it is replaced.
func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the error repeats that something was replaced
	return b
}
