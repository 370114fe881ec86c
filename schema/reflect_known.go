package schema

import (
	"bytes"
	"encoding"
	jsonv1 "encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type knownType struct {
	kind   formKind
	class  classes
	schema parts
}

// knownTypes are those of other packages whose meaning is plain, and ours.
var knownTypes = map[reflect.Type]knownType{
	reflect.TypeFor[time.Time]():         {formTime, isMoment, parts{{"format", "date-time"}, {"type", "string"}}},
	reflect.TypeFor[time.Duration]():     {formDuration, isOther, parts{{"format", "duration"}, {"type", "string"}}},
	reflect.TypeFor[Decimal]():           {formDecimal, isDecimals, decimalSchema(nil, decimalText)},
	reflect.TypeFor[jsonv1.Number]():     {formNumber, isDecimals, decimalSchema(nil, decimalText)},
	reflect.TypeFor[big.Int]():           {formCustom, isOther, parts{{"type", "integer"}}},
	reflect.TypeFor[netip.Addr]():        {formText, isText, parts{{"format", "ipvanyaddress"}, {"type", "string"}}},
	reflect.TypeFor[netip.Prefix]():      {formText, isText, parts{{"format", "ipvanynetwork"}, {"type", "string"}}},
	reflect.TypeFor[jsonv1.RawMessage](): {formCustom, isOther, nil},
	reflect.TypeFor[jsontext.Value]():    {formCustom, isOther, nil},
}

var (
	marshalsJSON = []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo]()}
	readsJSON    = []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[json.UnmarshalerFrom]()}
	marshalsText = []reflect.Type{reflect.TypeFor[encoding.TextMarshaler]()}
	readsText    = []reflect.Type{reflect.TypeFor[encoding.TextUnmarshaler]()}
)

// implements reports whether t or *t has the methods of one of the interfaces.
func implements(t reflect.Type, interfaces []reflect.Type) bool {
	for _, i := range interfaces {
		if t.Implements(i) || reflect.PointerTo(t).Implements(i) {
			return true
		}
	}
	return false
}

// A schemaTeller tells the schema of its JSON, for types with methods of their
// own.
type schemaTeller interface{ JSONSchema() string }

// marshaler is about types with methods that make their own JSON; it returns
// nothing for others.
func (r *reflector) marshaler(t reflect.Type) (*form, parts, error) {
	if t.Kind() == reflect.Interface || t.PkgPath() == "" && t.Kind() != reflect.Struct {
		return nil, nil, nil // such types have no methods
	}
	asJSON, asText := implements(t, marshalsJSON), implements(t, marshalsText)
	fromJSON, fromText := implements(t, readsJSON), implements(t, readsText)
	told, tells := reflect.TypeAssert[schemaTeller](reflect.New(t))
	kind, class := formCustom, isOther
	if !asJSON && !fromJSON {
		kind, class = formText, isText
	}
	switch {
	case !asJSON && !fromJSON && !asText && !fromText && !tells:
		return nil, nil, nil
	case (asJSON || asText) != (fromJSON || fromText) && !tells && t.Kind() != reflect.Struct:
		return nil, nil, fmt.Errorf("%s has a method to write or to read its JSON but not both", describe(t))
	case tells:
		if !asJSON && !asText {
			return nil, nil, fmt.Errorf("%s has JSONSchema but no method to write its JSON", describe(t))
		}
		schema, err := toldSchema(told)
		if err != nil {
			return nil, nil, fmt.Errorf("%s.JSONSchema: %w", describe(t), err)
		}
		return &form{kind: kind, goType: t, class: isOther}, schema, nil
	case kind == formText && (!asText || !fromText):
		return nil, nil, nil // a struct that only writes or only reads text: its fields count
	case kind == formText && t.Kind() == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8 && t.Name() == "UUID":
		return &form{kind: kind, goType: t, class: class}, parts{{"format", "uuid"}, {"type", "string"}}, nil
	case kind == formText:
		return &form{kind: kind, goType: t, class: class}, parts{{"type", "string"}}, nil
	case t.Kind() == reflect.Struct:
		return r.selfMadeStruct(t)
	}
	return nil, nil, fmt.Errorf("%s makes its own JSON; give it a method JSONSchema() string that returns the schema", describe(t))
}

// toldSchema checks what JSONSchema returned and takes it apart.
func toldSchema(teller schemaTeller) (parts, error) {
	text := []byte(teller.JSONSchema())
	if _, err := Parse(text); err != nil {
		return nil, err
	}
	doc, err := scan(text, DefaultLimits.withDefaults())
	if err != nil {
		return nil, err
	}
	defer doc.release()
	if doc.cells[0].kind != '{' {
		return nil, errors.New("the schema must be an object")
	}
	for _, word := range []string{`"$ref"`, `"$defs"`, `"$anchor"`} {
		if bytes.Contains(text, []byte(word)) {
			return nil, fmt.Errorf("a schema that stands within others cannot have %s; write it without references", word)
		}
	}
	var schema parts
	for at := range doc.children(0) {
		schema = schema.with(string(doc.str(at)), jsontext.Value(doc.text(at+1)).Clone())
	}
	return schema, nil
}

// selfMadeStruct is a struct with MarshalJSON. Its fields must say what the
// method writes.
func (r *reflector) selfMadeStruct(t reflect.Type) (*form, parts, error) {
	f, schema, err := r.reflectStruct(t)
	if err != nil {
		return nil, nil, err
	}
	remedy := "give it a method JSONSchema() string that returns the schema of its JSON"
	if len(f.record.fields) == 0 && f.record.others == nil {
		return nil, nil, fmt.Errorf("%s makes its own JSON and has no fields that describe it; %s", describe(t), remedy)
	}
	zero, err := json.Marshal(reflect.New(t).Interface(), json.Deterministic(true))
	if err == nil && jsontext.Value(zero).Kind() != '{' {
		return nil, nil, fmt.Errorf("%s makes JSON that is no object, as its fields say; %s", describe(t), remedy)
	}
	f.kind = formCustom
	return f, schema, nil
}

// enumValues asks a named basic type for its values: the result of a method
//
//	Values() []T
//
// as JSON, or nil if there is no such method. A slice of the basic type will do.
func enumValues(t reflect.Type, f *form) ([]any, error) {
	method, ok := t.MethodByName("Values")
	if !ok || method.Type.NumIn() != 1 || method.Type.NumOut() != 1 {
		return nil, nil
	}
	result := method.Type.Out(0)
	if result.Kind() != reflect.Slice || result.Elem().Kind() != t.Kind() {
		return nil, nil
	}
	list := method.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
	if list.Len() == 0 {
		return nil, fmt.Errorf("%s.Values returns none", describe(t))
	}
	texts := make([]jsontext.Value, list.Len())
	for i := range texts {
		text, err := encodeOne(f, box(t, list.Index(i).Convert(t)))
		if err != nil {
			return nil, fmt.Errorf("%s.Values: %w", describe(t), err)
		}
		texts[i] = text
	}
	if duplicated(texts) {
		return nil, fmt.Errorf("%s.Values returns a value twice", describe(t))
	}
	return jsonValues(texts), nil
}

func duplicated(texts []jsontext.Value) bool {
	seen := make(map[string]bool, len(texts))
	for _, text := range texts {
		if seen[string(text)] {
			return true
		}
		seen[string(text)] = true
	}
	return false
}
