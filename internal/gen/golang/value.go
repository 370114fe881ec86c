package golang

import (
	"maps"
	"reflect"
	"slices"

	"github.com/celerysalt/salt/internal/gen"
)

// A cand is a Go type that may say a schema; it is tried before it is used.
type cand struct {
	expr   func() string // Go; asked only if the type is chosen, for it may declare types
	goType reflect.Type  // with stand-ins for generated types
	want   object        // the schema, with stand-ins
	tags   []entry       // constraints, which only members can have

	bare    bool     // its values stand in tags as text, not as JSON
	pointer bool     // null is nil
	nilable bool     // null may be nil, with the tag default=null
	made    bool     // it holds generated types, whose values cannot be tried
	own     bool     // it has a JSONSchema of its own
	ref     bool     // a reference, which gets no title
	scalar  string   // Go's type for a type of one's own with other constraints
	embeds  []*named // structs that it holds by value
}

// annotations stand beside a member's schema, as tags.
var annotations = []string{"title", "description", "default", "examples", "deprecated"}

// aside are keywords of a document that are no part of its root's schema.
var aside = []string{"$defs", "definitions", "$schema", "$id", "$comment", "$anchor"}

// A view is a schema without some of its keywords.
type view struct {
	*gen.Node
	skip []string
}

// base is the schema with some keywords replaced.
func (v view) base(replaced object) object {
	o := object{}
	for _, k := range v.Keywords {
		if !slices.Contains(v.skip, k.Name) && !slices.Contains(aside, k.Name) {
			o[k.Name] = normal(k.Value)
		}
	}
	maps.Copy(o, replaced)
	return o
}

// kind returns the schema's one type, "" if it has none or several.
func (v view) kind() string {
	if v.Raw("type").Kind() != '"' {
		return ""
	}
	return v.Text("type")
}

// maxSteps bounds the work: definitions that are no structs are written wherever
// they are used, which a few lines can make billions of places.
const maxSteps = 100_000

func fixed(expr string) func() string { return func() string { return expr } }

// candidates lists Go types for a schema, the best first. None means that it
// takes a type of its own. The schema must be flat.
func (g *generator) candidates(v view, hint string) ([]cand, error) {
	if g.steps++; g.steps > maxSteps {
		return nil, v.Errorf("the schema is out of proportion once its references are followed; make what is repeated objects with properties")
	}
	switch {
	case v.IsBool() && !v.IsAny():
		return nil, v.Errorf("false allows no value; remove the member from the schema")
	case len(v.base(nil)) == 0:
		return []cand{{expr: fixed("any"), goType: reflect.TypeFor[any](), want: object{}}}, nil
	case v.Has("$ref"):
		return g.reference(v)
	case v.Has("anyOf") || v.Has("oneOf"):
		return g.choice(v, hint)
	case v.Has("enum") || v.Has("const"):
		return literals(v), nil
	}
	switch v.kind() {
	case "string":
		return g.strings(v), nil
	case "integer":
		return []cand{scalar(v, "int64", reflect.TypeFor[int64](), numberKeys...)}, nil
	case "number":
		return []cand{scalar(v, "float64", reflect.TypeFor[float64](), numberKeys...)}, nil
	case "boolean":
		return []cand{scalar(v, "bool", reflect.TypeFor[bool]())}, nil
	case "array":
		return g.array(v, hint)
	case "object":
		return g.object(v, hint)
	}
	return nil, nil
}

var (
	numberKeys = []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"}
	stringKeys = []string{"minLength", "maxLength", "pattern"}
)
