package golang

import (
	"slices"
	"strconv"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

// contract makes the types and the definition of one contract.
func (g *generator) contract(c *gen.Contract) error {
	d := &definition{contract: c}
	name := g.rootName(c)
	payload, err := g.record(c.Payload, about{c, "payload"}, name)
	if err != nil {
		return err
	}
	d.payload = payload.name
	if p := payload.node.Property("_tchu_meta"); p != nil {
		return p.Errorf("the member _tchu_meta belongs to the protocol; give it another name")
	}
	if c.Mode == salt.ModeRPC {
		if d.response, err = g.response(c, payload.name); err != nil {
			return err
		}
		if d.fault, err = g.fault(c, payload.name); err != nil {
			return err
		}
	}
	switch {
	case g.Style == Class:
		if payload.embed != "" {
			return c.Errorf("it has the same payload type as another contract, which a class cannot have; use the style %s", Simple)
		}
		payload.embed = "salt.Event"
		if c.Mode == salt.ModeRPC {
			payload.embed = "salt.RPC[" + d.response + ", " + d.fault + "]"
		}
		d.variable = g.unique(unexported(payload.name))
	case c.Mode == salt.ModeRPC:
		d.variable = g.unique(payload.name + "RPC")
	default:
		d.variable = g.unique(payload.name + "Event")
	}
	g.describe(d, payload)
	g.definitions = append(g.definitions, d)
	return nil
}

// describe sets the options of a definition.
func (g *generator) describe(d *definition, payload *named) {
	c := d.contract
	option := func(name, value string) {
		d.options = append(d.options, "salt."+name+"("+strconv.Quote(value)+")")
	}
	if c.Version != salt.DefaultVersion {
		option("Version", c.Version)
	}
	description := payload.node.Text("description")
	switch {
	case c.Doc == "":
	case description == c.Doc:
		option("Doc", c.Doc)
	case description == "":
		option("Doc", c.Doc)
		g.note(c.Payload.Root, "the contract's doc becomes the schema's description, which it lacks")
	default:
		g.note(c.Payload.Root, "the contract's doc differs from the schema's description, which is kept; Salt has one text for both")
	}
	if c.Exchange != salt.DefaultExchange {
		option("Exchange", c.Exchange)
	}
}

// vague titles say nothing of the event: those of classes within classes.
var vague = []string{"Schema", "Model", "Payload", "Request", "Response", "Error", "Meta", "Event", "Base", "BaseModel"}

// rootName names the type of a payload: by its title if that is a name of Go,
// says something, and no other topic has it, else by its topic; beside v1 later
// versions with their number.
func (g *generator) rootName(c *gen.Contract) string {
	root := c.Payload.Root
	if to := root.Ref(); to != nil {
		return "" // a definition, which has its own name
	}
	title := root.Text("title")
	if isTypeName(title) && !slices.Contains(vague, title) && !g.contested[title] {
		if !g.taken[title] {
			g.taken[title] = true
			return title
		}
		if numbered := title + exported(c.Version); c.Version != salt.DefaultVersion && !g.taken[numbered] {
			g.taken[numbered] = true
			return numbered
		}
	}
	name := exported(c.Topic)
	if g.taken[name] && c.Version != salt.DefaultVersion {
		name += exported(c.Version)
	}
	return g.unique(name)
}

// record makes the struct of a document's root.
func (g *generator) record(doc *gen.Document, about about, name string) (*named, error) {
	root := doc.Root
	if root.IsBool() {
		return nil, root.Errorf("%s must be an object's schema, not true or false", about)
	}
	if to := root.Ref(); to != nil {
		made, err := g.resolve(to)
		if err != nil {
			return nil, err
		}
		if made.kind != structKind {
			return nil, root.Errorf("%s must be an object with type and properties", about)
		}
		for _, k := range root.Keywords {
			if k.Name != "$ref" && !slices.Contains(aside, k.Name) {
				g.note(root, "%s beside the reference is not kept", k.Name)
			}
		}
		if made.about == "part of the contracts" {
			made.about = about.String()
		}
		return made, nil
	}
	made := &named{node: root, kind: structKind, name: name, about: about.String()}
	g.named[root] = made
	g.decls = append(g.decls, made)
	b, err := g.body(root, name)
	if err != nil && !hasRefs(root) && root.Text("type") == "object" {
		g.note(root, "its Go type is JSON as it stands, because %w", err)
		return made, g.ownRecord(made)
	}
	if err != nil {
		return nil, err
	}
	if about.contract.Doc != "" && root.Text("description") == about.contract.Doc && about.role == "payload" {
		b.about = slices.DeleteFunc(b.about, func(e entry) bool { return e.key == "description" }) // salt.Doc says it
	}
	made.body = b
	return made, nil
}
