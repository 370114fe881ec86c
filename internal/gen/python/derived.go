package python

import (
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

// derived writes a contract in class style.
func (m *module) derived(c *gen.Contract) error {
	type part struct {
		name string
		doc  *gen.Document
	}
	parts := []part{{"Schema", c.Payload}}
	if c.Mode == salt.ModeRPC {
		parts = append(parts, part{"Response", c.Response}, part{"Error", c.Error})
	}
	var text strings.Builder
	text.WriteString("class " + m.event + "(" + m.use("SaltEvent") + "):\n")
	if isDocstring(c.Doc) {
		text.WriteString(docstring(4, c.Doc) + "\n")
	}
	for _, p := range parts {
		if p.doc == nil {
			// Inherited, it would be a model without members, which drops all data.
			text.WriteString("    " + p.name + " = None\n\n")
			continue
		}
		hint := m.event
		if p.name != "Schema" {
			hint += p.name
		}
		class, err := m.root(p.doc, p.name, hint)
		if err != nil {
			return err
		}
		text.WriteString(class + "\n")
	}
	if objectOf(c.Payload.Root).Property("self") != nil {
		m.note(`%s: give the member "self" to %s.Schema; %s(self=…) is no call that Python can make`, c.Origin, m.event, m.event)
	}
	m.rebuildBlock()
	m.blocks = append(m.blocks, text.String()+meta(c))
	m.public = append(m.public, m.event)
	return nil
}

// meta writes what celery-salt reads of an event.
func meta(c *gen.Contract) string {
	mode := "broadcast"
	if c.Mode == salt.ModeRPC {
		mode = "rpc"
	}
	text := "    class Meta:\n" +
		statement(8, "topic = ", str(c.Topic)) +
		statement(8, "version = ", str(c.Version)) +
		statement(8, "mode = ", str(mode))
	if c.Doc != "" {
		text += statement(8, "description = ", str(c.Doc))
	}
	if c.Exchange != salt.DefaultExchange {
		text += statement(8, "exchange_name = ", str(c.Exchange))
	}
	return text
}
