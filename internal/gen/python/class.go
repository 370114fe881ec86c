package python

import (
	"regexp"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// A class is a definition of a contract ($defs) or an object within it, as a
// Python class or alias of the module.
type class struct {
	name     string // in Python
	done     bool   // its text is written; until then only a quoted name may stand for it
	model    bool   // a subclass of BaseModel
	hashable bool
	values   map[string]string // of an enum: the names of its members by their JSON
}

var defName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// define returns the class of a definition, which it writes if need be.
func (m *module) define(n *gen.Node) (*class, error) {
	if c := m.byNode[n]; c != nil {
		return c, nil
	}
	name, ok := strings.CutPrefix(n.Pointer, "/$defs/")
	if !ok || n.DefName() != name {
		return nil, n.Errorf("Pydantic refers to schemas in the root's $defs only; move it there, and refer to it as #/$defs/NAME")
	}
	if !defName.MatchString(name) {
		return nil, n.Errorf("Pydantic has no definition called %q: a name is made of letters, digits, _ and - ; rename it", name)
	}
	shape := shapeOf(n)
	if c := m.byShape[shape]; c != nil {
		m.byNode[n] = c
		return c, nil
	}
	c := &class{name: m.className(className(name), m.event+className(name))}
	m.byNode[n], m.byShape[shape] = c, c
	return c, m.write(c, n, name)
}

// className picks the name of a class that bodies of classes refer to.
func (m *module) className(wanted ...string) string {
	for i, name := range wanted {
		if m.fields[name] {
			wanted[i] = name + "_"
		}
	}
	return m.names.pick(wanted...)
}

// shapeOf tells definitions apart: what they say, with all that they refer to.
func shapeOf(n *gen.Node) string {
	seen := map[string]string{}
	var walk func(*gen.Node)
	walk = func(n *gen.Node) {
		if target := n.Ref(); target != nil && seen[target.Pointer] == "" {
			seen[target.Pointer] = target.Value.String()
			walk(target)
		}
		for _, k := range n.Keywords {
			for _, sub := range below(k) {
				walk(sub)
			}
		}
	}
	walk(n)
	var b strings.Builder
	b.WriteString(n.Pointer + "\x00" + n.Value.String())
	for _, pointer := range sortedKeys(seen) {
		b.WriteString("\x00" + pointer + "\x00" + seen[pointer])
	}
	return b.String()
}

// write writes the text of a definition.
func (m *module) write(c *class, n *gen.Node, name string) error {
	var text string
	var err error
	switch {
	case isObject(n):
		c.model = true
		text, err = m.model(n, modelPlace{name: c.name, qualname: name, hint: c.name})
	case isEnum(n, name):
		c.hashable = true
		text, err = m.enum(c, n, name)
	default:
		text, err = m.alias(c, n, name)
	}
	if err != nil {
		return err
	}
	c.done = true
	m.public = append(m.public, c.name)
	m.blocks = append(m.blocks, text)
	if c.model {
		m.rebuild = append(m.rebuild, c.name)
	}
	return nil
}

// inline writes the class of an object that stands where it is used.
func (m *module) inline(n *gen.Node, hint string) (*class, error) {
	c := &class{name: m.className(className(hint)), model: true}
	m.helper("_Inline")
	text, err := m.model(n, modelPlace{name: c.name, qualname: c.name, hint: c.name, inline: true})
	if err != nil {
		return nil, err
	}
	c.done = true
	m.public = append(m.public, c.name)
	m.blocks = append(m.blocks, text)
	m.rebuild = append(m.rebuild, c.name)
	return c, nil
}

// isObject reports whether a schema is of an object with members of its own, not
// of a dict.
func isObject(n *gen.Node) bool {
	if n.Text("type") != "object" {
		return false
	}
	return n.Has("properties") || n.Has("required") || n.DefName() != "" && !n.Has("additionalProperties") && !isSizedDict(n)
}

// isSizedDict reports whether a schema has rules that only a dict can have.
func isSizedDict(n *gen.Node) bool {
	return n.Has("minProperties") || n.Has("maxProperties") || n.Has("propertyNames") || n.Has("patternProperties")
}

// alias writes a definition that is neither an object nor an enum.
func (m *module) alias(c *class, n *gen.Node, name string) (string, error) {
	t, err := m.typeOf(n, c.name)
	if err != nil {
		return "", err
	}
	c.hashable = t.hashable
	value := call(m.use("TypeAliasType"), str(name), t.annotation())
	return statement(0, c.name+" = ", value), nil
}

// rebuildBlock completes the models that were written before what they refer to.
func (m *module) rebuildBlock() {
	if m.cyclic {
		var b strings.Builder
		for _, name := range m.rebuild {
			b.WriteString(name + ".model_rebuild()\n")
		}
		m.blocks = append(m.blocks, b.String())
		m.cyclic = false
	}
	m.rebuild = nil
}
