package schema

import (
	"fmt"
	"reflect"
	"sync"
)

// A Type is a Go type with its schema and its JSON form, which agree: what
// [Type.Marshal] writes fits the schema but for the constraints of the values,
// which [Schema.Validate] checks. Types are made by [Of], are immutable and safe
// for concurrent use.
type Type struct {
	goType reflect.Type
	schema *Schema
	form   *form
}

// An Option changes the schema that [Of] makes.
type Option func(*settings)

type settings struct {
	strict             bool
	title, description string
}

// Strict makes every struct refuse unknown members (additionalProperties:
// false) unless it says otherwise itself, see [Of].
func Strict() Option { return func(s *settings) { s.strict = true } }

// Title sets the title of the schema; the default is the type's name.
func Title(title string) Option { return func(s *settings) { s.title = title } }

// Description sets the description of the schema.
func Description(text string) Option { return func(s *settings) { s.description = text } }

type typeKey struct {
	goType reflect.Type
	settings
}

// Types are made once. Their number is bounded by the program's text.
var types sync.Map // of typeKey to *Type

// Of returns the JSON Schema and the codec of a Go type. Calls with the same
// arguments return the same Type. Pointers are the type they point to.
//
// The schema is the one that Pydantic v2 makes of the same model. Member names
// and embedding follow go-json-experiment (encoding/json/v2): the tag json with
// a name, omitzero, omitempty, "-", and embed for a map of other members.
// Embedded structs are flattened; one that is declared nearer hides others of
// the same name.
//
//   - A struct is an object. Its members are required unless they have a default,
//     may be omitted, or are pointers.
//   - *T is Pydantic's Optional[T] = None: T or null, null when absent.
//   - time.Time is a date-time (a naive one is read as UTC), time.Duration an
//     ISO 8601 duration, [Decimal] and json.Number a decimal, a 16-byte type
//     named UUID with MarshalText a uuid, []byte a text of UTF-8 (or base64, see
//     format), [N]byte base64, netip.Addr an IP address, big.Int an integer, and
//     any, json.RawMessage and jsontext.Value anything.
//   - A named string, integer, float or bool with a method Values() []T (or a
//     slice of the basic type) is an enum of these values.
//   - An interface is a union, see [RegisterUnion].
//   - A type with MarshalText and UnmarshalText is a string. A type with JSON
//     methods of its own must have a method JSONSchema() string, which returns
//     its schema, or be a struct whose fields say how its JSON looks.
//
// The tag salt adds what Go types do not say, as a list of key=value separated
// by commas:
//
//	minimum maximum exclusiveMinimum exclusiveMaximum multipleOf    numbers
//	minLength maxLength pattern format                              strings
//	maxDigits decimalPlaces                                         decimals
//	minItems maxItems uniqueItems                                   slices
//	minProperties maxProperties                                     maps
//	enum=a|b const=a                                                literals
//	default=v                                                       the value of an absent member
//	required optional                                               against the rule above
//	title description examples=a|b deprecated                       for people
//
// A value that contains a comma (or, in a list, a bar) is put in single quotes,
// within which a quote is doubled: pattern='^[A-Z]{1,3}$'. Backslashes double, as
// in every struct tag. Defaults and examples of strings, numbers and bools are
// bare, those of composite types are JSON. default=null makes a slice, map or
// interface nullable, with nil for null. Constraints on a pointer are those of
// what it points to. Bounds of a decimal, which in Pydantic's schema stand at the
// number only, are checked by the codec in its text, too.
//
// A blank field tells about its struct:
//
//	_ struct{} `salt:"title=Order,description='…',strict"`
//
// with strict refusing unknown members and open accepting them even under
// [Strict].
//
// The error names type and field: an unknown or contradictory tag, one that
// does not fit the type, a default outside of its own constraints, an
// unsupported type, two fields with one name, a pattern that RE2 cannot compile.
func Of(t reflect.Type, opts ...Option) (*Type, error) {
	if t == nil {
		return nil, fmt.Errorf("reflect schema: there is no type (a nil interface?)")
	}
	for t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	key := typeKey{goType: t}
	for _, o := range opts {
		o(&key.settings)
	}
	if known, ok := types.Load(key); ok {
		return known.(*Type), nil //nolint:errcheck // the map holds nothing else
	}
	made, err := reflectType(key)
	if err != nil {
		return nil, fmt.Errorf("reflect schema of %s: %w", t, err)
	}
	known, _ := types.LoadOrStore(key, made)
	return known.(*Type), nil //nolint:errcheck // the map holds nothing else
}

