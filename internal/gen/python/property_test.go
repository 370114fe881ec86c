package python_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
)

// TestRandomSchemas takes random schemas of the dialect that package schema
// writes to Python and back.
func TestRandomSchemas(t *testing.T) {
	t.Parallel()
	const modules, events = 20, 10
	for seed := range uint64(modules) {
		for _, style := range []string{python.Class, python.Decorator} {
			t.Run(fmt.Sprintf("%s/%d", style, seed), func(t *testing.T) {
				t.Parallel()
				r := &random{Rand: rand.New(rand.NewPCG(seed, 1)), plain: style == python.Decorator}
				var contracts []*gen.Contract
				for i := range events {
					c := rpc(t, fmt.Sprintf("random.%d", i), r.document(), r.document(), r.document())
					contracts = append(contracts, c)
				}
				out := generate(t, style, contracts...)
				expectContracts(t, ask(t, out.Source), out, contracts...)
			})
		}
	}
}

// random makes schemas.
type random struct {
	*rand.Rand
	plain bool // without what celery-salt's decorators cannot say
	refs  []string
	depth int
	used  map[string]bool
}

type object = map[string]any

// document makes a schema with definitions, all of which are used.
func (r *random) document() string {
	r.refs, r.used = nil, make(map[string]bool)
	kinds := make(map[string]string)
	for i, kind := range []string{"Model", "Enum", "Union", "Number", "Model"} {
		if r.IntN(3) > 0 {
			name := fmt.Sprintf("%s%d", kind, i)
			r.refs = append(r.refs, name)
			kinds[name] = kind
		}
	}
	root := r.model("Root", true)
	defs := object{}
	for done := false; !done; {
		done = true
		for _, name := range r.refs {
			if r.used[name] && defs[name] == nil {
				defs[name] = r.definition(name, kinds[name])
				done = false
			}
		}
	}
	// Some were made for schemas that were not taken.
	reached := object{}
	var reach func(v any)
	reach = func(v any) {
		text := marshal(v)
		for name, def := range defs {
			if reached[name] == nil && strings.Contains(text, `"#/$defs/`+name+`"`) {
				reached[name] = def
				reach(def)
			}
		}
	}
	reach(root)
	if len(reached) > 0 {
		root["$defs"] = reached
	}
	return marshal(root)
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (r *random) definition(name, kind string) object {
	switch kind {
	case "Enum":
		if r.IntN(2) == 0 {
			return object{"enum": []any{1, -2, 3}, "title": name, "type": "integer"}
		}
		return object{"enum": []any{"a", "b c", "", "ä"}, "title": name, "type": "string", "description": "An enum."}
	case "Union":
		return object{"anyOf": []any{object{"type": "integer"}, object{"type": "array", "items": object{"$ref": "#/$defs/" + name}}}}
	case "Number":
		return object{"type": "number", "minimum": r.IntN(3), "title": "N"}
	}
	return r.model(name, false)
}

var memberNames = []string{"id", "user_id", "Name", "a1b", "date", "str", "int", "list", "Any", "Field", "x_y_z", "items", "class", "a-b", "größe", "_x", "json", "Root"}

func (r *random) model(title string, root bool) object {
	r.depth++
	defer func() { r.depth-- }()
	properties := object{}
	var required []string
	names := slices.Clone(memberNames)
	if r.plain {
		names = names[:12]
	}
	// json.Marshal sorts the members, so the required ones are sorted as well.
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:r.IntN(5)]
	slices.Sort(names)
	for _, name := range names {
		member := r.schema()
		switch r.IntN(3) {
		case 0:
			required = append(required, name)
		case 1:
			if d, ok := r.preset(member); ok {
				member["default"] = d
			}
		}
		_, ref := member["$ref"]
		if alternatives, ok := member["anyOf"].([]any); ok && len(alternatives) == 2 {
			first, _ := alternatives[0].(object)
			_, ref = first["$ref"]
			ref = ref && alternatives[1].(object)["type"] == "null"
		}
		if _, has := member["title"]; !has && !ref {
			member["title"] = title0(name)
		}
		if member["title"] != nil && r.IntN(4) == 0 {
			member["title"] = "Another " + name
		}
		if r.IntN(4) == 0 && member["properties"] == nil {
			member["description"] = "About " + name + ".\nMore."
		}
		if r.plain && ref && !slices.Contains(required, name) && member["default"] == nil && !hasKey(member, "default") && member["title"] == nil {
			member["title"] = title0(name) // a title that only the configuration of a model can remove
		}
		properties[name] = member
	}
	m := object{"type": "object", "properties": properties, "title": title}
	if required != nil {
		m["required"] = required
	}
	if !root || !r.plain {
		switch r.IntN(5) {
		case 0:
			m["additionalProperties"] = false
		case 1:
			m["additionalProperties"] = true
		case 2:
			m["additionalProperties"] = r.schema()
		}
		if r.IntN(3) == 0 {
			m["description"] = "About " + title + "."
		}
	}
	return m
}

