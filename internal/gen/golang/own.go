package golang

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/schema"
)

// An ownType is a type with its own JSONSchema: for what neither Go's types nor
// Salt's tags can say.
type ownType struct {
	name   string
	schema string // JSON
	base   string // the scalar it is, or ""
	fields []tupleField
	embed  string           // of a class
	null   bool             // null is a value, and the zero value
	values []jsontext.Value // of an enum
	value  string           // the nullable scalar it holds, or ""
}

type tupleField struct{ name, expr string }

// own makes a type of its own for a schema. The schema stands in it without
// references, so recursion is an error.
func (g *generator) own(v view, hint string) (cand, error) {
	tree, err := g.inlined(v.Node, v.base(nil), nil)
	if err != nil {
		return cand{}, err
	}
	whole := tree.(object) //nolint:errcheck // an object's
	made := &ownType{schema: text(whole)}
	if strings.Contains(made.schema, `"$ref"`) || strings.Contains(made.schema, `"$anchor"`) {
		return cand{}, v.Errorf("Go can say this only as it is written, and then without references; write it in place of its reference")
	}
	made.describe(v)
	if s, err := schema.Parse([]byte(made.schema)); err == nil {
		made.null = s.Validate([]byte("null")) == nil
	}
	key := made.base + "\n" + made.schema
	return cand{
		expr: func() string {
			known, ok := g.owns[key]
			if !ok {
				made.name = g.unique(hint)
				g.owns[key] = made
				g.decls = append(g.decls, made)
				known = made
			}
			return known.name
		},
		goType: reflect.TypeFor[standOwn](), want: object{"saltOwn": jsontext.Value("true")}, own: true,
	}, nil
}

// describe finds out what the type can be beside a piece of JSON.
func (o *ownType) describe(v view) {
	goScalar := map[string]string{"string": "string", "integer": "int64", "number": "float64", "boolean": "bool"}
	kind := v.kind()
	if kind == "" && !v.Has("type") {
		kind = kindOf(gen.Items(v.Raw("enum")))
	}
	if base, ok := goScalar[kind]; ok && !v.Has("contentMediaType") {
		o.base = base
		if kindOf(gen.Items(v.Raw("enum"))) == kind {
			o.values = gen.Items(v.Raw("enum"))
		}
		return
	}
	if kinds := v.Texts("type"); len(kinds) == 2 && slices.Contains(kinds, "null") {
		for _, kind := range kinds {
			if base, ok := goScalar[kind]; ok {
				o.value = base
			}
		}
		return
	}
	positions := v.List("prefixItems")
	length := len(positions)
	low, high := string(v.Raw("minItems")), string(v.Raw("maxItems"))
	closed := v.Raw("items").Kind() == 'f' || high == plain(jsontext.Value(itoa(length)))
	if v.kind() != "array" || length == 0 || low != itoa(length) || !closed {
		return
	}
	var fields []tupleField
	taken := make(map[string]bool)
	for i, item := range positions {
		base, ok := goScalar[view{Node: item}.kind()]
		if !ok {
			return
		}
		name := "Item" + itoa(i)
		if title := item.Text("title"); title != "" {
			name = exported(title)
		}
		fields = append(fields, tupleField{uniqueIn(taken, name), base})
	}
	o.fields = fields
}

// ownRecord makes a type of its own of a root that no struct can say. Salt adds
// the type's name as title.
func (g *generator) ownRecord(n *named) error {
	v := view{n.node, []string{"title"}}
	if title := n.node.Text("title"); title != n.name {
		g.note(n.node, "Salt's schema has the title %s, the name of its Go type", n.name)
	}
	tree, err := g.inlined(n.node, v.base(nil), nil)
	if err != nil {
		return err
	}
	n.own = &ownType{name: n.name, schema: text(tree)}
	return nil
}

// inlined is a schema's tree with what its references lead to in their places.
func (g *generator) inlined(n *gen.Node, tree any, path []*gen.Node) (any, error) {
	if g.steps++; g.steps > maxSteps {
		return nil, n.Errorf("the schema is out of proportion once its references are followed; make what is repeated objects with properties")
	}
	if slices.Contains(path, n) {
		return nil, path[0].Errorf("Go cannot say this schema, which contains itself through %s; make what contains itself an object with type and properties", n.Place())
	}
	path = append(slices.Clip(path), n)
	whole, ok := tree.(object)
	if !ok {
		return tree, nil
	}
	result := object{}
	for name, value := range whole {
		k := n.Keyword(name)
		switch {
		case k == nil:
			result[name] = value
			continue
		case k.Sub != nil:
			sub, err := g.inlined(k.Sub, normal(k.Sub.Value), path)
			if err != nil {
				return nil, err
			}
			result[name] = sub
		case k.List != nil:
			var l list
			for _, item := range k.List {
				sub, err := g.inlined(item, normal(item.Value), path)
				if err != nil {
					return nil, err
				}
				l = append(l, sub)
			}
			result[name] = l
		case k.Members != nil:
			o := object{}
			for _, m := range k.Members {
				sub, err := g.inlined(m.Node, normal(m.Node.Value), path)
				if err != nil {
					return nil, err
				}
				o[m.Name] = sub
			}
			result[name] = o
		default:
			result[name] = value
		}
	}
	target := n.Ref()
	if target == nil {
		return result, nil
	}
	inner, err := g.inlined(target, normal(target.Value), path)
	if err != nil {
		return nil, err
	}
	delete(result, "$ref")
	into, ok := inner.(object)
	if !ok {
		return inner, nil
	}
	for _, name := range aside {
		delete(into, name)
	}
	for name, value := range result {
		if _, both := into[name]; both && !slices.Contains(annotations, name) {
			return nil, n.Errorf("both the schema and what it refers to say %s, which Go cannot; write them as one", name)
		}
		into[name] = value
	}
	return into, nil
}
