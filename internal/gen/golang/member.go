package golang

import (
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// An entry is one key of a salt tag.
type entry struct {
	key   string
	items []string // none for a flag
}

// A field is a member of a struct.
type field struct {
	name  string
	expr  func() string
	json  string // of the json tag
	tags  []entry
	doc   string
	cand  cand
	place *gen.Node

	want  object  // what was tried: the schema with stand-ins
	tried []entry // and the tags
}

// member finds the field of a member.
func (g *generator) member(m gen.Member, required bool, hint string) (field, error) {
	if strings.ContainsAny(m.Name, "\\'\"`,") || m.Name == "" {
		return field{}, m.Node.Errorf("Go's tags have no name %q; a member's name must not be empty and not contain quotes, backslashes and commas", m.Name)
	}
	n := g.flat(m.Node)
	if to := n.Ref(); to != nil {
		if _, err := g.resolve(to); err != nil {
			return field{}, err
		}
	}
	tr := trier{g: g, name: m.Name, node: n, required: required}
	v := view{n, annotations}
	cands, err := g.candidates(v, hint)
	if err != nil {
		return field{}, err
	}
	for _, c := range cands {
		tr.offer(c, true)
	}
	if tr.grade == unfit {
		ownErr := tr.offerOwn(v, hint)
		if tr.grade == unfit {
			return field{}, tr.failure(ownErr)
		}
	}
	if tr.grade == alike || n != m.Node {
		g.noteAlike(m.Node, tr)
	}
	tr.best.doc, tr.best.place = n.Text("description"), m.Node
	return tr.best, nil
}

// noteAlike tells people about what is not equal in value.
func (g *generator) noteAlike(n *gen.Node, tr trier) {
	switch {
	case hasRefs(tr.node) && tr.best.cand.own:
		g.note(n, "what it refers to is written in its place, in the method JSONSchema")
	case n == tr.node && !tr.node.Has("title") && canonical(tr.withTitle) == canonical(tr.made):
		g.noteOnce("members without a title get the one that Pydantic derives from their names")
	default:
		g.note(n, "what Salt says of it means the same and is written otherwise")
	}
}

// noteOnce is for notes that are about no one place.
func (g *generator) noteOnce(text string) {
	if !g.noted[text] {
		g.noted[text] = true
		g.notes = append(g.notes, text)
	}
}

// tagText writes a salt tag.
func tagText(tags []entry) string {
	var b strings.Builder
	for i, e := range tags {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(e.key)
		for j, item := range e.items {
			b.WriteByte("=|"[min(j, 1)])
			if strings.ContainsAny(item, ",|'") {
				item = "'" + strings.ReplaceAll(item, "'", "''") + "'"
			}
			b.WriteString(item)
		}
	}
	return b.String()
}
