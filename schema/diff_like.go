package schema

import (
	"maps"
	"strings"

	"github.com/go-json-experiment/json"
)

// What tells that two parts of a group are one and the same thing, which has
// changed: all but the patterns of Decimals, the constant that tells models
// apart, the title, or the name among the definitions.

// likeness is [meaning.look] without the patterns of Decimals.
func (g *meaning) likeness(levels int) []digest {
	other := &meaning{facts: make([]*fact, len(g.facts))}
	for i, f := range g.facts {
		if isDecimalPattern(g.value(f, "pattern")) {
			plain := *f
			plain.local = maps.Clone(f.local)
			delete(plain.local, "pattern")
			plain.finish()
			f = &plain
		}
		other.facts[i] = f
	}
	return other.look(levels)
}

// isDecimalPattern recognises the JSON text of one of Pydantic's patterns.
func isDecimalPattern(text string) bool {
	var pattern string
	if text == absent || json.Unmarshal([]byte(text), &pattern) != nil {
		return false
	}
	_, ok := parseDecimalPattern(pattern)
	return ok
}

// tag is the constants of a model's members, such as {"kind": "cash"}.
func (g *meaning) tag(i int) string {
	object, _ := g.doc.schemas[g.facts[i].pointer].(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	var tags strings.Builder
	for _, name := range sortedKeys(properties) {
		member, _ := properties[name].(map[string]any)
		value, ok := member["const"]
		if list, _ := member["enum"].([]any); !ok && len(list) == 1 {
			value, ok = list[0], true
		}
		if ok {
			tags.WriteString(escapeToken(name) + "/" + string(appendKey(nil, value)) + "/")
		}
	}
	return tags.String()
}

func (g *meaning) title(i int) string {
	object, _ := g.doc.schemas[g.facts[i].pointer].(map[string]any)
	title, _ := object["title"].(string)
	return title
}

func (g *meaning) name(i int) string {
	for _, where := range []string{"/$defs/", "/definitions/"} {
		if name, ok := strings.CutPrefix(g.facts[i].pointer, where); ok && !strings.Contains(name, "/") {
			return name
		}
	}
	return ""
}
