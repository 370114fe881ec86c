package schema_test

import (
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/scanner"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

// TestDefinitionNames: Pydantic's short names as long as they are unique.
func TestDefinitionNames(t *testing.T) {
	t.Parallel()
	first := func() reflect.Type {
		type Position struct{ A int }
		return reflect.TypeFor[Position]()
	}()
	second := func() reflect.Type {
		type Position struct{ B int }
		return reflect.TypeFor[Position]()
	}()
	structOf := func(types ...reflect.Type) reflect.Type {
		var fields []reflect.StructField
		for i, typ := range types {
			fields = append(fields, reflect.StructField{Name: string(rune('A' + i)), Type: typ})
		}
		return reflect.StructOf(fields)
	}
	for _, tt := range []struct {
		typ  reflect.Type
		want []string
	}{
		{structOf(reflect.TypeFor[scanner.Position]()), []string{"Position"}},
		{structOf(reflect.TypeFor[scanner.Position](), reflect.TypeFor[token.Position]()), []string{"scanner__Position", "token__Position"}},
		{structOf(first, second, reflect.TypeFor[Page[Color]]()), []string{
			"Color", "Page_Color_", "github.com_celerysalt_salt_schema_test__Position__1", "github.com_celerysalt_salt_schema_test__Position__2",
		}},
	} {
		typ, err := schema.Of(tt.typ)
		if err != nil {
			t.Fatal(err)
		}
		defs := parseJSON(t, typ.Schema().JSON()).(map[string]any)["$defs"].(map[string]any)
		var got []string
		for name := range defs {
			got = append(got, name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.typ, diff)
		}
		if _, err := schema.Parse(typ.Schema().JSON()); err != nil {
			t.Error(err)
		}
	}
}

type (
	event struct{} // as salt.Event: embedded, without members
	base  struct {
		ID   int    `json:"id" salt:"minimum=1"`
		Name string `json:"name"`
	}
	middle struct {
		event
		base
		Name string `json:"name" salt:"maxLength=3"` // nearer than base's
	}
)

func TestEmbedding(t *testing.T) {
	t.Parallel()
	type T struct {
		middle
		Named  base `json:"named"`
		To     string
		hidden int
	}
	typ := of[T](t)
	const want = `{"$defs":{"base":{"properties":{"id":{"minimum":1,"type":"integer","title":"Id"},"name":{"type":"string","title":"Name"}},` +
		`"required":["id","name"],"title":"base","type":"object"}},"properties":{"id":{"minimum":1,"type":"integer","title":"Id"},` +
		`"name":{"type":"string","maxLength":3,"title":"Name"},"named":{"$ref":"#/$defs/base"},"To":{"type":"string","title":"To"}},` +
		`"required":["id","name","named","To"],"title":"T","type":"object"}`
	if diff := cmp.Diff(want, typ.Schema().String()); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	_ = middle{event: event{}}
	v := T{To: "x", hidden: 1}
	v.ID, v.Name, v.base.Name, v.Named.Name = 7, "outer", "inner", "n"
	got, err := typ.Marshal(v)
	if text := `{"id":7,"name":"outer","named":{"id":0,"name":"n"},"To":"x"}`; err != nil || string(got) != text {
		t.Errorf("got %s (%v), want %s", got, err, text)
	}
	var again T
	if err := typ.Unmarshal(got, &again); err != nil || again.ID != 7 || again.Name != "outer" || again.base.Name != "" {
		t.Errorf("got %+v (%v)", again, err)
	}
}

// TestSchemaIsStable: the same text each time, in the order of the fields.
func TestSchemaIsStable(t *testing.T) {
	t.Parallel()
	s := of[everything](t).Schema().String()
	at := 0
	for _, name := range []string{"bool", "int8", "text", "by_uuid", "either", "base", "hidden"} {
		next := strings.Index(s, `"`+name+`":{`)
		if next < at {
			t.Errorf("%s is at %d, before its neighbour", name, next)
		}
		at = next
	}
	if _, err := schema.Parse([]byte(s)); err != nil {
		t.Error(err)
	}
}
