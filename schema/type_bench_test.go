package schema

import (
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// The events of the validator's benchmark with the types and tags that a
// service would give them.
type (
	typedCustomer struct {
		ID       uuid.UUID `json:"id"`
		UserID   int64     `json:"user_id" salt:"minimum=1"`
		Email    string    `json:"email" salt:"format=email,maxLength=254"`
		Name     *string   `json:"name"`
		Score    float64   `json:"score" salt:"minimum=0,maximum=10"`
		Active   bool      `json:"active"`
		Tags     []string  `json:"tags" salt:"default=[]"`
		Occurred time.Time `json:"occurred"`
	}
	typedLine struct {
		SKU      string  `json:"sku" salt:"minLength=1,pattern='^[A-Z]{2}-\\d+$'"`
		Qty      int64   `json:"qty" salt:"exclusiveMinimum=0"`
		Price    float64 `json:"price" salt:"minimum=0"`
		Currency string  `json:"currency" salt:"enum=EUR|USD,default=EUR"`
		Note     *string `json:"note" salt:"maxLength=80"`
		Gift     bool    `json:"gift" salt:"default=false"`
	}
	typedEvent struct {
		OrderID  uuid.UUID         `json:"order_id"`
		PlacedAt time.Time         `json:"placed_at"`
		Customer typedCustomer     `json:"customer"`
		Lines    []typedLine       `json:"lines" salt:"minItems=1"`
		Meta     map[string]string `json:"meta" salt:"default={}"`
		Total    float64           `json:"total"`
	}
)

// BenchmarkType compares with bare go-json-experiment in one run.
func BenchmarkType(b *testing.B) {
	for _, bb := range []struct {
		name, doc string
		goType    reflect.Type
	}{
		{"small", smallDoc, reflect.TypeFor[typedCustomer]()},
		{"big", bigDoc(), reflect.TypeFor[typedEvent]()},
	} {
		doc := []byte(bb.doc)
		typ, err := Of(bb.goType)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, f func(v any) error) {
			b.Run(bb.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := f(reflect.New(bb.goType).Interface()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("unmarshal/bare", func(v any) error { return json.Unmarshal(doc, v) })
		run("unmarshal/salt", func(v any) error { return typ.Unmarshal(doc, v) })
		run("unmarshal/salt+validate", func(v any) error { return typ.Decode(doc, v) })
		full := reflect.New(bb.goType).Interface()
		if err := typ.Unmarshal(doc, full); err != nil {
			b.Fatal(err)
		}
		run("marshal/bare", func(any) error { _, err := json.Marshal(full, json.Deterministic(true)); return err })
		run("marshal/salt", func(any) error { _, err := typ.Marshal(full); return err })
		run("of", func(any) error { _, err := reflectType(typeKey{goType: bb.goType}); return err })
		run("of/cached", func(any) error { _, err := Of(bb.goType); return err })
		run("compile/own", func(any) error { _, err := compileOwn(typ.schema.text); return err })
	}
}
