package schema

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
)

// A breeder makes random schemas in Pydantic's dialect, and mutants of them.
type breeder struct {
	r *rand.Rand
}

type tree = map[string]any

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (b *breeder) chance(percent int) bool { return b.r.IntN(100) < percent }

// document makes a model with three definitions that may refer to each other.
func (b *breeder) document() tree {
	doc := b.model(2)
	doc["$defs"] = b.definitions()
	if b.chance(10) {
		doc = tree{"$defs": doc["$defs"], "$ref": "#/$defs/A"}
	}
	prune(doc)
	return doc
}

// prune drops the definitions that nobody reaches: changing them says nothing.
func prune(doc tree) {
	defs, _ := doc["$defs"].(tree)
	delete(doc, "$defs")
	kept := tree{}
	for queue := places(doc, nil); len(queue) > 0; queue = queue[1:] {
		ref, _ := queue[0]["$ref"].(string)
		name := strings.TrimPrefix(ref, "#/$defs/")
		if def, ok := defs[name]; ok && kept[name] == nil {
			kept[name] = def
			queue = append(queue, places(def, nil)...)
		}
	}
	doc["$defs"] = kept
}

func (b *breeder) definitions() tree {
	return tree{"A": b.model(2), "B": b.model(2), "E": tree{"enum": []any{"a", "b", "ab"}, "type": "string"}}
}

func (b *breeder) model(depth int) tree {
	properties, required := tree{}, []any{}
	for range 1 + b.r.IntN(4) {
		name := pick(b.r, memberNames[:6])
		if _, ok := properties[name]; ok {
			continue
		}
		properties[name] = b.value(depth)
		if b.chance(50) {
			required = append(required, name)
		} else if b.chance(30) {
			if m, ok := properties[name].(tree); ok {
				m["default"] = nil
			}
		}
	}
	m := tree{"type": "object", "properties": properties}
	if len(required) > 0 {
		m["required"] = required
	}
	switch b.r.IntN(8) {
	case 0:
		m["additionalProperties"] = false
	case 1:
		m["additionalProperties"] = true
	case 2:
		m["additionalProperties"] = b.value(0)
	case 3:
		if b.chance(30) {
			m["patternProperties"] = tree{"^x": b.value(0)}
		}
	}
	return m
}

// value makes the schema of a member. References stand behind a null or a list,
// so that payloads end.
func (b *breeder) value(depth int) any {
	n := 22
	if depth == 0 {
		n = 10
	}
	switch b.r.IntN(n) {
	case 0, 1:
		return b.text()
	case 2, 3:
		return b.number("integer")
	case 4:
		return b.number("number")
	case 5:
		return tree{"type": "boolean"}
	case 6:
		return tree{"enum": b.some([]any{"a", "b", "ab", "abc", json.Number("1"), json.Number("2.5"), nil}, 1)}
	case 7:
		return tree{"const": pick(b.r, []string{"a", "b", "x1"}), "type": "string"}
	case 8:
		return tree{"type": b.some([]any{"string", "integer", "null", "number", "boolean"}, 1)}
	case 9:
		return tree{"$ref": "#/$defs/E"}
	case 10:
		return tree{"type": "array", "items": b.value(depth - 1), "maxItems": json.Number("3")}
	case 11:
		return tree{"type": "array", "items": b.value(0), "uniqueItems": b.chance(50), "minItems": json.Number("1")}
	case 12:
		return tree{"type": "array", "prefixItems": []any{b.value(depth - 1), b.value(depth - 1)}, "minItems": json.Number("2"), "maxItems": json.Number("2")}
	case 13:
		m := tree{"type": "object", "additionalProperties": b.value(depth - 1)}
		if b.chance(30) {
			m["propertyNames"] = tree{"enum": b.some([]any{"a", "b", "x1"}, 1)}
		}
		if b.chance(30) {
			m["maxProperties"] = json.Number("2")
		}
		return m
	case 14, 15:
		return tree{"anyOf": []any{b.value(depth - 1), tree{"type": "null"}}}
	case 16:
		return tree{"anyOf": []any{tree{"$ref": pick(b.r, []string{"#/$defs/A", "#/$defs/B"})}, tree{"type": "null"}}}
	case 17:
		branches := []any{b.tagged("a"), b.tagged("b")}
		if b.chance(50) {
			branches = append(branches, b.tagged("c"))
		}
		return tree{pick(b.r, []string{"anyOf", "oneOf"}): branches}
	case 18, 19, 20:
		return b.rare()
	}
	return tree{"type": "array", "items": tree{"$ref": pick(b.r, []string{"#/$defs/A", "#/$defs/B"})}}
}

