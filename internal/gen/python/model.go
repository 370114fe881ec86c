package python

import (
	"slices"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// A body is the content of a class: what stands in it, and what Pydantic would
// say otherwise than the contract unless it is told.
type body struct {
	fields  string
	renamed []string // members with an alias
	config  []code   // arguments of ConfigDict
	extra   []entry  // what Pydantic does not say
	without []code   // what Pydantic says and the contract does not
	doc     string
}

// body writes the members of an object. Title is what Pydantic gives the model.
func (m *module) body(n *gen.Node, at modelPlace, title string) (*body, error) {
	if err := only(n, "type", "properties", "required", "additionalProperties"); err != nil {
		return nil, err
	}
	b := &body{}
	members := n.Members("properties")
	names := pythonNames(members)
	var untitle []string
	var order []string
	var fields strings.Builder
	for _, mem := range members {
		f, err := m.member(n, mem.Name, names[mem.Name], mem.Node, at)
		if err != nil {
			return nil, err
		}
		fields.WriteString(f.line)
		if f.untitle {
			untitle = append(untitle, mem.Name)
		}
		if f.renamed {
			b.renamed = append(b.renamed, mem.Name)
		}
		if n.Required(mem.Name) {
			order = append(order, mem.Name)
		}
	}
	for _, name := range n.Texts("required") {
		if n.Property(name) == nil {
			return nil, n.Errorf("the member %q is required but not described; describe it in properties", name)
		}
	}
	if n.Has("required") && (len(order) == 0 || !slices.Equal(n.Texts("required"), order)) {
		b.extra = append(b.extra, entry{"required", n.Raw("required")})
	}
	b.without = untitled(untitle)
	if !n.Has("properties") {
		b.without = append(b.without, atom(`["properties"]`))
	}
	others, err := m.others(n, at, b)
	if err != nil {
		return nil, err
	}
	b.fields = others + fields.String()
	m.about(n, at, title, b)
	return b, nil
}

// others is what an object says of members that it does not name.
func (m *module) others(n *gen.Node, at modelPlace, b *body) (string, error) {
	sub := n.Sub("additionalProperties")
	switch {
	case sub == nil:
		return "", nil
	case sub.Value.Kind() == 'f':
		b.config = append(b.config, atom(`extra="forbid"`))
		return "", nil
	}
	b.config = append(b.config, atom(`extra="allow"`))
	if sub.IsAny() {
		if !sub.IsBool() {
			b.extra = append(b.extra, entry{"additionalProperties", sub.Value})
		}
		return "", nil
	}
	t, err := m.typeOf(sub, at.hint+"Value")
	if err != nil {
		return "", err
	}
	t.code = subscript(m.use("dict"), atom(m.use("str")), t.code)
	return statement(at.indent, "__pydantic_extra__: ", t.annotation()), nil
}

// about is what a schema says as a whole.
func (m *module) about(n *gen.Node, at modelPlace, title string, b *body) {
	if !n.Has("title") {
		b.without = append(b.without, atom(`["title"]`))
	}
	for _, k := range n.Keywords {
		text, isText := tree(k.Value).(string)
		switch {
		case slices.Contains(assertions, k.Name), k.Name == "default" && at.inline, k.Name == "contentMediaType" && n.Has("contentSchema"):
		case k.Name == "title" && isText && text == title:
		case k.Name == "title" && isText && text != "":
			b.config = append(b.config, prefixed("title=", str(text)))
		case k.Name == "description" && isText && isDocstring(text):
			b.doc = text
		default:
			b.extra = append(b.extra, entry{k.Name, k.Value})
		}
	}
	if len(b.renamed) > 0 {
		b.config = append(b.config, atom("serialize_by_alias=True"))
	}
}

// model writes the class of an object.
func (m *module) model(n *gen.Node, at modelPlace) (string, error) {
	inner := at
	inner.indent += 4
	b, err := m.body(n, inner, at.name)
	if err != nil {
		return "", err
	}
	base := "_Inline"
	if !at.inline {
		base = m.use("BaseModel")
	}
	return m.classText(n, at, base, b)
}

// classText puts a class together.
func (m *module) classText(n *gen.Node, at modelPlace, base string, b *body) (string, error) {
	var parts []string
	if b.doc != "" {
		parts = append(parts, docstring(at.indent+4, b.doc))
	}
	if at.qualname != at.name {
		parts = append(parts, statement(at.indent+4, "__qualname__ = ", str(at.qualname)))
	}
	config := b.config
	extra, err := dict(b.extra)
	if err != nil {
		return "", n.Errorf("%w", err)
	}
	switch {
	case len(b.without) > 0:
		without := code{text: "[", close: "]", kind: groupCode, args: b.without}
		config = append(config, prefixed("json_schema_extra=", call(m.helper("_adjust"), extra, without)))
	case len(b.extra) > 0:
		config = append(config, prefixed("json_schema_extra=", extra))
	}
	if len(config) > 0 {
		parts = append(parts, statement(at.indent+4, "model_config = ", call(m.use("ConfigDict"), config...)))
	}
	if b.fields != "" {
		parts = append(parts, b.fields)
	}
	if parts == nil {
		parts = []string{strings.Repeat(" ", at.indent+4) + "pass\n"}
	}
	pad := strings.Repeat(" ", at.indent)
	return pad + "class " + at.name + "(" + base + "):\n" + strings.Join(parts, "\n"), nil
}
