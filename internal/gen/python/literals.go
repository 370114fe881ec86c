package python

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// literals is a schema with enum or const.
func (m *module) literals(n *gen.Node) (typ, error) {
	if err := only(n, "type", "enum", "const"); err != nil {
		return typ{}, err
	}
	if n.Has("enum") && n.Has("const") {
		return typ{}, n.Errorf("enum and const contradict or repeat each other; leave one out")
	}
	values := gen.Items(n.Raw("enum"))
	t := typ{plain: true, hashable: true, says: says{"enum": tree(n.Raw("enum"))}}
	if n.Has("const") {
		values = []jsontext.Value{n.Raw("const")}
	}
	if len(values) == 1 {
		t.says = says{"const": tree(values[0])}
	}
	var codes []code
	kinds := make(map[string]bool)
	var seen []any
	exact := true // Literal can say it
	for _, v := range values {
		c, err := literal(v)
		if err != nil {
			return typ{}, n.Errorf("enum: %w", err)
		}
		if slices.ContainsFunc(seen, func(s any) bool { return sameValue(s, tree(v)) }) {
			return typ{}, n.Errorf("the value %s is there twice; leave one out", v)
		}
		seen = append(seen, tree(v))
		codes = append(codes, c)
		kinds[kindOf(v)] = true
		exact = exact && (isInteger(v) || v.Kind() != '0' && v.Kind() != '[' && v.Kind() != '{')
	}
	// Python takes True for 1 and False for 0.
	if !exact || kinds["boolean"] && kinds["integer"] {
		t.code = atom(m.use("Any"))
		t.says = says{}
		return m.annotated(t, call(m.use("AfterValidator"), call(m.helper("_one_of"), codes...))), nil
	}
	if kind := n.Texts("type"); len(kind) > 0 && slices.ContainsFunc(sortedKeys(kinds), func(k string) bool {
		return !slices.Contains(kind, k) && (k != "integer" || !slices.Contains(kind, "number"))
	}) {
		return typ{}, n.Errorf("enum has values that are not of the type %q; leave them out", kind)
	}
	if len(kinds) == 1 {
		t.says = t.says.with("type", sortedKeys(kinds)[0])
	}
	t.code = subscript(m.use("Literal"), codes...)
	return t, nil
}

func kindOf(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '0':
		if isInteger(v) {
			return "integer"
		}
		return "number"
	case '[':
		return "array"
	}
	return "object"
}
