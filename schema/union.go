package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// unions holds what RegisterUnion was told.
var unions sync.Map // of reflect.Type (the interface) to *unionSpec

type unionSpec struct {
	discriminator string
	variants      []reflect.Type // as registered: structs or pointers to structs
}

// RegisterUnion registers the types that an interface stands for in JSON. A
// field of the interface's type is then Pydantic's discriminated union: the
// member named discriminator tells which variant it is, by the values that each
// variant's own field of that name declares with the tag const or enum.
//
// With an empty discriminator the schema is a plain anyOf, and the variant is
// the one whose schema accepts the JSON; of several the one that knows most of
// its members, then the one registered first.
//
// Variants are structs or pointers to structs, given by any value of theirs;
// decoding makes the form that was registered, encoding accepts both. Register
// before the first [Of] that meets the interface. RegisterUnion panics on
// misuse, naming the types. It is safe for concurrent use.
func RegisterUnion[I any](discriminator string, variants ...I) {
	iface := reflect.TypeFor[I]()
	spec := &unionSpec{discriminator: discriminator}
	for _, v := range variants {
		spec.variants = append(spec.variants, reflect.TypeOf(v))
	}
	if err := spec.check(iface); err != nil {
		panic(fmt.Sprintf("schema: register union %s: %v", iface, err))
	}
	if _, taken := unions.LoadOrStore(iface, spec); taken {
		panic(fmt.Sprintf("schema: register union %s: it is registered already", iface))
	}
}

func (s *unionSpec) check(iface reflect.Type) error {
	switch {
	case iface.Kind() != reflect.Interface || iface.NumMethod() == 0:
		return fmt.Errorf("%s is no interface with methods; give it one that only the variants have", iface)
	case len(s.variants) == 0:
		return fmt.Errorf("there are no variants")
	}
	seen := make(map[reflect.Type]bool)
	values := make(map[string]reflect.Type)
	for _, t := range s.variants {
		if t == nil {
			return fmt.Errorf("a variant is nil; give a value of its type")
		}
		bare := structOf(t)
		switch {
		case bare.Kind() != reflect.Struct || bare.Name() == "":
			return fmt.Errorf("variant %s is neither a named struct nor a pointer to one", t)
		case seen[bare]:
			return fmt.Errorf("variant %s is given twice", t)
		}
		seen[bare] = true
		if s.discriminator == "" {
			continue
		}
		texts, err := discriminatorValues(bare, s.discriminator)
		if err != nil {
			return fmt.Errorf("variant %s: %w", t, err)
		}
		for _, text := range texts {
			if other := values[string(text)]; other != nil {
				return fmt.Errorf("variants %s and %s have the same %s %s", other, t, s.discriminator, text)
			}
			values[string(text)] = t
		}
	}
	return nil
}

func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// discriminatorValues are the values that a variant declares. Only this one
// field is looked at: others may be of the union that is being registered.
func discriminatorValues(t reflect.Type, name string) ([]jsontext.Value, error) {
	sites, err := structFields(t)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(sites, func(s fieldSite) bool { return s.name == name && !s.embed })
	if at < 0 {
		return nil, fmt.Errorf("it has no member %q, by which variants are told apart", name)
	}
	r := &reflector{}
	tg, err := readTag(sites[at].StructField, tagRules)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", sites[at].path, err)
	}
	f, _, err := r.kind(sites[at].Type)
	if err != nil || f.class&(isString|isInteger|isBool) == 0 || !tg.has("const") && !tg.has("enum") {
		return nil, fmt.Errorf("field %s must be a string, integer or bool with the tag const or enum", sites[at].path)
	}
	if f, _, err = r.constrain(f, nil, tg); err != nil {
		return nil, fmt.Errorf("field %s: %w", sites[at].path, err)
	}
	return f.literals, nil
}

// A union is the form of a registered interface.
type union struct {
	discriminator string
	variants      []*variant
	byValue       map[string]*variant // by the discriminator's value as JSON
}

type variant struct {
	goType  reflect.Type // as registered
	form    *form        // of the struct
	options settings

	once   sync.Once
	rules  *Schema // the struct's own schema, for plain unions
	failed error
}

func (r *reflector) reflectUnion(t reflect.Type) (*form, parts, error) {
	known, ok := unions.Load(t)
	if !ok {
		return nil, nil, fmt.Errorf("interface %s is no registered union; call salt.Union before the definition, or use any", describe(t))
	}
	spec := known.(*unionSpec) //nolint:errcheck // the map holds nothing else
	u := &union{discriminator: spec.discriminator, byValue: make(map[string]*variant)}
	var refs []any
	var mapping parts
	for _, vt := range spec.variants {
		f, ref, err := r.reflect(structOf(vt), &tag{})
		if err != nil {
			return nil, nil, fmt.Errorf("variant %s: %w", vt, err)
		}
		v := &variant{goType: vt, form: f, options: settings{strict: r.strict}}
		u.variants = append(u.variants, v)
		refs = append(refs, ref)
		if u.discriminator == "" {
			continue
		}
		texts, err := discriminatorValues(structOf(vt), u.discriminator)
		if err != nil {
			return nil, nil, fmt.Errorf("variant %s: %w", vt, err)
		}
		for _, text := range texts {
			u.byValue[string(text)] = v
			mapping = mapping.with(literalKey(text), typeRef{structOf(vt)})
		}
	}
	f := &form{kind: formUnion, goType: t, class: isUnion, union: u}
	if u.discriminator == "" {
		return f, parts{{"anyOf", refs}}, nil
	}
	return f, parts{{"discriminator", parts{{"mapping", mapping}, {"propertyName", u.discriminator}}}, {"oneOf", refs}}, nil
}

// literalKey is how a discriminator's value stands in the mapping: a string
// without quotes, anything else as JSON.
func literalKey(text jsontext.Value) string {
	if text.Kind() != '"' {
		return string(text)
	}
	s, _ := jsontext.AppendUnquote(nil, text) // made by this package
	return string(s)
}

// find returns the variant of a Go type.
func (u *union) find(t reflect.Type) *variant {
	for _, v := range u.variants {
		if structOf(v.goType) == structOf(t) {
			return v
		}
	}
	return nil
}

// names lists the variants for errors.
func (u *union) names() string {
	list := make([]string, len(u.variants))
	for i, v := range u.variants {
		list[i] = describe(v.goType)
	}
	return strings.Join(list, ", ")
}

// accepts reports whether the variant's own schema accepts a value.
func (v *variant) accepts(text []byte) (bool, error) {
	v.once.Do(func() {
		made, err := reflectType(typeKey{structOf(v.goType), v.options})
		if err != nil {
			v.failed = err
			return
		}
		v.rules = made.schema
	})
	if v.failed != nil {
		return false, v.failed
	}
	return v.rules.Validate(text) == nil, nil
}
