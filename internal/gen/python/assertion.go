package python

import (
	"slices"

	"github.com/celerysalt/salt/internal/gen"
)

// assertions are the keywords that decide what a schema accepts, or how it is
// found. All others are annotations.
var assertions = []string{
	"$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$ref",
	"additionalItems", "additionalProperties", "allOf", "anyOf", "const", "contains", "contentSchema", "definitions",
	"dependencies", "dependentRequired", "dependentSchemas", "discriminator", "else", "enum", "exclusiveMaximum",
	"exclusiveMinimum", "format", "if", "items", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum",
	"minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern",
	"patternProperties", "prefixItems", "properties", "propertyNames", "required", "then", "type",
	"unevaluatedItems", "unevaluatedProperties", "uniqueItems",
}

// asserted is what a schema says without its annotations and definitions.
func asserted(n *gen.Node) says {
	want := says{}
	for _, k := range n.Keywords {
		if slices.Contains(assertions, k.Name) && k.Name != "$defs" && k.Name != "definitions" {
			want[k.Name] = tree(k.Value)
		}
	}
	if n.Has("contentSchema") && n.Has("contentMediaType") {
		want["contentMediaType"] = tree(n.Raw("contentMediaType"))
	}
	return want
}

// only fails if the schema has other assertions than these.
func only(n *gen.Node, allowed ...string) error {
	for _, k := range n.Keywords {
		if !slices.Contains(assertions, k.Name) || slices.Contains(allowed, k.Name) || k.Name == "$defs" || k.Name == "definitions" {
			continue
		}
		return n.Errorf("Pydantic cannot say %q here; %s", k.Name, remedy(k.Name))
	}
	return nil
}

func remedy(keyword string) string {
	switch keyword {
	case "allOf":
		return "write the schemas as one, or refer to it with $ref"
	case "oneOf":
		return "use anyOf, or give the objects a discriminator"
	case "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef":
		return "use $defs and $ref: #/$defs/NAME"
	case "not", "if", "then", "else", "contains", "dependentRequired", "dependentSchemas", "dependencies",
		"unevaluatedItems", "unevaluatedProperties", "minContains", "maxContains", "patternProperties":
		return "leave it out of the contract and check it in code"
	}
	return "leave it out if it has no effect, or write it where it belongs"
}