// rare makes what Pydantic writes seldom or never.
func (b *breeder) rare() tree {
	switch b.r.IntN(14) {
	case 0, 1:
		return tree{"allOf": []any{b.model(0), b.model(0)}}
	case 2:
		return tree{"anyOf": []any{tree{"type": "number"}, tree{"type": "string", "pattern": decimalPrefix + pick(b.r, []string{`\d*\.?\d*$`, `\d*\.?\d{0,2}0*$`})}}}
	case 9:
		return tree{"anyOf": []any{tree{"type": "number"}, tree{"type": "string"}}}
	case 3:
		return tree{"type": "array", "items": b.value(0), "contains": b.value(0)}
	case 4:
		return tree{"not": b.value(0)}
	case 5:
		m := b.model(0)
		m["if"], m["then"] = tree{"required": []any{pick(b.r, memberNames[:3])}}, tree{"required": []any{pick(b.r, memberNames[:3])}}
		if b.chance(70) {
			m["then"] = b.model(0)
		}
		if b.chance(30) {
			m["else"] = b.model(0)
		}
		return m
	case 6:
		m := b.model(0)
		m["dependentRequired"] = tree{pick(b.r, memberNames[:3]): []any{pick(b.r, memberNames[:3])}}
		return m
	case 7:
		m := b.model(0)
		delete(m, "additionalProperties")
		m["minProperties"], m["unevaluatedProperties"] = json.Number("1"), b.chance(50)
		return m
	case 8:
		m := b.model(0)
		m["dependentSchemas"] = tree{pick(b.r, memberNames[:3]): b.model(0)}
		return m
	case 10, 11: // alternatives that one value may fit together
		return b.overlapping(pick(b.r, []string{"anyOf", "anyOf", "oneOf"}))
	case 12:
		m := b.model(0)
		delete(m, "additionalProperties")
		m["anyOf"] = []any{b.model(0), b.model(0)}
		if b.chance(50) {
			m["unevaluatedProperties"] = false
		}
		return m
	}
	return tree{}
}

func (b *breeder) overlapping(keyword string) tree {
	branches := []any{b.model(0), b.model(0)}
	if b.chance(30) {
		branches = append(branches, b.model(0))
	}
	return tree{keyword: branches, "$comment": "overlap"}
}

func (b *breeder) tagged(tag string) tree {
	m := b.model(0)
	if properties, ok := m["properties"].(tree); ok {
		properties["kind"] = tree{"const": tag, "type": "string"}
	}
	required, _ := m["required"].([]any)
	m["required"] = append(slices.Clone(required), "kind")
	return m
}

func (b *breeder) some(list []any, least int) []any {
	list = slices.Clone(list)
	b.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:least+b.r.IntN(len(list)-least)]
}

func (b *breeder) text() tree {
	m := tree{"type": "string"}
	switch b.r.IntN(8) {
	case 0:
		m["minLength"] = json.Number("1")
	case 1:
		m["maxLength"] = json.Number("3")
	case 2:
		m["pattern"] = pick(b.r, []string{"^a", "^[a-z]+$"})
	case 3:
		m["format"] = pick(b.r, []string{"uuid", "uuid4", "date", "ipv4", "ipvanyaddress", "password"})
	}
	return m
}

func (b *breeder) number(kind string) tree {
	m := tree{"type": kind}
	if b.chance(30) {
		m[pick(b.r, []string{"minimum", "exclusiveMinimum"})] = json.Number(pick(b.r, []string{"0", "1", "-2", "0.5"}))
	}
	if b.chance(30) {
		m[pick(b.r, []string{"maximum", "exclusiveMaximum"})] = json.Number(pick(b.r, []string{"3", "5", "10", "4.5"}))
	}
	if b.chance(10) {
		m["multipleOf"] = json.Number(pick(b.r, []string{"1", "2", "0.5"}))
	}
	return m
}

// cloned copies a JSON value.
func cloned(v any) any {
	switch v := v.(type) {
	case tree:
		m := make(tree, len(v))
		for k, e := range v {
			m[k] = cloned(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = cloned(e)
		}
		return l
	}
	return v
}
