package schema

import (
	"slices"
	"strconv"
)

func (ev *evaluator) array(n *node, i int, report bool) bool {
	size, ok := int(ev.cells[i].size), true
	if n.minItems >= 0 && size < n.minItems {
		ok = ev.fail(report, i, "minItems", "at least "+plural(n.minItems, "item"), plural(size, "item"))
	}
	if n.maxItems >= 0 && size > n.maxItems {
		ok = ev.fail(report, i, "maxItems", "at most "+plural(n.maxItems, "item"), plural(size, "item"))
	}
	if !ok && !report {
		return false
	}
	if n.unique && size > 1 {
		ok = ev.distinct(i, report) && ok
	}
	if len(n.prefix) > 0 || n.items != nil {
		index := 0
		for at := range ev.children(i) {
			sub := n.items
			if index < len(n.prefix) {
				sub = n.prefix[index]
			}
			if sub == nil {
				break
			}
			if !ev.check(sub, at, report) {
				if ok = false; !report {
					return false
				}
			}
			index++
		}
	}
	if n.contains != nil {
		ok = ev.contains(n, i, report) && ok
	}
	return ok
}

// distinct reports every item that equals an earlier one.
func (ev *evaluator) distinct(i int, report bool) bool {
	first := make(map[string]int, ev.cells[i].size)
	var buffer []byte
	index, ok := 0, true
	for at := range ev.children(i) {
		buffer = ev.key(buffer[:0], at)
		ev.steps += 1 + len(buffer)/64
		if earlier, found := first[string(buffer)]; found {
			if ok = ev.fail(report, at, "uniqueItems", "items that differ", "the same as item "+strconv.Itoa(earlier)); !report {
				return false
			}
		} else {
			first[string(buffer)] = index
		}
		index++
	}
	return ok
}

func (ev *evaluator) contains(n *node, i int, report bool) bool {
	matches := 0
	for at := range ev.children(i) {
		if ev.check(n.contains, at, false) {
			matches++
		}
	}
	switch {
	case matches < n.minContains:
		return ev.fail(report, i, "contains", "at least "+plural(n.minContains, "matching item"), strconv.Itoa(matches))
	case n.maxContains >= 0 && matches > n.maxContains:
		return ev.fail(report, i, "maxContains", "at most "+plural(n.maxContains, "matching item"), strconv.Itoa(matches))
	}
	return true
}

func (ev *evaluator) unevaluatedItems(n *node, i int, report bool) bool {
	items := slices.Collect(ev.children(i))
	seen := make([]bool, len(items))
	ev.markItems(n, i, items, seen)
	ok := true
	for k, at := range items {
		switch {
		case seen[k]:
		case n.unevaluatedItems.never:
			ok = ev.fail(report, at, "unevaluatedItems", "no such item", ev.kind(at))
		default:
			ok = ev.check(n.unevaluatedItems, at, report) && ok
		}
	}
	return ok
}

// markItems is [evaluator.markProperties] for arrays.
func (ev *evaluator) markItems(n *node, i int, items []int, seen []bool) {
	for k, at := range items {
		if k < len(n.prefix) || n.items != nil || n.contains != nil && ev.check(n.contains, at, false) {
			seen[k] = true
		}
	}
	for _, sub := range ev.applied(n, i) {
		if sub.unevaluatedItems != nil {
			for k := range seen {
				seen[k] = true
			}
		}
		ev.markItems(sub, i, items, seen)
	}
}
