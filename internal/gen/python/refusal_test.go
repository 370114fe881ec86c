package python_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/celerysalt/salt/internal/gen/python"
)

// TestRefusals holds what Python cannot say to an error that names the place
// and the remedy.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for member, want := range map[string]string{
		`{"not":{"type":"string"}}`:                                    `payload.json#/properties/m: it has no type; add one`,
		`{"type":"string","not":{"const":"a"}}`:                        `payload.json#/properties/m: Pydantic cannot say "not" here; leave it out of the contract and check it in code`,
		`{"allOf":[{"$ref":"#/$defs/Point"}]}`:                         `"allOf" here; write the schemas as one`,
		`{"$ref":"#/$defs/Point","minLength":1}`:                       `"minLength" here`,
		`{"oneOf":[{"$ref":"#/$defs/Point"},{"$ref":"#/$defs/Bare"}]}`: `use anyOf, or give the objects a discriminator`,
		`{"type":"object","patternProperties":{"^a":{}}}`:              `"patternProperties" here`,
		`{"type":"object","properties":{"a":{}},"minProperties":1}`:    `"minProperties" here`,
		`{"type":"object","required":["a"]}`:                           `the member "a" is required but not described`,
		`{"type":"array","contains":{"type":"integer"}}`:               `"contains" here`,
		`{"type":"array","prefixItems":[{"type":"integer"}]}`:          `set maxItems to 1`,
		`{"type":"string","minimum":1}`:                                `"minimum" here`,
		`{"type":"integer","minimum":1.5}`:                             `use the nearest one`,
		`{"type":"integer","default":0.10000000000000000001}`:          `write fewer digits`,
		`{"type":"number","maximum":1e400}`:                            `beyond Python's float`,
		`{"type":"object","additionalProperties":{"type":"object","title":"V","properties":{"p":{"$ref":"#/$defs/Point"}}}}`: `payload.json#/properties/m: Pydantic writes this schema as`,
		`{"minLength":1}`:                           `it has no type; add one`,
		`{"type":"string","enum":["a",1]}`:          `enum has values that are not of the type`,
		`{"type":"string","pattern":"\\\\Qa\\\\E"}`: `neither Pydantic's engine nor Python's reads it`,
		`false`:                         `accepts nothing`,
		`{"type":"array","items":true}`: ``,
		`{"$ref":"#/properties/o"}`:     `in the root's $defs only`,
		`{"$ref":"#/$defs/a.b"}`:        `a name is made of letters`,
		`{"oneOf":[{"$ref":"#/$defs/Point"},{"$ref":"#/$defs/Other"}],"discriminator":{"propertyName":"x"}}`: `needs the member "x" with a const`,
		`{"type":"string","contentMediaType":"text/xml","contentSchema":{}}`:                                 `contentMediaType application/json only`,
		`{"type":"object","propertyNames":{"pattern":"^a"}}`:                                                 `no pattern in it`,
	} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			schema := fmt.Sprintf(`{"type":"object","properties":{"m":%s,"o":{"type":"integer"}},"$defs":{
				"Point":{"type":"object","properties":{"x":{"type":"integer"}}},"Bare":{"type":"string"},
				"Other":{"type":"object","properties":{"x":{"type":"string"}}},"a.b":{"type":"string"}}}`, member)
			c := event(t, "a", schema)
			if want == "" {
				out := generate(t, python.Class, c)
				a := ask(t, out.Source)
				expectContracts(t, a, out, c)
				return
			}
			expectError(t, python.Class, want, c)
		})
	}
}

func TestRefusedContracts(t *testing.T) {
	t.Parallel()
	object := `{"type":"object","properties":{"a":{"type":"integer"}}}`
	for name, test := range map[string]struct {
		style, request, response string
		want                     string
	}{
		"payload is a list":    {python.Class, `{"type":"array"}`, object, "payload.json: a payload must be an object"},
		"response is a list":   {python.Decorator, object, `{"type":"array"}`, "response.json: it is not an object with members; celery-salt's decorators cannot say it; use the class style"},
		"decorated alias":      {python.Decorator, `{"type":"object","properties":{"a-b":{}}}`, object, `the member "a-b"`},
		"decorated and strict": {python.Decorator, `{"type":"object","additionalProperties":false}`, object, "additionalProperties: celery-salt's decorators cannot say it; use the class style"},
		"style":                {"functions", object, object, "neither class nor decorator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectError(t, test.style, test.want, rpc(t, "a", test.request, test.response, ""))
		})
	}
	first, second := rpc(t, "a", object, object, object), rpc(t, "a", object, object, object)
	second.Version = "v2"
	expectError(t, python.Decorator, "celery-salt's decorators keep one response for all versions of a topic, and a v1 has one", first, second)
	out := generate(t, python.Class, first, second)
	expectContracts(t, ask(t, out.Source), out, first, second)
	for _, missing := range []string{"topic", "version", "exchange", "mode"} {
		c := event(t, "a", object)
		switch missing {
		case "topic":
			c.Topic = ""
		case "version":
			c.Version = ""
		case "exchange":
			c.Exchange = ""
		case "mode":
			c.Mode = "both"
		}
		expectError(t, python.Class, missing, c)
	}
}

