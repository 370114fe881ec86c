package schema

import "slices"

// An offer is what a reader offers: one (oneOf: exactly one) of some schemas.
type offer struct {
	rule     string
	branches []*node
}

const (
	maxSplits     = 2  // members looked at case by case, one within the other
	maxSplitParts = 32 // cases of one member
	maxSplitNames = 4  // members to try
)

var kindGroups = []kinds{kindNull, kindBoolean, numberKinds, kindString, kindArray, kindObject}

func (p *prover) unionFits(s *shape, u offer, rep *report) bool {
	if p.covered(s, u) {
		return true
	}
	if rep == nil {
		return false
	}
	p.tellUnion(s, u, rep)
	return false
}

// covered proves that every value of s fits one alternative, and of a oneOf no
// second.
func (p *prover) covered(s *shape, u offer) bool {
	if s.kinds == 0 {
		return true
	}
	for i, b := range u.branches {
		if s.kinds&^p.reader.possible(b) == 0 && p.fits(s, b, nil) && p.alone(s, u, i) {
			return true
		}
	}
	if p.exhausted() {
		return false
	}
	if parts := p.byKind(s); len(parts) > 1 {
		return !slices.ContainsFunc(parts, func(part *shape) bool { return !p.covered(part, u) })
	}
	if p.splits == 0 {
		return false
	}
	p.splits--
	defer func() { p.splits++ }()
	if parts := p.byValue(s); len(parts) > 1 {
		return !slices.ContainsFunc(parts, func(part *shape) bool { return !p.covered(part, u) })
	}
	for _, name := range p.telltales(s, u) {
		if parts := p.byMember(s, name); len(parts) > 1 && !slices.ContainsFunc(parts, func(part *shape) bool { return !p.covered(part, u) }) {
			return true
		}
	}
	return false
}

// alone proves that a value of s that fits one alternative of a oneOf fits no
// other.
func (p *prover) alone(s *shape, u offer, i int) bool {
	if u.rule != "oneOf" {
		return true
	}
	for k, b := range u.branches {
		if k != i && !p.disjoint(s, b, maxDisjointDepth) {
			return false
		}
	}
	return true
}

func (p *prover) byKind(s *shape) []*shape {
	var parts []*shape
	for _, k := range kindGroups {
		if s.kinds&k != 0 {
			parts = append(parts, p.only(s, k))
		}
	}
	return parts
}

func (p *prover) byValue(s *shape) []*shape {
	if len(s.values) > maxSplitParts {
		return nil
	}
	var parts []*shape
	for _, v := range s.values {
		parts = append(parts, p.listed(s, []constant{v}))
	}
	return parts
}

// byMember returns the cases of one member: absent, and each of its shapes.
func (p *prover) byMember(s *shape, name string) []*shape {
	if c, ok := s.chosen[name]; ok && (c.absent || c.shape != nil && len(c.shape.values) == 1) {
		return nil
	}
	m, possible := p.memberOf(s, name)
	if !possible {
		return nil
	}
	var parts []*shape
	if !p.requires(s, name) {
		parts = append(parts, s.with(name, choice{absent: true}))
	}
	shapes, ok := p.shapesOf(m)
	if !ok || len(shapes) > maxSplitParts {
		return nil
	}
	for _, one := range shapes {
		for _, kind := range p.byKind(one) {
			values := p.byValue(kind)
			if values == nil {
				values = []*shape{kind}
			}
			for _, v := range values {
				parts = append(parts, s.with(name, choice{shape: v}))
			}
		}
	}
	if len(parts) > maxSplitParts {
		return nil
	}
	return parts
}

// telltales lists up to four members that tell the alternatives apart, those
// with listed values first.
func (p *prover) telltales(s *shape, u offer) []string {
	if s.kinds != kindObject {
		return nil
	}
	rank := make(map[string]int)
	for _, b := range u.branches {
		for _, n := range p.static(b) {
			for name, q := range n.properties {
				rank[name]++
				if q.node != nil && (q.node.constant != nil || q.node.enum != nil) {
					rank[name] += 100
				}
			}
		}
	}
	names := sortedKeys(rank)
	slices.SortStableFunc(names, func(a, b string) int { return rank[b] - rank[a] })
	return names[:min(len(names), maxSplitNames)]
}

// static lists the schemas that always apply together with n.
func (p *prover) static(n *node) []*node {
	const most = 64
	list := []*node{n}
	for i := 0; i < len(list) && len(list) < most; i++ {
		if list[i].ref != nil {
			list = append(list, list[i].ref)
		}
		list = append(list, list[i].allOf...)
	}
	return list
}

// tellUnion says which part of s no alternative accepts, as deep as it is clear
// which alternative was meant.
func (p *prover) tellUnion(s *shape, u offer, rep *report) {
	var reader kinds
	for _, b := range u.branches {
		reader |= p.reader.possible(b)
	}
	if s.kinds&^reader != 0 {
		rep.addType(s.kinds, reader)
		s = p.only(s, reader)
	}
	for _, part := range p.byKind(s) {
		if !p.covered(part, u) {
			p.tellPart(part, u, rep)
		}
	}
}

func (p *prover) tellPart(s *shape, u offer, rep *report) {
	var meant []*node
	for _, b := range u.branches {
		if p.reader.possible(b)&s.kinds != 0 && !p.disjoint(s, b, maxDisjointDepth) {
			meant = append(meant, b)
		}
	}
	if len(meant) == 1 && !p.fits(s, meant[0], rep) {
		return
	}
	if p.splits > 0 && s.kinds == kindObject {
		p.splits--
		defer func() { p.splits++ }()
		for _, name := range p.telltales(s, u) {
			parts := p.byMember(s, name)
			if len(parts) < 2 {
				continue
			}
			for _, part := range parts {
				if !p.covered(part, u) {
					p.tellPart(part, u, rep)
				}
			}
			return
		}
	}
	for _, b := range u.branches {
		if p.fits(s, b, nil) {
			rep.add(unproven, p.describe(s), "exactly "+p.alternativesText(u.branches)+" (oneOf)", "give the alternatives a member with different constants that tells them apart")
			return
		}
	}
	rep.add(u.rule, p.describe(s), p.alternativesText(u.branches), "add an alternative for it to the reader's schema")
}
