package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	defs := func(n int) string {
		var b strings.Builder
		b.WriteString(`{"$defs":{`)
		for i := range n {
			fmt.Fprintf(&b, `"D%d":{"$ref":"#/$defs/D%d"},`, i, i+1)
		}
		fmt.Fprintf(&b, `"D%d":{"type":"string"}},"$ref":"#/$defs/D0"}`, n)
		return b.String()
	}
	tests := []struct {
		name, schema, want string
	}{
		{"not JSON", `{"type":`, "syntax"},
		{"duplicate key", `{"type":"string","type":"null"}`, "/type: duplicate"},
		{"no schema", `5`, "(root): a schema is an object or a boolean"},
		{"no schema inside", `{"properties":{"a":5}}`, "/properties/a: a schema is an object or a boolean"},
		{"unknown type", `{"properties":{"a":{"type":"strnig"}}}`, "/properties/a/type"},
		{"negative length", `{"minLength":-1}`, `/minLength: it breaks the rule "minimum"`},
		{"length is text", `{"minLength":"1"}`, "/minLength"},
		{"required twice", `{"required":["a","a"]}`, "/required"},
		{"remote", `{"items":{"$ref":"https://example.com/x.json"}}`, "/items: $ref \"https://example.com/x.json\" points outside of the document"},
		{"file", `{"$ref":"file:///etc/passwd"}`, "points outside"},
		{"relative file", `{"$ref":"x.json#/$defs/A"}`, "points outside"},
		{"nowhere", `{"$ref":"#/$defs/A"}`, "points to no schema"},
		{"into a value", `{"default":{"type":"string"},"$ref":"#/default"}`, "points to no schema"},
		{"no anchor", `{"$ref":"#a"}`, "names no $anchor"},
		{"bad escape", `{"$ref":"#/%zz"}`, "invalid URL escape"},
		{"anchor twice", `{"$defs":{"A":{"$anchor":"a"},"B":{"$anchor":"a"}}}`, "is taken by /$defs/A"},
		{"dynamic", `{"$dynamicRef":"#a"}`, "$dynamicRef is not supported"},
		{"dependencies", `{"dependencies":{"a":["b"]}}`, "dependentRequired"},
		{"inner id", `{"$defs":{"A":{"$id":"a"}}}`, "/$defs/A: $id is supported only at the root"},
		{"old draft", `{"$schema":"http://json-schema.org/draft-07/schema#"}`, "is not supported; write the schema for"},
		{"to itself", `{"$ref":"#"}`, "leads back to itself"},
		{"in a circle", `{"$defs":{"A":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/B"}]},"B":{"allOf":[{"$ref":"#/$defs/A"}]}},"items":{"$ref":"#/$defs/A"}}`, "leads back to itself"},
		{"lookahead", `{"properties":{"a":{"pattern":"^(?=x)"}}}`, "/properties/a: pattern: the pattern is none of RE2"},
		{"back-reference", `{"pattern":"(a)\\1"}`, "none of RE2"},
		{"member pattern", `{"patternProperties":{"[":{}}}`, "(root): patternProperties: the pattern is none of RE2"},
		{"unbounded repetition", `{"pattern":"(a{1000}){1000}"}`, "RE2"},
		{"much repetition", `{"pattern":"` + strings.Repeat(`[a-c]{900}`, 6) + `"}`, "out of proportion"},
		{"many big patterns", `{"anyOf":[` + strings.Repeat(`{"pattern":"[a-c]{999}[b-d]{999}[c-e]{999}"},`, 3_000) + `{}]}`, "the patterns up to this one are out of proportion"},
		{"long pattern", `{"pattern":"` + strings.Repeat("a", 3000) + `"}`, "has 3000 bytes"},
		{"300 KB", `{"description":"` + strings.Repeat("x", 300<<10) + `"}`, "bytes, more than"},
		{"10,000 definitions", defs(10_000), ""},
		{"1,001 definitions", defs(1_001), "more than 1000 definitions"},
		{"5,000 subschemas", `{"prefixItems":[` + strings.Repeat("{},", 5_000) + `{}]}`, "more than 4000 subschemas"},
		{"deep", strings.Repeat(`{"items":`, 70) + `{}` + strings.Repeat("}", 70), "depth"},
		{"very deep", strings.Repeat(`{"items":`, 25_000), "depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			s, err := Parse([]byte(tt.schema))
			if s != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`true`, `{}`, `{"$id":"https://example.com/order.json","$ref":"#/$defs/A","$defs":{"A":{"type":"string"}}}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema#","type":"string"}`,
		`{"$defs":{"a/b%":{"type":"null"}},"$ref":"#/$defs/a~1b%25"}`,
		`{"properties":{"$ref":{"type":"string"},"$id":{"type":"string"}}}`,
		`{"default":{"$ref":"x"},"enum":[{"$ref":"http://example.com"}],"const":{"$id":"x"},"examples":[{"pattern":"("}]}`,
		`{"pattern":"^[a-z]{1,1000}$"}`, `{"format":"made-up"}`, `{"x-salt":{"$ref":"http://x"}}`,
		`{"properties":{"next":{"$ref":"#"}}}`,
		`{"pattern":"(a+)+$"}`,
	} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestMustParsePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	MustParse(`{"type":"strnig"}`)
}

