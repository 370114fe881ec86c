package schema_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/celerysalt/salt/schema"
)

func TestUnmarshalErrors(t *testing.T) {
	t.Parallel()
	type T struct {
		Bool     bool              `json:"bool"`
		Int8     int8              `json:"int8"`
		Uint     uint              `json:"uint"`
		Float    float64           `json:"float"`
		Float32  float32           `json:"float32"`
		Text     string            `json:"text"`
		Base64   []byte            `json:"base64" salt:"format=base64"`
		Hash     [2]byte           `json:"hash"`
		Time     time.Time         `json:"time"`
		Date     time.Time         `json:"date" salt:"format=date"`
		Duration time.Duration     `json:"duration"`
		Decimal  schema.Decimal    `json:"decimal" salt:"maximum=10"`
		UUID     uuid.UUID         `json:"uuid"`
		Big      big.Int           `json:"big"`
		Any      any               `json:"any"`
		List     []int             `json:"list"`
		Array    [1]int            `json:"array"`
		Map      map[int8]int      `json:"map"`
		Struct   struct{ A []int } `json:"struct"`
		Fail     failing           `json:"fail"`
		Pet      Pet               `json:"pet"`
		Either   AorB              `json:"either"`
	}
	typ := of[T](t)
	for _, tt := range []struct{ doc, pointer, rule string }{
		{`{"bool":"secret"}`, "/bool", "type"},
		{`{"bool":null}`, "/bool", "type"},
		{`{"int8":128}`, "/int8", "precision"},
		{`{"int8":1.5}`, "/int8", "type"},
		{`{"int8":1e400}`, "/int8", "precision"},
		{`{"int8":1e401}`, "/int8", "number"},
		{`{"int8":"1"}`, "/int8", "type"},
		{`{"uint":-1}`, "/uint", "precision"},
		{`{"uint":18446744073709551616}`, "/uint", "precision"},
		{`{"float":9007199254740993}`, "/float", "precision"},
		{`{"float":1.00000000000000001}`, "/float", "precision"},
		{`{"float":1e309}`, "/float", "precision"},
		{`{"float":1e-390}`, "/float", "precision"},
		{`{"float32":16777217}`, "/float32", "precision"},
		{`{"float32":0.123456789}`, "/float32", "precision"},
		{`{"text":1}`, "/text", "type"},
		{`{"base64":"secret*"}`, "/base64", "format"},
		{`{"hash":"AQID"}`, "/hash", "format"},
		{`{"time":"secret"}`, "/time", "format"},
		{`{"date":"2026-02-30"}`, "/date", "format"},
		{`{"duration":"secret"}`, "/duration", "format"},
		{`{"duration":"P300Y"}`, "/duration", "precision"},
		{`{"duration":"PT0.0000000001S"}`, "/duration", "precision"},
		{`{"decimal":"secret"}`, "/decimal", "type"},
		{`{"decimal":"10.01"}`, "/decimal", "maximum"},
		{`{"decimal":true}`, "/decimal", "type"},
		{`{"uuid":"secret"}`, "/uuid", "format"},
		{`{"big":"1"}`, "/big", "type"},
		{`{"any":[0,{"x":1.00000000000000001}]}`, "/any/1/x", "precision"},
		{`{"any":18446744073709551615}`, "/any", "precision"},
		{`{"list":{}}`, "/list", "type"},
		{`{"list":[1,"secret"]}`, "/list/1", "type"},
		{`{"list":null}`, "/list", "type"},
		{`{"array":[1,2]}`, "/array", "items"},
		{`{"map":{"secret":1}}`, "/map/secret", "propertyNames"},
		{`{"map":{"300":1}}`, "/map/300", "propertyNames"},
		{`{"map":{"1":1,"01":2}}`, "/map/01", "duplicate"},
		{`{"struct":{"A":[1,2,true]}}`, "/struct/A/2", "type"},
		{`{"fail":"secret"}`, "/fail", "format"},
		{`{"pet":{}}`, "/pet/kind", "required"},
		{`{"pet":{"kind":"secret"}}`, "/pet/kind", "discriminator"},
		{`{"pet":{"kind":1}}`, "/pet/kind", "discriminator"},
		{`{"pet":"secret"}`, "/pet", "type"},
		{`{"either":{}}`, "/either", "anyOf"},
		{`{"either":null}`, "/either", "type"},
		{`{"text":"a","text":"b"}`, "/text", "duplicate"},
		{"{\"text\":\"secret\xff\"}", "/text", "utf8"},
		{`{"text":"\ud800"}`, "/text", "utf8"},
		{`{"text":"a"}{}`, "", "syntax"},
		{`[]`, "", "type"},
	} {
		var v T
		err := typ.Unmarshal([]byte(tt.doc), &v)
		bad, ok := errors.AsType[*schema.Error](err)
		if !ok {
			t.Errorf("%s: got %v, want an *Error", tt.doc, err)
			continue
		}
		if got := bad.Fields[0]; got.Pointer != tt.pointer || got.Rule != tt.rule {
			t.Errorf("%s: got %q %s, want %q %s", tt.doc, got.Pointer, got.Rule, tt.pointer, tt.rule)
		}
		if strings.Contains(strings.ReplaceAll(err.Error(), "/map/secret", ""), "secret") {
			t.Errorf("%s: the error tells the value: %v", tt.doc, err)
		}
	}
}

