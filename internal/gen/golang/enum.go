package golang

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// enumBase returns the Go type of a definition that is an enum, else "".
func enumBase(n *gen.Node) string {
	allowed := []string{"enum", "const", "type", "title", "description"}
	for _, k := range n.Keywords {
		if !slices.Contains(allowed, k.Name) && !slices.Contains(aside, k.Name) {
			return ""
		}
	}
	values := enumValues(n)
	kind := view{Node: n}.kind()
	if len(values) == 0 || n.Has("enum") && n.Has("const") {
		return ""
	}
	for _, value := range values {
		switch {
		case kind == "string" && value.Kind() == '"':
		case kind == "integer" && value.Kind() == '0' && isInt64(value):
		case kind == "number" && value.Kind() == '0':
		default:
			return ""
		}
	}
	return map[string]string{"string": "string", "integer": "int64", "number": "float64"}[kind]
}

func isInt64(value jsontext.Value) bool {
	_, err := strconv.ParseInt(string(value), 10, 64)
	return err == nil
}

func enumValues(n *gen.Node) []jsontext.Value {
	if n.Has("const") {
		return []jsontext.Value{n.Raw("const")}
	}
	return gen.Items(n.Raw("enum"))
}

// enumNotes says what the reflector does not take from an enum.
func (g *generator) enumNotes(n *named) {
	if title := n.node.Text("title"); title != n.name {
		g.note(n.node, "the enum's title becomes %s, the name of its Go type", n.name)
	}
	if n.node.Has("description") {
		g.note(n.node, "the enum's description is only a comment in Go")
	}
	if n.node.Has("const") {
		g.note(n.node, "what Salt says of it means the same and is written otherwise")
	}
}

// printEnum writes the type, its constants and Values.
func (p *printer) printEnum(n *named) {
	p.doc(n.name, n.node.Text("description"), n.name+" is an enum, see its Values.")
	p.line("type %s %s", n.name, n.base)
	p.line("")
	names := p.constants(n.name, n.base, enumValues(n.node))
	p.line("// Values returns all values of the enum, in the contract's order.")
	p.line("func (%s) Values() []%s { return []%s{%s} }", n.name, n.name, n.name, strings.Join(names, ", "))
	p.line("")
}

// constants writes the values of a type and returns their names.
func (p *printer) constants(typeName, base string, values []jsontext.Value) []string {
	p.line("// The values of %s.", typeName)
	p.line("const (")
	var names []string
	for _, value := range values {
		name := p.g.unique(typeName + constantName(plain(value)))
		names = append(names, name)
		literal := string(value)
		switch {
		case base == "string":
			literal = strconv.Quote(plain(value))
		case base == "int64" && !isInt64(value):
			literal = "" // 1.0, which is an integer in JSON
		}
		if literal != "" {
			p.line("%s %s = %s", name, typeName, literal)
		}
	}
	p.line(")")
	p.line("")
	return names
}

// constantName is the part of a constant's name that says its value.
func constantName(text string) string {
	if text == "" {
		return "Empty"
	}
	if rest, ok := strings.CutPrefix(text, "-"); ok && rest != "" && '0' <= rest[0] && rest[0] <= '9' {
		return "Minus" + constantName(rest)
	}
	if '0' <= text[0] && text[0] <= '9' {
		return strings.TrimPrefix(exported("X"+strings.ReplaceAll(text, ".", "p")), "X")
	}
	return exported(text)
}
