package schema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxTypeDepth is the nesting at which a type must be recursive.
	maxTypeDepth = 500

	// largeSchema is the size from which a schema may exceed the limits of
	// [Parse].
	largeSchema = maxSchemaBytes / 8
)

// A reflector makes one Type.
type reflector struct {
	settings
	records   map[reflect.Type]*form
	anonymous map[reflect.Type]parts // schemas of structs without a name
	defs      map[reflect.Type]*definition
	order     []reflect.Type // of defs, as first met
	later     []func() error // what needs all forms: defaults and examples
	presets   []preset
	depth     int
}

// A definition is a schema of its own under $defs.
type definition struct {
	name   string
	schema parts
	refs   int
}

// reflectType makes the Type of key.
func reflectType(key typeKey) (*Type, error) {
	r := &reflector{
		settings:  key.settings,
		records:   make(map[reflect.Type]*form),
		anonymous: make(map[reflect.Type]parts),
		defs:      make(map[reflect.Type]*definition),
	}
	f, schema, err := r.reflect(key.goType, &tag{})
	if err != nil {
		return nil, err
	}
	switch def := r.defs[key.goType]; {
	case def == nil:
		if title := typeTitle(key.goType); title != "" && key.goType.PkgPath() != "" && !schema.has("title") {
			schema = schema.with("title", title)
		}
		schema = r.annotate(schema)
	case def.refs == 1: // by the root itself, so it needs no name
		schema = r.annotate(def.schema)
		delete(r.defs, key.goType)
		r.order = slices.DeleteFunc(r.order, func(t reflect.Type) bool { return t == key.goType })
	default:
		def.schema = r.annotate(def.schema)
	}
	r.defNames()
	for _, finish := range r.later {
		if err := finish(); err != nil {
			return nil, err
		}
	}
	if err := r.checkPresets(); err != nil {
		return nil, err
	}
	text := r.appendParts(nil, append(r.definitions(), schema...))
	if len(text) > largeSchema {
		if len(text) > maxSchemaBytes {
			return nil, fmt.Errorf("the schema has %d bytes, more than %d; split the type", len(text), maxSchemaBytes)
		}
		if _, err := compileOwn(text); err != nil {
			return nil, fmt.Errorf("%w; split the type", err)
		}
	}
	return &Type{goType: key.goType, schema: &Schema{text: text}, form: f}, nil
}

// annotate applies the options to the root's schema.
func (r *reflector) annotate(schema parts) parts {
	if r.title != "" {
		schema = schema.set("title", r.title)
	}
	if r.description != "" {
		schema = schema.set("description", r.description)
	}
	return schema
}

// definitions are the beginning of the document.
func (r *reflector) definitions() parts {
	if len(r.order) == 0 {
		return nil
	}
	defs := make(parts, len(r.order))
	for i, t := range r.order {
		defs[i] = part{r.defs[t].name, r.defs[t].schema}
	}
	return parts{{"$defs", defs}}
}

// refer makes t a definition if it is none yet, and returns a reference to it.
func (r *reflector) refer(t reflect.Type) (ref parts, def *definition, fresh bool) {
	def, ok := r.defs[t]
	if !ok {
		def = &definition{}
		r.defs[t] = def
		r.order = append(r.order, t)
	}
	def.refs++
	return parts{{"$ref", typeRef{t}}}, def, !ok
}

// reflect returns the form and the schema of a type with the constraints of a
// field's tag.
func (r *reflector) reflect(t reflect.Type, tg *tag) (*form, parts, error) {
	if r.depth++; r.depth > maxTypeDepth {
		return nil, nil, fmt.Errorf("%s contains itself; a recursive type must be a struct, so that it can be a definition", describe(t))
	}
	defer func() { r.depth-- }()
	if t.Kind() == reflect.Pointer {
		elem, schema, err := r.reflect(t.Elem(), tg)
		if err != nil {
			return nil, nil, err
		}
		return &form{kind: formPointer, goType: t, class: elem.class, nullable: true, ref: elem.ref, elem: elem}, orNull(schema), nil
	}
	f, schema, err := r.bare(t)
	if err != nil {
		return nil, nil, err
	}
	if len(tg.entries) == 0 {
		return f, schema, nil
	}
	if f, schema, err = r.constrain(f, schema, tg); err != nil {
		return nil, nil, err
	}
	if tg.has("default") && tg.value("default") == "null" && f.class&(isSlice|isMap|isUnion) != 0 {
		nullable := *f
		nullable.nullable = true
		return &nullable, orNull(schema), nil
	}
	return f, schema, nil
}

