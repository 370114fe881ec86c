package schema

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A preset is a default that must still be held against its own constraints.
type preset struct {
	where  string // "T, field F"
	schema parts
	value  jsontext.Value
}

// literal turns an item of a tag into JSON for a form, in the form's own
// spelling: "default={}" of a struct becomes the struct with its defaults.
func literal(f *form, item string) (jsontext.Value, error) {
	text := jsontext.Value(item)
	wrong := func() error { return fmt.Errorf("%q is no value of %s", item, describe(f.goType)) }
	if item == "null" && (f.nullable || f.class == isAnything) {
		return text, nil
	}
	inner := f
	for inner.kind == formPointer {
		inner = inner.elem
	}
	switch inner.kind {
	case formString, formText, formTime, formDate, formDuration, formBytes, formBase64, formDecimal:
		text = jsontext.Value(appendText(nil, item))
	case formAny:
		if !text.IsValid() {
			text = jsontext.Value(appendText(nil, item))
		}
	case formCustom, formStruct, formUnion, formSlice, formArray, formMap:
		if !text.IsValid() {
			return nil, fmt.Errorf("%q is no JSON, which the values of %s are", item, describe(f.goType))
		}
	default:
		if !text.IsValid() {
			return nil, wrong()
		}
	}
	value, err := decodeOne(f, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", wrong(), err)
	}
	if text, err = encodeOne(f, value); err != nil {
		return nil, fmt.Errorf("%w: %w", wrong(), err)
	}
	return text, nil
}

// decodeOne reads a value of the program, not of a message.
func decodeOne(f *form, text []byte) (reflect.Value, error) {
	doc, err := scan(text, DefaultLimits.withDefaults())
	if err != nil {
		return reflect.Value{}, err
	}
	defer doc.release()
	value := reflect.New(f.goType).Elem()
	return value, decoder{doc}.value(0, f, value)
}

func encodeOne(f *form, v reflect.Value) (jsontext.Value, error) {
	var e encoder
	if err := e.root(f, v); err != nil {
		return nil, err
	}
	return e.out, nil
}

// preset prepares the default of a member and notes it for the check.
func (r *reflector) preset(m *member, tg *tag, schema parts, slot *jsontext.Value) error {
	text, err := literal(m.form, tg.value("default"))
	if err != nil {
		return fmt.Errorf("%s: default: %w", m.where, err)
	}
	*slot = text
	if m.preset, err = decodeOne(m.form, text); err != nil {
		return fmt.Errorf("%s: default: %w", m.where, err)
	}
	if !isFlat(m.form) && string(text) != "null" {
		doc, err := scan(text, DefaultLimits.withDefaults())
		if err != nil {
			return fmt.Errorf("%s: default: %w", m.where, err)
		}
		m.presetDoc = doc // never released, so never changed
	}
	m.fill = true
	empty := m.form.class&(isSlice|isMap) != 0 && len(text) == 2 && !schema.has("minItems") && !schema.has("minProperties")
	if len(schema) > 1 && !empty || schema.has("$ref") || schema.has("anyOf") && string(text) != "null" {
		r.presets = append(r.presets, preset{m.where, schema, text})
	}
	return nil
}

// isFlat reports whether values can be copied without sharing memory.
func isFlat(f *form) bool {
	switch f.kind {
	case formBool, formInt, formUint, formFloat, formString, formNumber, formDecimal, formTime, formDate, formDuration:
		return true
	}
	return false
}

func (r *reflector) examples(m *member, items []string, slot *jsontext.Value) error {
	list := []byte{'['}
	for i, item := range items {
		text, err := literal(m.form, item)
		if err != nil {
			return fmt.Errorf("%s: examples: %w", m.where, err)
		}
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, text...)
	}
	list = append(list, ']')
	*slot = list
	return nil
}

// checkPresets holds all defaults against their constraints at once: as the
// members of one object, numbered.
func (r *reflector) checkPresets() error {
	if len(r.presets) == 0 {
		return nil
	}
	var properties parts
	doc := []byte{'{'}
	for i, p := range r.presets {
		name := strconv.Itoa(i)
		properties = properties.with(name, p.schema)
		if i > 0 {
			doc = append(doc, ',')
		}
		doc = append(append(append(doc, '"'), name...), '"', ':')
		doc = append(doc, p.value...)
	}
	doc = append(doc, '}')
	text := r.appendParts(nil, parts{{"properties", properties}})
	if bytes.Contains(text, []byte(`"$ref"`)) {
		text = r.appendParts(nil, r.definitions().with("properties", properties))
	}
	rules, err := compileOwn(text)
	if err != nil {
		return err
	}
	t, err := scan(doc, DefaultLimits.withDefaults())
	if err != nil {
		return err
	}
	defer t.release()
	invalid, ok := errors.AsType[*Error](t.validate(rules, DefaultLimits.withDefaults()))
	if !ok {
		return nil
	}
	first := invalid.Fields[0]
	var at int
	if _, err := fmt.Sscanf(first.Pointer, "/%d", &at); err != nil {
		return invalid
	}
	first.Pointer = first.Pointer[1+len(strconv.Itoa(at)):]
	return fmt.Errorf("%s: the default does not fit its own schema: %w", r.presets[at].where, first)
}

// compileOwn compiles a schema of the reflector. It leaves out the check
// against the metaschema, which takes longer than all the rest.
func compileOwn(text []byte) (*compiled, error) {
	doc, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	b := builder{doc: doc, nodes: make(map[string]*node, len(doc.schemas))}
	for pointer := range doc.schemas {
		b.nodes[pointer] = &node{pointer: pointer}
	}
	for pointer, schema := range doc.schemas {
		if err := b.build(b.nodes[pointer], schema); err != nil {
			return nil, fmt.Errorf("at %s: %w", place(pointer), err)
		}
	}
	return &compiled{doc: doc, root: b.nodes[""]}, nil
}

// validate holds the whole document against a schema.
func (t *tape) validate(rules *compiled, l Limits) error {
	ev := evaluator{tape: t, limits: l}
	ev.check(rules.root, 0, true)
	if ev.steps > l.MaxSteps {
		return failure("", "effort", "a document that takes at most "+strconv.Itoa(l.MaxSteps)+" steps to validate", "more")
	}
	ev.uncovered()
	return ev.result()
}