func TestUnmarshalNumbers(t *testing.T) {
	t.Parallel()
	type T struct {
		Int     int64          `json:"int"`
		Uint    uint8          `json:"uint"`
		Float   float64        `json:"float"`
		Float32 float32        `json:"float32"`
		Any     any            `json:"any"`
		Decimal schema.Decimal `json:"decimal"`
		Number  json.Number    `json:"number"`
	}
	typ := of[T](t)
	for doc, want := range map[string]T{
		`{"int":3.0}`:                      {Int: 3},
		`{"int":1e3}`:                      {Int: 1000},
		`{"int":-0.0}`:                     {},
		`{"uint":-0}`:                      {},
		`{"int":-9223372036854775808}`:     {Int: math.MinInt64},
		`{"float":0.1}`:                    {Float: 0.1},
		`{"float":9007199254740992}`:       {Float: 1 << 53},
		`{"float":1e22}`:                   {Float: 1e22},
		`{"float":5e-324}`:                 {Float: 5e-324},
		`{"float":0.10000000000000000}`:    {Float: 0.1},
		`{"float32":0.1}`:                  {Float32: 0.1},
		`{"float32":16777216}`:             {Float32: 1 << 24},
		`{"any":9007199254740993}`:         {Any: int64(9007199254740993)},
		`{"any":1e3}`:                      {Any: 1000.0},
		`{"decimal":0.1}`:                  {Decimal: "0.1"},
		`{"decimal":1E-2}`:                 {Decimal: "0.01"},
		`{"decimal":"+007.50"}`:            {Decimal: "7.50"},
		`{"decimal":1.00000000000000001}`:  {Decimal: "1.00000000000000001"},
		`{"number":"1.50"}`:                {Number: "1.50"},
		`{"number":123456789012345678901}`: {Number: "123456789012345678901"},
	} {
		var got T
		if err := typ.Unmarshal([]byte(doc), &got); err != nil {
			t.Errorf("%s: %v", doc, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
	}
}

func TestUnmarshalTimes(t *testing.T) {
	t.Parallel()
	type T struct{ At time.Time }
	typ := of[T](t)
	for text, want := range map[string]time.Time{
		"2026-01-02T03:04:05Z":             time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		"2026-01-02T03:04:05":              time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), // naive, as celery-salt sends it
		"2026-01-02T03:04:05.123456":       time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC),
		"2026-01-02T03:04:05.123456+00:00": time.Date(2026, 1, 2, 3, 4, 5, 123456000, time.UTC),
		"2026-01-02T03:04:05-05:30":        time.Date(2026, 1, 2, 8, 34, 5, 0, time.UTC),
	} {
		var got T
		if err := typ.Decode([]byte(`{"At":"`+text+`"}`), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !got.At.Equal(want) {
			t.Errorf("%s: got %v, want %v", text, got.At, want)
		}
	}
}
