package schema

import (
	"encoding"
	"reflect"
	"strconv"
)

func (d decoder) slice(i int, f *form, v reflect.Value) error {
	c := d.cells[i]
	if c.kind != '[' {
		return d.wrongKind(i, f)
	}
	list := reflect.MakeSlice(f.goType, int(c.size), int(c.size))
	v.Set(list)
	at := i + 1
	for k := range int(c.size) {
		if err := d.value(at, f.elem, list.Index(k)); err != nil {
			return err
		}
		at = int(d.cells[at].next)
	}
	return nil
}

func (d decoder) array(i int, f *form, v reflect.Value) error {
	c := d.cells[i]
	if c.kind != '[' {
		return d.wrongKind(i, f)
	}
	if int(c.size) != v.Len() {
		return d.unfit(i, "items", "exactly "+strconv.Itoa(v.Len())+" items")
	}
	at := i + 1
	for k := range v.Len() {
		if err := d.value(at, f.elem, v.Index(k)); err != nil {
			return err
		}
		at = int(d.cells[at].next)
	}
	return nil
}

func (d decoder) mapping(i int, f *form, v reflect.Value) error {
	c := d.cells[i]
	if c.kind != '{' {
		return d.wrongKind(i, f)
	}
	m := reflect.MakeMapWithSize(f.goType, int(c.size))
	v.Set(m)
	value := reflect.New(f.elem.goType).Elem()
	for at := i + 1; at < int(c.next); at = int(d.cells[at+1].next) {
		if err := d.entry(at, m, f.key, f.elem, value); err != nil {
			return err
		}
	}
	return nil
}

// entry reads the member whose name is at a cell into a map. The slot is reused.
func (d decoder) entry(at int, m reflect.Value, key, elem *form, slot reflect.Value) error {
	k, err := d.key(at, key)
	if err != nil {
		return err
	}
	if key.kind != formString && m.MapIndex(k).IsValid() { // "1" and "01"
		return d.unfit(at+1, "duplicate", "names that are different keys")
	}
	slot.SetZero()
	if err := d.value(at+1, elem, slot); err != nil {
		return err
	}
	m.SetMapIndex(k, slot)
	return nil
}

func (d decoder) key(at int, f *form) (reflect.Value, error) {
	name := d.str(at)
	k := reflect.New(f.goType).Elem()
	wrong := func() error { return d.unfit(at+1, "propertyNames", "a name that "+describe(f.goType)+" reads") }
	switch f.kind {
	case formInt:
		n, err := strconv.ParseInt(string(name), 10, k.Type().Bits())
		if err != nil {
			return k, wrong()
		}
		k.SetInt(n)
	case formUint:
		n, err := strconv.ParseUint(string(name), 10, k.Type().Bits())
		if err != nil {
			return k, wrong()
		}
		k.SetUint(n)
	case formText:
		if err := k.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(name); err != nil { //nolint:errcheck // the form is of such types
			return k, wrong()
		}
	default:
		k.SetString(string(name))
	}
	return k, nil
}

// fewFields is how many fields a struct has for which presence needs no memory.
const fewFields = 64

func (d decoder) object(i int, f *form, v reflect.Value) error {
	c := d.cells[i]
	if c.kind != '{' {
		return d.wrongKind(i, f)
	}
	r := f.record
	var few [fewFields]bool
	seen := few[:]
	if len(r.fields) > fewFields {
		seen = make([]bool, len(r.fields))
	}
	likely, found := 0, 0
	for at := i + 1; at < int(c.next); at = int(d.cells[at+1].next) {
		name := d.str(at)
		k := likely
		if k >= len(r.fields) || r.fields[k].name != string(name) {
			var ok bool
			if k, ok = r.byName[string(name)]; !ok {
				if err := d.other(at, r, v); err != nil {
					return err
				}
				continue
			}
		}
		m := r.fields[k]
		if err := d.value(at+1, m.form, m.field(v)); err != nil {
			return err
		}
		seen[k] = true
		likely = k + 1
		found++
	}
	if found == len(r.fields) {
		return nil
	}
	for k, m := range r.fields {
		if !m.fill || seen[k] {
			continue
		}
		if m.presetDoc == nil {
			m.field(v).Set(m.preset)
		} else if err := (decoder{m.presetDoc}).value(0, m.form, m.field(v)); err != nil {
			return err
		}
	}
	return nil
}

// other is about members that are no field.
func (d decoder) other(at int, r *record, v reflect.Value) error {
	if r.others == nil {
		return nil
	}
	m := r.others.field(v)
	if m.IsNil() {
		m.Set(reflect.MakeMap(r.others.mapType))
	}
	slot := reflect.New(r.others.form.goType).Elem()
	return d.entry(at, m, r.others.mapKey, r.others.form, slot)
}

func (d decoder) union(i int, f *form, v reflect.Value) error {
	u := f.union
	c := d.cells[i]
	if c.kind != '{' {
		return d.wrongKind(i, f)
	}
	var chosen *variant
	var err error
	if u.discriminator == "" {
		chosen, err = d.bestVariant(i, u)
	} else {
		chosen, err = d.namedVariant(i, u)
	}
	if err != nil {
		return err
	}
	made := reflect.New(chosen.form.goType)
	if err := d.value(i, chosen.form, made.Elem()); err != nil {
		return err
	}
	if chosen.goType.Kind() != reflect.Pointer {
		made = made.Elem()
	}
	v.Set(made)
	return nil
}

// namedVariant finds the variant by the discriminator.
func (d decoder) namedVariant(i int, u *union) (*variant, error) {
	for at := range d.children(i) {
		if string(d.str(at)) != u.discriminator {
			continue
		}
		key := d.tape.text(at + 1)
		switch c := d.cells[at+1]; {
		case c.kind == '"' && c.escaped:
			key = appendText(nil, string(d.str(at+1)))
		case c.kind == '0':
			if whole, ok := wholeNumber(key); ok {
				key = whole
			}
		}
		if v := u.byValue[string(key)]; v != nil {
			return v, nil
		}
		return nil, d.unfit(at+1, "discriminator", "a value that a variant declares")
	}
	return nil, failure(d.pointer(i)+"/"+escapeToken(u.discriminator), "required", "the member that tells the variant", "missing")
}

// bestVariant finds the variant of a plain union as Pydantic does: of those
// that accept the value the one that knows most members, then the first.
func (d decoder) bestVariant(i int, u *union) (*variant, error) {
	var best *variant
	most := -1
	for _, v := range u.variants {
		ok, err := v.accepts(d.tape.text(i))
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		known := 0
		for at := range d.children(i) {
			if _, ok := v.form.record.byName[string(d.str(at))]; ok {
				known++
			}
		}
		if known > most {
			best, most = v, known
		}
	}
	if best == nil {
		return nil, d.unfit(i, "anyOf", "one of "+u.names())
	}
	return best, nil
}
