package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// A meaning is a schema document without what does not matter: a graph of
// facts, closed over references. The root is fact 0.
type meaning struct {
	doc   *document
	facts []*fact
	index map[string]int // pointer of a subschema -> its fact

	// With unevaluatedProperties or unevaluatedItems somewhere, even a keyword
	// that permits everything says something: that it has looked.
	looking bool
}

// A fact is one schema in this graph.
type fact struct {
	pointer string            // of the subschema
	outer   string            // of the reference beside which its default stands
	local   map[string]string // keyword -> canonical value, for what holds no schema
	edges   []edge
	label   digest // of local and the names of the edges
}

// An edge leads to a schema that is part of another one. Edges of one group
// have no order among each other.
type edge struct {
	name  string // "properties/qty", "anyOf"
	group bool
	path  string // relative pointer, for people
	to    int
}

type digest [sha256.Size]byte

func textHash(text []byte) string {
	sum := sha256.Sum256(append([]byte("text:"), text...))
	return hex.EncodeToString(sum[:])
}

func newMeaning(doc *document) *meaning {
	g := &meaning{doc: doc, index: make(map[string]int)}
	for _, value := range doc.schemas {
		object, _ := value.(map[string]any)
		_, properties := object["unevaluatedProperties"]
		_, items := object["unevaluatedItems"]
		g.looking = g.looking || properties || items
	}
	g.fact("")
	return g
}

// fact returns the index of the fact for a subschema, after following wrappers.
func (g *meaning) fact(pointer string) int {
	if i, ok := g.index[pointer]; ok {
		return i
	}
	at, extra := g.unwrap(pointer)
	if extra == nil {
		if i, ok := g.index[at]; ok {
			g.index[pointer] = i
			return i
		}
		g.index[at] = len(g.facts)
	}
	i := len(g.facts)
	g.index[pointer] = i
	f := &fact{pointer: at, outer: pointer, local: make(map[string]string)}
	g.facts = append(g.facts, f)
	g.fill(f, at, extra)
	return i
}

// unwrap goes from a schema that is only a reference, or a combination of one,
// to what it stands for. A default beside the reference comes along, unless
// what it stands for has one, too.
func (g *meaning) unwrap(pointer string) (at string, extra map[string]any) {
	for {
		object, _ := g.doc.schemas[pointer].(map[string]any)
		to, sole := g.sole(pointer, object)
		if !sole {
			return pointer, extra
		}
		if value, ok := object["default"]; ok {
			if extra != nil || g.hasDefault(to) {
				return pointer, extra
			}
			extra = map[string]any{"default": value}
		} else if extra != nil && g.hasDefault(to) {
			return pointer, extra
		}
		pointer = to
	}
}

// hasDefault reports whether a default stands at the schema or behind it.
func (g *meaning) hasDefault(pointer string) bool {
	for {
		object, _ := g.doc.schemas[pointer].(map[string]any)
		if _, ok := object["default"]; ok {
			return true
		}
		to, sole := g.sole(pointer, object)
		if !sole {
			return false
		}
		pointer = to
	}
}

// sole returns the schema that another one wraps and adds nothing to but a
// default and annotations. References in circles were refused when the
// document was read.
func (g *meaning) sole(pointer string, object map[string]any) (string, bool) {
	target, found := "", false
	for keyword, value := range object {
		list, _ := value.([]any)
		switch {
		case keyword == "default" || isAnnotation(keyword) || g.isNeutral(keyword, value):
		case found:
			return "", false
		case keyword == "$ref":
			target, found = g.doc.target(object)
		case (keyword == "allOf" || keyword == "anyOf" || keyword == "oneOf") && len(list) == 1:
			target, found = pointer+"/"+keyword+"/0", true
		default:
			return "", false
		}
	}
	return target, found
}

// fill reads the keywords of the subschema at a pointer.
func (g *meaning) fill(f *fact, at string, extra map[string]any) {
	value := g.doc.schemas[at]
	object, ok := value.(map[string]any)
	if !ok && value == false {
		f.local["not"] = "anything"
		f.finish()
		return
	}
	for _, keyword := range sortedKeys(object) {
		g.keyword(f, at, keyword, object)
	}
	for keyword, value := range extra {
		f.local[keyword] = string(appendKey(nil, value))
	}
	f.finish()
}

