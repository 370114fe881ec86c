package schema_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

func of[T any](t *testing.T, opts ...schema.Option) *schema.Type {
	t.Helper()
	typ, err := schema.Of(reflect.TypeFor[T](), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// property returns the schema of the only member of a struct.
func property[T any](t *testing.T) any {
	t.Helper()
	doc := parseJSON(t, of[T](t).Schema().JSON()).(map[string]any)
	for _, p := range doc["properties"].(map[string]any) {
		delete(p.(map[string]any), "title")
		return p
	}
	return nil
}

func TestTagsInSchema(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		got  func(*testing.T) any
		want string
	}{
		"minimum": {property[struct {
			F int `salt:"minimum=-1,maximum=1"`
		}], `{"minimum":-1,"maximum":1,"type":"integer"}`},
		"exclusive": {property[struct {
			F float32 `salt:"exclusiveMinimum=0.5,exclusiveMaximum=1e3"`
		}], `{"exclusiveMinimum":0.5,"exclusiveMaximum":1000,"type":"number"}`},
		"multipleOf": {property[struct {
			F uint `salt:"multipleOf=5"`
		}], `{"multipleOf":5,"type":"integer"}`},
		"lengths": {property[struct {
			F string `salt:"minLength=1,maxLength=80"`
		}], `{"minLength":1,"maxLength":80,"type":"string"}`},
		"pattern with comma, bar and quote": {property[struct {
			F string `salt:"pattern='^(a|b''){1,2}\\d$',maxLength=4"`
		}], `{"pattern":"^(a|b'){1,2}\\d$","maxLength":4,"type":"string"}`},
		"pattern without quotes": {property[struct {
			F string `salt:"pattern=^a|b$"`
		}], `{"pattern":"^a|b$","type":"string"}`},
		"format": {property[struct {
			F string `salt:"format=email"`
		}], `{"format":"email","type":"string"}`},
		"enum": {property[struct {
			F string `salt:"enum='a,1'|'b|2'|c"`
		}], `{"enum":["a,1","b|2","c"],"type":"string"}`},
		"enum of integers": {property[struct {
			F int `salt:"enum=1|2"`
		}], `{"enum":[1,2],"type":"integer"}`},
		"const": {property[struct {
			F bool `salt:"const=true"`
		}], `{"const":true,"type":"boolean"}`},
		"const of any": {property[struct {
			F any `salt:"const=x"`
		}], `{"const":"x","type":"string"}`},
		"slice": {property[struct {
			F []bool `salt:"minItems=1,maxItems=2,uniqueItems"`
		}], `{"items":{"type":"boolean"},"minItems":1,"maxItems":2,"uniqueItems":true,"type":"array"}`},
		"map": {property[struct {
			F map[string]any `salt:"minProperties=1,maxProperties=2"`
		}], `{"additionalProperties":true,"minProperties":1,"maxProperties":2,"type":"object"}`},
		"for people": {property[struct {
			F int `salt:"description='a, b',examples=1|2,deprecated"`
		}], `{"description":"a, b","examples":[1,2],"deprecated":true,"type":"integer"}`},
		"constraint of an optional": {property[struct {
			F *string `salt:"maxLength=3"`
		}], `{"anyOf":[{"maxLength":3,"type":"string"},{"type":"null"}],"default":null}`},
		"required pointer": {property[struct {
			F *string `salt:"required"`
		}], `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		"optional pointer": {property[struct {
			F *string `salt:"optional"`
		}], `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
		"pointer with default": {property[struct {
			F *int `salt:"default=3"`
		}], `{"anyOf":[{"type":"integer"},{"type":"null"}],"default":3}`},
		"pointers to pointers": {property[struct{ F ***int }], `{"anyOf":[{"type":"integer"},{"type":"null"}],"default":null}`},
		"null slice": {property[struct {
			F []int `salt:"default=null"`
		}], `{"anyOf":[{"items":{"type":"integer"},"type":"array"},{"type":"null"}],"default":null}`},
		"optional decimal": {property[struct{ F *schema.Decimal }],
			`{"anyOf":[{"type":"number"},{"pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$","type":"string"},{"type":"null"}],"default":null}`},
		"decimal multipleOf": {property[struct {
			F schema.Decimal `salt:"multipleOf=0.01"`
		}], `{"anyOf":[{"multipleOf":0.01,"type":"number"},{"pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$","type":"string"}]}`},
		"duration": {property[struct {
			F time.Duration `salt:"default=PT90S"`
		}], `{"default":"PT1M30S","format":"duration","type":"string"}`},
		"bytes": {property[struct {
			F []byte `salt:"minLength=2"`
		}], `{"format":"binary","minLength":2,"type":"string"}`},
		"array of bytes": {property[struct{ F [4]byte }], `{"format":"base64","minLength":8,"maxLength":8,"type":"string"}`},
		"array":          {property[struct{ F [2]int }], `{"items":{"type":"integer"},"minItems":2,"maxItems":2,"type":"array"}`},
		"map of anything": {property[struct{ F map[string]map[string]any }],
			`{"additionalProperties":{"additionalProperties":true,"type":"object"},"type":"object"}`},
		"map of integers": {property[struct{ F map[int]string }], `{"additionalProperties":{"type":"string"},"type":"object"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(parseJSON(t, []byte(tt.want)), tt.got(t)); diff != "" {
				t.Errorf("property (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStructTag(t *testing.T) {
	t.Parallel()
	type inner struct {
		_ struct{} `salt:"open"`
		A int      `json:"a,omitzero"`
	}
	type outer struct {
		_     struct{} `salt:"title=Outer thing,description='One, two',deprecated"`
		Inner inner    `json:"inner" salt:"title=The inner one,description=d"`
	}
	want := `{"$defs":{"inner":{"properties":{"a":{"title":"A","type":"integer"}},"title":"inner","type":"object"}},
		"additionalProperties":false,"deprecated":true,"description":"One, two","title":"Outer thing","type":"object",
		"properties":{"inner":{"$ref":"#/$defs/inner","title":"The inner one","description":"d"}},"required":["inner"]}`
	if diff := cmp.Diff(parseJSON(t, []byte(want)), parseJSON(t, of[outer](t, schema.Strict()).Schema().JSON())); diff != "" {
		t.Errorf("strict (-want +got):\n%s", diff)
	}
	type closed struct {
		_ struct{} `salt:"strict"`
		A int
	}
	if s := of[closed](t, schema.Title("T"), schema.Description("D")).Schema().String(); !strings.Contains(s, `"additionalProperties":false`) ||
		!strings.Contains(s, `"title":"T"`) || !strings.Contains(s, `"description":"D"`) {
		t.Errorf("got %s", s)
	}
}

func TestMemberTitles(t *testing.T) {
	t.Parallel()
	// As Python 3.11 makes them: name.title().replace("_", " ").strip().
	for name, want := range map[string]string{
		"user_id": "User Id", "userId": "Userid", "a1b": "A1B", "x-y": "X-Y", "__a": "A", "HTTPServer": "Httpserver",
		"é_à": "É À", "a.b": "A.B", "ID": "Id", "_x_": "X", "straße": "Straße", "ǆ": "ǅ", "x__y": "X  Y", "": "",
	} {
		if got := schema.MemberTitle(name); got != want {
			t.Errorf("title of %q is %q, want %q", name, got, want)
		}
	}
}

func TestTypeTitles(t *testing.T) {
	t.Parallel()
	type Item struct{ ID int }
	for want, typ := range map[string]reflect.Type{
		"Page[int]":                     reflect.TypeFor[Page[int64]](),
		"Page[Item]":                    reflect.TypeFor[Page[Item]](),
		"Page[Union[int, NoneType]]":    reflect.TypeFor[Page[*int]](),
		"Page[dict[str, Any]]":          reflect.TypeFor[Page[map[string]any]](),
		"Page[dict[str, list[Item]]]":   reflect.TypeFor[Page[map[string][]Item]](),
		"Page[datetime]":                reflect.TypeFor[Page[time.Time]](),
		"Page[Decimal]":                 reflect.TypeFor[Page[schema.Decimal]](),
		"Page[bytes]":                   reflect.TypeFor[Page[[]byte]](),
		"Page[Page[timedelta]]":         reflect.TypeFor[Page[Page[time.Duration]]](),
		"Page[list[list[bool]]]":        reflect.TypeFor[Page[[][3]bool]](),
		"pair[str, Page[float]]":        reflect.TypeFor[pair[string, Page[float64]]](),
		"pair[dict[str, Item], UUIDv9]": reflect.TypeFor[pair[map[string]Item, UUIDv9]](),
	} {
		typ, err := schema.Of(typ)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if got := parseJSON(t, typ.Schema().JSON()).(map[string]any)["title"]; got != want {
			t.Errorf("title %q, want %q", got, want)
		}
	}
}

type (
	pair[A, B any] struct {
		First  A
		Second B
	}
	UUIDv9 string
)

// of2 is of for places without a T.
func of2[T any]() *schema.Type {
	typ, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		panic(err)
	}
	return typ
}
