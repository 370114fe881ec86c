package schema

import "strconv"

// itemOf returns the schemas of a shape for one index.
func (p *prover) itemOf(s *shape, index int) (w *conjunction, possible bool) {
	var nodes []*node
	for _, n := range s.nodes {
		sub := n.items
		if index < len(n.prefix) {
			sub = n.prefix[index]
		}
		if sub == nil {
			continue
		}
		if p.writer.possible(sub) == 0 {
			return nil, false
		}
		nodes = append(nodes, sub)
	}
	return p.conjunction(nodes...), true
}

// sizes returns how many items arrays of the shape have; most is -1 without
// bound. Behind prefix all items are alike.
func (p *prover) sizes(s *shape) (least, most, prefix int) {
	most = -1
	for _, n := range s.nodes {
		least = max(least, n.minItems)
		if n.maxItems >= 0 && (most < 0 || n.maxItems < most) {
			most = n.maxItems
		}
		prefix = max(prefix, len(n.prefix))
		if n.contains != nil {
			least = max(least, n.minContains)
		}
	}
	for i := range prefix + 1 {
		if _, possible := p.itemOf(s, i); !possible && (most < 0 || i < most) {
			most = i
		}
	}
	return least, most, prefix
}

func (p *prover) arrayFits(s *shape, r *node, rep *report) bool {
	if s.kinds&kindArray == 0 {
		return true
	}
	least, most, prefix := p.sizes(s)
	if most >= 0 && least > most {
		return true // there are none
	}
	ok := true
	if least < r.minItems {
		ok = p.refuse(rep, "minItems", "arrays from "+plural(least, "item")+" on", "at least "+plural(r.minItems, "item"), "raise minItems in the writer's schema, or lower it in the reader's")
	}
	if r.maxItems >= 0 && (most < 0 || most > r.maxItems) {
		ok = p.refuse(rep, "maxItems", upTo(most, "item"), "at most "+plural(r.maxItems, "item"), "lower maxItems in the writer's schema, or raise it in the reader's")
	}
	if r.unique && (most < 0 || most > 1) && !s.unique() {
		ok = p.refuse(rep, "uniqueItems", "the same item twice", "items that differ", "say uniqueItems in the writer's schema, or drop it from the reader's")
	}
	if !ok && rep == nil {
		return false
	}
	ok = p.itemsFit(s, r, most, max(prefix, len(r.prefix)), rep) && ok
	if r.contains != nil && !p.containsFits(s, r, least, most, max(prefix, len(r.prefix))) {
		ok = p.refuse(rep, "contains", "arrays without such a number of matching items", "an array in which enough and not too many items match", "say the same contains in the writer's schema, or drop it from the reader's")
	}
	return ok
}

func (s *shape) unique() bool {
	for _, n := range s.nodes {
		if n.unique {
			return true
		}
	}
	return false
}

// itemsFit looks at each index up to prefix and then at all the others.
func (p *prover) itemsFit(s *shape, r *node, most, prefix int, rep *report) bool {
	ok := true
	for i := range prefix + 1 {
		if most >= 0 && i >= most {
			break
		}
		sub, token := r.items, "*"
		if i < prefix {
			token = strconv.Itoa(i)
		}
		if i < len(r.prefix) {
			sub = r.prefix[i]
		}
		w, possible := p.itemOf(s, i)
		if sub == nil || !possible {
			continue
		}
		if sub.never && sub == r.items {
			ok = p.refuse(rep.member(token), "items", "more items", "no item there", "bound the array in the writer's schema, or permit more items in the reader's")
		} else {
			ok = p.accepts(w, sub, rep.member(token)) && ok
		}
		if !ok && rep == nil {
			return false
		}
	}
	return ok
}

func (p *prover) containsFits(s *shape, r *node, least, most, prefix int) bool {
	for _, n := range s.nodes {
		if n.contains != nil && p.same(n.contains, r.contains) && n.minContains >= r.minContains &&
			(r.maxContains < 0 || n.maxContains >= 0 && n.maxContains <= r.maxContains) {
			return true
		}
	}
	if r.maxContains >= 0 && (most < 0 || most > r.maxContains) {
		return false
	}
	if r.minContains == 0 {
		return true
	}
	if least < r.minContains {
		return false
	}
	for i := range prefix + 1 { // every item matches
		if most >= 0 && i >= most {
			break
		}
		if w, possible := p.itemOf(s, i); possible && !p.accepts(w, r.contains, nil) {
			return false
		}
	}
	return true
}
