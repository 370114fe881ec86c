package python

import (
	"slices"

	"github.com/celerysalt/salt/internal/gen"
)

// A typ is a Python type with what Pydantic says of it.
type typ struct {
	code      code
	field     []code // arguments of Field that belong to it: constraints
	says      says
	forward   bool // it names a class that is not written yet
	untitled  bool // Pydantic gives a member of the type no title: references
	plain     bool // a default is its own value, without conversion
	hashable  bool
	enum      *class // the type is this enum
	container string // list, dict or set, if it is one of these
	inlined   bool   // says includes title and description, which the class has
}

// annotation is the type as an annotation, quoted if it looks ahead.
func (t typ) annotation() code {
	if t.forward {
		return str(t.code.flat())
	}
	return t.code
}

// annotated adds metadata to a type.
func (m *module) annotated(t typ, metadata ...code) typ {
	if t.code.kind == subscriptCode && t.code.text == m.use("Annotated")+"[" {
		t.code.args = slices.Concat(t.code.args, metadata)
		return t
	}
	t.code = subscript(m.use("Annotated"), append([]code{t.code}, metadata...)...)
	return t
}

// closed moves pending arguments of Field into the type.
func (m *module) closed(t typ) typ {
	if len(t.field) > 0 {
		field := call(m.use("Field"), t.field...)
		t.field = nil
		t = m.annotated(t, field)
	}
	return t
}

// typeOf is the type of a schema anywhere but at a member.
func (m *module) typeOf(n *gen.Node, hint string) (typ, error) {
	t, err := m.bare(n, hint)
	if err != nil {
		return t, err
	}
	if t.inlined {
		return m.withDefault(t, n)
	}
	about, err := m.annotations(n, annotationPlace{nested: true})
	if err != nil {
		return typ{}, err
	}
	t.field = append(t.field, about...)
	for _, k := range n.Keywords {
		if !slices.Contains(assertions, k.Name) {
			t.says = t.says.with(k.Name, tree(k.Value))
		}
	}
	return m.closed(t), nil
}

// withDefault adds the default that the class of an object written in place
// does not have.
func (m *module) withDefault(t typ, n *gen.Node) (typ, error) {
	if !n.Has("default") {
		return t, nil
	}
	extra, err := dict([]entry{{"default", n.Raw("default")}})
	if err != nil {
		return typ{}, n.Errorf("default: %w", err)
	}
	return m.annotated(t, call(m.use("Field"), prefixed("json_schema_extra=", extra))), nil
}

// bare is the type of a schema without its annotations.
func (m *module) bare(n *gen.Node, hint string) (typ, error) {
	t, err := m.shape(n, hint)
	if err != nil || t.inlined {
		return t, err
	}
	want := asserted(n)
	if n.IsBool() || sameValue(t.says, want) {
		return t, nil
	}
	if mentions(want, "$ref") {
		return typ{}, n.Errorf("Pydantic writes this schema as %s; write it so in the contract", show(t.says))
	}
	return m.told(m.closed(t), n, want)
}

// told makes Pydantic say what the contract says of a type that accepts the same.
func (m *module) told(t typ, n *gen.Node, want says) (typ, error) {
	var entries []entry
	for _, k := range n.Keywords {
		if _, ok := want[k.Name]; ok {
			entries = append(entries, entry{k.Name, k.Value})
		}
	}
	text, err := dict(entries)
	if err != nil {
		return typ{}, n.Errorf("%w", err)
	}
	t = m.annotated(t, call(m.use("WithJsonSchema"), text))
	t.says, t.untitled = want, false
	return t, nil
}

// shape chooses the type. What Pydantic says of it may still differ.
func (m *module) shape(n *gen.Node, hint string) (typ, error) {
	switch {
	case n.Value.Kind() == 'f':
		return typ{}, n.Errorf("Python has no type that accepts nothing; leave the member out")
	case n.IsBool():
		return typ{code: atom(m.use("Any")), says: says{}, plain: true}, nil
	case n.Has("$ref"):
		return m.reference(n)
	case n.Has("enum"), n.Has("const"):
		return m.literals(n)
	case n.Has("anyOf"), n.Has("oneOf"):
		return m.union(n, hint)
	}
	kinds := n.Texts("type")
	switch {
	case len(kinds) == 1:
		if err := only(n, append(keywordsOf[kinds[0]], "type")...); err != nil {
			return typ{}, err
		}
		return m.single(n, kinds[0], hint)
	case len(kinds) > 1:
		return m.several(n, kinds, hint)
	}
	if err := only(n); err != nil {
		return typ{}, n.Errorf("it has no type; add one: %w", err)
	}
	return typ{code: atom(m.use("Any")), says: says{}, plain: true}, nil
}

// several is a schema whose type is an array of names.
func (m *module) several(n *gen.Node, kinds []string, hint string) (typ, error) {
	allowed := []string{"type"}
	for _, kind := range kinds {
		allowed = append(allowed, keywordsOf[kind]...)
	}
	if err := only(n, allowed...); err != nil {
		return typ{}, err
	}
	var members []typ
	for _, kind := range kinds {
		t, err := m.single(n, kind, hint)
		if err != nil {
			return typ{}, err
		}
		members = append(members, m.closed(t))
	}
	return m.join(members), nil
}

// reference is a schema with $ref.
func (m *module) reference(n *gen.Node) (typ, error) {
	if err := only(n, "$ref"); err != nil {
		return typ{}, err
	}
	target := n.Ref()
	if target == nil {
		return typ{}, n.Errorf("the reference leads nowhere")
	}
	c, err := m.define(target)
	if err != nil {
		return typ{}, err
	}
	m.cyclic = m.cyclic || !c.done
	return typ{
		code: atom(c.name), says: says{"$ref": "#" + target.Pointer},
		forward: !c.done, untitled: true, hashable: c.hashable, enum: c,
	}, nil
}
