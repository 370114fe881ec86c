package schema

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
)

// A sampler makes payloads that a schema may permit: boundary values, missing
// optional members, nulls, and members without a declaration where the policy
// lets a writer send them. What it makes must still be validated.
type sampler struct {
	r       *rand.Rand
	doc     *document
	lenient bool
	budget  int
}

var memberNames = []string{"a", "b", "c", "d", "e", "f", "kind", "x1", "xy"}

var formatSamples = map[string][]string{
	"date-time": {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05"}, "date": {"2026-01-02"}, "time": {"03:04:05"}, "duration": {"P1DT2H"},
	"uuid": {"123e4567-e89b-12d3-a456-426614174000"}, "uuid4": {"123e4567-e89b-42d3-a456-426614174000"}, "email": {"a@b.example"}, "uri": {"https://a.example/x"},
	"ipv4": {"10.0.0.1"}, "ipv6": {"2001:db8::1"}, "ipvanyaddress": {"10.0.0.1", "::1"},
}

// sample returns a JSON value for one schema.
func (g *sampler) sample(v any) any {
	g.budget = 200
	return g.all([]any{v}, 0)
}

// gather collects schemas for one value: of each union one alternative and
// perhaps more, and perhaps what depends on conditions.
func (g *sampler) gather(set []map[string]any, v any, depth int) []map[string]any {
	m, ok := v.(map[string]any)
	if !ok || depth > 20 {
		return set
	}
	set = append(set, m)
	if at, ok := g.doc.target(m); ok {
		set = g.gather(set, g.doc.schemas[at], depth+1)
	}
	if l, ok := m["allOf"].([]any); ok {
		for _, sub := range l {
			set = g.gather(set, sub, depth+1)
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if l, ok := m[keyword].([]any); ok && len(l) > 0 {
			chosen := g.r.IntN(len(l))
			set = g.gather(set, l[chosen], depth+1)
			for i, sub := range l {
				if branch, _ := sub.(map[string]any); i != chosen && branch["type"] != "null" && g.r.IntN(3) == 0 {
					set = g.gather(set, sub, depth+1)
				}
			}
		}
	}
	for _, keyword := range []string{"if", "then", "else"} {
		if sub, ok := m[keyword]; ok && g.r.IntN(2) == 0 {
			set = g.gather(set, sub, depth+1)
		}
	}
	dependents, _ := m["dependentSchemas"].(map[string]any)
	for _, name := range sortedKeys(dependents) {
		if g.r.IntN(2) == 0 {
			set = g.gather(set, dependents[name], depth+1)
		}
	}
	return set
}

func (g *sampler) all(schemas []any, depth int) any {
	if g.budget--; depth > 12 {
		return nil
	}
	var set []map[string]any
	for _, v := range schemas {
		set = g.gather(set, v, 0)
	}
	types := allKinds
	for _, m := range set {
		if v, ok := m["const"]; ok {
			return v
		}
		if l, ok := m["enum"].([]any); ok && len(l) > 0 {
			return l[g.r.IntN(len(l))]
		}
		types &= spread(readTypes(m["type"]))
	}
	var some []kinds
	for i := range kindNames {
		if types&(1<<i) != 0 && (depth < 6 && g.budget > 0 || types&(kindArray|kindObject) == types || 1<<i < int(kindArray)) {
			some = append(some, 1<<i)
		}
	}
	if len(some) == 0 {
		return nil
	}
	switch some[g.r.IntN(len(some))] {
	case kindNull:
		return nil
	case kindBoolean:
		return g.r.IntN(2) == 0
	case kindInteger:
		return g.number(set, true)
	case kindNumber:
		return g.number(set, false)
	case kindString:
		return g.text(set)
	case kindArray:
		return g.array(set, depth)
	}
	return g.object(set, depth)
}

func floatOf(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func (g *sampler) number(set []map[string]any, integral bool) any {
	options := []float64{0, 1, -1, 2, float64(g.r.IntN(20) - 5), 1e6, -1e6}
	if !integral {
		options = append(options, 0.5, 1.25, -0.75, 2.5)
	}
	for _, m := range set {
		for _, keyword := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"} {
			if f, ok := floatOf(m[keyword]); ok {
				options = append(options, f, f+1, f-1, f, f+1, f-1)
				if !integral {
					options = append(options, f+0.25, f-0.25)
				}
			}
		}
	}
	return options[g.r.IntN(len(options))]
}

func (g *sampler) text(set []map[string]any) any {
	options := []string{"", "a", "b", "ab", "abc", "x1", "12", "1.00", "-1", "zzzzzzzzzz", "é"}
	for _, m := range set {
		for _, keyword := range []string{"minLength", "maxLength"} {
			if f, ok := floatOf(m[keyword]); ok && f < 100 {
				options = append(options, strings.Repeat("a", int(f)), strings.Repeat("é", int(f)), strings.Repeat("a", int(f)+1))
			}
		}
		if name, ok := m["format"].(string); ok {
			if samples := formatSamples[name]; len(samples) > 0 {
				return samples[g.r.IntN(len(samples))]
			}
		}
	}
	return options[g.r.IntN(len(options))]
}

func (g *sampler) array(set []map[string]any, depth int) any {
	options := []int{0, 1, 2, g.r.IntN(4)}
	for _, m := range set {
		for _, keyword := range []string{"minItems", "maxItems"} {
			if f, ok := floatOf(m[keyword]); ok && f < 10 {
				options = append(options, int(f), int(f))
			}
		}
	}
	items := []any{}
	for i := range options[g.r.IntN(len(options))] {
		var sub []any
		for _, m := range set {
			prefix, _ := m["prefixItems"].([]any)
			if i < len(prefix) {
				sub = append(sub, prefix[i])
			} else if v, ok := m["items"]; ok {
				sub = append(sub, v)
			}
			if v, ok := m["contains"]; ok && g.r.IntN(2) == 0 {
				sub = append(sub, v)
			}
		}
		items = append(items, g.all(sub, depth+1))
	}
	return items
}

func (g *sampler) object(set []map[string]any, depth int) any {
	object, declared := make(map[string]any), make(map[string]bool)
	needed := make(map[string]bool)
	model, asked := false, false
	for _, m := range set {
		properties, ok := m["properties"].(map[string]any)
		model = model || ok
		for name := range properties {
			declared[name] = true
		}
		for _, name := range readStrings(m["required"]) {
			declared[name], needed[name] = true, true
		}
		dependents, _ := m["dependentRequired"].(map[string]any)
		for _, names := range dependents {
			for _, name := range readStrings(names) {
				declared[name] = true
			}
		}
		if a, ok := m["additionalProperties"].(map[string]any); ok {
			asked = asked || slices.ContainsFunc(sortedKeys(a), func(k string) bool { return !isAnnotation(k) && k != "default" })
		}
		patterns, _ := m["patternProperties"].(map[string]any)
		model = model || len(patterns) > 0
	}
	for _, name := range sortedKeys(declared) {
		if needed[name] || g.r.IntN(2) == 0 && (depth < 5 && g.budget > 0) {
			object[name] = g.all(memberSchemas(set, name), depth+1)
		}
	}
	if depth > 5 || g.budget <= 0 || g.r.IntN(3) == 0 {
		return object
	}
	for range g.r.IntN(3) {
		name := memberNames[g.r.IntN(len(memberNames))]
		if declared[name] {
			continue
		}
		matches := false
		for _, m := range set {
			patterns, _ := m["patternProperties"].(map[string]any)
			for text := range patterns {
				p, err := compilePattern(text)
				matches = matches || err == nil && p.match([]byte(name))
			}
		}
		if !g.lenient || asked || !model || matches {
			object[name] = g.all(memberSchemas(set, name), depth+1)
		}
	}
	return object
}

func memberSchemas(set []map[string]any, name string) []any {
	var list []any
	for _, m := range set {
		known := false
		properties, _ := m["properties"].(map[string]any)
		if v, ok := properties[name]; ok {
			known = true
			list = append(list, v)
		}
		patterns, _ := m["patternProperties"].(map[string]any)
		for _, text := range sortedKeys(patterns) {
			if p, err := compilePattern(text); err == nil && p.match([]byte(name)) {
				known = true
				list = append(list, patterns[text])
			}
		}
		if v, ok := m["additionalProperties"]; ok && !known {
			list = append(list, v)
		}
	}
	return list
}
