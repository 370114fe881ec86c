package python

import (
	"strconv"

	"github.com/celerysalt/salt/internal/gen"
)

// array is the type of an array: a list, a set or a tuple.
func (m *module) array(n *gen.Node, hint string) (typ, error) {
	if n.Has("prefixItems") {
		return m.tuple(n, hint)
	}
	item, err := m.below(n, "items", hint+"Item")
	if err != nil {
		return typ{}, err
	}
	t := typ{plain: item.plain, forward: item.forward, says: says{"type": "array", "items": item.says}}
	unique := n.Raw("uniqueItems").String() == "true"
	switch {
	case unique && item.hashable:
		t.code, t.plain, t.container = subscript(m.use("set"), item.code), false, "set"
		t.says = t.says.with("uniqueItems", true)
	case unique:
		t.container = "list"
		t.code = subscript(m.use("list"), item.code)
		extra := call(m.use("Field"), prefixed("json_schema_extra=", atom(`{"uniqueItems": True}`)))
		t = m.annotated(t, call(m.use("AfterValidator"), atom(m.helper("_unique"))), extra)
		t.says = t.says.with("uniqueItems", true)
	default:
		t.code, t.container = subscript(m.use("list"), item.code), "list"
	}
	return m.constrain(n, t, "minItems", "maxItems")
}

// below is the type of the schema of a keyword, Any without one.
func (m *module) below(n *gen.Node, keyword, hint string) (typ, error) {
	if sub := n.Sub(keyword); sub != nil {
		return m.typeOf(sub, hint)
	}
	return typ{code: atom(m.use("Any")), says: says{}, plain: true}, nil
}

// tuple is the type of an array with a schema for each place.
func (m *module) tuple(n *gen.Node, hint string) (typ, error) {
	if err := only(n, "type", "prefixItems", "minItems", "maxItems"); err != nil {
		return typ{}, err
	}
	items := n.List("prefixItems")
	t := typ{hashable: true}
	var codes []code
	saidItems := []any{}
	for i, sub := range items {
		item, err := m.typeOf(sub, hint+"Item"+strconv.Itoa(i+1))
		if err != nil {
			return typ{}, err
		}
		codes = append(codes, item.code)
		saidItems = append(saidItems, item.says)
		t.forward = t.forward || item.forward
		t.hashable = t.hashable && item.hashable
	}
	length := number(strconv.Itoa(len(items)))
	least, err := strconv.Atoi(canonical(n.Raw("minItems").String()))
	if tree(n.Raw("maxItems")) != length || err != nil || least < 1 || least > len(items) {
		return typ{}, n.Errorf("Python's tuples end; set maxItems to %s, and minItems to that or, from 1 on, less", length)
	}
	t.code = subscript(m.use("tuple"), codes...)
	t.says = says{"type": "array", "prefixItems": saidItems, "minItems": length, "maxItems": length}
	if least < len(items) {
		// One type for each length. Pydantic says something else, and is told.
		var lengths []code
		for l := least; l <= len(items); l++ {
			lengths = append(lengths, subscript(m.use("tuple"), codes[:l]...))
		}
		t.code, t.says = union(lengths...), says{}
	}
	return t, nil
}

// object is the type of an object that is not a definition: a dict, or a model
// whose schema stands where it is used.
func (m *module) object(n *gen.Node, hint string) (typ, error) {
	if isObject(n) {
		c, err := m.inline(n, hint)
		if err != nil {
			return typ{}, err
		}
		want, _ := tree(n.Value).(says)
		t := typ{code: atom(c.name), says: want, inlined: true}
		return t, nil
	}
	if err := only(n, "type", "additionalProperties", "minProperties", "maxProperties", "propertyNames"); err != nil {
		return typ{}, err
	}
	var key typ
	t := typ{says: says{"type": "object"}}
	if names := n.Sub("propertyNames"); names != nil {
		var err error
		if key, err = m.keys(names); err != nil {
			return typ{}, err
		}
		t.says = t.says.with("propertyNames", tree(names.Value))
	} else {
		key.code = atom(m.use("str"))
	}
	value, err := m.below(n, "additionalProperties", hint+"Value")
	if err != nil {
		return typ{}, err
	}
	t.says = t.says.with("additionalProperties", true)
	if len(value.says) > 0 {
		said := value.says.with("title", nil)
		delete(said, "title") // Pydantic takes it away
		t.says = t.says.with("additionalProperties", said)
	}
	t.code, t.container = subscript(m.use("dict"), key.code, value.code), "dict"
	t.plain, t.forward = value.plain, value.forward
	return m.constrain(n, t, "minProperties", "maxProperties")
}

// keys is the type of an object's names.
func (m *module) keys(n *gen.Node) (typ, error) {
	if n.Has("type") || n.Has("pattern") {
		return typ{}, n.Errorf("Pydantic writes propertyNames without a type, and no pattern in it; leave it out")
	}
	if n.Has("enum") {
		t, err := m.literals(n)
		return m.closed(t), err
	}
	if err := only(n, "minLength", "maxLength"); err != nil {
		return typ{}, err
	}
	t, err := m.constrain(n, typ{code: atom(m.use("str")), says: says{}}, "minLength", "maxLength")
	return m.closed(t), err
}
