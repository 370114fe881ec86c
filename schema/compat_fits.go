package schema

import (
	"slices"
	"strings"
)

// fits proves that every value of a shape is accepted by r. Nothing is assumed
// here, since schemas for one and the same value are never circular.
func (p *prover) fits(s *shape, r *node, rep *report) bool {
	if s.kinds == 0 {
		return true // there are none
	}
	if !p.spend(1+len(s.nodes)/8) || rep.full() {
		return false
	}
	if slices.ContainsFunc(s.nodes, func(n *node) bool { return p.same(n, r) }) {
		return true
	}
	if s.values != nil {
		return p.valuesFit(s, r, rep)
	}
	if r.never {
		return p.refuse(rep, "false", p.describe(s), "nothing there", "permit it in the reader's schema")
	}
	if extra := s.kinds &^ spread(r.types); extra != 0 {
		if rep == nil {
			return false
		}
		rep.addType(s.kinds, spread(r.types))
		p.fits(p.only(s, spread(r.types)), r, rep)
		return false
	}
	ok := true
	for _, part := range []func(*shape, *node, *report) bool{p.constantsFit, p.numberFits, p.textFits, p.arrayFits, p.objectFits, p.combinedFit} {
		if !part(s, r, rep) {
			if ok = false; rep == nil {
				return false
			}
		}
	}
	return ok
}

func (p *prover) refuse(rep *report, rule, writer, reader, fix string) bool {
	if rep != nil {
		rep.add(rule, writer, reader, fix)
	}
	return false
}

const fixNull = "let the reader take null, or leave the member out instead"

func (r *report) addType(writer, reader kinds) {
	extra := writer &^ reader
	fix := "let the reader take " + kindsText(extra) + ", too"
	switch {
	case writer == allKinds:
		extra, fix = writer, "say in the writer's schema what it sends there"
	case extra == kindNumber && reader&kindInteger != 0:
		fix = "let the reader take number, or keep the writer at integer"
	case extra == kindNull:
		fix = fixNull
	}
	r.add("type", kindsText(extra), kindsText(reader), fix)
}

func (p *prover) constantsFit(s *shape, r *node, rep *report) bool {
	const fix = "list in the writer's schema the values that it sends, or drop the list in the reader's"
	ok := true
	if r.constant != nil {
		ok = p.refuse(rep, "const", p.anyText(rep, s), shorten(r.constant.text), fix)
	}
	if r.enum != nil {
		ok = p.refuse(rep, "enum", p.anyText(rep, s), summary(r.enum), fix)
	}
	return ok
}

func (p *prover) anyText(rep *report, s *shape) string {
	if s.kinds == allKinds {
		return "anything"
	}
	return "any " + p.describeIf(rep, s)
}

func (p *prover) describeIf(rep *report, s *shape) string {
	if rep == nil {
		return ""
	}
	return p.describe(s)
}

// combinedFit handles the keywords that combine schemas for the same value.
func (p *prover) combinedFit(s *shape, r *node, rep *report) bool {
	ok := r.ref == nil || p.fits(s, r.ref, rep)
	for _, sub := range r.allOf {
		if !p.fits(s, sub, rep) {
			if ok = false; rep == nil {
				return false
			}
		}
	}
	if len(r.anyOf) > 0 && !p.unionFits(s, offer{"anyOf", r.anyOf}, rep) {
		ok = false
	}
	if len(r.oneOf) > 0 && !p.unionFits(s, offer{"oneOf", r.oneOf}, rep) {
		ok = false
	}
	if r.not != nil && !p.excludes(s, r.not) {
		ok = p.refuse(rep, unproven, p.describeIf(rep, s), "what its keyword not leaves", "say in both schemas the same under not, or drop it from the reader's")
	}
	if r.when != nil && !p.conditionFits(s, r) {
		ok = p.refuse(rep, unproven, p.describeIf(rep, s), "what its keywords if, then and else leave", "say in both schemas the same under if, then and else, or drop them from the reader's")
	}
	if r.unevaluatedItems != nil && !p.reader.anything(r.unevaluatedItems) && s.kinds&kindArray != 0 {
		ok = p.refuse(rep, unproven, p.describeIf(rep, s), "what its keyword unevaluatedItems leaves", "use prefixItems and items in the reader's schema instead")
	}
	return ok
}

// excludes proves that no value of the shape is accepted by r.
func (p *prover) excludes(s *shape, r *node) bool {
	return slices.ContainsFunc(s.nodes, func(n *node) bool { return n.not != nil && p.same(n.not, r) }) ||
		p.disjoint(s, r, maxDisjointDepth)
}

func (p *prover) conditionFits(s *shape, r *node) bool {
	branch := func(n *node) bool { return n == nil || p.fits(s, n, nil) }
	sameOrNone := func(w, r *node) bool {
		return r == nil || w != nil && p.same(w, r)
	}
	return branch(r.then) && branch(r.otherwise) ||
		p.fits(s, r.when, nil) && branch(r.then) ||
		p.excludes(s, r.when) && branch(r.otherwise) ||
		slices.ContainsFunc(s.nodes, func(n *node) bool {
			return n.when != nil && p.same(n.when, r.when) &&
				(sameOrNone(n.then, r.then) || branch(r.then)) && (sameOrNone(n.otherwise, r.otherwise) || branch(r.otherwise))
		})
}

// alternativesText names alternatives for people.
func (p *prover) alternativesText(branches []*node) string {
	var names []string
	for _, b := range branches {
		b = p.reader.behind(b)
		name := kindsText(p.reader.possible(b)) + p.reader.title(b)
		for _, member := range sortedKeys(b.properties) {
			if q := b.properties[member]; q.node != nil && q.node.constant != nil {
				name = tagged(name, member, *q.node.constant)
				break
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return shorten("one of " + strings.Join(slices.Compact(names), ", "))
}

// tagged adds a member that tells the kind of an object.
func tagged(object, member string, value constant) string {
	return object + " with " + quote(member) + ": " + shorten(value.text)
}
