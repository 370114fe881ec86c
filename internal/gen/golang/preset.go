package golang

import (
	"bytes"
	"fmt"
	"maps"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/schema"
)

// checkDefault holds the default of a member whose type is generated against
// what Salt will make of it: a default is written in the form's own spelling, a
// struct with the defaults of its members, and must fit its schema.
func (g *generator) checkDefault(n *gen.Node, value jsontext.Value) error {
	tree, err := g.spelled(n, value)
	if err != nil {
		return err
	}
	if canonical(tree) != canonical(normal(value)) {
		return fmt.Errorf("Salt would write its default %s as %s", value, text(tree))
	}
	return fitsDefault(n, value)
}

// fitsDefault holds a default against its own schema.
func fitsDefault(n *gen.Node, value jsontext.Value) error {
	whole := object{}
	for _, name := range aside[:2] {
		if raw := n.Doc.Root.Raw(name); raw != nil {
			whole[name] = normal(raw)
		}
	}
	own, _ := normal(n.Value).(object)
	whole["properties"] = object{"F": own}
	s, err := schema.Parse([]byte(text(whole)))
	if err != nil {
		return nil //nolint:nilerr // it refers to other places of the document, and the program's start will tell
	}
	if err := s.Validate(fmt.Appendf(nil, `{"F":%s}`, value)); err != nil {
		return fmt.Errorf("its default does not fit its own schema: %w", err)
	}
	return nil
}

// spelled is a value as Salt writes it.
func (g *generator) spelled(n *gen.Node, value jsontext.Value) (any, error) {
	n = g.flat(n)
	if to := n.Ref(); to != nil {
		made, err := g.resolve(to)
		if err != nil {
			return nil, err
		}
		n = made.node
	}
	switch {
	case value.Kind() == 'n':
		return value, nil
	case value.Kind() == '{' && isRecord(n):
		return g.spelledRecord(n, value)
	case value.Kind() == '{' && n.Sub("additionalProperties") != nil:
		o := object{}
		for name, v := range gen.Fields(value) {
			sub, err := g.spelled(n.Sub("additionalProperties"), v)
			if err != nil {
				return nil, err
			}
			o[name] = sub
		}
		return o, nil
	case value.Kind() == '[' && n.Sub("items") != nil:
		l := list{}
		for _, v := range gen.Items(value) {
			sub, err := g.spelled(n.Sub("items"), v)
			if err != nil {
				return nil, err
			}
			l = append(l, sub)
		}
		return l, nil
	}
	if branch := onlyBranch(n); branch != nil {
		return g.spelled(branch, value)
	}
	return normal(value), nil
}

// onlyBranch is what a schema is unless it is null.
func onlyBranch(n *gen.Node) *gen.Node {
	var only *gen.Node
	for _, branch := range n.List("anyOf") {
		if len(branch.Keywords) == 1 && branch.Text("type") == "null" {
			continue
		}
		if only != nil {
			return nil
		}
		only = branch
	}
	return only
}

func (g *generator) spelledRecord(n *gen.Node, value jsontext.Value) (any, error) {
	given := maps.Collect(gen.Fields(value))
	o := object{}
	for _, m := range n.Members("properties") {
		v, ok := given[m.Name]
		delete(given, m.Name)
		if !ok {
			if v = g.flat(m.Node).Raw("default"); v == nil {
				continue
			}
		}
		sub, err := g.spelled(m.Node, v)
		if err != nil {
			return nil, err
		}
		if zero := bytes.TrimSpace(v); ok && !n.Required(m.Name) && !m.Node.Has("default") && (string(zero) == "0" || string(zero) == `""` || string(zero) == "false" || string(zero) == "null") {
			continue // omitzero leaves it out
		}
		o[m.Name] = sub
	}
	if n.Has("additionalProperties") {
		for name, v := range given {
			o[name] = normal(v)
		}
	}
	return o, nil
}
