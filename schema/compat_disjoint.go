package schema

import "slices"

const maxDisjointDepth = 4 // of members within members

// disjoint proves that no value of s is accepted by r, which may be a schema of
// either side. False says nothing.
func (p *prover) disjoint(s *shape, r *node, depth int) bool {
	if !p.spend(1) {
		return false
	}
	if s.kinds&p.sideOf(r).possible(r) == 0 {
		return true
	}
	if s.values != nil {
		return !slices.ContainsFunc(s.values, func(v constant) bool {
			ok, known := p.valid(r, v)
			return ok || !known
		})
	}
	if r.constant != nil && !p.sends(s, *r.constant) || r.enum != nil && !slices.ContainsFunc(r.enum, func(v constant) bool { return p.sends(s, v) }) {
		return true
	}
	if s.kinds&^numberKinds == 0 && s.span().apart(r) {
		return true
	}
	if s.kinds == kindObject && p.objectsDisjoint(s, r, depth) {
		return true
	}
	if r.ref != nil && p.disjoint(s, r.ref, depth) || slices.ContainsFunc(r.allOf, func(sub *node) bool { return p.disjoint(s, sub, depth) }) {
		return true
	}
	for _, group := range [][]*node{r.anyOf, r.oneOf} {
		if len(group) > 0 && !slices.ContainsFunc(group, func(sub *node) bool { return !p.disjoint(s, sub, depth) }) {
			return true
		}
	}
	return false
}

// sends reports whether s may have a value.
func (p *prover) sends(s *shape, v constant) bool {
	if constantKind(v)&s.kinds == 0 {
		return false
	}
	return !slices.ContainsFunc(s.nodes, func(n *node) bool {
		ok, known := p.valid(n, v)
		return known && !ok
	})
}

// apart reports whether r's bounds leave no number of the span.
func (sp span) apart(r *node) bool {
	both := span{sp.low, sp.high, sp.lowOpen, sp.highOpen}
	other := (&shape{nodes: []*node{r}, kinds: numberKinds}).span()
	if other.low != nil {
		if c := compareOr(other.low, both.low, 1); c > 0 || c == 0 && other.lowOpen {
			both.low, both.lowOpen = other.low, other.lowOpen
		}
	}
	if other.high != nil {
		if c := compareOr(other.high, both.high, -1); c < 0 || c == 0 && other.highOpen {
			both.high, both.highOpen = other.high, other.highOpen
		}
	}
	return both.empty()
}

// objectsDisjoint looks for a member that one side needs and the other does not
// have, or has otherwise.
func (p *prover) objectsDisjoint(s *shape, r *node, depth int) bool {
	for _, name := range r.required {
		if _, possible := p.memberOf(s, name); !possible {
			return true
		}
	}
	if depth == 0 {
		return false
	}
	for _, name := range p.withReaders(s, r, p.names(s)) {
		q := r.properties[name]
		needed := q.required >= 0 && slices.Contains(r.required, name)
		if !needed && !p.requires(s, name) {
			continue
		}
		m, possible := p.memberOf(s, name)
		if !possible {
			continue
		}
		subs, _ := p.readerMember(r, name)
		for _, sub := range subs {
			shapes, ok := p.shapesOf(m)
			if ok && !slices.ContainsFunc(shapes, func(one *shape) bool { return !p.disjoint(one, sub, depth-1) }) {
				return true
			}
		}
	}
	return false
}
