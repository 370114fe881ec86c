package schema

import (
	"errors"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// member makes the member of a field and its schema.
func (r *reflector) member(s fieldSite, where string) (*member, parts, error) {
	tg, err := readTag(s.StructField, tagRules)
	if err != nil {
		return nil, nil, err
	}
	f, schema, err := r.reflect(s.Type, tg)
	if err != nil {
		return nil, nil, err
	}
	m := &member{
		name: s.name, where: where, quoted: append(appendText(nil, s.name), ':'), index: s.index, form: f,
		omitZero: s.omitZero, omitEmpty: s.omitEmpty,
	}
	m.isZero = s.omitZero && reflect.PointerTo(s.Type).Implements(reflect.TypeFor[interface{ IsZero() bool }]())
	if s.embed {
		if len(tg.entries) > 0 {
			return nil, nil, errors.New("a map that takes unknown members cannot have a salt tag")
		}
		m.form = f.elem
		m.mapType, m.mapKey = s.Type, f.key
		inner, _ := schema.get("additionalProperties").(parts)
		return m, inner, nil
	}
	if err := presence(m, tg); err != nil {
		return nil, nil, err
	}
	return m, r.present(m, schema, tg), nil
}

// presence decides whether the member must be there.
func presence(m *member, tg *tag) error {
	required, optional, preset := tg.has("required"), tg.has("optional"), tg.has("default")
	switch {
	case required && optional:
		return errors.New("tags required and optional contradict each other")
	case required && preset:
		return errors.New("a member with a default is not required; remove one of the tags")
	case required && (m.omitZero || m.omitEmpty):
		return errors.New("tag required contradicts omitzero and omitempty, with which the member may be missing")
	}
	m.required = required || !optional && !preset && !m.omitZero && !m.omitEmpty && !m.form.nullable
	return nil
}

// present completes the schema of a property.
func (r *reflector) present(m *member, schema parts, tg *tag) parts {
	bare := slices.Clone(schema)
	schema = slices.Clone(schema)
	if tg.has("title") {
		schema = schema.set("title", tg.value("title"))
	} else if !m.form.ref && !schema.has("title") {
		schema = schema.with("title", memberTitle(m.name))
	}
	schema = annotated(schema, tg)
	if e, ok := tg.lookup("examples"); ok {
		text := new(jsontext.Value)
		schema = schema.set("examples", text)
		r.later = append(r.later, func() error { return r.examples(m, e.items, text) })
	}
	switch {
	case tg.has("default"):
		text := new(jsontext.Value)
		schema = schema.set("default", text)
		r.later = append(r.later, func() error { return r.preset(m, tg, bare, text) })
	case m.form.nullable && !m.required && !tg.has("optional"):
		schema = schema.set("default", jsontext.Value("null"))
	}
	return schema
}

// annotated adds what is for people.
func annotated(schema parts, tg *tag) parts {
	if tg.has("description") {
		schema = schema.set("description", tg.value("description"))
	}
	if tg.has("deprecated") {
		schema = schema.set("deprecated", true)
	}
	return schema
}