// TestNotes holds what is equal in meaning only to a note, and asserts in Python
// that it is not equal otherwise (see expectSchema).
func TestNotes(t *testing.T) {
	t.Parallel()
	object := `{"type":"object","title":"A","properties":{"a":{"type":"integer","title":"A"}}}`
	for name, test := range map[string]struct{ style, schema, want string }{
		"unused":                {python.Class, `{"$defs":{"X":{"type":"string"}},` + object[1:], `the definition "X" is not used`},
		"reference":             {python.Class, `{"$defs":{"X":` + object + `},"$ref":"#/$defs/X"}`, "writes the schema itself instead of the reference"},
		"decorated description": {python.Decorator, `{"description":"d",` + object[1:], "leave out of the schema: description"},
		"decorated comment":     {python.Decorator, `{"$comment":"d",` + object[1:], "leave out of the schema: $comment"},
		"member self":           {python.Class, `{"type":"object","title":"A","properties":{"self":{"type":"integer","title":"Self"}}}`, `give the member "self" to A.Schema`},
		"member cls":            {python.Decorator, `{"type":"object","title":"A","properties":{"cls":{"type":"integer","title":"Cls"}}}`, `cannot send the member "cls"`},
		"decorated title":       {python.Decorator, `{"type":"object","properties":{"a":{"type":"integer"}}}`, "leave out of the schema: that there is no title"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := event(t, "a", test.schema)
			out := generate(t, test.style, c)
			if len(out.Notes) != 1 || !strings.Contains(out.Notes[0], test.want) {
				t.Errorf("notes %q, want one with %q", out.Notes, test.want)
			}
			expectContracts(t, ask(t, out.Source), out, c)
		})
	}
}

// TestResponses takes responses that are no objects to Python and back.
func TestResponses(t *testing.T) {
	t.Parallel()
	object := `{"type":"object"}`
	point := `"$defs":{"Point":{"type":"object","title":"Point","properties":{"x":{"type":"integer","title":"X"}}},
		"Color":{"type":"string","enum":["a"],"title":"Color"},
		"Tree":{"type":"object","title":"Tree","properties":{"of":{"type":"array","title":"Of","items":{"$ref":"#/$defs/Tree"}}},"required":["of"]}},`
	for _, response := range []string{
		`{"type":"array","items":{"$ref":"#/$defs/Point"},"title":"Points","description":"All.","minItems":1}`,
		`{"type":"integer","minimum":1}`,
		`{"anyOf":[{"$ref":"#/$defs/Point"},{"type":"null"}],"title":"Maybe"}`,
		`{"anyOf":[{"$ref":"#/$defs/Point"},{"$ref":"#/$defs/Color"}],"x-a":1,"default":"a"}`,
		`{"$ref":"#/$defs/Color","title":"Response"}`,
		`{"$ref":"#/$defs/Tree"}`,
		`{"type":"object","additionalProperties":{"$ref":"#/$defs/Point"},"minProperties":1}`,
		`{"type":"object","additionalProperties":{"$ref":"#/$defs/Point"}}`,
		`{"type":"object","additionalProperties":{}}`,
		`{"enum":[1.5]}`, `{}`, `{"title":"Anything"}`,
	} {
		t.Run(response, func(t *testing.T) {
			t.Parallel()
			var defs strings.Builder
			for def := range strings.SplitSeq(point, "\n") {
				defs.WriteString(def)
			}
			text := "{" + defs.String() + response[1:]
			if response == "{}" {
				text = "{" + strings.TrimSuffix(defs.String(), ",") + "}"
			}
			out := generate(t, python.Class, rpc(t, "a", object, onlyUsed(t, text), ""))
			c := rpc(t, "a", object, onlyUsed(t, text), "")
			expectContracts(t, ask(t, out.Source), out, c)
		})
	}
}
