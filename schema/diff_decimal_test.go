package schema_test

import (
	"testing"

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
	} {
		if got := schema.Conflicts(tt.a, tt.b); len(got) != tt.conflicts {
			t.Errorf("%s: %v", name, got)
		}
		if equal := schema.Equal(tt.a, tt.b); equal != (len(schema.Diff(tt.a, tt.b)) == 0) {
			t.Errorf("%s: Diff and Equal differ", name)
		}
	}
}