// Schema returns the schema of the type.
func (t *Type) Schema() *Schema { return t.schema }

// Marshal returns v, a T or a pointer to one, as JSON. It is deterministic:
// members in the order of the fields, map keys sorted. Nil slices and maps are
// empty, not null. It does not check constraints; [Schema.Validate] does.
//
// Errors of values that JSON or the type cannot express (NaN, text that is not
// UTF-8, an interface holding a type that is no variant) are [*Error]s; errors
// of a type's own methods are wrapped.
func (t *Type) Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && value.Type() != t.goType && !t.implementedBy(value) {
		if value.IsNil() {
			return nil, fmt.Errorf("marshal %s: the pointer is nil", t.goType)
		}
		value = value.Elem()
	}
	if !value.IsValid() || value.Type() != t.goType && !t.implementedBy(value) {
		return nil, fmt.Errorf("marshal %s: got a %T", t.goType, v)
	}
	if value.Type() != t.goType || !value.CanAddr() {
		value = box(t.goType, value)
	}
	e := encoders.Get().(*encoder) //nolint:errcheck // the pool holds nothing else
	defer e.recycle()
	if err := e.root(t.form, value); err != nil {
		return nil, err
	}
	return append(make([]byte, 0, len(e.out)), e.out...), nil
}

// implementedBy reports whether t is an interface that a value has.
func (t *Type) implementedBy(v reflect.Value) bool {
	return t.goType.Kind() == reflect.Interface && v.IsValid() && v.Type().Implements(t.goType)
}

// box copies a value to where it has an address.
func box(t reflect.Type, v reflect.Value) reflect.Value {
	copied := reflect.New(t).Elem()
	copied.Set(v)
	return copied
}

// Unmarshal reads data into v, a pointer to a T, which is set to zero first.
// Absent members get their defaults, at any depth; unknown members are ignored.
//
// It refuses what is not strict JSON within [DefaultLimits] (see [Check]), kinds
// that the type has not, and numbers that would not survive in their Go type:
// digits that a float lacks, integers out of range. In an any, numbers are
// float64, or int64 where only that is exact. Whether required members are
// there and constraints hold is for [Schema.Validate] to say.
//
// The error is an [*Error] and tells nothing of the values. After an error the
// content of v is undefined.
func (t *Type) Unmarshal(data []byte, v any) error {
	value, err := t.target(v)
	if err != nil {
		return err
	}
	doc, err := scan(data, DefaultLimits.withDefaults())
	if err != nil {
		return err
	}
	defer doc.release()
	return decoder{doc}.value(0, t.form, value)
}

// Decode is [Schema.Validate] and [Type.Unmarshal] in one pass over the data.
func (t *Type) Decode(data []byte, v any) error {
	value, err := t.target(v)
	if err != nil {
		return err
	}
	rules, err := t.schema.load()
	if err != nil {
		return err
	}
	doc, err := scan(data, DefaultLimits.withDefaults())
	if err != nil {
		return err
	}
	defer doc.release()
	if err := doc.validate(rules, DefaultLimits.withDefaults()); err != nil {
		return err
	}
	return decoder{doc}.value(0, t.form, value)
}

func (t *Type) target(v any) (reflect.Value, error) {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Type().Elem() != t.goType {
		return reflect.Value{}, fmt.Errorf("unmarshal %s: got a %T, want a *%s that is not nil", t.goType, v, t.goType)
	}
	p.Elem().SetZero()
	return p.Elem(), nil
}

// maxNesting ends the encoding of a value that contains itself. Pointers count,
// and receivers take 64 levels of JSON.
const maxNesting = 300
