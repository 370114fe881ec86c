package schema

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// A shape is one way in which a writer's value can look: schemas that all apply
// to it, one alternative taken of each of their unions.
type shape struct {
	nodes  []*node
	kinds  kinds
	values []constant // all there are; nil if they are too many to list

	chosen map[string]choice // members that were looked at case by case

	// What may apply as well, and the members that are declared only there; open
	// tells that this declares members without a name.
	beside []*node
	extra  map[string]bool
	open   bool
	cases  [][]*shape // see [prover.besides]

	names []string // see [prover.names]
}

// A choice is what holds for one member of a shape.
type choice struct {
	absent bool
	shape  *shape // nil: as the schemas say
}

// expand returns the shapes of a conjunction, and false if they are too many.
func (p *prover) expand(c *conjunction) ([]*shape, bool) {
	if c.expanded {
		return c.shapes, c.shapes != nil
	}
	c.expanded = true
	e := expansion{prover: p, shapes: []*shape{}}
	if e.walk(nil, c.nodes, nil, nil) {
		c.shapes = e.shapes
	}
	return c.shapes, c.shapes != nil
}

type expansion struct {
	*prover

	shapes []*shape
	tried  int
}

// walk adds the pending schemas to the set, and takes every way through the
// unions that it meets. Of an anyOf it takes one alternative, and those behind
// it may apply as well: who takes the second has left the first.
func (e *expansion) walk(set, pending []*node, unions []alternatives, beside []*node) bool {
	if e.tried++; e.tried > maxAlternatives || !e.spend(1) {
		return false
	}
	for len(pending) > 0 {
		n := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if slices.Contains(set, n) {
			continue
		}
		if set = append(set, n); !e.spend(1) {
			return false
		}
		if n.ref != nil {
			pending = append(slices.Clip(pending), n.ref)
		}
		pending = append(slices.Clip(pending), n.allOf...)
		beside = append(slices.Clip(beside), conditional(n)...)
		if len(n.anyOf) > 0 {
			unions = append(slices.Clip(unions), alternatives{n.anyOf, false})
		}
		if len(n.oneOf) > 0 {
			unions = append(slices.Clip(unions), alternatives{n.oneOf, true})
		}
	}
	possible := allKinds
	for _, n := range set {
		possible &= e.writer.possible(n)
	}
	if possible == 0 {
		return true // no value looks like this
	}
	if len(unions) == 0 {
		if s := e.shape(set); s.kinds != 0 {
			e.widen(s, beside)
			e.shapes = append(e.shapes, s)
		}
		return true
	}
	for i, branch := range unions[0].branches {
		if e.writer.possible(branch)&possible == 0 {
			continue
		}
		also := slices.Clip(beside)
		if !unions[0].exclusive && possible&kindObject != 0 {
			for _, later := range unions[0].branches[i+1:] {
				if !e.apart(branch, later) {
					also = append(also, later)
				}
			}
			e.spend((len(unions[0].branches) - i) / 32)
		}
		if !e.walk(slices.Clone(set), []*node{branch}, unions[1:], also) {
			return false
		}
	}
	return true
}

// alternatives are a union of the writer; exclusive is oneOf.
type alternatives struct {
	branches  []*node
	exclusive bool
}

// shape reads what a set of schemas says about kinds and values.
func (p *prover) shape(set []*node) *shape {
	s := &shape{nodes: set, kinds: allKinds}
	for _, n := range set {
		s.kinds &= p.writer.possible(n)
	}
	if s.kinds&numberKinds != 0 && slices.ContainsFunc(set, func(n *node) bool { return n.multipleOf != nil && n.multipleOf.IsInt() }) {
		s.kinds &^= kindNumber
	}
	for _, n := range set {
		if n.constant != nil {
			return p.listed(s, []constant{*n.constant})
		}
	}
	for _, n := range set {
		if n.enum != nil {
			return p.listed(s, n.enum)
		}
	}
	return p.only(s, s.kinds)
}

// listed keeps those of the values that all schemas of the shape accept.
func (p *prover) listed(s *shape, values []constant) *shape {
	s = s.copy()
	s.kinds, s.values = 0, []constant{}
	for _, v := range values {
		fit := true
		for _, n := range s.nodes {
			if ok, known := p.valid(n, v); known && !ok {
				fit = false
				break
			}
		}
		if fit {
			s.values = append(s.values, v)
			s.kinds |= constantKind(v)
		}
	}
	return s
}

func (s *shape) copy() *shape { return new(*s) }

var scalars = []constant{newConstant(nil), newConstant(false), newConstant(true)}

// only returns the part of a shape that is of some kinds.
func (p *prover) only(s *shape, k kinds) *shape {
	s = s.copy()
	s.kinds &= k
	values := s.values
	if values == nil && s.kinds&^finiteKinds == 0 {
		values = scalars
	}
	if values == nil {
		return s
	}
	var list []constant
	for _, v := range values {
		if constantKind(v)&s.kinds != 0 {
			list = append(list, v)
		}
	}
	return p.listed(s, list)
}

// with returns the part of a shape whose member is as chosen.
func (s *shape) with(member string, c choice) *shape {
	s = s.copy()
	s.chosen = maps.Clone(s.chosen)
	if s.chosen == nil {
		s.chosen = make(map[string]choice, 1)
	}
	s.chosen[member] = c
	s.names = nil
	return s
}

// describe says for people what a shape is.
func (p *prover) describe(s *shape) string {
	if s.values != nil {
		return summary(s.values)
	}
	title := ""
	for _, n := range s.nodes {
		title = cmp.Or(p.writer.title(n), title)
	}
	text := kindsText(s.kinds) + title
	if s.kinds != kindObject {
		return text
	}
	for _, name := range p.names(s) {
		if m, ok := p.memberOf(s, name); ok && p.requires(s, name) {
			if shapes, ok := p.shapesOf(m); ok && len(shapes) == 1 && len(shapes[0].values) == 1 {
				return tagged(text, name, shapes[0].values[0])
			}
		}
	}
	return text
}

// quote is a member name for people.
func quote(name string) string { return strconv.Quote(shorten(name)) }

func ratText(r *big.Rat) string {
	if r.IsInt() {
		return shorten(r.Num().String())
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}
