package schema

import "slices"

func (p *prover) objectFits(s *shape, r *node, rep *report) bool {
	if s.kinds&kindObject == 0 || !r.asksObjects() {
		return true
	}
	names := p.names(s)
	for _, name := range names {
		if p.requires(s, name) {
			if _, possible := p.memberOf(s, name); !possible && p.neverMember(s, name) {
				return true // there are no such objects
			}
		}
	}
	ok := true
	for _, step := range []func(*shape, *node, []string, *report) bool{p.requiredFit, p.membersFit, p.othersFit, p.namesFit, p.countsFit, p.dependentsFit} {
		if !step(s, r, names, rep) {
			if ok = false; rep == nil {
				return false
			}
		}
	}
	return ok
}

// neverMember tells a member that cannot be there from one that nobody
// declared.
func (p *prover) neverMember(s *shape, name string) bool {
	if _, ok := s.chosen[name]; ok {
		return false
	}
	for _, n := range s.nodes {
		if q, ok := n.properties[name]; ok && q.node != nil {
			if p.writer.possible(q.node) == 0 {
				return true
			}
			continue
		}
		if n.additional != nil && p.writer.possible(n.additional) == 0 && len(n.patternProperties) == 0 {
			return true
		}
	}
	return false
}

func (n *node) asksObjects() bool {
	return len(n.properties) > 0 || len(n.patternProperties) > 0 || n.additional != nil || n.propertyNames != nil ||
		n.minProperties > 0 || n.maxProperties >= 0 || len(n.dependentRequired) > 0 || len(n.dependentSchemas) > 0 || n.unevaluatedProperties != nil
}

func (p *prover) requiredFit(s *shape, r *node, names []string, rep *report) bool {
	ok := true
	for _, name := range r.required {
		if p.requires(s, name) {
			continue
		}
		writer := "nothing there, since it does not declare the member"
		if _, declared := slices.BinarySearch(names, name); declared {
			writer = "nothing there, since the member is optional"
		}
		ok = p.refuse(rep.member(name), "required", writer, "an object that has the member",
			"make "+quote(name)+" optional in the reader's schema and give it a default, or let writers send it first")
		if rep == nil {
			return false
		}
	}
	return ok
}

// readerMember lists what n says of a member; rest tells that this is
// additionalProperties.
func (p *prover) readerMember(n *node, name string) (subs []*node, rest bool) {
	if q, ok := n.properties[name]; ok && q.node != nil {
		subs = append(subs, q.node)
	}
	for _, q := range n.patternProperties {
		if p.spend(1 + len(name)*q.pattern.cost/1024); q.pattern.match([]byte(name)) {
			subs = append(subs, q.node)
		}
	}
	if len(subs) == 0 && n.additional != nil {
		return []*node{n.additional}, true
	}
	return subs, false
}

func (p *prover) membersFit(s *shape, r *node, names []string, rep *report) bool {
	ok := true
	for _, name := range p.withReaders(s, r, names) {
		m, possible := p.memberOf(s, name)
		if !possible {
			continue
		}
		subs, rest := p.readerMember(r, name)
		subs = append(subs, p.unevaluated(r, name)...)
		fix := ""
		if _, declared := slices.BinarySearch(names, name); !declared {
			fix = "declare " + quote(name) + " in the writer's schema, or forbid other members there (additionalProperties false)"
		}
		for _, sub := range subs {
			if rest && sub.never {
				ok = p.refuse(rep.member(name), "additionalProperties", "this member", "no member of this name",
					"let the reader's schema permit other members, or declare "+quote(name)+" in it first")
			} else {
				ok = p.memberFits(m, sub, rep.member(name).propose(fix)) && ok
			}
		}
		if !ok && rep == nil {
			return false
		}
	}
	return ok
}

// withReaders adds the names that only the reader declares, if the writer can
// send them.
func (p *prover) withReaders(s *shape, r *node, names []string) []string {
	if !p.others(s) {
		return names
	}
	names = slices.Clone(names)
	for name, q := range r.properties {
		if q.node != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unevaluated returns the schema of unevaluatedProperties for members that no
// schema without alternatives looks at. More may be looked at, so this asks for
// too much rather than too little.
func (p *prover) unevaluated(r *node, name string) []*node {
	if p.reader.anything(r.unevaluatedProperties) {
		return nil
	}
	for pending := []*node{r}; len(pending) > 0 && p.spend(1); pending = pending[1:] {
		n := pending[0]
		if subs, _ := p.readerMember(n, name); len(subs) > 0 {
			return nil
		}
		if n.ref != nil {
			pending = append(pending, n.ref)
		}
		pending = append(pending, n.allOf...)
	}
	return []*node{r.unevaluatedProperties}
}

// othersFit looks at the members that the writer does not name.
func (p *prover) othersFit(s *shape, r *node, _ []string, rep *report) bool {
	if !p.others(s) {
		return true
	}
	ok := true
	shared := make(map[string]*node)
	for _, n := range s.nodes {
		for _, q := range n.patternProperties {
			shared[q.pattern.text] = q.node
		}
	}
	for _, o := range p.otherMembers(s) {
		subs, known := []*node{}, false
		for _, q := range r.patternProperties {
			both, isShared := shared[q.pattern.text]
			switch {
			case q.pattern.text == o.pattern:
				known = true
				subs = append(subs, q.node)
			case !isShared: // the name may match
				subs = append(subs, q.node)
			case o.pattern != "": // if the name matches, both have their say
				ok = p.accepts(p.conjunction(append(slices.Clone(o.nodes.nodes), both)...), q.node, rep.member("*")) && ok
			}
		}
		if !known && r.additional != nil {
			if r.additional.never {
				ok = p.refuse(rep.member("*"), "additionalProperties", "other members", "no other member", "close the writer's schema, too (additionalProperties false), or open the reader's")
			} else {
				subs = append(subs, r.additional)
			}
		}
		if r.additional == nil && !known && !p.reader.anything(r.unevaluatedProperties) {
			subs = append(subs, r.unevaluatedProperties)
		}
		for _, sub := range subs {
			ok = p.accepts(o.nodes, sub, rep.member("*")) && ok
		}
		if !ok && rep == nil {
			return false
		}
	}
	return ok
}
