package python

import (
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

var bounds = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}

// keywordsOf are the assertions that have an effect on values of a type.
var keywordsOf = map[string][]string{
	"string":  {"format", "minLength", "maxLength", "pattern", "contentSchema"},
	"integer": bounds,
	"number":  bounds,
	"boolean": nil,
	"null":    nil,
	"array":   {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"},
	"object": {
		"properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames",
		"patternProperties",
	},
}

// arguments are Field's names of keywords.
var arguments = map[string]string{
	"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt", "multipleOf": "multiple_of",
	"minLength": "min_length", "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length",
	"minProperties": "min_length", "maxProperties": "max_length",
}

// single is the type of a schema for one of JSON's types.
func (m *module) single(n *gen.Node, kind, hint string) (typ, error) {
	switch kind {
	case "string":
		return m.text(n)
	case "integer":
		return m.constrain(n, typ{code: atom(m.use("int")), plain: true, hashable: true, says: says{"type": kind}}, bounds...)
	case "number":
		return m.constrain(n, typ{code: atom(m.use("float")), plain: true, hashable: true, says: says{"type": kind}}, bounds...)
	case "boolean":
		return typ{code: atom(m.use("bool")), plain: true, hashable: true, says: says{"type": kind}}, nil
	case "null":
		return typ{code: atom("None"), plain: true, hashable: true, says: says{"type": kind}}, nil
	case "array":
		return m.array(n, hint)
	case "object":
		return m.object(n, hint)
	}
	return typ{}, n.Errorf("%q is no type of JSON Schema", kind)
}

// constrain adds the keywords that Field has arguments for.
func (m *module) constrain(n *gen.Node, t typ, keywords ...string) (typ, error) {
	for _, keyword := range keywords {
		raw := n.Raw(keyword)
		if raw == nil {
			continue
		}
		value := string(raw)
		if t.says["type"] != "number" && !isInteger(raw) {
			whole := canonical(value)
			if strings.ContainsAny(whole, "/eE") || len(whole) > maxDigits {
				return typ{}, n.Errorf("%s %s: Python bounds this type by integers; use the nearest one", keyword, raw)
			}
			value = whole
		}
		c, err := numberLiteral(value)
		if err != nil {
			return typ{}, n.Errorf("%s: %w", keyword, err)
		}
		t.field = append(t.field, prefixed(arguments[keyword]+"=", c))
		t.says = t.says.with(keyword, number(canonical(value)))
	}
	return t, nil
}
