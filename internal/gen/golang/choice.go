package golang

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// choice is about anyOf and oneOf: decimals, what may be null, and unions.
func (g *generator) choice(v view, hint string) ([]cand, error) {
	key := "anyOf"
	if !v.Has(key) {
		key = "oneOf"
	}
	var rest []*gen.Node
	null := -1
	for i, branch := range v.List(key) {
		if flat := g.flat(branch); len(flat.Keywords) == 1 && flat.Text("type") == "null" {
			null = i
		} else {
			rest = append(rest, branch)
		}
	}
	if key == "anyOf" && len(rest) == 2 {
		number, text := view{Node: g.flat(rest[0])}, view{Node: g.flat(rest[1])}
		if number.kind() == "number" && text.kind() == "string" && text.Has("pattern") {
			c := decimal(v, number, text)
			if null >= 0 {
				c = pointer(c)
			}
			return []cand{c}, nil
		}
	}
	if null < 0 {
		return g.union(v, key, rest, hint)
	}
	var inner []cand
	var err error
	if len(rest) == 1 {
		inner, err = g.candidates(view{Node: g.flat(rest[0])}, hint)
	} else {
		inner, err = g.union(v, key, rest, hint)
	}
	if err != nil {
		return nil, err
	}
	var cands []cand
	for _, c := range inner {
		branches := list{c.want}
		if whole, ok := c.want[key].(list); ok && len(rest) > 1 {
			branches = whole
		}
		c.want = v.base(object{key: slices.Insert(slices.Clone(branches), min(null, len(branches)), any(object{"type": quoted("null")}))})
		if c.nilable {
			cands = append(cands, c)
		}
		cands = append(cands, pointer(c))
	}
	return cands, nil
}

// pointer is the type that may be nil.
func pointer(c cand) cand {
	inner := c.expr
	c.expr = func() string { return "*" + inner() }
	c.goType = reflect.PointerTo(c.goType)
	c.pointer, c.nilable, c.scalar, c.embeds = true, false, "", nil
	return c
}

// oneLess subtracts one from a number of digits.
func oneLess(digits string) string {
	n, _ := strconv.Atoi(digits) // matched by the pattern
	return strconv.Itoa(n - 1)
}

// A unionType is an interface with its variants.
type unionType struct {
	name          string
	discriminator string
	variants      []*named
}

// union is about a choice of structs.
func (g *generator) union(v view, key string, branches []*gen.Node, hint string) ([]cand, error) {
	var variants []*named
	for _, branch := range branches {
		if !branch.IsRef() {
			return nil, nil
		}
		n, err := g.resolve(branch.Ref())
		if err != nil {
			return nil, err
		}
		if n.kind != structKind || slices.Contains(variants, n) {
			return nil, nil
		}
		variants = append(variants, n)
	}
	discriminator, ok := g.discriminator(v, variants)
	if !ok || (key == "oneOf") != (discriminator != "") || len(variants) == 0 {
		return nil, nil
	}
	names := []string{discriminator}
	for _, n := range variants {
		names = append(names, n.name)
	}
	sign := strings.Join(names, ",")
	want, t := plainUnion, reflect.TypeFor[standUnion]()
	if discriminator != "" {
		want, t = tagged, reflect.TypeFor[standTagged]()
	}
	return []cand{{
		expr: func() string {
			u, ok := g.unions[sign]
			if !ok {
				u = &unionType{name: g.unique(hint), discriminator: discriminator, variants: variants}
				g.unions[sign] = u
				g.decls = append(g.decls, u)
			}
			return u.name
		},
		goType: t, want: v.base(want), nilable: true, made: true,
	}}, nil
}

// discriminator returns the member that tells the variants apart, "" for a plain
// union, and whether the variants fit it.
func (g *generator) discriminator(v view, variants []*named) (string, bool) {
	raw, ok := normal(v.Raw("discriminator")).(object)
	if !ok {
		return "", !v.Has("discriminator")
	}
	var name string
	mapping := object{}
	for key, value := range gen.Fields(v.Raw("discriminator")) {
		switch key {
		case "propertyName":
			name = plain(value)
		case "mapping":
			for tag, ref := range gen.Fields(value) {
				target := v.Doc.Resolve(plain(ref))
				if target == nil {
					return "", false
				}
				mapping[tag] = g.named[target]
			}
		}
	}
	want := object{}
	for _, n := range variants {
		property := n.node.Property(name)
		if property == nil {
			return "", false
		}
		flat := view{Node: property}
		if k := flat.kind(); k != "string" && k != "integer" && k != "boolean" {
			return "", false
		}
		values := gen.Items(flat.Raw("enum"))
		if flat.Has("const") {
			values = append(values, flat.Raw("const"))
		}
		if len(values) == 0 {
			return "", false
		}
		for _, value := range values {
			want[plain(value)] = n
		}
	}
	if len(raw) != 2 || len(want) != len(mapping) {
		return "", false
	}
	for tag, n := range want {
		if mapping[tag] != n {
			return "", false
		}
	}
	return name, true
}
