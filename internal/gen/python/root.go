package python

import (
	"github.com/celerysalt/salt/internal/gen"
)

// root writes what a document says as a class called name, within the class of
// an event.
func (m *module) root(d *gen.Document, name, hint string) (string, error) {
	n := d.Root
	at := modelPlace{indent: 4, name: name, qualname: name, hint: hint}
	if n.Has("$ref") && only(n, "$ref") == nil && len(n.Keywords) <= 2 {
		target := n.Ref()
		if target != nil && isObject(target) {
			c, err := m.define(target)
			if err != nil {
				return "", err
			}
			switch {
			case !recursive(target):
				m.note("%s: Pydantic writes the schema itself instead of the reference to it", n.Place())
			case name == "Schema":
				m.note("%s: celery-salt publishes this payload, but its subscriptions do not understand a schema that is a reference; "+
					"put the recursive object into a member", n.Place())
			}
			return "    " + name + " = " + c.name + "\n", nil
		}
	}
	if isRootObject(n) {
		return m.model(n, at)
	}
	t, err := m.bare(n, hint)
	if err != nil {
		return "", err
	}
	b := &body{}
	m.about(n, at, name, b)
	t = m.closed(t)
	return m.classText(n, at, subscript(m.use("RootModel"), t.code).flat(), b)
}

func isRootObject(n *gen.Node) bool { return n.Text("type") == "object" && !isSizedDict(n) }

// recursive reports whether a definition refers to itself, if only by way of others.
func recursive(n *gen.Node) bool {
	seen := make(map[*gen.Node]bool)
	found := false
	var walk func(*gen.Node)
	walk = func(at *gen.Node) {
		if target := at.Ref(); target != nil {
			found = found || target == n
			if !seen[target] {
				seen[target] = true
				walk(target)
			}
		}
		for _, k := range at.Keywords {
			for _, sub := range below(k) {
				walk(sub)
			}
		}
	}
	walk(n)
	return found
}
