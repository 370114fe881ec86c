package schema

import (
	"maps"
	"slices"
)

// names lists the members that a shape declares, in order. The list is shared.
func (p *prover) names(s *shape) []string {
	if s.names != nil {
		return s.names
	}
	set := make(map[string]bool)
	for _, n := range s.nodes {
		p.namesOf(n, set)
	}
	maps.Copy(set, s.extra)
	for name := range s.chosen {
		set[name] = true
	}
	p.spend(len(set) / 8)
	s.names = slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(s.names)
	return s.names
}

// listedNames returns all names that propertyNames permits, if it lists them.
func (p *prover) listedNames(names *node) ([]string, bool) {
	if names == nil {
		return nil, false
	}
	for n := p.writer.behind(names); ; n = n.ref {
		values := n.enum
		if n.constant != nil {
			values = []constant{*n.constant}
		}
		if values != nil {
			var list []string
			for _, v := range values {
				if name, ok := stringOf(v); ok {
					list = append(list, name)
				}
			}
			return list, true
		}
		if n.ref == nil {
			return nil, false
		}
	}
}

// A slot is what one member of a shape can be.
type slot struct {
	nodes *conjunction
	shape *shape // instead, if that was chosen
}

// memberOf returns what stands under a name, and false if nothing can.
func (p *prover) memberOf(s *shape, name string) (slot, bool) {
	if c, ok := s.chosen[name]; ok && (c.absent || c.shape != nil) {
		return slot{shape: c.shape}, !c.absent
	}
	var nodes []*node
	declared := s.extra[name]
	p.spend(len(s.nodes) / 16)
	for _, n := range s.nodes {
		known := false
		if q, ok := n.properties[name]; ok {
			declared = true
			if q.node != nil {
				known = true
				nodes = append(nodes, q.node)
			}
		}
		for _, q := range n.patternProperties {
			if p.spend(1 + len(name)*q.pattern.cost/1024); q.pattern.match([]byte(name)) {
				known, declared = true, true
				nodes = append(nodes, q.node)
			}
		}
		p.spend(len(n.dependentRequired) / 32)
		for _, list := range n.dependentRequired {
			p.spend(len(list) / 32)
			declared = declared || slices.Contains(list, name)
		}
		if !known && n.additional != nil {
			nodes = append(nodes, n.additional)
		}
		if n.propertyNames != nil {
			if ok, known := p.validName(n.propertyNames, name); known && !ok {
				return slot{}, false
			}
			_, listed := p.listedNames(n.propertyNames)
			declared = declared || listed
		}
	}
	for _, n := range nodes {
		if p.writer.possible(n) == 0 {
			return slot{}, false
		}
	}
	return slot{nodes: p.conjunction(nodes...)}, declared || p.others(s)
}

func (p *prover) shapesOf(m slot) ([]*shape, bool) {
	if m.shape != nil {
		return []*shape{m.shape}, true
	}
	return p.expand(m.nodes)
}

// memberFits proves that a member is accepted.
func (p *prover) memberFits(m slot, r *node, rep *report) bool {
	if m.shape != nil {
		return p.fits(m.shape, r, rep)
	}
	return p.accepts(m.nodes, r, rep)
}

func (p *prover) requires(s *shape, name string) bool {
	if c, ok := s.chosen[name]; ok {
		return !c.absent
	}
	return slices.ContainsFunc(s.nodes, func(n *node) bool {
		q, ok := n.properties[name]
		return ok && q.required >= 0
	})
}

// others reports whether an object of the shape can have members that it does
// not name. Under the lenient policy that takes a schema for them, or a free
// map.
func (p *prover) others(s *shape) bool {
	model, asked := false, false
	for _, n := range s.nodes {
		if _, ok := p.listedNames(n.propertyNames); ok {
			return false
		}
		if n.additional != nil && p.writer.possible(n.additional) == 0 && len(n.patternProperties) == 0 {
			return false
		}
		model = model || p.writer.declares(n, "properties")
		asked = asked || len(n.patternProperties) > 0 ||
			n.additional != nil && !n.additional.never && !p.writer.anything(n.additional) ||
			n.unevaluatedProperties != nil && !n.unevaluatedProperties.never
	}
	if p.sealed(s) && !slices.ContainsFunc(s.nodes, func(n *node) bool { return len(n.patternProperties) > 0 }) {
		return false
	}
	return !p.lenient || asked || !model || s.open
}

// sealed recognises unevaluatedProperties false where nothing looks at members
// without naming them.
func (p *prover) sealed(s *shape) bool {
	if s.open {
		return false
	}
	never := false
	for _, n := range s.nodes {
		if n.additional != nil || n.when != nil || len(n.dependentSchemas) > 0 || n.unevaluatedProperties != nil && !n.unevaluatedProperties.never {
			return false
		}
		never = never || n.unevaluatedProperties != nil
	}
	return never
}

// An other is what members without a declared name can be.
type other struct {
	nodes   *conjunction
	pattern string // that their names match, if known
}

// otherMembers lists the cases of [prover.others].
func (p *prover) otherMembers(s *shape) []other {
	var cases []other
	if p.free(s) {
		var rest []*node
		for _, n := range s.nodes {
			if n.additional != nil {
				rest = append(rest, n.additional)
			}
		}
		cases = append(cases, other{nodes: p.conjunction(rest...)})
	}
	for _, n := range s.nodes {
		for _, q := range n.patternProperties {
			nodes := []*node{q.node}
			for _, o := range s.nodes {
				if o != n && o.additional != nil && len(o.patternProperties) == 0 {
					nodes = append(nodes, o.additional)
				}
			}
			if !slices.ContainsFunc(nodes, func(n *node) bool { return p.writer.possible(n) == 0 }) {
				cases = append(cases, other{p.conjunction(nodes...), q.pattern.text})
			}
		}
	}
	return cases
}

// free reports whether any name at all may stand there.
func (p *prover) free(s *shape) bool {
	open, closed, model := s.open, p.sealed(s), false
	for _, n := range s.nodes {
		model = model || p.writer.declares(n, "properties") || len(n.patternProperties) > 0
		if n.additional != nil {
			closed = closed || p.writer.possible(n.additional) == 0
			open = open || !p.writer.anything(n.additional)
		}
		open = open || n.unevaluatedProperties != nil && !n.unevaluatedProperties.never
	}
	return !closed && (open || !model || !p.lenient)
}