// orNull is Pydantic's Optional.
func orNull(schema parts) parts {
	null := parts{{"type", "null"}}
	if len(schema) != 1 || schema[0].key != "anyOf" {
		return parts{{"anyOf", []any{schema, null}}}
	}
	branches, ok := schema[0].value.([]any)
	if !ok { // the text of a type's own JSONSchema
		return parts{{"anyOf", []any{schema, null}}}
	}
	if last, ok := branches[len(branches)-1].(parts); ok && len(last) == 1 && last[0].value == "null" {
		return schema
	}
	return parts{{"anyOf", append(slices.Clip(branches), any(null))}}
}

// bare returns form and schema of a type that is no pointer.
func (r *reflector) bare(t reflect.Type) (*form, parts, error) {
	if known, ok := knownTypes[t]; ok {
		return &form{kind: known.kind, goType: t, class: known.class}, slices.Clone(known.schema), nil
	}
	if f, schema, err := r.marshaler(t); f != nil || err != nil {
		return f, schema, err
	}
	if t.Kind() == reflect.Interface && t.NumMethod() > 0 {
		return r.reflectUnion(t)
	}
	if t.Kind() == reflect.Struct {
		return r.reflectStruct(t)
	}
	f, schema, err := r.kind(t)
	if err != nil || f.class&(isBool|isInteger|isFloat|isString) == 0 {
		return f, schema, err
	}
	values, err := enumValues(t, f)
	if err != nil || values == nil {
		return f, schema, err
	}
	ref, def, fresh := r.refer(t)
	if fresh {
		def.schema = parts{{"enum", values}, {"title", typeTitle(t)}}.with("type", schema[0].value)
	}
	f.ref = true
	return f, ref, nil
}

// kind is about the types that Go itself knows.
func (r *reflector) kind(t reflect.Type) (*form, parts, error) {
	f := &form{goType: t}
	scalar := func(kind formKind, class classes, name string) (*form, parts, error) {
		f.kind, f.class = kind, class
		return f, parts{{"type", name}}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return scalar(formBool, isBool, "boolean")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return scalar(formInt, isInteger, "integer")
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return scalar(formUint, isInteger, "integer")
	case reflect.Float32, reflect.Float64:
		return scalar(formFloat, isFloat, "number")
	case reflect.String:
		return scalar(formString, isString, "string")
	case reflect.Interface: // without methods
		f.kind, f.class = formAny, isAnything
		return f, nil, nil
	case reflect.Slice, reflect.Array:
		return r.sequence(f)
	case reflect.Map:
		return r.mapping(f)
	}
	return nil, nil, fmt.Errorf("%s has no JSON form; leave the field out with json:\"-\" or give the type MarshalJSON, UnmarshalJSON and JSONSchema", describe(t))
}

func (r *reflector) sequence(f *form) (*form, parts, error) {
	t := f.goType
	if t.Elem() == reflect.TypeFor[byte]() {
		f.kind, f.class = formBytes, isBytes
		if t.Kind() == reflect.Array {
			f.kind, f.class = formBase64, isOther
			length := (t.Len() + 2) / 3 * 4
			return f, parts{{"format", "base64"}, {"type", "string"}, {"minLength", length}, {"maxLength", length}}, nil
		}
		return f, parts{{"format", "binary"}, {"type", "string"}}, nil
	}
	elem, items, err := r.reflect(t.Elem(), &tag{})
	if err != nil {
		return nil, nil, err
	}
	f.elem, f.kind, f.class = elem, formSlice, isSlice
	schema := parts{{"items", items}}
	if t.Kind() == reflect.Array {
		f.kind, f.class = formArray, isArray
		schema = schema.with("maxItems", t.Len()).with("minItems", t.Len())
	}
	return f, schema.with("type", "array"), nil
}

func (r *reflector) mapping(f *form) (*form, parts, error) {
	elem, values, err := r.reflect(f.goType.Elem(), &tag{})
	if err != nil {
		return nil, nil, err
	}
	key, names, err := r.reflect(f.goType.Key(), &tag{})
	if err != nil {
		return nil, nil, err
	}
	switch key.kind {
	case formString, formText, formInt, formUint:
	default:
		return nil, nil, fmt.Errorf("a key of %s cannot be a member name; use strings, integers or a type with MarshalText", describe(f.goType))
	}
	f.kind, f.class, f.elem, f.key = formMap, isMap, elem, key
	schema := parts{{"additionalProperties", orTrue(values)}}
	switch {
	case key.ref && key.kind == formString:
		schema = schema.with("propertyNames", names)
	case key.ref: // an enum of integers, whose names are text
		return nil, nil, errors.New("an enum of integers cannot be the key of a map; use its strings")
	case key.kind == formText && names.has("format"):
		schema = schema.with("propertyNames", parts{{"format", names.get("format")}})
	}
	return f, schema.with("type", "object"), nil
}

// orTrue writes the schema of anything as Pydantic does where a bool may stand.
func orTrue(schema parts) any {
	if len(schema) == 0 {
		return true
	}
	return schema
}

// jsonValues turns JSON texts into an array.
func jsonValues(texts []jsontext.Value) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
