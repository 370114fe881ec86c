package gen

import (
	"bytes"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// Which keywords hold schemas, and how.
var (
	oneSchema = []string{
		"additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
		"propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
	}
	schemaLists = []string{"allOf", "anyOf", "oneOf", "prefixItems"}
	schemaMaps  = []string{"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)

// Parse makes the tree of one schema. Origin says where it comes from, for
// errors; see [Document.Origin]. The errors are those of [schema.Parse].
func Parse(text []byte, origin string) (*Document, error) {
	s, err := schema.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", origin, err)
	}
	return FromSchema(s, origin), nil
}

// FromSchema makes the tree of a schema of the program.
func FromSchema(s *schema.Schema, origin string) *Document {
	d := &Document{Schema: s, Origin: origin, nodes: make(map[string]*Node), anchors: make(map[string]*Node)}
	d.Root = d.grow(nil, "", jsontext.Value(bytes.TrimSpace(s.JSON())))
	return d
}

// grow makes the node of a schema and of all below it.
func (d *Document) grow(parent *Node, pointer string, value jsontext.Value) *Node {
	n := &Node{Doc: d, Parent: parent, Pointer: pointer, Value: value}
	d.nodes[pointer] = n
	for name, v := range Fields(value) {
		at := pointer + "/" + escapeToken(name)
		k := Keyword{Name: name, Value: v}
		switch {
		case slices.Contains(oneSchema, name) && isSchema(v):
			k.Sub = d.grow(n, at, v)
		case slices.Contains(schemaLists, name):
			for i, item := range Items(v) {
				k.List = append(k.List, d.grow(n, at+"/"+strconv.Itoa(i), item))
			}
		case slices.Contains(schemaMaps, name):
			for member, sub := range Fields(v) {
				k.Members = append(k.Members, Member{member, d.grow(n, at+"/"+escapeToken(member), sub)})
			}
		case name == "$anchor":
			if anchor, ok := unquote(v); ok {
				d.anchors[anchor] = n
			}
		}
		n.Keywords = append(n.Keywords, k)
	}
	return n
}

func isSchema(v jsontext.Value) bool {
	kind := v.Kind()
	return kind == '{' || kind == 't' || kind == 'f'
}

// Fields yields the members of a JSON object in their order. It yields nothing
// for other values.
func Fields(object jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		if object.Kind() != '{' {
			return
		}
		dec := jsontext.NewDecoder(bytes.NewReader(object))
		_, err := dec.ReadToken()
		for err == nil && dec.PeekKind() == '"' {
			var token jsontext.Token
			if token, err = dec.ReadToken(); err != nil {
				return
			}
			name := token.String()
			var value jsontext.Value
			if value, err = dec.ReadValue(); err != nil || !yield(name, value.Clone()) {
				return
			}
		}
	}
}

// Items returns the elements of a JSON array, nil for other values.
func Items(array jsontext.Value) []jsontext.Value {
	if array.Kind() != '[' {
		return nil
	}
	items := []jsontext.Value{}
	dec := jsontext.NewDecoder(bytes.NewReader(array))
	_, err := dec.ReadToken()
	for err == nil && dec.PeekKind() != ']' {
		var value jsontext.Value
		if value, err = dec.ReadValue(); err == nil {
			items = append(items, value.Clone())
		}
	}
	return items
}

// unquote returns the text of a JSON string.
func unquote(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, v)
	return string(text), err == nil
}

var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapeToken writes a member's name as a part of a JSON pointer.
func escapeToken(name string) string { return tokenEscaper.Replace(name) }

// unescapeURL undoes the percent signs of a $ref's fragment.
func unescapeURL(fragment string) string {
	if plain, err := url.PathUnescape(fragment); err == nil {
		return plain
	}
	return fragment
}
