package golang

import (
	"reflect"
	"slices"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/schema"
)

// A faultful is the method Error of an error's type.
type faultful struct{ code, message string } // Go fields of type string, or ""

// response finds the Go type of a response.
func (g *generator) response(c *gen.Contract, payload string) (string, error) {
	if c.Response == nil {
		g.note(c.Payload.Root, "the contract has no schema of its response, so in Go it is any")
		return "any", nil
	}
	root := c.Response.Root
	about := about{c, "response"}
	for _, key := range []string{"error_code", "error_message"} {
		if p := root.Property(key); p != nil {
			return "", p.Errorf("a response has no member %s, by which callers recognise an error; rename it", key)
		}
	}
	if isRecord(root) || root.Ref() != nil && isRecord(root.Ref()) {
		made, err := g.record(c.Response, about, g.roleName(root, payload, "Response"))
		if err != nil {
			return "", err
		}
		return made.name, nil
	}
	return g.other(root, about, payload)
}

// roleName names a response or an error.
func (g *generator) roleName(root *gen.Node, payload, role string) string {
	if root.Ref() != nil {
		return ""
	}
	if title := root.Text("title"); isTypeName(title) && !slices.Contains(vague, title) && !g.taken[title] {
		g.taken[title] = true
		return title
	}
	return g.unique(payload + role)
}

// other makes the type of a response that is no struct.
func (g *generator) other(root *gen.Node, about about, payload string) (string, error) {
	n := g.flat(root)
	v := view{n, []string{"title", "description"}}
	name := n.Text("title") // even a vague one, for no tag can say another
	if isTypeName(name) && !g.taken[name] {
		g.taken[name] = true
	} else {
		name = g.roleName(root, payload, "Response")
	}
	cands, err := g.candidates(v, name)
	if err != nil {
		return "", err
	}
	for _, c := range cands {
		if len(c.tags) > 0 || c.goType.Kind() == reflect.Interface && len(cands) > 1 {
			continue
		}
		if g.fitsElement(c) == unfit {
			continue
		}
		kind := c.goType.Kind()
		bare := kind == reflect.Pointer || kind == reflect.Interface || c.goType.PkgPath() != "" || c.ref // a name would hide its methods
		if n.Has("description") || n.Has("title") && (bare || n.Text("title") != name) || n != root {
			g.note(root, "what Salt says of it means the same and has another title or description")
		}
		if bare || !n.Has("title") {
			delete(g.taken, name)
			return c.expr(), nil
		}
		g.decls = append(g.decls, &plainType{name: name, expr: c.expr, about: about.String(), doc: n.Text("description")})
		return name, nil
	}
	own, err := g.own(v, name)
	if err != nil {
		return "", err
	}
	delete(g.taken, name)
	return own.expr(), nil
}

// A plainType is a named list, map or scalar.
type plainType struct {
	name, about, doc string
	expr             func() string
}

var readyFault = func() *schema.Schema {
	made, err := schema.Of(reflect.TypeFor[salt.RPCError]())
	if err != nil {
		panic(err) // a mistake in salt
	}
	return made.Schema()
}()

// fault finds the Go type of an error.
func (g *generator) fault(c *gen.Contract, payload string) (string, error) {
	if c.Error == nil {
		g.note(c.Payload.Root, "the contract has no schema of its error, so in Go it is *salt.RPCError")
		return "*salt.RPCError", nil
	}
	if schema.Equal(c.Error.Schema, readyFault) {
		if canonical(normal(c.Error.Schema.JSON())) != canonical(normal(readyFault.JSON())) {
			g.note(c.Error.Root, "its type is *salt.RPCError, whose schema means the same and is written otherwise")
		}
		return "*salt.RPCError", nil
	}
	g.inFault = true
	made, err := g.record(c.Error, about{c, "error"}, g.roleName(c.Error.Root, payload, "Error"))
	g.inFault = false
	if err != nil {
		return "", err
	}
	if made.body == nil {
		return "", c.Error.Root.Errorf("Go cannot say this error as a struct; simplify it to an object with properties")
	}
	made.fault = &faultful{}
	always := false
	for _, f := range made.body.fields {
		key := nameOf(f.json)
		if key != "error_code" && key != "error_message" {
			continue
		}
		always = always || f.json == key
		if f.cand.goType.Kind() == reflect.String && !f.cand.ref {
			if key == "error_code" {
				made.fault.code = f.name
			} else {
				made.fault.message = f.name
			}
		}
	}
	if !always {
		return "", c.Error.Root.Errorf("an error needs a member error_code or error_message that is required or has a default, by which callers recognise it")
	}
	return "*" + made.name, nil
}
