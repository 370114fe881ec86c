package golang_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/schema"
)

// foreign are schemas that nobody made with Salt in mind. What Salt says of the
// generated types must mean the same. Those that are equal in value are marked.
var foreign = []struct {
	name    string
	exact   bool
	schema  string // of the payload
	valid   []string
	invalid []string
}{
	{"untitled", false, `{"type":"object","required":["id"],"properties":{
		"id":{"type":"integer","minimum":1},"email":{"type":"string","format":"email"},
		"address":{"type":"object","properties":{"street":{"type":"string"}},"required":["street"]}}}`,
		[]string{`{"id":1}`, `{"id":1,"address":{"street":"x"}}`}, []string{`{"id":0}`, `{"id":1,"address":{}}`}},
	{"elements", true, `{"type":"object","title":"T","required":["l"],"properties":{
		"l":{"title":"L","type":"array","items":{"type":"string","minLength":2}},
		"m":{"title":"M","type":"object","additionalProperties":{"type":"integer","minimum":0}},
		"same":{"title":"Same","type":"array","items":{"type":"string","minLength":2}}}}`,
		[]string{`{"l":["ab"],"m":{"a":1}}`}, []string{`{"l":["a"]}`, `{"l":[],"m":{"a":-1}}`}},
	{"nullable_types", true, `{"type":"object","title":"T","required":["a"],"properties":{
		"a":{"title":"A","type":["string","null"]},"b":{"title":"B","type":["integer","null"],"minimum":3}}}`,
		[]string{`{"a":null}`, `{"a":"x","b":5}`}, []string{`{"a":1}`, `{"a":"x","b":1}`}},
	{"tuples", true, `{"type":"object","title":"T","required":["p","q"],"properties":{
		"p":{"title":"P","type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"minItems":2,"maxItems":2},
		"q":{"title":"Q","type":"array","prefixItems":[{"type":"integer"},{"type":"array","items":{"type":"string"}}],"minItems":1}}}`,
		[]string{`{"p":[1,"a"],"q":[1,["x"]]}`}, []string{`{"p":[1],"q":[1]}`, `{"p":["a",1],"q":[1]}`}},
	{"either", true, `{"type":"object","title":"T","required":["e"],"properties":{
		"e":{"title":"E","anyOf":[{"type":"string"},{"type":"integer"}]},
		"n":{"title":"N","anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}],"default":null},
		"not":{"title":"Not","not":{"const":1},"description":"not one"}}}`,
		[]string{`{"e":"x"}`, `{"e":1,"n":null,"not":2}`, `{"e":1,"n":"x"}`}, []string{`{"e":true}`, `{"e":1,"n":true}`, `{"e":1,"not":1}`}},
	{"anything", false, `{"type":"object","title":"T","properties":{
		"a":true,"b":{},"o":{"type":"object"},"l":{"type":"array"},"n":{"type":"null"}}}`,
		[]string{`{}`, `{"a":1,"b":null,"o":{"x":1},"l":[1,"a"],"n":null}`}, []string{`{"o":[]}`, `{"l":{}}`, `{"n":1}`}},
	{"enums_in_place", true, `{"type":"object","title":"T","required":["e","i","m"],"properties":{
		"e":{"title":"E","enum":["a","b"]},"i":{"title":"I","type":"integer","enum":[1,2]},"m":{"title":"M","enum":["a",1,null]}}}`,
		[]string{`{"e":"a","i":1,"m":null}`}, []string{`{"e":"c","i":1,"m":1}`, `{"e":"a","i":3,"m":1}`}},
	{"all_of_one", false, `{"type":"object","title":"T","required":["a"],"properties":{"a":{"allOf":[{"$ref":"#/$defs/A"}],"description":"d"}},
		"$defs":{"A":{"type":"object","title":"A","properties":{"x":{"type":"string","title":"X"}},"required":["x"]}}}`,
		[]string{`{"a":{"x":"y"}}`}, []string{`{"a":{}}`}},
	{"definitions", false, `{"type":"object","title":"T","required":["a"],"properties":{"a":{"$ref":"#/definitions/user_address"}},
		"definitions":{"user_address":{"type":"object","title":"user address","properties":{"zip":{"$ref":"#/definitions/zip"}}},
			"zip":{"type":"string","pattern":"^[0-9]+$","title":"Zip"}}}`,
		[]string{`{"a":{"zip":"12"}}`}, []string{`{"a":{"zip":"x"}}`}},
	{"root_pattern", true, `{"type":"object","title":"T","required":["id"],"properties":{"id":{"type":"string","title":"Id"}},"minProperties":2}`,
		[]string{`{"id":"x","y":1}`}, []string{`{"id":"x"}`}},
	{"strict_and_open", true, `{"type":"object","title":"T","additionalProperties":false,"required":["o"],"properties":{"o":{"$ref":"#/$defs/O"}},
		"$defs":{"O":{"type":"object","title":"Other","description":"With more.","additionalProperties":{"type":"string"},"properties":{"Extra":{"type":"integer","title":"Extra"}},"required":["Extra"]}}}`,
		[]string{`{"o":{"Extra":1,"more":"x"}}`}, []string{`{"o":{"Extra":1,"more":1}}`, `{"o":{"Extra":1},"x":1}`}},
	{"names", true, `{"type":"object","title":"T","required":["user_id","userId","_id","class","2fa","a-b","a b","ünder","@type"],"properties":{
		"user_id":{"type":"string","title":"User Id"},"userId":{"type":"string","title":"Userid"},"_id":{"type":"string","title":"Id"},
		"class":{"type":"string","title":"Class"},"2fa":{"type":"boolean","title":"2Fa"},"a-b":{"type":"string","title":"A-B"},
		"a b":{"type":"string","title":"A B"},"ünder":{"type":"string","title":"Ünder"},"@type":{"type":"string","title":"@Type"},
		"Error":{"type":"string","title":"Error","default":""},"event":{"type":"string","title":"Event","default":"x"}}}`,
		[]string{`{"user_id":"1","userId":"2","_id":"3","class":"4","2fa":true,"a-b":"5","a b":"6","ünder":"7","@type":"8"}`}, []string{`{}`}},
	{"struct_defaults", true, `{"type":"object","title":"T","properties":{"a":{"$ref":"#/$defs/A","default":{"x":"y","n":[{"x":"z","n":[]}]}},
		"c":{"$ref":"#/$defs/C","default":"red"},"cs":{"title":"Cs","type":"array","items":{"$ref":"#/$defs/C"},"default":["red","blue"]}},
		"$defs":{"A":{"type":"object","title":"A","required":["x"],"properties":{"x":{"type":"string","title":"X"},"n":{"title":"N","type":"array","items":{"$ref":"#/$defs/A"},"default":[]}}},
			"C":{"enum":["red","blue"],"title":"C","type":"string"}}}`,
		[]string{`{}`, `{"a":{"x":"1"},"c":"blue"}`}, []string{`{"c":"green"}`}},
	{"required_default", true, `{"type":"object","title":"T","required":["a"],"properties":{"a":{"type":"integer","title":"A","default":5}}}`,
		[]string{`{"a":1}`}, []string{`{}`}},
	{"examples", true, `{"type":"object","title":"T","required":["a","b"],"properties":{
		"a":{"type":"string","title":"The A","description":"one, two | 'three' \"four\" \\ five","examples":["x|y","z,'"],"deprecated":true},
		"b":{"anyOf":[{"type":"integer","minimum":3},{"type":"null"}],"title":"B","description":"d"}}}`,
		[]string{`{"a":"x","b":null}`}, []string{`{"a":"x","b":1}`}},
	{"maps", true, `{"type":"object","title":"T","required":["m","u"],"properties":{
		"m":{"title":"M","type":"object","propertyNames":{"$ref":"#/$defs/C"},"additionalProperties":{"type":"number"},"minProperties":1},
		"u":{"title":"U","type":"object","additionalProperties":{"anyOf":[{"$ref":"#/$defs/O"},{"type":"null"}]}},
		"w":{"title":"W","type":"object","propertyNames":{"pattern":"^x"},"additionalProperties":true,"default":{"xa":1}}},
		"$defs":{"C":{"enum":["red","blue"],"title":"C","type":"string"},"O":{"type":"object","title":"O","properties":{}}}}`,
		[]string{`{"m":{"red":1},"u":{"a":null,"b":{}}}`}, []string{`{"m":{},"u":{}}`, `{"m":{"green":1},"u":{}}`, `{"m":{"red":1},"u":{},"w":{"y":1}}`}},
}