// Parse keeps no reference to the caller's bytes, and equal texts share what
// was compiled.
func TestParseCopies(t *testing.T) {
	t.Parallel()
	text := []byte(`{"type":"string","minLength":4711}`)
	a, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	b := MustParse(string(text))
	if a.compiled != b.compiled {
		t.Error("compiled twice")
	}
	copy(text, `{"type":"number"`)
	if a.String() != b.String() {
		t.Errorf("the schema changed to %s", a)
	}
}

// Schemas and documents that would keep other validators busy for ever.
func TestValidateEffortIsBounded(t *testing.T) {
	t.Parallel()
	var laughs strings.Builder
	laughs.WriteString(`{"$defs":{`)
	for i := range 60 {
		fmt.Fprintf(&laughs, `"D%d":{"anyOf":[{"$ref":"#/$defs/D%d"},{"$ref":"#/$defs/D%d"}]},`, i, i+1, i+1)
	}
	laughs.WriteString(`"D60":{"type":"string"}},"$ref":"#/$defs/D0"}`)
	unevaluated := strings.Replace(laughs.String(), `"$ref":"#/$defs/D0"`, `"unevaluatedProperties":false,"$ref":"#/$defs/D0"`, 1)
	unevaluated = strings.Replace(unevaluated, `"type":"string"`, `"type":"object"`, 1)
	tests := []struct{ name, schema, doc string }{
		{"a billion branches", laughs.String(), `5`},
		{"a billion branches that fit", unevaluated, `{"a":1}`},
		{"recursion in both branches", `{"$defs":{"A":{"properties":{"x":{"anyOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}]}},"required":["y"]},"B":{"properties":{"x":{"anyOf":[{"$ref":"#/$defs/B"},{"$ref":"#/$defs/A"}]}},"required":["z"]}},"$ref":"#/$defs/A"}`,
			strings.Repeat(`{"x":`, 60) + "1" + strings.Repeat("}", 60)},
		{"a costly pattern", `{"pattern":"` + strings.Repeat(`(x?){300}`, 2) + `y$"}`, `"` + strings.Repeat("x", 1_000_000) + `"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, start := MustParse(tt.schema), time.Now()
			e, ok := errors.AsType[*Error](s.Validate([]byte(tt.doc)))
			if !ok || e.Fields[0].Rule != "effort" {
				t.Errorf("got %v, want rule effort", e)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %s", d)
			}
			t.Logf("refused after %s", time.Since(start).Round(time.Millisecond))
			s.Hash()
		})
	}
}

// A big document that is cheap stays within the default effort.
func TestValidateBigDocument(t *testing.T) {
	t.Parallel()
	s := MustParse(`{"items":{"anyOf":[{"type":"number"},{"type":"null"}]},"uniqueItems":true}`)
	var b strings.Builder
	b.WriteString("[null")
	for i := range 130_000 {
		fmt.Fprintf(&b, ",%d", i)
	}
	b.WriteString("]")
	start := time.Now()
	if err := s.Validate([]byte(b.String())); err != nil {
		t.Error(err)
	}
	t.Logf("%d bytes in %s", b.Len(), time.Since(start).Round(time.Millisecond))
	e, ok := errors.AsType[*Error](MustParse(`{"items":{"type":"string"}}`).Validate([]byte(b.String())))
	if !ok || len(e.Fields) != 100 || e.Omitted != 130_001-100 {
		t.Errorf("%d fields, %d omitted", len(e.Fields), e.Omitted)
	}
}
