package golang

import (
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// scalar is a type with the constraints that it takes as tags.
func scalar(v view, expr string, t reflect.Type, keys ...string) cand {
	c := cand{expr: fixed(expr), goType: t, want: v.base(nil)}
	for _, key := range keys {
		if v.Has(key) {
			c.tags = append(c.tags, entry{key: key, items: []string{plain(v.Raw(key))}})
		}
	}
	if t.PkgPath() == "" && t.Kind() != reflect.Slice {
		c.scalar = expr
	}
	return c
}

// plain is a JSON value as text: strings without quotes.
func plain(value jsontext.Value) string {
	if value.Kind() != '"' {
		compact := value.Clone()
		if compact.Compact() == nil {
			value = compact
		}
		return string(value)
	}
	text, _ := jsontext.AppendUnquote(nil, value) // it has been parsed
	return string(text)
}

// strings lists the types for text: the one that its format names, then string.
func (g *generator) strings(v view) []cand {
	var cands []cand
	add := func(expr string, t reflect.Type, format bool, keys ...string) {
		c := scalar(v, expr, t, keys...)
		c.bare = true
		if format && v.Has("format") {
			c.tags = append(c.tags, entry{key: "format", items: []string{v.Text("format")}})
		}
		cands = append(cands, c)
	}
	if known, ok := formatTypes[v.Text("format")]; ok {
		add(known.expr, known.goType, known.tag, known.keys...)
	}
	add("string", reflect.TypeFor[string](), true, stringKeys...)
	return cands
}

// literals is about const and enum.
func literals(v view) []cand {
	tag := entry{key: "enum"}
	values := gen.Items(v.Raw("enum"))
	if v.Has("const") {
		tag.key, values = "const", []jsontext.Value{v.Raw("const")}
	}
	of := map[string]reflect.Type{
		"string": reflect.TypeFor[string](), "integer": reflect.TypeFor[int64](),
		"number": reflect.TypeFor[float64](), "boolean": reflect.TypeFor[bool](),
	}
	kind := v.kind()
	if kind == "" && !v.Has("type") {
		kind = kindOf(values)
	}
	t, ok := of[kind]
	if !ok {
		t = reflect.TypeFor[any]()
	}
	c := scalar(v, strings.ReplaceAll(t.String(), "interface {}", "any"), t)
	c.bare = kind == "string"
	if t.Kind() == reflect.Interface {
		c.scalar = ""
	}
	for _, value := range values {
		item := plain(value)
		if !c.bare && value.Kind() == '"' {
			item = string(quoted(item))
		}
		tag.items = append(tag.items, item)
	}
	c.tags = []entry{tag}
	return []cand{c}
}

// kindOf returns the type that all values have, "" for a mixture.
func kindOf(values []jsontext.Value) string {
	kind := ""
	for _, v := range values {
		k := map[jsontext.Kind]string{'"': "string", '0': "integer", 't': "boolean", 'f': "boolean"}[v.Kind()]
		if k == "integer" && strings.ContainsAny(string(v), ".eE") {
			k = "number"
		}
		if k == "" || kind != "" && k != kind {
			return ""
		}
		kind = k
	}
	return kind
}
