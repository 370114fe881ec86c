package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

type smallEvent struct {
	ID       string   `json:"id"`
	UserID   int64    `json:"user_id"`
	Email    string   `json:"email"`
	Name     *string  `json:"name"`
	Score    float64  `json:"score"`
	Active   bool     `json:"active"`
	Tags     []string `json:"tags"`
	Occurred string   `json:"occurred"`
}

const smallSchema = `{"type":"object","required":["id","user_id","email","score","active","occurred"],"properties":{
	"id":{"type":"string","format":"uuid"},"user_id":{"type":"integer","minimum":1},"email":{"type":"string","format":"email","maxLength":254},
	"name":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"score":{"type":"number","minimum":0,"maximum":10},"active":{"type":"boolean"},
	"tags":{"type":"array","items":{"type":"string"},"default":[]},"occurred":{"type":"string","format":"date-time"}}}`

const smallDoc = `{"id": "12345678-1234-5678-1234-567812345678", "user_id": 42, "email": "jane@example.com", "name": null, "score": 7.5, "active": true, "tags": ["a", "b"], "occurred": "2024-01-02T03:04:05+00:00"}`

type bigLine struct {
	SKU      string  `json:"sku"`
	Qty      int64   `json:"qty"`
	Price    float64 `json:"price"`
	Currency string  `json:"currency"`
	Note     *string `json:"note"`
	Gift     bool    `json:"gift"`
}

type bigEvent struct {
	OrderID  string            `json:"order_id"`
	PlacedAt string            `json:"placed_at"`
	Customer smallEvent        `json:"customer"`
	Lines    []bigLine         `json:"lines"`
	Meta     map[string]string `json:"meta"`
	Total    float64           `json:"total"`
}

var bigSchema = `{"$defs":{"Customer":` + smallSchema + `,"Currency":{"enum":["EUR","USD"],"type":"string"},
	"Line":{"type":"object","required":["sku","qty","price"],"properties":{"sku":{"type":"string","minLength":1,"pattern":"^[A-Z]{2}-\\d+$"},"qty":{"type":"integer","exclusiveMinimum":0},
		"price":{"type":"number","minimum":0},"currency":{"$ref":"#/$defs/Currency","default":"EUR"},"note":{"anyOf":[{"type":"string","maxLength":80},{"type":"null"}],"default":null},"gift":{"type":"boolean","default":false}}}},
	"type":"object","required":["order_id","placed_at","customer","lines"],"properties":{"order_id":{"type":"string","format":"uuid"},"placed_at":{"type":"string","format":"date-time"},
		"customer":{"$ref":"#/$defs/Customer"},"lines":{"type":"array","items":{"$ref":"#/$defs/Line"},"minItems":1},"meta":{"type":"object","additionalProperties":{"type":"string"},"default":{}},"total":{"type":"number"}}}`

// bigDoc has 65 leaf values.
func bigDoc() string {
	var lines []string
	for i := range 8 {
		lines = append(lines, fmt.Sprintf(`{"sku": "AB-%d", "qty": %d, "price": %d.99, "currency": "EUR", "note": null, "gift": false}`, 1000+i, i+1, i))
	}
	return `{"order_id": "12345678-1234-5678-1234-567812345678", "placed_at": "2024-01-02T03:04:05+00:00", "customer": ` + smallDoc +
		`, "lines": [` + strings.Join(lines, ", ") + `], "meta": {"source": "web", "campaign": "spring", "ab": "b", "ip": "10.0.0.1", "ua": "x"}, "total": 71.92}`
}

func BenchmarkValidate(b *testing.B) {
	for _, bb := range []struct {
		name, schema, doc string
		into              func() any
	}{
		{"small", smallSchema, smallDoc, func() any { return new(smallEvent) }},
		{"big", bigSchema, bigDoc(), func() any { return new(bigEvent) }},
	} {
		s, doc := MustParse(bb.schema), []byte(bb.doc)
		if err := s.Validate(doc); err != nil {
			b.Fatal(err)
		}
		b.Run(bb.name+"/validate", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Validate(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bb.name+"/check", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Check(doc, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(bb.name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := json.Unmarshal(doc, bb.into()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		doc, err := readDocument([]byte(bigSchema))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := compileDocument(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	doc, err := readDocument([]byte(bigSchema))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		g := newMeaning(doc)
		g.hash(g.levels())
	}
}
