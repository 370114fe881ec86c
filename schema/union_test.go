package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

type (
	shape     interface{ area() float64 }
	withField interface{ withField() }

	circle struct {
		Kind   int     `json:"kind" salt:"const=1"`
		Radius float64 `json:"radius"`
	}
	square struct {
		Kind int     `json:"kind" salt:"enum=2|3"`
		Side float64 `json:"side"`
		In   []shape `json:"in" salt:"default=[]"` // unions may be recursive
	}
	noTag       struct{ Kind string }
	ofStruct    struct{ Kind struct{ A int } }
	withPointer struct {
		Kind *string `json:"kind" salt:"const=x"`
	}
	triangle struct {
		Kind int `json:"kind" salt:"const=4"`
	}
)

func (circle) area() float64       { return 0 }
func (*square) area() float64      { return 0 }
func (triangle) area() float64     { return 0 }
func (noTag) withField()           {}
func (ofStruct) withField()        {}
func (withPointer) withField()     {}
func (notStruct) withField()       {}
func (sameAsCircle) area() float64 { return 0 }

type (
	notStruct    int
	sameAsCircle struct {
		Kind int `json:"kind" salt:"const=1"`
	}
	big1 interface{ big1() }
	wide struct {
		A int  `json:"a"`
		B *int `json:"b"`
	}
	narrow struct {
		A int `json:"a"`
	}
	strictOne struct {
		_ struct{} `salt:"strict"`
		C int      `json:"c"`
	}
)

func (wide) big1()      {}
func (narrow) big1()    {}
func (strictOne) big1() {}

func init() {
	schema.RegisterUnion[shape]("kind", shape(circle{}), &square{})
	schema.RegisterUnion[big1]("", big1(narrow{}), wide{}, strictOne{})
}

func TestUnionSchema(t *testing.T) {
	t.Parallel()
	type T struct {
		Shape shape  `json:"shape"`
		Maybe shape  `json:"maybe" salt:"default=null"`
		Also  *shape `json:"also"`
	}
	const union = `{"discriminator":{"mapping":{"1":"#/$defs/circle","2":"#/$defs/square","3":"#/$defs/square"},"propertyName":"kind"},
		"oneOf":[{"$ref":"#/$defs/circle"},{"$ref":"#/$defs/square"}]}`
	want := `{"shape":` + strings.TrimSuffix(union, "}") + `,"title":"Shape"},
		"maybe":{"anyOf":[` + union + `,{"type":"null"}],"default":null,"title":"Maybe"},
		"also":{"anyOf":[` + union + `,{"type":"null"}],"default":null,"title":"Also"}}`
	got := parseJSON(t, of[T](t).Schema().JSON()).(map[string]any)
	if diff := cmp.Diff(parseJSON(t, []byte(want)), got["properties"]); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"shape"}, got["required"]); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
}

func TestUnionRoundTrip(t *testing.T) {
	t.Parallel()
	typ := of[shape](t) // also as the root
	for doc, want := range map[string]shape{
		`{"kind":1,"radius":2}`:      circle{1, 2},
		`{"kind":1.0,"radius":2}`:    circle{1, 2},
		`{"kind":3,"side":1}`:        &square{3, 1, []shape{}},
		`{"radius":2,"kind":1}`:      circle{1, 2},
		`{"k\u0069nd":1,"radius":2}`: circle{1, 2},
		`{"kind":2,"side":1,"in":[{"kind":1,"radius":3},{"kind":2,"side":4,"in":[]}]}`: &square{2, 1, []shape{circle{1, 3}, &square{2, 4, []shape{}}}},
	} {
		var got shape
		if err := typ.Decode([]byte(doc), &got); err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
		text, err := typ.Marshal(got)
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		var again shape
		if err := typ.Decode(text, &again); err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%s: became %s (%v)", doc, text, err)
		}
	}
	if got, err := typ.Marshal(&circle{1, 2}); err != nil || string(got) != `{"kind":1,"radius":2}` {
		t.Errorf("a pointer to a variant registered by value: %s, %v", got, err)
	}
	type T struct{ S shape }
	for want, v := range map[string]any{"nil": T{}, "a nil pointer": T{(*square)(nil)}, "triangle": T{triangle{}}} {
		if _, err := of[T](t).Marshal(v); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/S") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestPlainUnion: as Pydantic's smart mode, the variant that knows most.
func TestPlainUnion(t *testing.T) {
	t.Parallel()
	three := 3
	type T struct{ U big1 }
	for doc, want := range map[string]big1{
		`{"a":1}`: narrow{1}, `{"a":1,"b":3}`: wide{1, &three}, `{"a":1,"x":3}`: narrow{1}, `{"c":1}`: strictOne{C: 1},
		`{"a":1,"c":1}`: narrow{1},
	} {
		var got T
		if err := of[T](t).Decode([]byte(`{"U":`+doc+`}`), &got); err != nil {
			t.Errorf("%s: %v", doc, err)
		} else if diff := cmp.Diff(want, got.U, cmp.AllowUnexported(strictOne{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
	}
	var got T
	if err := of[T](t).Unmarshal([]byte(`{"U":{"c":1,"x":2}}`), &got); err == nil {
		t.Errorf("got %+v", got)
	}
}

func TestRegisterUnionPanics(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		register func()
		want     []string
	}{
		"no interface":   {func() { schema.RegisterUnion("kind", circle{}) }, []string{"circle", "no interface"}},
		"any":            {func() { schema.RegisterUnion[any]("kind", circle{}) }, []string{"interface {}", "methods"}},
		"no variants":    {func() { schema.RegisterUnion[withField]("kind") }, []string{"withField", "no variants"}},
		"nil":            {func() { schema.RegisterUnion[withField]("kind", nil) }, []string{"withField", "nil"}},
		"no struct":      {func() { schema.RegisterUnion[withField]("kind", notStruct(1)) }, []string{"notStruct", "struct"}},
		"twice":          {func() { schema.RegisterUnion[shape]("kind", circle{}, &circle{}) }, []string{"circle", "twice"}},
		"no member":      {func() { schema.RegisterUnion[withField]("kind", noTag{}) }, []string{"noTag", `"kind"`}},
		"no tag":         {func() { schema.RegisterUnion[withField]("Kind", noTag{}) }, []string{"noTag", "Kind", "const or enum"}},
		"of a struct":    {func() { schema.RegisterUnion[withField]("Kind", ofStruct{}) }, []string{"ofStruct", "Kind", "string, integer or bool"}},
		"of a pointer":   {func() { schema.RegisterUnion[withField]("kind", withPointer{}) }, []string{"withPointer", "Kind"}},
		"same value":     {func() { schema.RegisterUnion[shape]("kind", circle{}, sameAsCircle{}) }, []string{"circle", "sameAsCircle", "kind 1"}},
		"registered yet": {func() { schema.RegisterUnion[shape]("kind", circle{}) }, []string{"shape", "already"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				message, _ := recover().(string)
				for _, part := range tt.want {
					if !strings.Contains(message, part) {
						t.Errorf("panic %q lacks %q", message, part)
					}
				}
			}()
			tt.register()
		})
	}
}
