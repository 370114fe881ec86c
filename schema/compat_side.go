package schema

import (
	"strconv"
	"strings"
)

// A side is one of two schemas that are compared: its nodes numbered, and what
// is known of each.
type side struct {
	doc   *document
	ids   map[*node]int
	facts map[*node]*fact
	class map[*node]int // equal on both sides for what means the same; 0 if unknown
	kind  map[*node]kinds

	decimalTexts map[*node]bool // plain strings beside a number in one anyOf

	meaning *meaning
}

func newSide(c *compiled) *side {
	s := &side{doc: c.doc, ids: make(map[*node]int), facts: make(map[*node]*fact), class: make(map[*node]int), kind: make(map[*node]kinds), meaning: newMeaning(c.doc)}
	for queue := []*node{c.root}; len(queue) > 0; {
		n := queue[0]
		queue = queue[1:]
		if _, ok := s.ids[n]; ok {
			continue
		}
		s.ids[n] = len(s.ids)
		s.meaning.fact(n.pointer)
		queue = append(queue, n.parts()...)
	}
	for n := range s.ids {
		s.facts[n] = s.meaning.facts[s.meaning.index[n.pointer]]
	}
	for _, f := range s.meaning.facts {
		f.forgetDefault()
	}
	s.decimalTexts = make(map[*node]bool)
	for n := range s.ids {
		s.findDecimals(n)
	}
	return s
}

// parts lists the schemas that n consists of.
func (n *node) parts() []*node {
	list := []*node{n.ref, n.not, n.when, n.then, n.otherwise, n.items, n.contains, n.unevaluatedItems, n.additional, n.propertyNames, n.unevaluatedProperties}
	for _, group := range [][]*node{n.allOf, n.anyOf, n.oneOf, n.prefix} {
		list = append(list, group...)
	}
	for _, name := range sortedKeys(n.properties) {
		list = append(list, n.properties[name].node)
	}
	for _, p := range n.patternProperties {
		list = append(list, p.node)
	}
	for _, d := range n.dependentSchemas {
		list = append(list, d.node)
	}
	present := list[:0]
	for _, sub := range list {
		if sub != nil {
			present = append(present, sub)
		}
	}
	return present
}

// forgetDefault leaves of a fact what decides whether a value is valid.
func (f *fact) forgetDefault() {
	edges := f.edges[:0:0]
	for _, e := range f.edges {
		if !strings.HasPrefix(e.name, "discriminator/") {
			edges = append(edges, e)
		}
	}
	f.edges = edges
	for keyword := range f.local {
		if keyword == "default" || keyword == "discriminator" || strings.HasPrefix(keyword, "discriminator/") {
			delete(f.local, keyword)
		}
	}
	f.finish()
}

// classify numbers the meanings of two schemas together. Looking one level
// further splits the facts into more classes until it splits none: then members
// of one class mean the same. Schemas that would take more than maxLevels stay
// without classes, which only makes less provable.
func classify(a, b *side) {
	const maxLevels = 64
	knownA, knownB := make([]digest, len(a.meaning.facts)), make([]digest, len(b.meaning.facts))
	for level, classes := 0, 0; level < maxLevels; level++ {
		knownA, knownB = a.meaning.next(knownA), b.meaning.next(knownB)
		number := make(map[digest]int, len(knownA)+len(knownB))
		for _, known := range [][]digest{knownA, knownB} {
			for _, d := range known {
				if number[d] == 0 {
					number[d] = len(number) + 1
				}
			}
		}
		if len(number) > classes {
			classes = len(number)
			continue
		}
		for n := range a.ids {
			a.class[n] = number[knownA[a.meaning.index[n.pointer]]]
		}
		for n := range b.ids {
			b.class[n] = number[knownB[b.meaning.index[n.pointer]]]
		}
		return
	}
}

func (p *prover) sideOf(n *node) *side {
	if _, ok := p.writer.ids[n]; ok {
		return p.writer
	}
	return p.reader
}

// anything recognises a schema that says nothing.
func (s *side) anything(n *node) bool {
	return n == nil || len(s.facts[n].local) == 0 && len(s.facts[n].edges) == 0
}

// behind follows a schema that is only a reference.
func (s *side) behind(n *node) *node {
	for n.ref != nil && s.facts[n] == s.facts[n.ref] {
		n = n.ref
	}
	return n
}

// declares reports whether a schema has a keyword, even one that says nothing.
func (s *side) declares(n *node, keyword string) bool {
	object, _ := s.doc.schemas[n.pointer].(map[string]any)
	_, ok := object[keyword]
	return ok
}

// title is the title of a schema in quotes with a space before, if it has one.
func (s *side) title(n *node) string {
	object, _ := s.doc.schemas[n.pointer].(map[string]any)
	if t, ok := object["title"].(string); ok {
		return " " + strconv.Quote(shorten(t))
	}
	return ""
}
