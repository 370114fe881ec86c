package schema_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/celerysalt/salt/schema"
)

// everything has a field of each form that Marshal must bring back.
type everything struct {
	Bool     bool                     `json:"bool"`
	Int8     int8                     `json:"int8"`
	Int      int64                    `json:"int"`
	Uint     uint64                   `json:"uint"`
	Float    float64                  `json:"float"`
	Float32  float32                  `json:"float32"`
	Text     string                   `json:"text"`
	Named    Color                    `json:"named"`
	Bytes    []byte                   `json:"bytes"`
	Base64   []byte                   `json:"base64" salt:"format=base64"`
	Hash     [5]byte                  `json:"hash"`
	Time     time.Time                `json:"time"`
	Date     time.Time                `json:"date" salt:"format=date"`
	Duration time.Duration            `json:"duration"`
	Decimal  schema.Decimal           `json:"decimal"`
	Number   json.Number              `json:"number"`
	UUID     uuid.UUID                `json:"uuid"`
	Any      any                      `json:"any"`
	Raw      jsontext.Value           `json:"raw"`
	Pointer  **int                    `json:"pointer"`
	Nil      *int                     `json:"nil"`
	List     []string                 `json:"list"`
	Array    [2]bool                  `json:"array"`
	ByName   map[string]time.Duration `json:"by_name"`
	ByNumber map[int8]string          `json:"by_number"`
	ByUint   map[uint]bool            `json:"by_uint"`
	ByUUID   map[uuid.UUID]int        `json:"by_uuid"`
	Struct   struct{ A int }          `json:"struct"`
	Pets     []Pet                    `json:"pets"`
	Either   AorB                     `json:"either"`
	inherited
	Others map[string]int `json:",embed"`
}

type inherited struct {
	Base string `json:"base"`
	Text string `json:"hidden"`
}

func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	seven := 7
	pointer := &seven
	id := uuid.MustParse("12345678-1234-5678-1234-567812345678")
	full := everything{
		Bool: true, Int8: -128, Int: math.MinInt64, Uint: math.MaxUint64, Float: -1e-7, Float32: 0.1, Text: "é\"\\\n<", Named: "red",
		Bytes: []byte("é"), Base64: []byte{0xff, 0}, Hash: [5]byte{1, 2, 3}, Time: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC),
		Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Duration: 90 * time.Second, Decimal: "10.50", Number: "1.50e2", UUID: id,
		Any: map[string]any{"b": []any{1.5, nil, true, "x"}, "a": map[string]any{}}, Raw: jsontext.Value(`{"z":1}`), Pointer: &pointer,
		List: []string{"a"}, Array: [2]bool{true, false}, ByName: map[string]time.Duration{"b": 1, "a": time.Hour},
		ByNumber: map[int8]string{10: "x", 9: "y"}, ByUint: map[uint]bool{3: true}, ByUUID: map[uuid.UUID]int{id: 1}, Struct: struct{ A int }{3},
		Pets: []Pet{Cat{"cat", 9}, &Dog{"puppy", true}}, Either: B{"x"}, inherited: inherited{"base", "h"}, Others: map[string]int{"more": 1},
	}
	const want = `{"bool":true,"int8":-128,"int":-9223372036854775808,"uint":18446744073709551615,"float":-1e-7,"float32":0.1,` +
		`"text":"é\"\\\n<","named":"red","bytes":"é","base64":"/wA=","hash":"AQIDAAA=","time":"2026-01-02T03:04:05.0000006Z",` +
		`"date":"2026-01-02","duration":"PT1M30S","decimal":"10.50","number":1.50e2,"uuid":"12345678-1234-5678-1234-567812345678",` +
		`"any":{"a":{},"b":[1.5,null,true,"x"]},"raw":{"z":1},"pointer":7,"nil":null,"list":["a"],"array":[true,false],` +
		`"by_name":{"a":"PT1H","b":"PT0.000000001S"},"by_number":{"10":"x","9":"y"},"by_uint":{"3":true},` +
		`"by_uuid":{"12345678-1234-5678-1234-567812345678":1},"struct":{"A":3},` +
		`"pets":[{"kind":"cat","lives":9},{"kind":"puppy","good":true}],"either":{"b":"x"},"base":"base","hidden":"h","more":1}`
	typ := of[everything](t)
	for _, v := range []any{full, &full} {
		got, err := typ.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("marshal %T (-want +got):\n%s", v, cmp.Diff(want, string(got)))
		}
	}
	if err := typ.Schema().Validate([]byte(want)); err != nil {
		t.Errorf("what Marshal writes is not valid: %v", err)
	}
	var again everything
	if err := typ.Unmarshal([]byte(want), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, again, cmp.AllowUnexported(everything{})); diff != "" {
		t.Errorf("unmarshal (-want +got):\n%s", diff)
	}
}

