package schema

import (
	"cmp"
	"slices"
	"strconv"
)

// A prover shows that what a writer sends is what a reader accepts. Recursive
// schemas are a fixpoint: a pair holds while it is being proven, and if it
// fails in the end, what was concluded from it is forgotten.
type prover struct {
	writer, reader *side
	lenient        bool
	steps          int // left
	splits         int // members that may still be looked at case by case, one within the other

	conjunctions map[string]*conjunction
	verdicts     map[pair]bool
	trail        []pair // verdicts that hold so far, oldest first
	telling      map[pair]bool
	listings     map[*node]int
	declarations map[*node]*declaration
	tags         map[*node]map[string]map[string]bool
}

// A conjunction is a set of the writer's schemas that all apply to one place.
// No schema at all permits anything.
type conjunction struct {
	nodes    []*node
	shapes   []*shape
	expanded bool
}

type pair struct {
	writer *conjunction
	reader *node
}

func newProver(w, r *compiled, policy ReaderPolicy) *prover {
	p := &prover{
		writer: newSide(w), reader: newSide(r),
		lenient:      policy == ReadersIgnoreUnknown || policy == "",
		steps:        maxCompareSteps,
		splits:       maxSplits,
		conjunctions: make(map[string]*conjunction),
		verdicts:     make(map[pair]bool),
		telling:      make(map[pair]bool),
		listings:     make(map[*node]int),
		declarations: make(map[*node]*declaration),
		tags:         make(map[*node]map[string]map[string]bool),
	}
	classify(p.writer, p.reader)
	return p
}

func (p *prover) spend(n int) bool {
	p.steps -= n
	return p.steps > 0
}

func (p *prover) exhausted() bool { return p.steps <= 0 }

// conjunction returns the same one for the same schemas.
func (p *prover) conjunction(nodes ...*node) *conjunction {
	for i, n := range nodes {
		nodes[i] = p.writer.behind(n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(p.writer.ids[a], p.writer.ids[b]) })
	nodes = slices.Compact(nodes)
	var key []byte
	for _, n := range nodes {
		key = append(strconv.AppendInt(key, int64(p.writer.ids[n]), 36), ' ')
	}
	c, ok := p.conjunctions[string(key)]
	if !ok {
		c = &conjunction{nodes: nodes}
		p.conjunctions[string(key)] = c
	}
	return c
}

// same reports whether two schemas mean the same for validation.
func (p *prover) same(w, r *node) bool {
	class := p.writer.class[w]
	return class != 0 && class == p.reader.class[r]
}

// accepts proves that every value of w is accepted by r; with a report it tells
// where not.
func (p *prover) accepts(w *conjunction, r *node, rep *report) bool {
	r = p.reader.behind(r)
	key := pair{w, r}
	holds, known := p.verdicts[key]
	if !known {
		holds = p.prove(key)
	}
	if holds || rep == nil || p.telling[key] || rep.full() {
		return holds
	}
	p.telling[key] = true
	defer delete(p.telling, key)
	p.each(key, rep)
	return false
}

func (p *prover) prove(key pair) bool {
	if !p.spend(1) {
		return false
	}
	if p.reader.anything(key.reader) || slices.ContainsFunc(key.writer.nodes, func(n *node) bool { return p.same(n, key.reader) }) {
		p.verdicts[key] = true
		return true
	}
	p.verdicts[key] = true // until shown otherwise
	mark := len(p.trail)
	p.trail = append(p.trail, key)
	if p.each(key, nil) {
		return true
	}
	for _, k := range p.trail[mark:] {
		delete(p.verdicts, k)
	}
	p.trail = p.trail[:mark]
	if !p.exhausted() {
		p.verdicts[key] = false // assumptions only help, so this is final
	}
	return false
}

// each holds every shape of the writer's values against the reader.
func (p *prover) each(key pair, rep *report) bool {
	outer := p.splits
	p.splits = maxSplits // a verdict must not depend on who asks
	defer func() { p.splits = outer }()
	shapes, ok := p.expand(key.writer)
	if !ok {
		p.steps = 0
		return false
	}
	ok = true
	for _, s := range shapes {
		if !p.every(s, key.reader, rep) {
			if ok = false; rep == nil {
				return false
			}
		}
	}
	return ok
}
