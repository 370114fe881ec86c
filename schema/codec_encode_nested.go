package schema

import (
	"encoding"
	jsonv1 "encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

func (e *encoder) array(f *form, v reflect.Value) error {
	e.out = append(e.out, '[')
	for i := range v.Len() {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.value(f.elem, v.Index(i)); err != nil {
			return e.within(strconv.Itoa(i), err)
		}
	}
	e.out = append(e.out, ']')
	return nil
}

func (e *encoder) object(r *record, v reflect.Value) error {
	e.out = append(e.out, '{')
	start := len(e.out)
	for _, m := range r.fields {
		field := m.field(v)
		if m.omitZero && m.zero(field) {
			continue
		}
		before := len(e.out)
		if before > start {
			e.out = append(e.out, ',')
		}
		e.out = append(e.out, m.quoted...)
		at := len(e.out)
		if err := e.value(m.form, field); err != nil {
			return e.within(m.name, err)
		}
		if m.omitEmpty && isEmptyJSON(e.out[at:]) {
			e.out = e.out[:before]
		}
	}
	if r.others != nil {
		if err := e.others(r, r.others.field(v), len(e.out) == start); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

func (m *member) zero(v reflect.Value) bool {
	if !m.isZero || v.Kind() == reflect.Pointer && v.IsNil() {
		return v.IsZero()
	}
	return v.Addr().Interface().(interface{ IsZero() bool }).IsZero() //nolint:errcheck // isZero says so
}

func isEmptyJSON(text []byte) bool {
	switch string(text) {
	case "null", `""`, "{}", "[]":
		return true
	}
	return false
}

// others writes the members that the struct keeps in a map.
func (e *encoder) others(r *record, v reflect.Value, first bool) error {
	entries, err := e.entries(r.others.mapKey, v)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if _, own := r.byName[entry.name]; own {
			return e.within(entry.name, &unfit{"duplicate", "each member name once", "a second member"})
		}
	}
	return e.members(r.others.form, entries, first)
}

func (e *encoder) mapping(f *form, v reflect.Value) error {
	entries, err := e.entries(f.key, v)
	if err != nil {
		return err
	}
	e.out = append(e.out, '{')
	if err := e.members(f.elem, entries, true); err != nil {
		return err
	}
	e.out = append(e.out, '}')
	return nil
}

type mapEntry struct {
	name  string
	value reflect.Value
}

// entries lists a map in the order of the names.
func (e *encoder) entries(key *form, v reflect.Value) ([]mapEntry, error) {
	entries := make([]mapEntry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		name, err := keyName(key, iter.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, mapEntry{name, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b mapEntry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, e.within(entries[i].name, &unfit{"duplicate", "keys with different names", "two with one"})
		}
	}
	return entries, nil
}

func keyName(key *form, v reflect.Value) (string, error) {
	switch key.kind {
	case formInt:
		return strconv.FormatInt(v.Int(), 10), nil
	case formUint:
		return strconv.FormatUint(v.Uint(), 10), nil
	case formText:
		text, err := box(v.Type(), v).Addr().Interface().(encoding.TextMarshaler).MarshalText() //nolint:errcheck // the form is of such types
		return string(text), err
	}
	return v.String(), nil
}

func (e *encoder) members(f *form, entries []mapEntry, first bool) error {
	if len(entries) == 0 {
		return nil
	}
	slot := reflect.New(f.goType).Elem() // values of maps have no address
	for _, entry := range entries {
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		if err := e.text(entry.name); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		slot.Set(entry.value)
		if err := e.value(f, slot); err != nil {
			return e.within(entry.name, err)
		}
	}
	return nil
}

func (e *encoder) union(f *form, v reflect.Value) error {
	if v.IsNil() {
		if f.nullable {
			return e.null()
		}
		return &unfit{"union", "one of " + f.union.names(), "nil"}
	}
	value := v.Elem()
	variant := f.union.find(value.Type())
	if variant == nil {
		return &unfit{"union", "one of " + f.union.names(), "a " + describe(value.Type())}
	}
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return &unfit{"union", "one of " + f.union.names(), "a nil pointer"}
		}
		return e.value(variant.form, value.Elem())
	}
	return e.value(variant.form, box(value.Type(), value))
}

// dynamic writes what an any holds, in the form of its own type.
func (e *encoder) dynamic(v reflect.Value) error {
	switch x := v.Interface().(type) {
	case nil:
		return e.null()
	case bool:
		e.out = strconv.AppendBool(e.out, x)
		return nil
	case string:
		return e.text(x)
	case float64:
		return e.float(x, 64)
	case int:
		e.out = strconv.AppendInt(e.out, int64(x), 10)
		return nil
	case jsonv1.Number:
		return e.decimal(&form{kind: formNumber}, string(x))
	}
	value := v.Elem()
	for value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return e.null()
		}
		value = value.Elem()
	}
	if value.Kind() == reflect.Interface && value.IsNil() {
		return e.null()
	}
	boxed := box(value.Type(), value)
	t, err := Of(value.Type())
	if err == nil {
		return e.value(t.form, boxed)
	}
	if implements(value.Type(), marshalsJSON) { // it needs no schema here
		return e.custom(boxed)
	}
	return err
}
