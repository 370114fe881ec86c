package golang

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// repeats reports whether a schema contains itself without a struct in between.
func repeats(n *gen.Node) bool {
	met := make(map[*gen.Node]bool)
	var leads func(from *gen.Node) bool
	leads = func(from *gen.Node) bool {
		for _, to := range refsBelow(from) {
			if to == n {
				return true
			}
			if !met[to] && !isRecord(to) {
				met[to] = true
				if leads(to) {
					return true
				}
			}
		}
		return false
	}
	return leads(n)
}

// hasRefs reports whether there is a reference below the schema.
func hasRefs(n *gen.Node) bool { return len(refsBelow(n)) > 0 }

// refsBelow are the nodes that the schema and those in it refer to.
func refsBelow(n *gen.Node) []*gen.Node {
	var found []*gen.Node
	if to := n.Ref(); to != nil {
		found = append(found, to)
	}
	for _, k := range n.Keywords {
		if slices.Contains(aside, k.Name) {
			continue
		}
		if k.Sub != nil {
			found = append(found, refsBelow(k.Sub)...)
		}
		for _, sub := range k.List {
			found = append(found, refsBelow(sub)...)
		}
		for _, m := range k.Members {
			found = append(found, refsBelow(m.Node)...)
		}
	}
	return found
}

// flat follows references to what has no type of its own in Go, and an allOf
// around one schema, so that a schema stands there as if written in place.
func (g *generator) flat(n *gen.Node) *gen.Node {
	for range 100 {
		inner := n.Ref()
		around := "$ref"
		if inner == nil && len(n.List("allOf")) == 1 {
			inner, around = n.List("allOf")[0], "allOf"
		}
		if inner == nil || inner.IsBool() {
			return n
		}
		if around == "$ref" {
			made, err := g.resolve(inner)
			if err != nil || made.kind != plainKind {
				return n
			}
		}
		merged, err := merge(n, inner, around)
		if err != nil {
			return n
		}
		n = merged
	}
	return n
}

// merge writes inner in the place of the keyword that holds it.
func merge(n, inner *gen.Node, around string) (*gen.Node, error) {
	merged := &gen.Node{Doc: n.Doc, Parent: n.Parent, Pointer: n.Pointer}
	for _, k := range n.Keywords {
		if k.Name != around {
			merged.Keywords = append(merged.Keywords, k)
		}
	}
	for _, k := range inner.Keywords {
		switch {
		case !n.Has(k.Name):
			merged.Keywords = append(merged.Keywords, k)
		case !slices.Contains(annotations, k.Name) && !slices.Contains(aside, k.Name):
			return nil, errors.New("both say " + k.Name)
		}
	}
	whole := []byte{'{'}
	for i, k := range merged.Keywords {
		if i > 0 {
			whole = append(whole, ',')
		}
		whole = append(append(append(whole, quoted(k.Name)...), ':'), k.Value...)
	}
	merged.Value = jsontext.Value(append(whole, '}'))
	return merged, nil
}