func TestForeignSchemas(t *testing.T) {
	t.Parallel()
	var programs []program
	for _, f := range foreign {
		p := program{name: f.name, style: golang.Simple, contracts: []*gen.Contract{contractOf(t, "t."+f.name, []byte(f.schema))}}
		for _, payload := range append(append([]string{}, f.valid...), f.invalid...) {
			p.payloads = append(p.payloads, json.RawMessage(payload))
		}
		programs = append(programs, p)
	}
	reports := build(t, programs)
	for _, f := range foreign {
		r, ok := reports[f.name]["t."+f.name+"@v1"]
		if !ok {
			t.Errorf("%s: no report", f.name)
			continue
		}
		a, err := schema.Parse(r.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if b := schema.MustParse(f.schema); !schema.Equal(a, b) {
			t.Errorf("%s: not Equal: %v\n%s", f.name, schema.Diff(b, a), r.Schema)
		}
		if diff := cmp.Diff(byValue(t, []byte(f.schema)), byValue(t, r.Schema)); f.exact != (diff == "") {
			t.Errorf("%s: exact is %t, but (-contract +go):\n%s", f.name, f.exact, diff)
		}
		for i, d := range r.Decoded {
			if valid := i < len(f.valid); valid != (d.Error == "") {
				t.Errorf("%s: payload %d: valid %t, error %q", f.name, i, valid, d.Error)
			}
			if strings.HasPrefix(d.Error, "marshal") {
				t.Errorf("%s: payload %d: %s", f.name, i, d.Error)
			}
		}
	}
}
