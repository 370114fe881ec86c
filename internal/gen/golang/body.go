package golang

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// A body is what stands between the braces of a struct.
type body struct {
	fields []field
	about  []entry // the tag of the blank field
	extra  *cand   // values of the map of other members
	wide   string  // its name
}

// recordKeys are the keywords of an object that a struct can say.
var recordKeys = []string{"properties", "required", "additionalProperties", "title", "description", "deprecated", "type"}

// body makes the fields of an object's schema. Name is the Go type's, "" for one
// that is written in place.
func (g *generator) body(n *gen.Node, name string) (*body, error) {
	return g.bodyOf(n, name, name)
}

func (g *generator) bodyOf(n *gen.Node, name, hint string) (*body, error) {
	if n.Text("type") != "object" {
		return nil, n.Errorf("a Go struct is a JSON object; add \"type\": \"object\" to the schema")
	}
	for _, k := range n.Keywords {
		switch {
		case slices.Contains(recordKeys, k.Name), slices.Contains(aside, k.Name):
		case strings.HasPrefix(k.Name, "x-"), k.Name == "examples", k.Name == "example", k.Name == "readOnly", k.Name == "writeOnly":
			g.note(n, "%s is not kept: a Go struct cannot say it", k.Name)
		default:
			return nil, n.Errorf("a Go struct cannot say %s; remove it", k.Name)
		}
	}
	b := &body{}
	if err := g.structTags(b, n, name); err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	reserved := g.reservedFields()
	for _, m := range n.Members("properties") {
		fieldName := exported(m.Name)
		if slices.Contains(reserved, fieldName) {
			fieldName += "Field"
		}
		fieldName = uniqueIn(taken, fieldName)
		f, err := g.member(m, n.Required(m.Name), hint+fieldName)
		if err != nil {
			return nil, err
		}
		f.name = fieldName
		b.fields = append(b.fields, f)
	}
	for _, needed := range n.Texts("required") {
		if n.Property(needed) == nil {
			return nil, n.Errorf("member %q is required and has no schema; add it to properties", needed)
		}
	}
	if others := n.Sub("additionalProperties"); others != nil && others.Value.Kind() != 'f' {
		c, err := g.element(others, hint+"Value")
		if err != nil {
			return nil, err
		}
		b.extra, b.wide = &c, uniqueIn(taken, "Extra")
	}
	return b, nil
}

// reservedFields are names of methods that the type gets, and of what a class
// embeds.
func (g *generator) reservedFields() []string {
	var names []string
	if g.Style == Class {
		names = append(names, "Event", "RPC", "Definition", "OnPublish", "OnCall")
	}
	if g.inFault {
		names = append(names, "Error")
	}
	return names
}

// structTags makes the tag of the blank field.
func (g *generator) structTags(b *body, n *gen.Node, name string) error {
	for _, key := range []string{"title", "description"} {
		if n.Has(key) && n.Raw(key).Kind() != '"' {
			return n.Errorf("the %s is no text", key)
		}
	}
	switch {
	case !n.Has("title") && name != "":
		g.noteOnce("objects without a title get the name of their Go type as title")
	case n.Has("title") && n.Text("title") != name:
		b.about = append(b.about, entry{"title", []string{n.Text("title")}})
	}
	if n.Has("description") {
		b.about = append(b.about, entry{"description", []string{n.Text("description")}})
	}
	if n.Raw("deprecated").Kind() == 't' {
		b.about = append(b.about, entry{key: "deprecated"})
	}
	if n.Raw("additionalProperties").Kind() == 'f' {
		b.about = append(b.about, entry{key: "strict"})
	}
	return nil
}

// inPlace is about an object that is written where it is used: an alias of a
// struct without a name, because a named one would become a definition.
func (g *generator) inPlace(v view, hint string) ([]cand, error) {
	b, err := g.bodyOf(without(v), "", hint)
	if err != nil {
		if hasRefs(v.Node) {
			return nil, err
		}
		return nil, nil // it becomes a type of its own
	}
	t, want, err := b.structType(v)
	if err != nil {
		return nil, nil //nolint:nilerr // as above
	}
	a := &alias{body: b, node: v.Node}
	return []cand{{
		expr: func() string {
			if a.name == "" {
				a.name = g.unique(hint)
				g.decls = append(g.decls, a)
			}
			return a.name
		},
		goType: t, want: want, made: true, embeds: b.embeds(),
	}}, nil
}

// without is the schema without what the view skips.
func without(v view) *gen.Node {
	n := *v.Node
	n.Keywords = slices.DeleteFunc(slices.Clone(n.Keywords), func(k gen.Keyword) bool { return slices.Contains(v.skip, k.Name) })
	return &n
}

// An alias names a struct without a name.
type alias struct {
	name string
	body *body
	node *gen.Node
}

// embeds are the structs that the fields hold by value.
func (b *body) embeds() []*named {
	var held []*named
	for _, f := range b.fields {
		held = append(held, f.cand.embeds...)
	}
	return held
}

// structType is the struct with stand-ins, and the schema that it should have.
func (b *body) structType(v view) (t reflect.Type, want object, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reflect cannot make the struct")
		}
	}()
	var fields []reflect.StructField
	if tag := tagText(b.about); tag != "" {
		fields = append(fields, reflect.StructField{Name: "_", PkgPath: "x", Type: reflect.TypeFor[struct{}](), Tag: reflect.StructTag("salt:" + quoteTag(tag))})
	}
	properties := object{}
	for _, f := range b.fields {
		properties[nameOf(f.json)] = f.want
		fields = append(fields, reflect.StructField{Name: f.name, Type: f.cand.goType, Tag: reflect.StructTag(tagsOf(f.json, f.tried))})
	}
	replaced := object{"properties": properties}
	if b.extra != nil {
		replaced["additionalProperties"] = any(b.extra.want)
		if len(b.extra.want) == 0 {
			replaced["additionalProperties"] = jsontext.Value("true")
		}
		fields = append(fields, reflect.StructField{Name: b.wide, Type: reflect.MapOf(reflect.TypeFor[string](), b.extra.goType), Tag: `json:",embed"`})
	}
	return reflect.StructOf(fields), v.base(replaced), nil
}
