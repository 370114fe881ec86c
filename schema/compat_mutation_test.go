package schema

import (
	"encoding/json"
	"maps"
	"slices"
)

// places lists the schema objects in a document.
func places(v any, found []tree) []tree {
	m, ok := v.(tree)
	if !ok {
		return found
	}
	found = append(found, m)
	for _, keyword := range sortedKeys(m) {
		switch sub := m[keyword].(type) {
		case tree:
			if slices.Contains(schemaMaps, keyword) {
				for _, name := range sortedKeys(sub) {
					found = places(sub[name], found)
				}
			} else if slices.Contains(schemaKeywords, keyword) {
				found = places(sub, found)
			}
		case []any:
			if slices.Contains(schemaLists, keyword) {
				for _, e := range sub {
					found = places(e, found)
				}
			}
		}
	}
	return found
}

// A mutation changes one schema object, and reports false if it does not apply.
type mutation struct {
	name   string
	breaks bool // if the place can be reached at all
	apply  func(b *breeder, m tree) bool
}

func (b *breeder) pickMember(m tree) (properties tree, name string, ok bool) {
	properties, _ = m["properties"].(tree)
	if len(properties) == 0 {
		return nil, "", false
	}
	return properties, pick(b.r, sortedKeys(properties)), true
}

func without(m tree, name string) {
	list, _ := m["required"].([]any)
	list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == name })
	if m["required"] = list; len(list) == 0 {
		delete(m, "required")
	}
}

var mutations = []mutation{
	{"add an optional member", false, func(b *breeder, m tree) bool {
		properties, _ := m["properties"].(tree)
		name := pick(b.r, memberNames)
		if _, taken := properties[name]; properties == nil || taken {
			return false
		}
		properties[name] = b.value(0)
		return true
	}},
	{"add a required member", true, func(b *breeder, m tree) bool {
		properties, _ := m["properties"].(tree)
		if properties == nil || properties["new"] != nil {
			return false
		}
		properties["new"] = tree{"type": "string"}
		list, _ := m["required"].([]any)
		m["required"] = append(slices.Clone(list), "new")
		return true
	}},
	{"remove a member", false, func(b *breeder, m tree) bool {
		properties, name, ok := b.pickMember(m)
		if ok {
			delete(properties, name)
			without(m, name)
		}
		return ok
	}},
	{"make a member required", true, func(b *breeder, m tree) bool {
		_, name, ok := b.pickMember(m)
		list, _ := m["required"].([]any)
		if !ok || slices.Contains(list, any(name)) {
			return false
		}
		m["required"] = append(slices.Clone(list), name)
		return true
	}},
	{"make a member optional", false, func(b *breeder, m tree) bool {
		_, name, ok := b.pickMember(m)
		if ok {
			without(m, name)
		}
		return ok
	}},
	{"integer to number", false, func(_ *breeder, m tree) bool { return replace(m, "type", "integer", "number") }},
	{"number to integer", true, func(_ *breeder, m tree) bool { return replace(m, "type", "number", "integer") }},
	{"string to integer", true, func(_ *breeder, m tree) bool { return replace(m, "type", "string", "integer") }},
	{"relax", false, func(b *breeder, m tree) bool {
		for _, keyword := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "const", "enum", "propertyNames", "maxProperties", "multipleOf", "not", "if", "dependentRequired", "contains", "minProperties", "unevaluatedProperties"} {
			if _, ok := m[keyword]; ok {
				delete(m, keyword)
				return true
			}
		}
		return false
	}},
	{"raise the minimum", true, func(_ *breeder, m tree) bool {
		if m["type"] != "integer" && m["type"] != "number" || m["maximum"] != nil || m["exclusiveMaximum"] != nil {
			return false
		}
		m["minimum"] = json.Number("7")
		return true
	}},
	{"shorten", true, func(_ *breeder, m tree) bool {
		if m["type"] != "string" || m["format"] != nil || m["const"] != nil || m["enum"] != nil {
			return false
		}
		m["maxLength"] = json.Number("2")
		return true
	}},
	{"grow the enum", false, func(_ *breeder, m tree) bool {
		list, ok := m["enum"].([]any)
		m["enum"] = append(slices.Clone(list), "grown")
		if !ok {
			delete(m, "enum")
		}
		return ok
	}},
	{"shrink the enum", true, func(_ *breeder, m tree) bool {
		list, ok := m["enum"].([]any)
		if !ok || len(list) < 2 {
			return false
		}
		m["enum"] = list[1:]
		return true
	}},
	{"add an alternative", false, func(b *breeder, m tree) bool {
		list, ok := m["anyOf"].([]any)
		if ok {
			m["anyOf"] = append(slices.Clone(list), b.value(0))
		}
		return ok
	}},
	{"drop an alternative", true, func(_ *breeder, m tree) bool {
		list, ok := m["anyOf"].([]any)
		if !ok || len(list) < 2 {
			return false
		}
		m["anyOf"] = list[1:]
		return true
	}},
	{"anyOf to oneOf", false, func(_ *breeder, m tree) bool { return replaceKey(m, "anyOf", "oneOf") }},
	{"make nullable", false, func(_ *breeder, m tree) bool {
		if m["$defs"] != nil || len(m) == 0 {
			return false
		}
		inner := tree{}
		for k, v := range m {
			inner[k] = v
			delete(m, k)
		}
		m["anyOf"] = []any{inner, tree{"type": "null"}}
		return true
	}},
	{"close", false, func(_ *breeder, m tree) bool {
		if m["properties"] == nil {
			return false
		}
		m["additionalProperties"] = false
		return true
	}},
	{"open", false, func(_ *breeder, m tree) bool {
		_, ok := m["additionalProperties"]
		delete(m, "additionalProperties")
		return ok
	}},
	{"fewer items", true, func(_ *breeder, m tree) bool {
		if m["type"] != "array" || m["prefixItems"] != nil {
			return false
		}
		m["maxItems"], m["minItems"] = json.Number("1"), json.Number("1")
		return true
	}},
	{"make a set", false, func(_ *breeder, m tree) bool {
		if m["type"] == "array" {
			m["uniqueItems"] = true
		}
		return m["type"] == "array"
	}},
	{"replace", false, func(b *breeder, m tree) bool {
		if m["$defs"] != nil {
			return false
		}
		clear(m)
		if v, ok := b.value(1).(tree); ok {
			maps.Copy(m, v)
		}
		return true
	}},
}

func replaceKey(m tree, from, to string) bool {
	value, ok := m[from]
	if ok {
		delete(m, from)
		m[to] = value
	}
	return ok
}

func replace(m tree, keyword, from, to string) bool {
	if m[keyword] != from || m["const"] != nil || m["enum"] != nil {
		return false
	}
	m[keyword] = to
	return true
}

// mutant applies one mutation somewhere and names it.
func (b *breeder) mutant(doc tree) (tree, mutation) {
	for {
		copied, _ := cloned(doc).(tree)
		m := pick(b.r, mutations)
		for range 10 {
			if m.apply(b, pick(b.r, places(copied, nil))) {
				defs, ok := copied["$defs"].(tree)
				if !ok {
					defs = tree{}
					copied["$defs"] = defs
				}
				for name, def := range b.definitions() { // for references that are new
					if defs[name] == nil {
						defs[name] = def
					}
				}
				prune(copied)
				return copied, m
			}
		}
	}
}