func hasKey(m object, key string) bool {
	_, ok := m[key]
	return ok
}

func title0(name string) string {
	return map[string]string{
		"id": "Id", "user_id": "User Id", "Name": "Name", "a1b": "A1B", "date": "Date", "str": "Str", "int": "Int", "list": "List",
		"Any": "Any", "Field": "Field", "x_y_z": "X Y Z", "items": "Items", "class": "Class", "a-b": "A-B", "größe": "Größe",
		"_x": "X", "json": "Json", "Root": "Root",
	}[name]
}

// schema makes the schema of a value.
func (r *random) schema() object {
	r.depth++
	defer func() { r.depth-- }()
	n := 16
	if r.depth > 4 {
		n = 9
	}
	switch r.IntN(n) {
	case 0:
		return object{"type": "integer", "minimum": -r.IntN(5), "exclusiveMaximum": 10 + r.IntN(5)}
	case 1:
		return object{"type": "number", "multipleOf": 0.5}
	case 2:
		return object{"type": "string", "minLength": r.IntN(2), "pattern": `^[a-z]\d*"?$`}
	case 3:
		formats := []string{"date-time", "date", "time", "duration", "uuid", "uuid7", "binary", "base64", "ipv4", "ipvanynetwork", "email", "hostname"}
		return object{"type": "string", "format": formats[r.IntN(len(formats))]}
	case 4:
		return object{"type": "boolean"}
	case 5:
		return object{"enum": []any{"x", "y", strings.Repeat("z", r.IntN(3))}, "type": "string"}
	case 6:
		return object{"const": "k", "type": "string"}
	case 7:
		return object{}
	case 8:
		return object{"anyOf": []any{object{"type": "number", "maximum": 9}, object{"type": "string", "pattern": `^(?!^[-+.]*$)[+-]?0*\d*\.?\d{0,2}0*$`}}}
	case 9:
		return object{"type": "array", "items": r.schema(), "maxItems": 1 + r.IntN(3)}
	case 10:
		return object{"type": "array", "items": object{"type": "integer"}, "uniqueItems": true}
	case 11:
		value := r.value()
		delete(value, "title") // Pydantic takes it away
		return object{"type": "object", "additionalProperties": value}
	case 12:
		return object{"type": "array", "prefixItems": []any{r.schema(), r.schema()}, "minItems": 2, "maxItems": 2}
	case 13:
		inner := r.value()
		if alternatives, ok := inner["anyOf"].([]any); ok {
			return object{"anyOf": append(alternatives, object{"type": "null"})}
		}
		if len(inner) == 0 {
			return inner
		}
		return object{"anyOf": []any{inner, object{"type": "null"}}}
	case 14:
		m := r.model("Inline", false)
		return m
	}
	if len(r.refs) == 0 {
		return object{"type": "integer"}
	}
	name := r.refs[r.IntN(len(r.refs))]
	r.used[name] = true
	return object{"$ref": "#/$defs/" + name}
}

// value is a schema that does not end in null.
func (r *random) value() object {
	for {
		s := r.schema()
		alternatives, ok := s["anyOf"].([]any)
		if len(s) > 0 && (!ok || alternatives[len(alternatives)-1].(object)["type"] != "null") {
			return s
		}
	}
}

// preset makes a default.
func (r *random) preset(s object) (any, bool) {
	switch {
	case s["format"] != nil, s["prefixItems"] != nil, s["$ref"] != nil, s["properties"] != nil, s["pattern"] != nil:
		return nil, false
	case s["const"] != nil:
		return s["const"], true
	case s["enum"] != nil:
		return "x", true
	case s["anyOf"] != nil:
		alternatives := s["anyOf"].([]any)
		if alternatives[len(alternatives)-1].(object)["type"] == "null" {
			return nil, true
		}
		return "1.50", true
	}
	switch s["type"] {
	case "integer":
		return r.IntN(9), true
	case "number":
		return 1.5, true
	case "boolean":
		return r.IntN(2) == 0, true
	case "array":
		return []any{}, true
	case "object":
		return object{}, true
	}
	return []any{1, nil, object{"a": "b"}}, true
}
