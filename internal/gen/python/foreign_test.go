package python_test

import (
	"fmt"
	"testing"

	"github.com/celerysalt/salt/internal/gen/python"
)

// members are schemas as others write them, each of one member. The payloads
// after it are first those that the schema accepts, then, after an empty one,
// those that it does not.
var members = map[string][]string{
	"no title":           {`{"type":"string"}`, `"a"`, "", `1`},
	"other title":        {`{"type":"string","title":"Some thing"}`, `"a"`},
	"empty texts":        {`{"type":"string","title":"M","description":""}`, `"a"`},
	"odd description":    {`{"type":"string","description":" \t a\r\n b \u2028 \u202e \u0000 \ud83d\ude00 "}`, `"a"`},
	"annotations":        {`{"type":"string","$comment":"c","x-a":{"b":[1,2.5,null,true]},"readOnly":true,"examples":["a"]}`, `"a"`},
	"nullable":           {`{"type":["string","null"],"maxLength":2}`, `"ab"`, `null`, "", `"abc"`, `1`},
	"many types":         {`{"type":["integer","boolean","array"],"minimum":1}`, `2`, `true`, `[1,"a"]`, "", `"x"`},
	"enum without type":  {`{"enum":["a","b"]}`, `"a"`, "", `"c"`},
	"enum of one":        {`{"enum":["a"]}`, `"a"`, "", `"c"`},
	"enum of floats":     {`{"type":"number","enum":[1.5,2]}`, `1.5`, `2`, "", `1`, `"a"`},
	"enum of all":        {`{"enum":[1,true,null,"a",[1],{"b":2}]}`, `1`, `true`, `null`, `[1]`, `{"b":2}`, "", `2`, `false`, `[]`},
	"enum in a list":     {`{"type":"array","items":{"enum":[1,2],"type":"integer"},"uniqueItems":true}`, `[1,2]`, "", `[3]`},
	"const":              {`{"const":1}`, `1`, "", `2`},
	"const object":       {`{"const":{"a":1}}`, `{"a":1}`, "", `{}`},
	"null first":         {`{"anyOf":[{"type":"null"},{"type":"integer"}]}`, `null`, `1`, "", `"a"`},
	"null first and ref": {`{"anyOf":[{"type":"null"},{"$ref":"#/$defs/Point"}]}`, `null`, `{"x":1}`, "", `{}`},
	"titled null":        {`{"anyOf":[{"type":"null","title":"N"},{"$ref":"#/$defs/Point"}]}`, `null`, `{"x":1}`},
	"twice":              {`{"anyOf":[{"type":"integer"},{"type":"integer"}]}`, `1`, "", `"a"`},
	"one alternative":    {`{"anyOf":[{"type":"integer"}]}`, `1`, "", `"a"`},
	"nested anyOf":       {`{"anyOf":[{"anyOf":[{"type":"integer"},{"type":"null"}],"title":"In"},{"type":"boolean"}]}`, `1`, `null`, `true`},
	"flat anyOf":         {`{"anyOf":[{"anyOf":[{"type":"integer"},{"type":"null"}]},{"type":"boolean"}]}`, `1`, `null`, `true`},
	"oneOf":              {`{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `1`, `"a"`, "", `[]`},
	"any list":           {`{"type":"array"}`, `[1,"a"]`, "", `1`},
	"sized list":         {`{"type":"array","minItems":1,"maxItems":2}`, `[1]`, "", `[]`, `[1,2,3]`},
	"set of objects":     {`{"type":"array","items":{"$ref":"#/$defs/Point"},"uniqueItems":true}`, `[{"x":1}]`, "", `[{"x":1},{"x":1}]`},
	"set of anything":    {`{"type":"array","uniqueItems":true}`, `[1,"1"]`, "", `[1,1]`},
	"tuple":              {`{"type":"array","prefixItems":[{"type":"integer"},{"type":"string","title":"S"}],"minItems":2,"maxItems":2}`, `[1,"a"]`, "", `[1]`, `["a","a"]`},
	"short tuple":        {`{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"minItems":1,"maxItems":2}`, `[1]`, `[1,"a"]`, "", `[]`, `[1,2]`},
	"any object":         {`{"type":"object"}`, `{"a":1}`, "", `[]`},
	"titled object":      {`{"type":"object","title":"Anything"}`, `{"a":1}`, "", `[]`},
	"open object":        {`{"type":"object","additionalProperties":{}}`, `{"a":1}`, "", `[]`},
	"sized object":       {`{"type":"object","additionalProperties":{"$ref":"#/$defs/Point"},"minProperties":1,"maxProperties":1}`, `{"a":{"x":1}}`, "", `{}`, `{"a":1}`},
	"named object":       {`{"type":"object","additionalProperties":true,"propertyNames":{"minLength":2}}`, `{"ab":1}`, "", `{"a":1}`},
	"titled values":      {`{"type":"object","additionalProperties":{"type":"integer","title":"V"}}`, `{"a":1}`, "", `{"a":"b"}`},
	"listed names":       {`{"type":"object","additionalProperties":{"type":"integer"},"propertyNames":{"enum":["a","b"]}}`, `{"a":1}`, "", `{"c":1}`},
	"inline object":      {`{"type":"object","properties":{"a":{"type":"object","properties":{"p":{"$ref":"#/$defs/Point"}}}},"title":"In","description":"Inner."}`, `{"a":{"p":{"x":1}}}`, `{}`, "", `{"a":{"p":{}}}`},
	"inline in a list":   {`{"type":"array","items":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false,"default":{"a":1}}}`, `[{"a":1}]`, "", `[{"b":1}]`, `[{}]`},
	"inline or null":     {`{"anyOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"type":"null"}]}`, `{"a":1}`, `null`, "", `{}`},
	"described ref":      {`{"$ref":"#/$defs/Point","description":"d","title":"T","x-a":1,"examples":[{"x":1}]}`, `{"x":1}`},
	"ref to an enum":     {`{"$ref":"#/$defs/Bare"}`, `"a"`, "", `"c"`},
	"ref to a number":    {`{"$ref":"#/$defs/a-b_C"}`, `1.5`, "", `0`},
	"ref to a union":     {`{"anyOf":[{"$ref":"#/$defs/Tree"},{"type":"null"}]}`, `[[],1]`, `null`, "", `["a"]`},
	"list of refs":       {`{"type":"array","items":{"$ref":"#/$defs/Point","title":"Inner"}}`, `[{"x":1}]`},
	"host name":          {`{"type":"string","format":"hostname","minLength":1}`, `"a.b"`, "", `""`},
	"plain uri":          {`{"type":"string","format":"uri"}`, `"https://a.b/c"`, "", `"x"`},
	"long uuid":          {`{"type":"string","format":"uuid","minLength":36}`, `"123e4567-e89b-42d3-a456-426614174000"`, "", `"x"`},
	"media type":         {`{"type":"string","contentMediaType":"text/html","contentEncoding":"base64"}`, `"a"`},
	"json":               {`{"type":"string","contentMediaType":"application/json","contentSchema":{"$ref":"#/$defs/Point"}}`, `"{\"x\":1}"`, "", `1`},
	"look ahead":         {`{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}`, `"1.5"`, "", `"."`},
	"brace pattern":      {`{"type":"string","pattern":"^{a}[&&b]{2}$"}`, `"{a}&b"`, "", `"{a}a"`},
	"class pattern":      {`{"type":"string","pattern":"^[[:alpha:]\\p{Lu}]{1,2}[]]\\x{41}$"}`, `"ab]A"`, "", `"1"`},
	"odd pattern":        {`{"type":"string","pattern":"^\"\"\"\\\\\"'\\n$"}`},
	"big numbers":        {`{"type":"integer","minimum":-123456789012345678901234567890,"maximum":1e3}`, `1000`, "", `1001`},
	"whole bound":        {`{"type":"integer","minimum":1.0,"multipleOf":2}`, `2`, "", `0`, `3`},
	"fractions":          {`{"type":"number","minimum":-1.5e-3,"exclusiveMaximum":2,"multipleOf":0.5}`, `1.5`, "", `2`, `0.3`},
	"decimal":            {`{"anyOf":[{"type":"number","minimum":0},{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"},{"type":"null"}]}`, `"1.5"`, `1`, `null`, "", `"a"`, `-1`},
	"number or text":     {`{"anyOf":[{"type":"number"},{"type":"string"}]}`, `"a"`, `1`, "", `[]`},
	"nested defaults":    {`{"type":"array","items":{"type":"integer","default":1,"deprecated":true,"title":"I"}}`, `[1]`},
}

const foreignDefs = `{
	"Point":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"integer","default":2}},"required":["x"]},
	"Bare":{"enum":["a","b"],"type":"string"},
	"a-b_C":{"type":"number","exclusiveMinimum":1,"description":"Above."},
	"Tree":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/Tree"}},{"type":"integer"}]},
	"Unseen":{"type":"string"}
}`

// TestForeignSchemas takes what Salt would not write to Python and back.
func TestForeignSchemas(t *testing.T) {
	t.Parallel()
	for name, lines := range members {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, required := range []string{`,"required":["m"]`, ""} {
				c := event(t, "foreign", usedDefs(t, fmt.Sprintf(`{"properties":{"m":%s},"type":"object"%s}`, lines[0], required)))
				out := generate(t, python.Class, c)
				var payloads []string
				accepted := 0
				for _, line := range lines[1:] {
					if line == "" {
						accepted = len(payloads)
						continue
					}
					payloads = append(payloads, fmt.Sprintf(`{"m":%s}`, line))
				}
				if accepted == 0 {
					accepted = len(payloads)
				}
				a := ask(t, out.Source, payloads...)
				expectContracts(t, a, out, c)
				for i, p := range a.Payloads {
					want := i < accepted
					if salt := c.Payload.Schema.Validate([]byte(payloads[i])); (salt == nil) != want {
						t.Errorf("%s: the contract itself says %v", payloads[i], salt)
					}
					if p.Accepted.OK != want {
						t.Errorf("%s: accepted %t: %s\n%s", payloads[i], p.Accepted.OK, p.Accepted.Error, numberedLines(out.Source))
					}
					expectSent(t, payloads[i], c, p)
				}
			}
		})
	}
}
