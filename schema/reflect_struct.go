package schema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
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
	for i := range t.NumField() {
		f := t.Field(i)
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

// A fieldSite is a Go field that is a member of the object, perhaps of an
// embedded struct.
type fieldSite struct {
	reflect.StructField
	index     []int
	path      string // of Go names
	name      string // in JSON
	omitZero  bool
	omitEmpty bool
	named     bool // by the json tag
	embed     bool // a map of other members
}

// structFields lists the members of a struct in the order of the JSON, which is
// that of the fields depth first. Of members with one name the one that is
// embedded least deep counts, as in Go.
func structFields(t reflect.Type) ([]fieldSite, error) {
	found, err := walkFields(t, nil, "", nil)
	if err != nil {
		return nil, err
	}
	nearest := make(map[string]int)
	count := make(map[string]int)
	key := func(s fieldSite) string {
		if s.embed {
			return "" // no member has this name, see readJSONTag
		}
		return s.name
	}
	for _, s := range found {
		n, ok := nearest[key(s)]
		switch {
		case !ok || len(s.index) < n:
			nearest[key(s)], count[key(s)] = len(s.index), 1
		case len(s.index) == n:
			count[key(s)]++
		}
	}
	for _, s := range found {
		if len(s.index) == nearest[key(s)] && count[key(s)] > 1 {
			return nil, ambiguous(t, found, s)
		}
	}
	return slices.DeleteFunc(found, func(s fieldSite) bool { return len(s.index) > nearest[key(s)] }), nil
}

func ambiguous(t reflect.Type, found []fieldSite, site fieldSite) error {
	var paths []string
	for _, s := range found {
		if s.name == site.name && s.embed == site.embed && len(s.index) == len(site.index) {
			paths = append(paths, s.path)
		}
	}
	if site.embed {
		return fmt.Errorf("%s: fields %s both take unknown members", describe(t), strings.Join(paths, " and "))
	}
	return fmt.Errorf("%s: fields %s have the same JSON name %q", describe(t), strings.Join(paths, " and "), site.name)
}

func walkFields(t reflect.Type, index []int, path string, found []fieldSite) ([]fieldSite, error) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		site := fieldSite{StructField: f, index: append(slices.Clip(index), i), path: path + f.Name, name: f.Name}
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s, field %s: %w", describe(t), f.Name, fmt.Errorf(format, args...))
		}
		ignored, err := site.readJSONTag()
		if err != nil {
			return nil, fail("%w", err)
		}
		_, tagged := f.Tag.Lookup("salt")
		if ignored {
			if tagged {
				return nil, fail("it has a salt tag but is no member of the JSON")
			}
			continue
		}
		if !f.Anonymous || site.named || site.embed {
			found = append(found, site)
			continue
		}
		switch {
		case f.Type.Kind() != reflect.Struct:
			return nil, fail("an embedded %s must have a JSON name, or be a struct and no pointer", describe(f.Type))
		case site.omitZero || site.omitEmpty:
			return nil, fail("the members of an embedded struct cannot be omitted together; give the field a JSON name")
		case tagged:
			return nil, fail("an embedded struct cannot have a salt tag; tag a field _ within it")
		case implements(f.Type, marshalsJSON) || implements(f.Type, marshalsText):
			return nil, fail("the embedded %s has a MarshalJSON or MarshalText that becomes %s's own and hides its other members%s; give the field a JSON name",
				describe(f.Type), describe(t), hidden(t))
		}
		if found, err = walkFields(f.Type, site.index, site.path+".", found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// hidden names the members of a struct that are its own.
func hidden(t reflect.Type) string {
	var quoted []string
	for i := range t.NumField() {
		site := fieldSite{StructField: t.Field(i), name: t.Field(i).Name}
		if ignored, err := site.readJSONTag(); err == nil && !ignored && !site.Anonymous {
			quoted = append(quoted, fmt.Sprintf("%q", site.name))
		}
	}
	if quoted == nil {
		return ""
	}
	return " (" + strings.Join(quoted, ", ") + ")"
}

// readJSONTag reads the json tag as go-json-experiment does, but refuses what
// changes the JSON in a way that Pydantic does not know.
func (s *fieldSite) readJSONTag() (ignored bool, err error) {
	text, ok := s.Tag.Lookup("json")
	if !ok && strings.Contains(string(s.Tag), "json:") {
		return false, errors.New(`the struct tag is malformed, so its json part would be ignored: it must be json:"…"`)
	}
	if text == "-" || !s.IsExported() && !s.Anonymous {
		if text != "-" && text != "" {
			return false, errors.New("it is not exported, so its json tag has no effect")
		}
		return true, nil
	}
	name, options, _ := strings.Cut(text, ",")
	switch {
	case strings.ContainsAny(name, "\\'\"`") || !utf8.ValidString(name):
		return false, fmt.Errorf("the JSON name %q has quotes, backslashes or invalid UTF-8", name)
	case name != "":
		s.name, s.named = name, true
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitzero":
			s.omitZero = true
		case "omitempty":
			s.omitEmpty = true
		case "embed":
			s.embed = true
		default:
			return false, fmt.Errorf("json option %q is not supported; omitzero, omitempty and embed are", option)
		}
	}
	if s.embed && (name != "" || s.omitZero || s.omitEmpty || s.Type.Kind() != reflect.Map || s.Type.Key().Kind() != reflect.String) {
		return false, errors.New("json option embed is for a map with string keys and stands alone: json:\",embed\"")
	}
	return false, nil
}

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
	m.isZero = reflect.PointerTo(s.Type).Implements(reflect.TypeFor[interface{ IsZero() bool }]())
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
