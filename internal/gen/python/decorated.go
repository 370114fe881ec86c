package python

import (
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

// decorated writes a contract in decorator style.
func (m *module) decorated(c *gen.Contract) error {
	decorator := m.use("event")
	args := []code{str(c.Topic)}
	if c.Mode == salt.ModeRPC {
		args = append(args, atom(`mode="rpc"`))
	}
	args = append(args, prefixed("version=", str(c.Version)))
	if c.Exchange != salt.DefaultExchange {
		args = append(args, prefixed("exchange_name=", str(c.Exchange)))
	}
	payload, err := m.undressed(c.Payload, m.event, statement(0, "@", call(decorator, args...)), c.Doc)
	if err != nil {
		return err
	}
	taken := []string{"cls", "broker_url"} // parameters of publish
	if c.Mode == salt.ModeRPC {
		taken = []string{"cls", "timeout"} // and of call
	}
	for _, name := range taken {
		if objectOf(c.Payload.Root).Property(name) != nil {
			m.note("%s: celery-salt's decorated classes cannot send the member %q, which is a parameter of theirs; use the class style", c.Origin, name)
		}
	}
	blocks := []string{payload}
	public := []string{m.event}
	if c.Mode == salt.ModeRPC {
		for _, part := range []struct {
			name, suffix string
			doc          *gen.Document
		}{{"response", "Response", c.Response}, {"error", "Error", c.Error}} {
			if part.doc == nil {
				continue
			}
			key := part.name + " " + c.Topic
			if other := m.answers[key]; other != "" {
				return c.Errorf("celery-salt's decorators keep one %s for all versions of a topic, and %s has one; use the class style", part.name, other)
			}
			m.answers[key] = c.Topic + " " + c.Version
			name := m.event + part.suffix
			if title := objectOf(part.doc.Root).Text("title"); title != "" {
				name = className(title)
			}
			name = m.names.pick(name, m.event+part.suffix)
			head := statement(0, "@", call(decorator+"."+part.name, str(c.Topic), prefixed("version=", str(c.Version))))
			text, err := m.undressed(part.doc, name, head, "")
			if err != nil {
				return err
			}
			blocks = append(blocks, text)
			public = append(public, name)
		}
	}
	m.rebuildBlock()
	m.blocks = append(m.blocks, blocks...)
	m.public = append(m.public, public...)
	return nil
}

// undressed writes a class of which celery-salt takes the annotations and
// defaults to make a model without docstring and configuration.
func (m *module) undressed(d *gen.Document, name, head, doc string) (string, error) {
	const remedy = "celery-salt's decorators cannot say it; use the class style"
	n := objectOf(d.Root)
	if !isRootObject(n) {
		return "", n.Errorf("it is not an object with members; %s", remedy)
	}
	if n != d.Root {
		m.note("%s: celery-salt's decorators write the schema itself instead of the reference to it", d.Root.Place())
	}
	title := n.Text("title")
	if title == "" {
		title = name
	}
	b, err := m.body(n, modelPlace{indent: 4, name: name, qualname: name, hint: name}, title)
	if err != nil {
		return "", err
	}
	switch {
	case len(b.renamed) > 0:
		return "", n.Errorf("the member %q is no Python name, or one that Pydantic uses, and needs an alias that is also sent; %s", b.renamed[0], remedy)
	case n.Has("additionalProperties"):
		return "", n.Errorf("additionalProperties: %s", remedy)
	}
	var lost []string
	if n.Has("description") {
		lost = append(lost, "description")
	}
	for _, e := range b.extra {
		lost = append(lost, e.name)
	}
	if len(b.without) > 0 {
		lost = append(lost, "that there is no title")
	}
	if strings.Contains(title, "\x00") {
		lost = append(lost, "a title that is no name of a class")
	}
	if len(lost) > 0 {
		m.note("%s: celery-salt's decorators leave out of the schema: %s", n.Place(), strings.Join(lost, ", "))
	}
	if title != name && !strings.Contains(title, "\x00") {
		head += statement(0, "@", call(m.helper("_named"), str(title)))
	}
	if b.doc != "" {
		doc = b.doc
	}
	text := head + "class " + name + ":\n"
	if isDocstring(doc) {
		text += docstring(4, doc)
		if b.fields != "" {
			text += "\n"
		}
	} else if b.fields == "" {
		text += "    pass\n"
	}
	return text + b.fields, nil
}
