package python

import (
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// union is a schema with anyOf or oneOf.
func (m *module) union(n *gen.Node, hint string) (typ, error) {
	if n.Has("discriminator") {
		return m.discriminated(n)
	}
	keyword := "anyOf"
	if n.Has("oneOf") {
		keyword = "oneOf"
	}
	if err := only(n, keyword); err != nil {
		return typ{}, err
	}
	nodes := n.List(keyword)
	if keyword == "oneOf" && !disjoint(nodes) {
		return typ{}, n.Errorf("Pydantic cannot say oneOf of schemas that may both fit; %s", remedy(keyword))
	}
	var members []typ
	for i := 0; i < len(nodes); i++ {
		if keyword == "anyOf" && i+1 < len(nodes) {
			t, ok, err := m.decimal(nodes[i], nodes[i+1])
			if err != nil {
				return typ{}, err
			}
			if ok {
				members = append(members, t)
				i++
				continue
			}
		}
		t, err := m.typeOf(nodes[i], numbered(hint, i))
		if err != nil {
			return typ{}, err
		}
		members = append(members, t)
	}
	return m.join(members), nil
}

// disjoint reports whether the schemas are of different types of JSON.
func disjoint(nodes []*gen.Node) bool {
	seen := make(map[string]bool)
	for _, n := range nodes {
		kind := n.Text("type")
		if kind == "integer" {
			kind = "number"
		}
		if kind == "" || seen[kind] {
			return false
		}
		seen[kind] = true
	}
	return true
}

// join makes a union. Pydantic writes None last, each schema once, and what can
// be None but is one type otherwise without a title of its own if that has none.
func (m *module) join(members []typ) typ {
	t := typ{plain: true, hashable: true}
	var codes []code
	var schemas []any
	null := says{"type": "null"}
	for i, member := range members {
		t.plain, t.hashable = t.plain && member.plain, t.hashable && member.hashable
		t.forward = t.forward || member.forward
		if i < len(members)-1 && member.code.kind == atomCode && sameValue(member.says, null) {
			// Pydantic would move it to the end.
			member = m.annotated(member, call(m.use("WithJsonSchema"), atom(`{"type": "null"}`)))
		}
		codes = append(codes, member.code)
		parts := []any{member.says}
		if inner, ok := member.says["anyOf"].([]any); ok && len(member.says) == 1 {
			parts = inner
		}
		for _, part := range parts {
			if !slices.ContainsFunc(schemas, func(s any) bool { return sameValue(s, part) }) {
				schemas = append(schemas, part)
			}
		}
	}
	t.code = union(codes...)
	if len(schemas) == 1 {
		t.says, _ = schemas[0].(says)
		t.untitled = members[0].untitled
		return t
	}
	t.says = says{"anyOf": schemas}
	t.untitled = len(members) == 2 && members[0].untitled && sameValue(members[1].says, null)
	return t
}

// discriminated is a union of models that a member tells apart.
func (m *module) discriminated(n *gen.Node) (typ, error) {
	if err := only(n, "oneOf", "discriminator"); err != nil {
		return typ{}, err
	}
	var property string
	for name, value := range gen.Fields(n.Raw("discriminator")) {
		if name == "propertyName" {
			property, _ = tree(value).(string)
		}
	}
	t := typ{}
	var codes []code
	var refs []any
	mapping := says{}
	for _, sub := range n.List("oneOf") {
		target := sub.Ref()
		if target == nil || !sub.IsRef() || !isObject(target) {
			return typ{}, sub.Errorf("what a discriminator tells apart must be objects in $defs; move it there")
		}
		member, err := m.reference(sub)
		if err != nil {
			return typ{}, err
		}
		for _, tag := range tagsOf(target.Property(property)) {
			mapping[tag] = member.says["$ref"]
		}
		codes = append(codes, member.code)
		refs = append(refs, member.says)
		t.forward = t.forward || member.forward
	}
	if len(codes) < 2 {
		return typ{}, n.Errorf("Pydantic has no discriminated union of one; refer to it with $ref")
	}
	t.code = union(codes...)
	t.says = says{"oneOf": refs, "discriminator": says{"mapping": mapping, "propertyName": property}}
	if want := asserted(n); !reflect.DeepEqual(t.says, want) {
		return typ{}, n.Errorf("Pydantic writes this union as %s; write it so in the contract: each object needs "+
			"the member %q with a const or an enum of its own", show(t.says), property)
	}
	field := call(m.use("Field"), prefixed("discriminator=", str(fieldName(property))))
	return m.annotated(t, field), nil
}

// tagsOf are the values of a discriminating member.
func tagsOf(n *gen.Node) []string {
	if n == nil {
		return nil
	}
	values := gen.Items(n.Raw("enum"))
	if n.Has("const") {
		values = []jsontext.Value{n.Raw("const")}
	}
	var tags []string
	for _, v := range values {
		if text, ok := tree(v).(string); ok {
			tags = append(tags, text)
		}
	}
	return tags
}
