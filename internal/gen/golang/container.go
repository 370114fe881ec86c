package golang

import (
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// array is about lists; tuples are types of their own.
func (g *generator) array(v view, hint string) ([]cand, error) {
	if v.Has("prefixItems") {
		return nil, nil
	}
	items := cand{expr: fixed("any"), goType: reflect.TypeFor[any](), want: object{}}
	replaced := object{}
	if sub := v.Sub("items"); sub != nil {
		var err error
		if items, err = g.element(sub, hint+"Item"); err != nil {
			return nil, err
		}
		replaced["items"] = items.want
	}
	c := cand{
		expr: func() string { return "[]" + items.expr() }, goType: reflect.SliceOf(items.goType),
		want: v.base(replaced), nilable: true, made: items.made,
	}
	for _, key := range []string{"minItems", "maxItems"} {
		if v.Has(key) {
			c.tags = append(c.tags, entry{key: key, items: []string{plain(v.Raw(key))}})
		}
	}
	if v.Raw("uniqueItems").Kind() == 't' {
		c.tags = append(c.tags, entry{key: "uniqueItems"})
	}
	return []cand{c}, nil
}

// object is about maps and about structs that are written in place.
func (g *generator) object(v view, hint string) ([]cand, error) {
	if isRecord(v.Node) {
		return g.inPlace(v, hint)
	}
	values := cand{expr: fixed("any"), goType: reflect.TypeFor[any](), want: object{}}
	replaced := object{}
	if sub := v.Sub("additionalProperties"); sub != nil {
		var err error
		if values, err = g.element(sub, hint+"Value"); err != nil {
			return nil, err
		}
		replaced["additionalProperties"] = any(values.want)
		if len(values.want) == 0 {
			replaced["additionalProperties"] = jsontext.Value("true")
		}
	}
	key := cand{expr: fixed("string"), goType: reflect.TypeFor[string]()}
	if names := v.Sub("propertyNames"); names != nil {
		known := formatTypes[names.Text("format")]
		switch {
		case names.IsRef():
			found, err := g.element(names, hint+"Key")
			if err != nil {
				return nil, err
			}
			key, replaced["propertyNames"] = found, found.want
		case known.goType != nil && !known.tag:
			key = cand{expr: fixed(known.expr), goType: known.goType}
		}
	}
	if key.own || key.goType.Kind() == reflect.Slice {
		return nil, nil
	}
	c := cand{
		expr:   func() string { return "map[" + key.expr() + "]" + values.expr() },
		goType: reflect.MapOf(key.goType, values.goType), want: v.base(replaced), nilable: true, made: values.made || key.made,
	}
	for _, name := range []string{"minProperties", "maxProperties"} {
		if v.Has(name) {
			c.tags = append(c.tags, entry{key: name, items: []string{plain(v.Raw(name))}})
		}
	}
	return []cand{c}, nil
}
