package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

// TestConflictsDecimal: a service that moves to Pydantic 2.14 has the same
// version still.
func TestConflictsDecimal(t *testing.T) {
	t.Parallel()
	model := func(text string) *schema.Schema {
		return schema.MustParse(`{"type":"object","properties":{"price":{"anyOf":[{"type":"number"},` + text + `,{"type":"null"}]}},"required":["price"]}`)
	}
	var (
		plain = model(`{"type":"string"}`)
		every = model(`{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}`)
		two   = model(`{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d{0,2}0*$"}`)
		other = model(`{"type":"string","pattern":"^a"}`)
	)
	payment := func(money *schema.Schema) *schema.Schema {
		text := `{"$defs":{`
		for _, kind := range []string{"card", "cash"} {
			text += `"` + kind + `":{"type":"object","properties":{"kind":{"const":"` + kind + `","type":"string"},"amount":` + money.String() + `},"required":["kind"]},`
		}
		return schema.MustParse(strings.TrimSuffix(text, ",") + `},"oneOf":[{"$ref":"#/$defs/card"},{"$ref":"#/$defs/cash"}]}`)
	}
	for name, tt := range map[string]struct {
		a, b      *schema.Schema
		conflicts int
	}{
		"as before":     {every, every, 0},
		"2.13 to 2.14":  {every, plain, 0},
		"2.14 to 2.13":  {plain, two, 0},
		"digits change": {every, two, 1},
		"not a Decimal": {plain, other, 1},
		"and more": {
			schema.MustParse(`{"type":"object","properties":{"p":` + `{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}` + `}}`),
			schema.MustParse(`{"type":"object","properties":{"p":{"type":"string","maxLength":3}}}`), 1,
		},
		"in a discriminated union":   {payment(every), payment(plain), 0},
		"and back":                   {payment(plain), payment(two), 0},
		"digits change in two kinds": {payment(every), payment(two), 2},
	} {
		if got := schema.Conflicts(tt.a, tt.b); len(got) != tt.conflicts {
			t.Errorf("%s: %v", name, got)
		}
		if equal := schema.Equal(tt.a, tt.b); equal != (len(schema.Diff(tt.a, tt.b)) == 0) {
			t.Errorf("%s: Diff and Equal differ", name)
		}
	}
}

// TestDiffUnion: what belongs together in two unions is compared part by part.
func TestDiffUnion(t *testing.T) {
	t.Parallel()
	union := func(branches ...string) *schema.Schema {
		return schema.MustParse(`{"anyOf":[` + strings.Join(branches, ",") + `]}`)
	}
	kind := func(tag, member string) string {
		return `{"type":"object","properties":{"kind":{"const":"` + tag + `"},"m":{"type":"` + member + `"}}}`
	}
	titled := func(title, member string) string {
		return `{"title":"` + title + `","type":"object","properties":{"m":{"type":"` + member + `"}}}`
	}
	for name, tt := range map[string]struct {
		a, b *schema.Schema
		want []string
	}{
		"two kinds change":        {union(kind("a", "string"), kind("b", "string")), union(kind("b", "integer"), kind("a", "number")), []string{"/anyOf/0/properties/m/type", "/anyOf/1/properties/m/type"}},
		"one changes, one is new": {union(kind("a", "string"), kind("b", "string")), union(kind("c", "string"), kind("b", "integer"), kind("a", "string")), []string{"/anyOf", "/anyOf/1/properties/m/type"}},
		"by title":                {union(titled("A", "string"), titled("B", "string")), union(titled("B", "integer"), titled("A", "number")), []string{"/anyOf/0/properties/m/type", "/anyOf/1/properties/m/type"}},
	} {
		var got []string
		for _, d := range schema.Diff(tt.a, tt.b) {
			got = append(got, d.Path)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
