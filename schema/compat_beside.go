package schema

import "slices"

// What may stand beside a shape: schemas that apply to some of its values only,
// such as the second alternative of an anyOf that fits as well, or a then. They
// matter where a writer sends only what its schema declares, for they declare
// members, too. A shape with such schemas is wide: it has their members with any
// value. If that is too much for a reader, the shape is divided into its cases.

// A declaration is what a schema and all that may apply with it declare.
type declaration struct {
	names map[string]bool
	open  bool // members without a name, too
}

// declaration collects it; schemas for one and the same value are never circular.
func (p *prover) declaration(n *node) *declaration {
	if d, ok := p.declarations[n]; ok {
		return d
	}
	d := &declaration{names: make(map[string]bool)}
	p.namesOf(n, d.names)
	d.open = len(n.patternProperties) > 0 || n.unevaluatedProperties != nil && !n.unevaluatedProperties.never ||
		n.additional != nil && !n.additional.never && (p.writer.meaning.looking || !p.writer.anything(n.additional))
	parts := append(slices.Concat(n.allOf, n.anyOf, n.oneOf), conditional(n)...)
	if n.ref != nil {
		parts = append(parts, n.ref)
	}
	for _, part := range parts {
		of := p.declaration(part)
		for name := range of.names {
			d.names[name] = true
		}
		d.open = d.open || of.open
		p.spend(1 + len(of.names)/64)
	}
	p.declarations[n] = d
	return d
}

// namesOf adds the members that n itself declares, those that are only required
// included.
func (p *prover) namesOf(n *node, set map[string]bool) {
	for name := range n.properties {
		set[name] = true
	}
	for _, list := range n.dependentRequired {
		for _, name := range list {
			set[name] = true
		}
	}
	if listed, ok := p.listedNames(n.propertyNames); ok {
		for _, name := range listed {
			set[name] = true
		}
	}
}

// conditional lists the schemas that apply to some values of n. Also what "if"
// names is there to be sent.
func conditional(n *node) []*node {
	var list []*node
	for _, sub := range []*node{n.when, n.then, n.otherwise} {
		if sub != nil {
			list = append(list, sub)
		}
	}
	for _, d := range n.dependentSchemas {
		list = append(list, d.node)
	}
	return list
}

// widen gives a shape those of the schemas that declare something new.
func (p *prover) widen(s *shape, beside []*node) {
	if len(beside) == 0 || s.values != nil || s.kinds&kindObject == 0 || p.free(s) {
		return
	}
	own := make(map[string]bool)
	for _, n := range s.nodes {
		p.namesOf(n, own)
	}
	p.spend(len(own) / 64)
	for _, n := range beside {
		if p.writer.possible(n)&kindObject == 0 || slices.Contains(s.nodes, n) || slices.Contains(s.beside, n) {
			continue
		}
		d := p.declaration(n)
		more := d.open
		p.spend(1 + len(d.names)/64)
		for name := range d.names {
			if own[name] {
				continue
			}
			more = true
			if s.extra == nil {
				s.extra = make(map[string]bool)
			}
			s.extra[name] = true
		}
		if more {
			s.beside = append(s.beside, n)
			s.open = s.open || d.open
		}
	}
}

// bare is the part of a wide shape to which nothing applies beside it.
func (s *shape) bare() *shape {
	s = s.copy()
	s.beside, s.extra, s.open, s.cases, s.names = nil, nil, false, nil, nil
	return s
}

// besides returns the cases of a wide shape to which the schema i applies beside
// it, and perhaps later ones, but none before.
func (p *prover) besides(s *shape, i int) ([]*shape, bool) {
	if s.cases == nil {
		s.cases = make([][]*shape, len(s.beside))
	}
	if s.cases[i] != nil {
		return s.cases[i], true
	}
	e := expansion{prover: p}
	// The shape is wide here, since what the schema requires may be declared nowhere else.
	if !p.disjoint(p.only(s, kindObject), s.beside[i], maxDisjointDepth) && !e.walk(slices.Clone(s.nodes), []*node{s.beside[i]}, nil, s.beside[i+1:]) {
		p.steps = 0
		return nil, false
	}
	cases := []*shape{}
	for _, one := range e.shapes {
		if one = p.only(one, kindObject); one.kinds != 0 {
			cases = append(cases, one)
		}
	}
	s.cases[i] = cases
	return cases, true
}

// every is [prover.fits] for a shape that may be wide.
func (p *prover) every(s *shape, r *node, rep *report) bool {
	if len(s.beside) == 0 {
		return p.fits(s, r, rep)
	}
	if p.fits(s, r, nil) {
		return true
	}
	if !p.fits(s.bare(), r, rep) {
		return false
	}
	if rep != nil && p.tellBesides(s, r, rep) {
		return false
	}
	for i := range s.beside {
		cases, ok := p.besides(s, i)
		if !ok {
			return false
		}
		for _, one := range cases {
			if !p.every(one, r, rep) {
				return false
			}
		}
	}
	return true
}

// tellBesides tells what is wrong if one schema applies beside s, and whether
// that is anything: else it takes more than one.
func (p *prover) tellBesides(s *shape, r *node, rep *report) bool {
	told := false
	for i := range s.beside {
		cases, ok := p.besides(s, i)
		if !ok {
			return true
		}
		for _, one := range cases {
			told = !p.fits(one.bare(), r, rep) || told
		}
	}
	return told
}

// apart recognises alternatives of which no value fits both, by a required
// member with other constants in each.
func (p *prover) apart(a, b *node) bool {
	if p.writer.possible(a)&p.writer.possible(b) == 0 {
		return true
	}
	tagsB := p.tagsOf(b)
	for name, values := range p.tagsOf(a) {
		others, ok := tagsB[name]
		if !ok {
			continue
		}
		shared := false
		for key := range values {
			shared = shared || others[key]
		}
		if !shared {
			return true
		}
	}
	return false
}

// tagsOf returns the required members of which all values are listed.
func (p *prover) tagsOf(n *node) map[string]map[string]bool {
	if tags, ok := p.tags[n]; ok {
		return tags
	}
	const most = 64
	tags := make(map[string]map[string]bool)
	for _, part := range p.static(n) {
		for name, q := range part.properties {
			if q.node == nil || q.required < 0 {
				continue
			}
			for _, sub := range p.static(q.node) {
				values := sub.enum
				if sub.constant != nil {
					values = []constant{*sub.constant}
				}
				if values == nil || len(values) > most {
					continue
				}
				tags[name] = make(map[string]bool, len(values))
				for _, v := range values {
					tags[name][v.key] = true
				}
				break
			}
		}
	}
	p.tags[n] = tags
	return tags
}
