package schema

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fields validates and returns the findings, nil if there are none.
func fields(tb testing.TB, s *Schema, doc string) []FieldError {
	tb.Helper()
	err := s.Validate([]byte(doc))
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		tb.Fatalf("%s: %v is no *Error", doc, err)
	}
	return e.Fields
}

func TestValidateReportsEveryField(t *testing.T) {
	t.Parallel()
	s := MustParse(`{
		"$defs": {"Line": {"type": "object", "required": ["sku", "price"], "additionalProperties": false, "properties": {
			"sku": {"type": "string", "minLength": 1, "maxLength": 3}, "qty": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9}, "price": {"type": "number", "multipleOf": 0.01}}}},
		"type": "object", "required": ["id", "a/b"],
		"properties": {
			"id": {"type": "string", "format": "uuid"}, "code": {"type": "string", "pattern": "^[A-Z]+$"}, "status": {"enum": ["open", 1, null]}, "only": {"const": {"x": 1}},
			"lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}, "minItems": 1, "maxItems": 3, "uniqueItems": true},
			"note": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}, "meta": {"type": "object", "maxProperties": 1, "propertyNames": {"pattern": "^m"}, "additionalProperties": {"type": "boolean"}},
			"any": {"not": {"type": "null"}}}}`)
	got := fields(t, s, `{"status": "shut", "only": {"x": 2}, "code": "abc", "any": null, "note": "long",
		"lines": [{"sku": "", "qty": 0, "extra": 1}, {"sku": "long", "qty": 10.5, "price": "x"}, {"sku": "a", "price": 1.005}, {"price": 1.005, "sku": "a"}, 7],
		"meta": {"x": true, "m": 1}}`)
	want := []FieldError{
		{"/id", "required", "present", "missing"},
		{"/a~1b", "required", "present", "missing"},
		{"/status", "enum", `one of "open", 1, null`, "string"},
		{"/only", "const", `{"x":1}`, "object"},
		{"/code", "pattern", `a match of "^[A-Z]+$"`, "string"},
		{"/any", "not", "anything else", "null"},
		{"/note", "maxLength", "at most 2 characters", "4 characters"},
		{"/lines", "maxItems", "at most 3 items", "5 items"},
		{"/lines/0/price", "required", "present", "missing"},
		{"/lines/0/sku", "minLength", "at least 1 character", "0 characters"},
		{"/lines/0/qty", "exclusiveMinimum", "more than 0", "a smaller or equal number"},
		{"/lines/0/extra", "additionalProperties", "no such member", "number"},
		{"/lines/1/sku", "maxLength", "at most 3 characters", "4 characters"},
		{"/lines/1/qty", "type", "integer", "number"},
		{"/lines/1/price", "type", "number", "string"},
		{"/lines/2/price", "multipleOf", "a multiple of 0.01", "number"},
		{"/lines/3", "uniqueItems", "items that differ", "the same as item 2"},
		{"/lines/3/price", "multipleOf", "a multiple of 0.01", "number"},
		{"/lines/4", "type", "object", "number"},
		{"/meta", "maxProperties", "at most 1 member", "2 members"},
		{"/meta/x", "propertyNames", "a member name that the schema permits", "another name"},
		{"/meta/m", "type", "boolean", "number"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValidateUnions(t *testing.T) {
	t.Parallel()
	const pets = `{"$defs": {
		"Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}},
		"Dog": {"type": "object", "required": ["kind", "good"], "properties": {"kind": {"enum": ["dog", "puppy"]}, "good": {"type": "boolean"}}}},
		"oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
		"discriminator": {"propertyName": "kind", "mapping": {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog", "puppy": "#/$defs/Dog"}}}`
	const decimal = `{"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}]}`
	const models = `{"anyOf": [{"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["c"]}, {"type": "null"}]}`
	const tag = `member "kind" to be "cat" or "dog" or "puppy"`
	tests := []struct {
		schema, doc string
		want        []FieldError
	}{
		{pets, `{"kind": "cat"}`, nil},
		{pets, `{"kind": "puppy", "good": true}`, nil},
		{pets, `{"kind": "dog", "lives": "x"}`, []FieldError{{"/good", "required", "present", "missing"}}},
		{pets, `{"kind": "cat", "lives": "x"}`, []FieldError{{"/lives", "type", "integer", "string"}}},
		{pets, `{"kind": "fish"}`, []FieldError{{"", "discriminator", tag, "another string"}}},
		{pets, `{"kind": 5}`, []FieldError{{"", "discriminator", tag, "another number"}}},
		{pets, `{}`, []FieldError{{"", "discriminator", tag, "missing"}}},
		{pets, `"cat"`, []FieldError{{"", "type", "object", "string"}}},
		{decimal, `"1.50"`, nil},
		{decimal, `1.5`, nil},
		{decimal, `1.00000000000000001`, nil},
		{decimal, `"abc"`, []FieldError{{"", "pattern", "a decimal number", "string"}}},
		{decimal, `0`, []FieldError{{"", "exclusiveMinimum", "more than 0", "a smaller or equal number"}}},
		{decimal, `null`, []FieldError{{"", "type", "number or string", "null"}}},
		{models, `{"a": 1}`, []FieldError{
			{"/b", "required", "present (anyOf, alternative 1)", "missing"},
			{"/c", "required", "present (anyOf, alternative 2)", "missing"}}},
		{models, `{}`, []FieldError{{"/c", "required", "present", "missing"}}},
		{models, `5`, []FieldError{{"", "type", "object or null", "number"}}},
		{`{"oneOf": [{"minimum": 1}, {"minimum": 2}]}`, `3`, []FieldError{{"", "oneOf", "exactly one of the alternatives", "a number that fits several"}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, fields(t, MustParse(tt.schema), tt.doc)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.doc, diff)
		}
	}
}

func TestValidatePrecision(t *testing.T) {
	t.Parallel()
	kept := []string{"0", "-0.0", "0.1", "1.10", "1e300", "5e-324", "9007199254740992", "9007199254740994", "1152921504606846976", "1e25", "10000000000000000000000000", "0.30000000000000004", "1.7976931348623157e308"}
	lost := []string{"9007199254740993", "-9007199254740993", "1e400", "1.00000000000000001", "123456789012345678", "1e-400", "0.1000000000000000055", "2e308"}
	number, integer, free, either := MustParse(`{"type":"number"}`), MustParse(`{"type":"integer"}`), MustParse(`{}`), MustParse(`{"anyOf":[{"type":"integer"},{"type":"number"}]}`)
	for _, lit := range kept {
		for _, s := range []*Schema{number, free, either} {
			if got := fields(t, s, lit); got != nil {
				t.Errorf("%s for %s: %v", lit, s, got)
			}
		}
	}
	for _, lit := range lost {
		if got := fields(t, number, lit); len(got) != 1 || got[0].Rule != "precision" {
			t.Errorf("%s is no float64: %v", lit, got)
		}
	}
	for _, lit := range []string{"9007199254740993", "1e400", strings.Repeat("9", 1000), "-9223372036854775809", "1.0", "10e-1"} {
		if got := fields(t, integer, lit); got != nil {
			t.Errorf("%.30s is an integer: %v", lit, got)
		}
	}
	for lit, ok := range map[string]bool{
		"9007199254740993": true, "9223372036854775807": true, "-9223372036854775808": true, "9223372036854775809": false,
		"1e400": false, "1.00000000000000001": false, "18446744073709551615": false,
	} {
		if got := fields(t, free, lit); (got == nil) != ok {
			t.Errorf("%s without a type: %v, want accepted %t", lit, got, ok)
		}
		nested := `{"a":[1,{"b":` + lit + `}]}`
		got := fields(t, MustParse(`{"properties":{"z":{"type":"integer"}}}`), nested)
		if ok != (got == nil) || !ok && got[0].Pointer != "/a/1/b" {
			t.Errorf("%s: %v, want accepted %t", nested, got, ok)
		}
	}
	if got := fields(t, either, "9007199254740993"); got != nil {
		t.Errorf("integer or number: %v", got)
	}
}

// The value never shows, whichever rule it breaks and wherever it stands.
func TestErrorsNeverShowValues(t *testing.T) {
	t.Parallel()
	const canary, digits = "c4n4ry", "4711471147114711.4711"
	schemas := []string{
		`{"type":"integer"}`, `{"type":["null","boolean"]}`, `{"const":1}`, `{"enum":["a","b"]}`, `{"minLength":100}`, `{"maxLength":1}`, `{"pattern":"^$"}`, `{"not":{}}`, `false`,
		`{"anyOf":[{"type":"null"},{"type":"string","pattern":"^$"},{"maximum":1,"type":"number"}]}`, `{"oneOf":[{},{}]}`, `{"oneOf":[{"type":"null"}]}`, `{"allOf":[{"const":2},{"maxLength":0}]}`,
		`{"type":"number"}`, `{"minimum":1e300}`, `{"maximum":0}`, `{"exclusiveMinimum":1e300}`, `{"exclusiveMaximum":0}`, `{"multipleOf":3}`,
		`{"contentMediaType":"application/json"}`, `{"if":true,"then":{"const":3}}`, `{"propertyNames":{"maxLength":0}}`,
		`{"oneOf":[{"type":"object"},{"type":"object"}],"discriminator":{"propertyName":"k","mapping":{"x":"#/oneOf/0"}}}`,
		`{"contains":{"const":1}}`, `{"uniqueItems":true}`, `{"unevaluatedProperties":false,"unevaluatedItems":false}`,
	}
	for name := range formats {
		schemas = append(schemas, `{"format":"`+name+`"}`)
	}
	values := []string{`"` + canary + `"`, `{"k":"` + canary + `"}`, `["` + canary + `","` + canary + `"]`, digits}
	failed := 0
	for _, text := range schemas {
		s := MustParse(text)
		inside := MustParse(`{"properties":{"f":` + text + `},"items":` + text + `,"additionalProperties":` + text + `}`)
		for _, v := range values {
			for doc, s := range map[string]*Schema{v: s, `{"f":` + v + `}`: inside, `[` + v + `]`: inside, `{"g":` + v + `}`: inside} {
				if err := s.Validate([]byte(doc)); err != nil {
					failed++
					if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "4711") {
						t.Errorf("%s: %s: %v", text, doc, err)
					}
				}
			}
		}
	}
	for _, doc := range []string{`{"a":"c4n4ry`, `{"a":c4n4ry}`, `{"a":"c4n4ry\x"}`, "\"c4n4ry\xff\"", `c4n4ry`, `{} c4n4ry`, `{"a":"c4n4ry","a":"c4n4ry"}`, `"\ud800c4n4ry"`, `4711e999`, `[4711.]`} {
		err := Check([]byte(doc), Limits{})
		if failed++; err == nil || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v", doc, err)
		}
	}
	if failed < 250 {
		t.Errorf("only %d errors seen: the test does not test", failed)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	s := MustParse(`{"additionalProperties":{"type":"string"}}`)
	err := s.Validate([]byte(`{"a\nb":1,"` + strings.Repeat("é", 150) + `":2,"c":3}`))
	want := `"/a\nb": type: expected string, got number; /` + strings.Repeat("é", 99) + `…: type: expected string, got number; /c: type: expected string, got number`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	err = s.ValidateLimits([]byte(`{"a":1,"b":2,"c":3}`), Limits{MaxErrors: 2})
	want = `/a: type: expected string, got number; /b: type: expected string, got number; and 1 more`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := MustParse(`{"type":"object"}`).Validate([]byte(`[]`)); err == nil || err.Error() != "(root): type: expected object, got array" {
		t.Errorf("root: %v", err)
	}
}

func TestValidateIsStable(t *testing.T) {
	t.Parallel()
	s := MustParse(`{"allOf":[{"properties":{"a":{"type":"string","minLength":3}}},{"properties":{"a":{"type":"string","minLength":3},"b":{"enum":[1]}}}],"dependentRequired":{"a":["y","x"],"b":["z"]}}`)
	doc := []byte(`{"b":2,"a":"q"}`)
	first := s.Validate(doc).Error()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if again := s.Validate(doc).Error(); again != first {
					t.Errorf("%s, then %s", first, again)
				}
			}
		})
	}
	wg.Wait()
}

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		format      string
		good, wrong []string
	}{
		{"date-time", []string{"2024-01-02T03:04:05Z", "2024-01-02T03:04:05", "2024-01-02T03:04:05.123456", "2024-02-29T23:59:59.1+05:30", "2024-01-02T03:04:05-00:00", "0001-01-01T00:00:00"},
			[]string{"", "2024-01-02", "2024-01-02T03:04", "2024-01-02 03:04:05Z", "2024-01-02t03:04:05z", "2023-02-29T00:00:00Z", "2024-01-02T24:00:00Z", "2024-01-02T03:04:60Z", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05+0530", "2024-01-02T03:04:05+24:00", "2024-13-02T03:04:05Z", "1704164645", "2024-01-02T03:04:05Zx", "٢٠٢٤-01-02T03:04:05Z"}},
		{"date", []string{"2024-02-29", "2000-02-29", "0001-01-01"}, []string{"2023-02-29", "1900-02-29", "2024-1-2", "2024-00-01", "2024-01-00", "2024-04-31", "20240101", "2024-01-01 ", "-024-01-01"}},
		{"time", []string{"03:04:05", "23:59:59.999999", "03:04:05Z", "03:04:05+01:00"}, []string{"3:04:05", "03:04", "24:00:00", "03:60:00", "03:04:05+1", "03:04:05z", ""}},
		{"duration", []string{"P1D", "PT1S", "PT0.5S", "P1DT2H3M4.5S", "-P1D", "P2W", "P1Y2M3D", "PT36H", "P0D"}, []string{"", "P", "PT", "P1DT", "1D", "P1", "PT1", "P1S", "PT1D", "P1W1D", "PT.5S", "PT1.S", "P1.5D", "PT1M2H", "P1D ", "--P1D", "PT5"}},
		{"uuid", []string{"123e4567-e89b-42d3-a456-426614174000", "123E4567-E89B-42D3-A456-426614174000", "00000000-0000-0000-0000-000000000000"},
			[]string{"123e4567e89b42d3a456426614174000", "{123e4567-e89b-42d3-a456-426614174000}", "urn:uuid:123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-42d3-a456-42661417400", "123e4567-e89b-42d3-a456-42661417400g", "123e4567-e89b-42d3-a456_426614174000"}},
		{"uuid4", []string{"f47ac10b-58cc-4372-a567-0e02b2c3d479"}, []string{"12345678-1234-1678-9234-567812345678", "f47ac10b-58cc-4372-c567-0e02b2c3d479"}},
		{"uuid7", []string{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}, []string{"f47ac10b-58cc-4372-a567-0e02b2c3d479"}},
		{"email", []string{"a@b.de", "a.b+c@x-y.example", "o'neil@example.com", "jörg@exämple.de"}, []string{"", "@b.de", "a@", "a", "a b@c.de", "a@b@c", "a..b@c.de", ".a@c.de", "a.@c.de", "a@-c.de", "a@c..de", "a@c.de.", strings.Repeat("a", 65) + "@b.de", "a@b_c.de", "a@b.de\n"}},
		{"hostname", []string{"localhost", "a.b-c.de", "xn--bcher-kva.example"}, []string{"", "-a", "a-", "a..b", "bücher.example", strings.Repeat("a", 64), "a_b"}},
		{"uri", []string{"https://example.com/x?y=1#z", "http://localhost:8080", "ftp://h/p", "urn:isbn:123", "mailto:a@b.de", "http://[::1]:80/", "postgres://u:p%40@h/db"},
			[]string{"", "nope", "//h/p", "/p", "http:", "http://a b", "http://a/%zz", "http://a/<x>", "http://exämple.com", "://x", "http://a/[x]", "http://a/#b#c", "http://[::1/", "1http://a"}},
		{"ipv4", []string{"10.0.0.1", "255.255.255.255"}, []string{"1.2.3", "256.0.0.1", "01.2.3.4", "::1", "1.2.3.4/8", ""}},
		{"ipv6", []string{"::1", "2001:db8::1", "::ffff:1.2.3.4"}, []string{"1.2.3.4", "fe80::1%eth0", ":::", "12345::"}},
		{"ipvanyaddress", []string{"::1", "10.0.0.1"}, []string{"zz", "10.0.0.1/8"}},
		{"ipvanynetwork", []string{"10.0.0.0/8", "2001:db8::/32", "10.0.0.1"}, []string{"10.0.0.1/8", "10.0.0.0/33", "x"}},
		{"ipv4network", []string{"10.0.0.0/8"}, []string{"2001:db8::/32", "10.0.0.1/8"}},
		{"ipv6network", []string{"2001:db8::/32"}, []string{"10.0.0.0/8"}},
		{"ipvanyinterface", []string{"10.0.0.1/8", "::1/64", "::1"}, []string{"10.0.0.1/40"}},
		{"ipv4interface", []string{"10.0.0.1/8"}, []string{"::1/64"}},
		{"ipv6interface", []string{"::1/64"}, []string{"10.0.0.1/8"}},
		{"base64", []string{"", "aGVsbG8=", "aGk=", "+/+/"}, []string{"aGVsbG8", "***", "-_-_", "aGk", "aGl="}},
		{"base64url", []string{"", "aGVsbG8=", "aGVsbG8", "-_-_"}, []string{"+/+/", "a"}},
	}
	for _, tt := range tests {
		f := formats[tt.format]
		for _, s := range tt.good {
			if !f.valid([]byte(s)) {
				t.Errorf("%s: %q refused", tt.format, s)
			}
		}
		for _, s := range tt.wrong {
			if f.valid([]byte(s)) {
				t.Errorf("%s: %q accepted", tt.format, s)
			}
		}
	}
}
