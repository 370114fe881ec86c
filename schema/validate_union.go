package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// combined applies the keywords that combine schemas for the same value.
func (ev *evaluator) combined(n *node, i int, report bool) bool {
	ok := true
	for _, sub := range n.allOf {
		if !ev.check(sub, i, report) {
			if ok = false; !report {
				return false
			}
		}
	}
	if len(n.anyOf) > 0 && !slices.ContainsFunc(n.anyOf, func(sub *node) bool { return ev.check(sub, i, false) }) {
		if ok = false; report {
			ev.explain("anyOf", n.anyOf, i)
		}
	}
	if len(n.oneOf) > 0 {
		ok = ev.oneOf(n, i, report) && ok
	}
	if n.not != nil && ev.check(n.not, i, false) {
		ok = ev.fail(report, i, "not", "anything else", ev.kind(i))
	}
	if n.when != nil {
		branch := n.otherwise
		if ev.check(n.when, i, false) {
			branch = n.then
		}
		if branch != nil {
			ok = ev.check(branch, i, report) && ok
		}
	}
	return ok
}

func (ev *evaluator) oneOf(n *node, i int, report bool) bool {
	matches := 0
	for _, sub := range n.oneOf {
		if ev.check(sub, i, false) {
			if matches++; matches > 1 {
				break
			}
		}
	}
	switch {
	case matches == 1:
		return true
	case !report:
		return false
	case matches > 1:
		return ev.fail(true, i, "oneOf", "exactly one of the alternatives", "a "+ev.kind(i)+" that fits several")
	case n.discriminator != nil:
		ev.discriminated(n, i)
	default:
		ev.explain("oneOf", n.oneOf, i)
	}
	return false
}

// discriminated explains why no branch fits by the branch that the document
// itself names.
func (ev *evaluator) discriminated(n *node, i int) {
	if ev.cells[i].kind != '{' {
		ev.fail(true, i, "type", "object", ev.kind(i))
		return
	}
	d := n.discriminator
	expected := "member " + strconv.Quote(d.property) + " to be "
	if tags := sortedKeys(d.mapping); len(tags) > 0 {
		for k, tag := range tags {
			tags[k] = strconv.Quote(tag)
		}
		expected += shorten(strings.Join(tags, " or "))
	} else {
		expected += "one of the alternatives'"
	}
	got := "missing"
	for at := range ev.children(i) {
		if string(ev.str(at)) != d.property {
			continue
		}
		if ev.cells[at+1].kind == '"' {
			if branch := d.mapping[string(ev.str(at+1))]; branch != nil {
				if !ev.check(branch, i, true) {
					return
				}
				// The mapping names a schema that is none of the branches.
			}
		}
		got = "another " + ev.kind(at+1)
	}
	ev.fail(true, i, "discriminator", expected, got)
}

// explain reports why none of several branches fits. A branch for another type
// of value is noise, and a union of types alone is one sentence.
func (ev *evaluator) explain(rule string, branches []*node, i int) {
	var likely []*node
	var types kinds
	for _, sub := range branches {
		t := sub.accepts(0)
		types |= t
		if t == 0 || ev.hasType(&node{types: t}, i) {
			likely = append(likely, sub)
		}
	}
	switch len(likely) {
	case 0:
		ev.fail(true, i, "type", types.String(), ev.kind(i))
	case 1:
		ev.check(likely[0], i, true)
	default:
		ev.alternatives(rule, likely, i)
	}
}

// accepts returns the types that n permits as far as it says so itself or
// through references; 0 if it does not say.
func (n *node) accepts(depth int) kinds {
	const enough = 16
	if n.types != 0 || n.ref == nil || depth > enough {
		return n.types
	}
	return n.ref.accepts(depth + 1)
}

// alternatives reports the branches that come closest: those with the fewest
// findings.
func (ev *evaluator) alternatives(rule string, branches []*node, i int) {
	outer, omitted := ev.found, ev.omitted
	best := make(map[int][]finding)
	fewest := 0
	for k, sub := range branches {
		ev.found, ev.omitted = nil, 0
		ev.check(sub, i, true)
		switch {
		case len(ev.found) == 0: // the effort ran out
		case fewest == 0 || len(ev.found) < fewest:
			fewest = len(ev.found)
			clear(best)
			best[k] = ev.found
		case len(ev.found) == fewest:
			best[k] = ev.found
		}
	}
	ev.found, ev.omitted = outer, omitted
	for _, k := range slices.Sorted(maps.Keys(best)) {
		for _, f := range best[k] {
			if len(best) > 1 {
				f.expected += fmt.Sprintf(" (%s, alternative %d)", rule, k+1)
			}
			ev.add(f)
		}
	}
}
