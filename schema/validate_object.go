package schema

import (
	"math/bits"
	"slices"
	"strconv"
)

func (ev *evaluator) object(n *node, i int, report bool) bool {
	size, ok := int(ev.cells[i].size), true
	if n.minProperties >= 0 && size < n.minProperties {
		ok = ev.fail(report, i, "minProperties", "at least "+plural(n.minProperties, "member"), plural(size, "member"))
	}
	if n.maxProperties >= 0 && size > n.maxProperties {
		ok = ev.fail(report, i, "maxProperties", "at most "+plural(n.maxProperties, "member"), plural(size, "member"))
	}
	if !ok && !report {
		return false
	}
	var small [4]uint64 // a set of indices of required members
	seen := small[:]
	if need := (len(n.required) + 63) / 64; need > len(seen) {
		seen = make([]uint64, need)
	}
	if len(n.properties) > 0 || len(n.patternProperties) > 0 || n.additional != nil || n.propertyNames != nil {
		for at := range ev.children(i) {
			if !ev.member(n, at, seen, report) {
				if ok = false; !report {
					return false
				}
			}
		}
	}
	count := 0
	for _, word := range seen {
		count += bits.OnesCount64(word)
	}
	if count < len(n.required) {
		ok = false
		if !report {
			return false
		}
		for k, name := range n.required {
			if seen[k/64]&(1<<(k%64)) == 0 {
				ev.missing(i, name, "required", "present")
			}
		}
	}
	return ev.dependents(n, i, report) && ok
}

func (ev *evaluator) missing(i int, member, rule, expected string) {
	ev.add(finding{cell: i, member: member, missing: true, rule: rule, expected: expected, got: "missing"})
}

// member checks the member whose name is at cell at, and notes it in seen.
func (ev *evaluator) member(n *node, at int, seen []uint64, report bool) bool {
	name, ok, known := ev.str(at), true, false
	if p, found := n.properties[string(name)]; found {
		if p.required >= 0 {
			seen[p.required/64] |= 1 << (p.required % 64)
		}
		if p.node != nil {
			known = true
			ok = ev.check(p.node, at+1, report)
		}
	}
	for _, p := range n.patternProperties {
		if ev.match(p.pattern, name) {
			known = true
			ok = ev.check(p.node, at+1, report) && ok
		}
	}
	if n.additional != nil && !known {
		if n.additional.never {
			ev.steps++
			ok = ev.fail(report, at+1, "additionalProperties", "no such member", ev.kind(at+1))
		} else {
			ok = ev.check(n.additional, at+1, report) && ok
		}
	}
	if n.propertyNames != nil && !ev.check(n.propertyNames, at, false) {
		ok = ev.fail(report, at+1, "propertyNames", "a member name that the schema permits", "another name")
	}
	return ok
}

func (ev *evaluator) dependents(n *node, i int, report bool) bool {
	if len(n.dependentRequired) == 0 && len(n.dependentSchemas) == 0 {
		return true
	}
	names := make(map[string]bool, ev.cells[i].size)
	for at := range ev.children(i) {
		names[string(ev.str(at))] = true
	}
	ok := true
	for _, trigger := range sortedKeys(n.dependentRequired) {
		if !names[trigger] {
			continue
		}
		for _, name := range n.dependentRequired[trigger] {
			if names[name] {
				continue
			}
			if ok = false; report {
				ev.missing(i, name, "dependentRequired", "present, since "+shorten(strconv.Quote(trigger))+" is")
			}
		}
	}
	for _, d := range n.dependentSchemas {
		if names[d.name] {
			ok = ev.check(d.node, i, report) && ok
		}
	}
	return ok
}

func (ev *evaluator) unevaluatedProperties(n *node, i int, report bool) bool {
	seen := make(map[int]bool)
	ev.markProperties(n, i, seen)
	ok := true
	for at := range ev.children(i) {
		switch {
		case seen[at]:
		case n.unevaluatedProperties.never:
			ok = ev.fail(report, at+1, "unevaluatedProperties", "no such member", ev.kind(at+1))
		default:
			ok = ev.check(n.unevaluatedProperties, at+1, report) && ok
		}
	}
	return ok
}

// markProperties notes the members of the object at i that n, which the object
// fits, has looked at: itself or through schemas for the same value.
func (ev *evaluator) markProperties(n *node, i int, seen map[int]bool) {
	for at := range ev.children(i) {
		name := ev.str(at)
		p, ok := n.properties[string(name)]
		known := ok && p.node != nil || slices.ContainsFunc(n.patternProperties, func(p patternProperty) bool { return ev.match(p.pattern, name) })
		if known || n.additional != nil {
			seen[at] = true
		}
	}
	for _, sub := range ev.applied(n, i) {
		if sub.unevaluatedProperties != nil {
			for at := range ev.children(i) {
				seen[at] = true
			}
		}
		ev.markProperties(sub, i, seen)
	}
}

// applied lists the schemas that n applies to the same value with success.
func (ev *evaluator) applied(n *node, i int) []*node {
	var list []*node
	try := func(sub *node) bool {
		if sub == nil || ev.steps > ev.limits.MaxSteps || !ev.check(sub, i, false) {
			return false
		}
		list = append(list, sub)
		return true
	}
	try(n.ref)
	for _, group := range [][]*node{n.allOf, n.anyOf, n.oneOf} {
		for _, sub := range group {
			try(sub)
		}
	}
	if n.when != nil {
		if try(n.when) {
			try(n.then)
		} else {
			try(n.otherwise)
		}
	}
	if ev.cells[i].kind == '{' && len(n.dependentSchemas) > 0 {
		for _, d := range n.dependentSchemas {
			for at := range ev.children(i) {
				if string(ev.str(at)) == d.name {
					try(d.node)
				}
			}
		}
	}
	return list
}
