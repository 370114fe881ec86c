package schema

import (
	"errors"
	"fmt"
	"reflect"
)

// reflectStruct returns the form of a struct and a reference to its definition,
// or its schema itself if the type has no name.
func (r *reflector) reflectStruct(t reflect.Type) (*form, parts, error) {
	if f, ok := r.records[t]; ok {
		if t.Name() == "" {
			return f, r.anonymous[t], nil
		}
		ref, _, _ := r.refer(t)
		return f, ref, nil
	}
	f := &form{kind: formStruct, goType: t, class: isStruct, record: &record{byName: make(map[string]int)}}
	r.records[t] = f
	var ref parts
	var def *definition
	if t.Name() != "" {
		ref, def, _ = r.refer(t)
		f.ref = true
	}
	schema, err := r.object(t, f.record)
	if err != nil {
		return nil, nil, err
	}
	if def == nil {
		r.anonymous[t] = schema
		return f, schema, nil
	}
	def.schema = schema
	return f, ref, nil
}

// object fills the record of a struct and returns its schema.
func (r *reflector) object(t reflect.Type, rec *record) (parts, error) {
	about, err := structTag(t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", describe(t), err)
	}
	found, err := structFields(t)
	if err != nil {
		return nil, err
	}
	var properties parts
	var required []string
	var others any
	for _, sf := range found {
		where := describe(t) + ", field " + sf.path
		m, schema, err := r.member(sf, where)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if sf.embed {
			rec.others, others = m, orTrue(schema)
			continue
		}
		rec.byName[m.name] = len(rec.fields)
		rec.fields = append(rec.fields, m)
		properties = properties.with(m.name, schema)
		if m.required {
			required = append(required, m.name)
		}
	}
	var schema parts
	switch {
	case others != nil && about.has("strict"):
		return nil, fmt.Errorf("%s: strict contradicts the map that takes unknown members", describe(t))
	case others != nil:
		schema = schema.with("additionalProperties", others)
	case about.has("strict") || r.strict && !about.has("open"):
		schema = schema.with("additionalProperties", false)
	}
	schema = schema.with("properties", properties)
	if required != nil {
		schema = schema.with("required", required)
	}
	if title := typeTitle(t); about.has("title") {
		schema = schema.with("title", about.value("title"))
	} else if title != "" {
		schema = schema.with("title", title)
	}
	return annotated(schema, about).with("type", "object"), nil
}

// structTag is the tag of a struct's blank field.
func structTag(t reflect.Type) (*tag, error) {
	about := &tag{}
	for f := range t.Fields() {
		if f.Name != "_" {
			continue
		}
		tg, err := readTag(f, structRules)
		if err != nil {
			return nil, fmt.Errorf("field _: %w", err)
		}
		if len(tg.entries) > 0 && len(about.entries) > 0 {
			return nil, errors.New("two fields _ have salt tags")
		}
		about.entries = append(about.entries, tg.entries...)
	}
	if about.has("strict") && about.has("open") {
		return nil, errors.New("field _: strict and open contradict each other")
	}
	return about, nil
}
