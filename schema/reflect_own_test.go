package schema_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

type (
	// upper writes its fields itself; the schema is that of its fields.
	upper struct {
		Name string `json:"name" salt:"default=n"`
	}
	refusing struct {
		A int `json:"a"`
	}
	level     int // its JSON is a string
	hasRef    struct{}
	hasNoText struct{}
	noObject  struct{}
	stringer  struct{ A int } // writes text only, so its fields count
)

func (u upper) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"name": strings.ToUpper(u.Name)})
}

func (u *upper) UnmarshalJSON(data []byte) error {
	var m map[string]string
	err := json.Unmarshal(data, &m)
	u.Name = strings.ToLower(m["name"])
	return err
}

func (refusing) MarshalJSON() ([]byte, error) { return nil, errFailing }
func (*refusing) UnmarshalJSON([]byte) error  { return errFailing }
func (level) JSONSchema() string              { return `{"type":"string","enum":["low","high"]}` }
func (l level) MarshalText() ([]byte, error)  { return []byte([]string{"low", "high"}[l]), nil }
func (hasRef) JSONSchema() string             { return `{"items":{"$ref":"#"}}` }
func (hasRef) MarshalText() ([]byte, error)   { return nil, nil }
func (hasNoText) JSONSchema() string          { return `{}` }
func (noObject) JSONSchema() string           { return `true` }
func (noObject) MarshalText() ([]byte, error) { return nil, nil }
func (stringer) MarshalText() ([]byte, error) { return nil, errFailing }
func (l *level) UnmarshalText(text []byte) error {
	if string(text) == "high" {
		*l = 1
	}
	return nil
}

func TestOwnJSON(t *testing.T) {
	t.Parallel()
	type T struct {
		Upper  upper    `json:"upper" salt:"default={}"`
		Level  level    `json:"level" salt:"default=high"`
		Fields stringer `json:"fields"`
	}
	typ := of[T](t)
	const want = `{"$defs":{"stringer":{"properties":{"A":{"type":"integer","title":"A"}},"required":["A"],"title":"stringer","type":"object"},` +
		`"upper":{"properties":{"name":{"type":"string","title":"Name","default":"n"}},"title":"upper","type":"object"}},` +
		`"properties":{"upper":{"$ref":"#/$defs/upper","default":{"name":""}},` +
		`"level":{"type":"string","enum":["low","high"],"title":"Level","default":"high"},"fields":{"$ref":"#/$defs/stringer"}},` +
		`"required":["fields"],"title":"T","type":"object"}`
	if diff := cmp.Diff(parseJSON(t, []byte(want)), parseJSON(t, typ.Schema().JSON())); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	var v T
	if err := typ.Decode([]byte(`{"upper":{"name":"X"},"fields":{"A":1}}`), &v); err != nil || v != (T{upper{"x"}, 1, stringer{1}}) {
		t.Errorf("got %+v, %v", v, err)
	}
	if got, err := typ.Marshal(v); err != nil || string(got) != `{"upper":{"name":"X"},"level":"high","fields":{"A":1}}` {
		t.Errorf("got %s, %v", got, err)
	}
	type R struct{ R refusing }
	if _, err := of[R](t).Marshal(R{}); !errors.Is(err, errFailing) || !strings.Contains(err.Error(), "/R") {
		t.Errorf("got %v", err)
	}
	for doc, rule := range map[string]string{`{"R":{}}`: "type", `{"R":[]}`: "type", `{"R":null}`: "type"} {
		bad, ok := errors.AsType[*schema.Error](of[R](t).Unmarshal([]byte(doc), new(R)))
		if !ok || bad.Fields[0].Pointer != "/R" || bad.Fields[0].Rule != rule {
			t.Errorf("%s: got %v", doc, bad)
		}
	}
}

// either has in its own schema what the reflector writes, too.
type either struct{ text string }

func (either) JSONSchema() string {
	return `{"anyOf":[{"type":"string"},{"type":"integer"}],"title":"Own"}`
}
func (e either) MarshalText() ([]byte, error)  { return []byte(e.text), nil }
func (e *either) UnmarshalText(b []byte) error { e.text = string(b); return nil }

// plainEither has the one keyword that Optional has.
type plainEither struct{ either }

func (plainEither) JSONSchema() string { return `{"anyOf":[{"type":"string"},{"type":"integer"}]}` }

func TestOwnSchemaKept(t *testing.T) {
	t.Parallel()
	type T struct {
		E *plainEither `json:"e"`
	}
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[either](): `{"anyOf":[{"type":"string"},{"type":"integer"}],"title":"Own"}`,
		reflect.TypeFor[T]():      `{"properties":{"e":{"anyOf":[{"anyOf":[{"type":"string"},{"type":"integer"}]},{"type":"null"}],"default":null,"title":"E"}},"title":"T","type":"object"}`,
	} {
		got, err := schema.Of(typ)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parseJSON(t, []byte(want)), parseJSON(t, got.Schema().JSON())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typ, diff)
		}
		if n := strings.Count(string(got.Schema().JSON()), `"title":"Own"`) + strings.Count(string(got.Schema().JSON()), `"title":"either"`); n > 1 {
			t.Errorf("%s has %d titles: %s", typ, n, got.Schema().JSON())
		}
	}
}