func (g *meaning) keyword(f *fact, at, keyword string, object map[string]any) {
	value := object[keyword]
	switch {
	case isAnnotation(keyword) || g.isNeutral(keyword, value):
	case keyword == "$ref":
		if to, ok := g.doc.target(object); ok {
			g.link(f, edge{name: "allOf", group: true, path: "/$ref"}, to)
		}
	case keyword == "not" && g.isAnything(value):
		f.local["not"] = "anything"
	case keyword == "const":
		if list, ok := object["enum"].([]any); ok && len(list) != 1 {
			f.local["const"] = string(appendKey(nil, value))
			return
		}
		f.local["enum"] = keySet([]any{value})
	case keyword == "enum":
		if _, ok := object["const"]; ok {
			if list, _ := value.([]any); len(list) == 1 && keySet(list) == keySet([]any{object["const"]}) {
				return // said twice, as older Pydantic does
			}
		}
		list, _ := value.([]any)
		f.local["enum"] = keySet(list)
	case keyword == "required" || keyword == "type":
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		f.local[keyword] = keySet(list)
	case keyword == "dependentRequired":
		lists, _ := value.(map[string]any)
		for name, list := range lists {
			list, _ := list.([]any)
			f.local[keyword+"/"+escapeToken(name)] = keySet(list)
		}
	case keyword == "discriminator":
		g.discriminator(f, value)
	default:
		g.subschemas(f, at, keyword, value)
	}
}

func (g *meaning) subschemas(f *fact, at, keyword string, value any) {
	group := keyword == "anyOf" || keyword == "allOf" || keyword == "oneOf"
	found := false
	for path := range subschemasOf(keyword, value) {
		found = true
		name := strings.TrimPrefix(path, "/")
		if group {
			name = keyword
		}
		g.link(f, edge{name: name, group: group, path: path}, at+path)
	}
	if !found {
		f.local[escapeToken(keyword)] = string(appendKey(nil, value))
	}
}

func (g *meaning) link(f *fact, e edge, pointer string) {
	e.to = g.fact(pointer)
	f.edges = append(f.edges, e)
}

func (g *meaning) discriminator(f *fact, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		f.local["discriminator"] = string(appendKey(nil, value))
		return
	}
	for key, value := range object {
		mapping, ok := value.(map[string]any)
		if key != "mapping" || !ok {
			f.local["discriminator/"+escapeToken(key)] = string(appendKey(nil, value))
			continue
		}
		for _, tag := range sortedKeys(mapping) {
			path := "/discriminator/mapping/" + escapeToken(tag)
			ref, _ := mapping[tag].(string)
			if to, err := g.doc.resolve(ref); err == nil {
				g.link(f, edge{name: path[1:], path: path}, to)
			} else {
				f.local[path[1:]] = string(appendKey(nil, mapping[tag]))
			}
		}
	}
}

func (f *fact) finish() {
	slices.SortStableFunc(f.edges, func(a, b edge) int { return strings.Compare(a.name, b.name) })
	var b []byte
	for _, keyword := range sortedKeys(f.local) {
		b = appendKeyString(b, []byte(keyword))
		b = appendKeyString(b, []byte(f.local[keyword]))
	}
	b = append(b, '|')
	for _, e := range f.edges {
		b = appendKeyString(b, []byte(e.name))
	}
	f.label = sha256.Sum256(b)
}

// isAnnotation lists the keywords that say nothing about the value, or are
// followed elsewhere.
func isAnnotation(keyword string) bool {
	switch keyword {
	case "title", "description", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment",
		"$schema", "$id", "$anchor", "$defs", "definitions":
		return true
	}
	return strings.HasPrefix(keyword, "x-")
}

// isNeutral recognises keywords that state what holds without them.
func (g *meaning) isNeutral(keyword string, value any) bool {
	switch keyword {
	case "minLength", "minItems", "minProperties":
		return string(appendKey(nil, value)) == "0"
	case "uniqueItems":
		return value == false
	case "additionalProperties", "items", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "contentSchema":
		return !g.looking && g.isAnything(value)
	case "properties", "patternProperties", "dependentSchemas", "dependentRequired":
		object, ok := value.(map[string]any)
		return ok && len(object) == 0
	case "required":
		list, ok := value.([]any)
		return ok && len(list) == 0
	}
	return false
}

// isAnything recognises the schema that accepts every value.
func (g *meaning) isAnything(value any) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return value == true
	}
	for keyword, value := range object {
		if !isAnnotation(keyword) && !g.isNeutral(keyword, value) {
			return false
		}
	}
	return true
}

// keySet is the canonical form of a list whose order does not matter.
func keySet(list []any) string {
	keys := make([]string, len(list))
	for i, v := range list {
		keys[i] = string(appendKey(nil, v))
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), ",")
}
