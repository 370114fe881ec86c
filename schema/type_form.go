package schema

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// A form says how values of a Go type look in JSON. Forms may be cyclic and are
// immutable once the Type is made.
type form struct {
	kind     formKind
	goType   reflect.Type
	class    classes // what the innermost type under pointers is, for tags
	nullable bool    // null is nil
	ref      bool    // its schema is a reference, perhaps or null: Pydantic gives such a property no title

	elem   *form   // of pointers, slices, arrays, maps
	key    *form   // of maps
	record *record // of structs
	union  *union  // of interfaces

	literals []jsontext.Value // the values that const or enum allow
	bounds   *decimalBounds   // of decimals
}

type formKind uint8

const (
	formAny formKind = iota
	formBool
	formInt
	formUint
	formFloat
	formString
	formNumber   // json.Number
	formDecimal  // Decimal
	formBytes    // []byte as UTF-8
	formBase64   // []byte or [N]byte as base64
	formTime     // time.Time
	formDate     // time.Time with format=date
	formDuration // time.Duration
	formText     // MarshalText
	formCustom   // MarshalJSON
	formPointer
	formSlice
	formArray
	formMap
	formStruct
	formUnion
)

// classes are sets of kinds of types, as far as tags care.
type classes uint32

const (
	isBool classes = 1 << iota
	isInteger
	isFloat
	isDecimals
	isString
	isText   // strings that a type of their own writes
	isMoment // time.Time
	isBytes
	isSlice
	isArray
	isMap
	isStruct
	isUnion
	isAnything
	isOther

	numbers  = isInteger | isFloat | isDecimals
	literals = isBool | isInteger | isFloat | isString | isAnything
	anywhere = ^classes(0)
)

var classNames = []string{
	"a bool", "an integer", "a float", "a decimal", "a string", "a text type", "a time.Time", "bytes",
	"a slice", "an array", "a map", "a struct", "a union", "an any", "a type with its own schema",
}

func (c classes) String() string {
	for i, name := range classNames {
		if c == 1<<i {
			return name
		}
	}
	return "several"
}

// A record is the form of a struct.
type record struct {
	fields []*member // in the order of the JSON
	byName map[string]int
	others *member // the map that takes unknown members, or nil
}

// A member is a field of a struct as a member of an object.
type member struct {
	name      string // in JSON
	quoted    []byte // the name as JSON with the colon
	where     string // "T, field F", for errors
	index     []int
	form      *form
	required  bool
	omitZero  bool
	omitEmpty bool
	isZero    bool // the type has a method IsZero

	mapType reflect.Type // of the map that takes unknown members
	mapKey  *form

	fill      bool // absent means preset
	preset    reflect.Value
	presetDoc *tape // for composite types, which must not share memory
}

// field returns the field within a struct.
func (m *member) field(v reflect.Value) reflect.Value {
	if len(m.index) == 1 {
		return v.Field(m.index[0])
	}
	return v.FieldByIndex(m.index)
}