func TestOwnSchemaErrors(t *testing.T) {
	t.Parallel()
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[hasRef]():      "without references",
		reflect.TypeFor[hasNoText]():   "no method to write",
		reflect.TypeFor[noObject]():    "must be an object",
		reflect.TypeFor[map[Num]int](): "enum of integers",
	} {
		if _, err := schema.Of(typ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", typ, err, want)
		}
	}
}

// TestMarshalAny: what an any holds is written in the dialect, too.
func TestMarshalAny(t *testing.T) {
	t.Parallel()
	second := time.Second
	type S struct {
		D time.Duration `json:"d"`
	}
	for _, tt := range []struct {
		v    any
		want string
	}{
		{nil, `null`}, {true, `true`}, {7, `7`}, {"x", `"x"`}, {1e21, `1e+21`}, {json.Number("1.50"), `1.50`},
		{[]any{second, &second, (*int)(nil)}, `["PT1S","PT1S",null]`},
		{map[string]any{"s": S{second}, "d": schema.Decimal("1.50")}, `{"d":"1.50","s":{"d":"PT1S"}}`},
		{big.NewInt(5), `5`}, {map[Color]uint8{"red": 1}, `{"red":1}`}, {[2]byte{1, 2}, `"AQI="`},
		{selfWritten{3}, `{"n":3}`}, // JSON of its own needs no schema within an any
	} {
		got, err := of[struct{ A any }](t).Marshal(struct{ A any }{tt.v})
		if err != nil || string(got) != `{"A":`+tt.want+`}` {
			t.Errorf("%T: got %s (%v), want %s", tt.v, got, err, tt.want)
		}
	}
	for _, v := range []any{make(chan int), func() {}, map[string]any{"x": []any{complex(1, 1)}}} {
		if got, err := of[struct{ A any }](t).Marshal(struct{ A any }{v}); err == nil {
			t.Errorf("%T: got %s", v, got)
		}
	}
}

type selfWritten struct{ n int }

func (s selfWritten) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]int{"n": s.n}) }

// TestMapKeys: keys that are text, an enum or a time.
func TestMapKeys(t *testing.T) {
	t.Parallel()
	type T struct {
		Colors map[Color]int `json:"colors"`
	}
	typ := of[T](t)
	const want = `{"$defs":{"Color":{"enum":["red","blue"],"title":"Color","type":"string"}},"properties":{"colors":{` +
		`"additionalProperties":{"type":"integer"},"propertyNames":{"$ref":"#/$defs/Color"},"type":"object","title":"Colors"}},` +
		`"required":["colors"],"title":"T","type":"object"}`
	if diff := cmp.Diff(want, typ.Schema().String()); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	var v T
	if err := typ.Decode([]byte(`{"colors":{"red":1}}`), &v); err != nil || v.Colors["red"] != 1 {
		t.Errorf("got %+v, %v", v, err)
	}
	if err := typ.Decode([]byte(`{"colors":{"green":1}}`), &v); err == nil {
		t.Error("green is accepted")
	}
}

func TestAnyLiterals(t *testing.T) {
	t.Parallel()
	type T struct {
		Int   any `json:"int" salt:"enum=1|2"`
		Float any `json:"float" salt:"enum=1|2.5"`
		Bool  any `json:"bool" salt:"const=true"`
		Mixed any `json:"mixed" salt:"enum=a|true|null|1"`
	}
	got := parseJSON(t, of[T](t).Schema().JSON()).(map[string]any)["properties"]
	want := parseJSON(t, []byte(`{"int":{"enum":[1,2],"type":"integer","title":"Int"},"float":{"enum":[1,2.5],"type":"number","title":"Float"},
		"bool":{"const":true,"type":"boolean","title":"Bool"},"mixed":{"enum":["a",true,null,1],"title":"Mixed"}}`))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecimalPatternsArePydantics(t *testing.T) {
	t.Parallel()
	// From TypeAdapter(Annotated[Decimal, Field(…)]).json_schema() of 2.13.
	type T struct {
		Digits schema.Decimal `json:"digits" salt:"maxDigits=4"`
		Places schema.Decimal `json:"places" salt:"decimalPlaces=2"`
		Both   schema.Decimal `json:"both" salt:"maxDigits=2,decimalPlaces=5"`
	}
	const start = `^(?!^[-+.]*$)[+-]?0*`
	for name, want := range map[string]string{
		"digits": start + `(?:\d{0,4}|(?=[\d.]{1,5}0*$)\d*\.\d*0*$)`,
		"places": start + `\d*\.?\d{0,2}0*$`,
		"both":   start + `(?:\d{0,0}|(?=[\d.]{1,3}0*$)\d{0,0}\.\d{0,5}0*$)`,
	} {
		p := parseJSON(t, of[T](t).Schema().JSON()).(map[string]any)["properties"].(map[string]any)[name].(map[string]any)
		if got := p["anyOf"].([]any)[1].(map[string]any)["pattern"]; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if _, err := schema.Parse(of[T](t).Schema().JSON()); err != nil {
		t.Error(err)
	}
}