func TestMarshalZero(t *testing.T) {
	t.Parallel()
	type T struct {
		List    []int             `json:"list"`
		Map     map[string]int    `json:"map"`
		NullMap map[string]int    `json:"null_map" salt:"default=null"`
		Bytes   []byte            `json:"bytes"`
		Decimal schema.Decimal    `json:"decimal"`
		Number  json.Number       `json:"number"`
		Any     any               `json:"any"`
		Zero    int               `json:"zero,omitzero"`
		Empty   []int             `json:"empty,omitempty"`
		Time    time.Time         `json:"time,omitzero"`
		Nothing map[string]string `json:"nothing,omitempty"`
		Big     big.Int           `json:"big"`
		Ignored func()            `json:"-"`
	}
	got, err := of[T](t).Marshal(T{Empty: []int{}})
	const want = `{"list":[],"map":{},"null_map":null,"bytes":"","decimal":"0","number":0,"any":null,"big":0}`
	if err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestMarshalErrors(t *testing.T) {
	t.Parallel()
	type loop struct {
		Next *loop `json:"next"`
	}
	self := &loop{}
	self.Next = self
	type T struct {
		Float  float64           `json:"float"`
		Text   string            `json:"text"`
		Bytes  []byte            `json:"bytes"`
		Amount schema.Decimal    `json:"amount" salt:"minimum=0,maxDigits=4,decimalPlaces=2"`
		Number json.Number       `json:"number"`
		Time   time.Time         `json:"time"`
		Date   time.Time         `json:"date" salt:"format=date"`
		Map    map[string]string `json:"map"`
		List   [][]float64       `json:"a/b"`
		Any    any               `json:"any"`
		Others map[string]int    `json:",embed"`
	}
	for name, tt := range map[string]struct {
		v       T
		pointer string
		rule    string
	}{
		"NaN":               {T{Float: math.NaN()}, "/float", "number"},
		"infinity":          {T{List: [][]float64{{}, {1, math.Inf(1)}}}, "/a~1b/1/1", "number"},
		"invalid UTF-8":     {T{Text: "secret\xff"}, "/text", "utf8"},
		"invalid UTF-8 key": {T{Map: map[string]string{"secret\xff": ""}}, "/map", "utf8"},
		"binary bytes":      {T{Bytes: []byte("secret\xff")}, "/bytes", "utf8"},
		"decimal":           {T{Amount: "secret"}, "/amount", "decimal"},
		"decimal range":     {T{Amount: "-1"}, "/amount", "minimum"},
		"decimal digits":    {T{Amount: "123.45"}, "/amount", "pattern"},
		"number":            {T{Number: "secret"}, "/number", "decimal"},
		"year":              {T{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "/time", "date-time"},
		"year of date":      {T{Date: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "/date", "date"},
		"endless":           {T{Any: self}, "/any" + strings.Repeat("/next", 149), "depth"},
		"any":               {T{Any: map[string]any{"x": []float32{float32(math.NaN())}}}, "/any/x/0", "number"},
		"member twice":      {T{Others: map[string]int{"text": 1}}, "/text", "duplicate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := of[T](t).Marshal(tt.v)
			bad, ok := errors.AsType[*schema.Error](err)
			if !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			if got := bad.Fields[0]; got.Pointer != tt.pointer || got.Rule != tt.rule {
				t.Errorf("got %q %s, want %q %s", got.Pointer, got.Rule, tt.pointer, tt.rule)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the value: %v", err)
			}
		})
	}
	typ := of[struct{ E failing }](t)
	if _, err := typ.Marshal(struct{ E failing }{}); !errors.Is(err, errFailing) || !strings.Contains(err.Error(), "/E") {
		t.Errorf("got %v, want the method's own error and the place", err)
	}
	for _, v := range []any{nil, 3, (*struct{ E failing })(nil), struct{}{}} {
		if _, err := typ.Marshal(v); err == nil {
			t.Errorf("marshal %T: no error", v)
		}
	}
	for _, v := range []any{nil, 3, (*struct{ E failing })(nil), struct{ E failing }{}, new(int)} {
		if err := typ.Unmarshal([]byte("{}"), v); err == nil {
			t.Errorf("unmarshal into %T: no error", v)
		}
	}
}

type failing struct{}

var errFailing = errors.New("failing on purpose")

func (failing) MarshalText() ([]byte, error) { return nil, errFailing }
func (*failing) UnmarshalText([]byte) error  { return errFailing }
