package golang

import (
	"bytes"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/schema"
)

// JSON as a tree: objects, lists, and scalars as written.
type (
	object map[string]any
	list   []any
)

// normal makes the tree of a JSON text.
func normal(value jsontext.Value) any {
	switch value.Kind() {
	case '{':
		o := object{}
		for name, v := range gen.Fields(value) {
			o[name] = normal(v)
		}
		return o
	case '[':
		l := list{}
		for _, v := range gen.Items(value) {
			l = append(l, normal(v))
		}
		return l
	}
	return jsontext.Value(bytes.TrimSpace(value))
}

// text writes a tree with sorted members; the same trees give the same text.
func text(v any) string {
	var b strings.Builder
	write(&b, v, false)
	return b.String()
}

// canonical is text with numbers by value and required without order, so that
// two schemas are equal in value if and only if their texts are.
func canonical(v any) string {
	var b strings.Builder
	write(&b, v, true)
	return b.String()
}

func write(b *strings.Builder, v any, byValue bool) {
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(name))
			b.WriteByte(':')
			if l, ok := v[name].(list); ok && byValue && name == "required" {
				l = slices.SortedFunc(slices.Values(l), func(x, y any) int { return strings.Compare(text(x), text(y)) })
				write(b, l, byValue)
				continue
			}
			write(b, v[name], byValue)
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, item, byValue)
		}
		b.WriteByte(']')
	case jsontext.Value:
		if r, ok := new(big.Rat).SetString(string(v)); ok && byValue && v.Kind() == '0' {
			b.WriteString(r.RatString())
			return
		}
		if plain, err := jsontext.AppendUnquote(nil, v); err == nil && v.Kind() == '"' {
			v = quoted(string(plain)) // one spelling
		}
		b.Write(v)
	}
}

// A grade says how well a type fits a schema.
type grade int

const (
	unfit grade = iota
	alike       // the same meaning: other titles, or written otherwise
	exact       // equal in value
)

// compare grades what salt makes of a type.
func compare(want object, made trial) grade {
	if canonical(want) == canonical(made.schema) {
		return exact
	}
	parse := func(member object) *schema.Schema {
		doc := object{"properties": object{"F": member}}
		if len(made.defs) > 0 {
			doc["$defs"] = made.defs
		}
		s, err := schema.Parse([]byte(text(doc)))
		if err != nil {
			return nil
		}
		return s
	}
	a, b := parse(want), parse(made.schema)
	if a == nil || b == nil || !schema.Equal(a, b) {
		return unfit
	}
	return alike
}
