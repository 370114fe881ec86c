package python

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// isEnum reports whether a definition is what Pydantic makes of an enum.Enum.
func isEnum(n *gen.Node, name string) bool {
	kind := n.Text("type")
	if kind != "string" && kind != "integer" || n.Text("title") != name || len(gen.Items(n.Raw("enum"))) == 0 {
		return false
	}
	for _, k := range n.Keywords {
		if !slices.Contains([]string{"description", "enum", "title", "type"}, k.Name) {
			return false
		}
	}
	if doc := n.Text("description"); n.Has("description") && (!isDocstring(doc) || doc == "An enumeration.") {
		return false
	}
	seen := make(map[any]bool)
	for _, item := range gen.Items(n.Raw("enum")) {
		value := tree(item)
		fits := kind == "string" && item.Kind() == '"' || kind == "integer" && isInteger(item)
		if !fits || seen[value] {
			return false
		}
		seen[value] = true
	}
	return true
}

func isInteger(v jsontext.Value) bool {
	return v.Kind() == '0' && !strings.ContainsAny(string(v), ".eE")
}

// enum writes an enum.Enum that is a str or int as well, so that celery-salt
// can send it.
func (m *module) enum(c *class, n *gen.Node, name string) (string, error) {
	base := "str"
	if n.Text("type") == "integer" {
		base = "int"
	}
	var b strings.Builder
	b.WriteString("class " + c.name + "(" + m.use(base) + ", " + m.use("Enum") + "):\n")
	if n.Has("description") {
		b.WriteString(docstring(4, n.Text("description")) + "\n")
	}
	members := make(scope)
	c.values = make(map[string]string)
	for _, item := range gen.Items(n.Raw("enum")) {
		value, err := literal(item)
		if err != nil {
			return "", n.Errorf("enum: %w", err)
		}
		name := members.pick(enumMember(item))
		c.values[value.flat()] = name
		b.WriteString(statement(4, name+" = ", value))
	}
	if c.name != name {
		b.WriteString("\n\n" + c.name + ".__name__ = " + c.name + ".__qualname__ = " + quote(name) + "\n")
	}
	return b.String(), nil
}

// enumMember makes the name of an enum's value, in capitals.
func enumMember(v jsontext.Value) string {
	text := string(v)
	if v.Kind() == '"' {
		text, _ = tree(v).(string)
	} else {
		text = "VALUE_" + strings.Replace(text, "-", "MINUS_", 1)
	}
	name := strings.Trim(strings.ToUpper(identifier(text, '_')), "_")
	switch {
	case name == "":
		return "VALUE"
	case name[0] >= '0' && name[0] <= '9':
		return "VALUE_" + name
	}
	return name
}
