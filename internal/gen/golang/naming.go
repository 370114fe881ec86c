package golang

import (
	"maps"
	"slices"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// defTypeName names the type of a definition: as the definition if Go allows,
// for then Salt names the definition so again.
func (g *generator) defTypeName(n *gen.Node, defName, sign string) string {
	if isTypeName(defName) && g.claims[defName] == sign {
		return defName
	}
	name := exported(defName)
	if title := n.Text("title"); title != "" && !isTypeName(defName) {
		name = exported(title)
	}
	name = g.unique(name)
	g.note(n, "the definition %s is the Go type %s, so Salt's schema calls it that", defName, name)
	return name
}

// reserve keeps the names of definitions for their types.
func (g *generator) reserve(contracts []*gen.Contract) {
	g.claims = make(map[string]string)
	for _, c := range contracts {
		for _, doc := range []*gen.Document{c.Payload, c.Response, c.Error} {
			if doc == nil {
				continue
			}
			for _, m := range doc.Defs() {
				if isTypeName(m.Name) && g.claims[m.Name] == "" && (enumBase(m.Node) != "" || isRecord(m.Node)) {
					g.claims[m.Name] = m.Name + "\n" + signature(m.Node)
					g.taken[m.Name] = true
				}
			}
		}
	}
}

// signature is equal for definitions that say the same, with all they refer to.
func signature(n *gen.Node) string {
	met := make(map[*gen.Node]bool)
	parts := make(map[string]string)
	var walk func(n *gen.Node)
	walk = func(n *gen.Node) {
		if met[n] {
			return
		}
		met[n] = true
		tree, _ := normal(n.Value).(object)
		own := maps.Clone(tree)
		for _, k := range aside {
			delete(own, k)
		}
		parts[n.Pointer] = canonical(own)
		for _, target := range refsBelow(n) {
			walk(target)
		}
	}
	walk(n)
	var b strings.Builder
	b.WriteString(n.Pointer)
	for _, pointer := range slices.Sorted(maps.Keys(parts)) {
		b.WriteString("\n" + pointer + " " + parts[pointer])
	}
	return b.String()
}
