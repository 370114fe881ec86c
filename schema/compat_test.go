package schema

import (
	"slices"
	"strings"
	"testing"
)

// An evolution is one change of a schema, judged with old data for the new
// reader. A verdict is "" or the first break as "path rule"; same means that
// the strict verdict is the lenient one.
type evolution struct {
	name            string
	writer, reader  string
	lenient, strict string
}

const same = "same"

// object writes an object schema as Pydantic does: "a!" is required.
func object(members ...string) string { return objectWith("", members...) }

func objectWith(more string, members ...string) string {
	var properties, required []string
	for i := 0; i < len(members); i += 2 {
		name, needed := strings.CutSuffix(members[i], "!")
		properties = append(properties, `"`+name+`":`+members[i+1])
		if needed {
			required = append(required, `"`+name+`"`)
		}
	}
	text := `{"type":"object","properties":{` + strings.Join(properties, ",") + `}`
	if required != nil {
		text += `,"required":[` + strings.Join(required, ",") + `]`
	}
	return text + more + `}`
}

const (
	str, integer, num, null, boolean = `{"type":"string"}`, `{"type":"integer"}`, `{"type":"number"}`, `{"type":"null"}`, `{"type":"boolean"}`
	closed                           = `,"additionalProperties":false`
)

func anyOf(branches ...string) string { return `{"anyOf":[` + strings.Join(branches, ",") + `]}` }
func oneOf(branches ...string) string { return `{"oneOf":[` + strings.Join(branches, ",") + `]}` }
func list(items string) string        { return `{"type":"array","items":` + items + `}` }
func kinded(tag string, more ...string) string {
	return object(append([]string{"kind!", `{"const":"` + tag + `","type":"string"}`}, more...)...)
}

var evolutions = []evolution{
	// members
	{"optional member added to an open model", object("a!", str), object("a!", str, "b", str), "", "/b type"},
	{"optional member of any type added to an open model", object("a!", str), object("a!", str, "b", `{}`), "", ""},
	{"optional member added to a closed model", objectWith(closed, "a!", str), objectWith(closed, "a!", str, "b", str), "", ""},
	{"optional member added to a covering partial model", objectWith(`,"additionalProperties":{"type":"string"}`, "a!", str), objectWith(`,"additionalProperties":{"type":"string"}`, "a!", str, "b", str), "", same},
	{"optional member added to a partial model of another type", objectWith(`,"additionalProperties":{"type":"integer"}`, "a!", str), objectWith(`,"additionalProperties":{"type":"integer"}`, "a!", str, "b", str), "/b type", same},
	{"required member added", object("a!", str), object("a!", str, "b!", str), "/b required", same},
	{"required member added with a default", object("a!", str), object("a!", str, "b!", `{"type":"string","default":"x"}`), "/b required", same}, // Validate refuses it, so unlike Confluent
	{"required member added to a closed model", objectWith(closed), objectWith(closed, "b!", str), "/b required", same},
	{"optional member removed, new model open", object("a!", str, "b", str), object("a!", str), "", same},
	{"required member removed, new model open", object("a!", str, "b!", str), object("a!", str), "", same},
	{"member removed, new model closed", object("a!", str, "b", str), objectWith(closed, "a!", str), "/b additionalProperties", "/* additionalProperties"},
	{"member false removed, new model closed", objectWith(closed, "a!", str, "b", "false"), objectWith(closed, "a!", str), "", same},
	{"member removed, covered by the partial model", objectWith(closed, "a", str, "b", str), objectWith(`,"additionalProperties":{"type":"string"}`, "a", str), "", same},
	{"member removed, not covered by the partial model", objectWith(closed, "a", str, "b", str), objectWith(`,"additionalProperties":{"type":"integer"}`, "a", str), "/b type", same},
	{"member renamed", object("a!", str), object("b!", str), "/b required", same},
	{"optional becomes required", object("a", str), object("a!", str), "/a required", same},
	{"required becomes optional", object("a!", str), object("a", str), "", same},
	{"default added", object("a", str), object("a", `{"type":"string","default":"x"}`), "", same},
	{"default changed", object("a", `{"type":"string","default":"y"}`), object("a", `{"type":"string","default":"x"}`), "", same},
	{"model closed", object("a", str), objectWith(closed, "a", str), "", "/* additionalProperties"},
	{"model opened", objectWith(closed, "a", str), object("a", str), "", same},
	{"required but never declared", object(), `{"required":["a"]}`, "/a required", same},
	{"required, declared by nobody", `{"required":["a"]}`, `{"required":["a"],"properties":{"a":{}}}`, "", same},
	{"deep member", object("a!", list(object("price", num))), object("a!", list(object("price", integer))), "/a/*/price type", same},
	{"name with a slash", object("a/b", num), object("a/b", integer), "/a~1b type", same},

	// types
	{"integer becomes number", integer, num, "", same},
	{"number becomes integer", num, integer, " type", same},
	{"number in whole steps becomes integer", `{"type":"number","multipleOf":5}`, integer, "", same},
	{"string becomes integer", str, integer, " type", same},
	{"type gains null", str, `{"type":["string","null"]}`, "", same},
	{"type loses null", `{"type":["string","null"]}`, str, " type", same},
	{"Optional added", str, anyOf(str, null), "", same},
	{"Optional removed", object("a", anyOf(str, null)), object("a", str), "/a type", same},
	{"anything becomes string", `{}`, str, " type", same},
	{"string becomes anything", str, `{}`, "", same},
	{"nothing becomes string", `false`, str, "", same},
	{"string becomes nothing", str, `false`, " false", same},
	{"list of types becomes a union", `{"type":["string","integer","null"]}`, anyOf(null, str, num), "", same},
	{"union becomes a list of types", anyOf(str, integer), `{"type":["integer","string","boolean"]}`, "", same},
	{"object of nothing", `false`, object("a!", str), "", same},

	// numbers
	{"minimum relaxed", `{"type":"integer","minimum":5}`, `{"type":"integer","minimum":4}`, "", same},
	{"minimum raised", `{"type":"integer","minimum":4}`, `{"type":"integer","minimum":5}`, " minimum", same},
	{"minimum added", integer, `{"type":"integer","minimum":5}`, " minimum", same},
	{"minimum for what is no number", str, `{"minimum":5}`, "", same},
	{"exclusive becomes inclusive, same integers", `{"type":"integer","exclusiveMinimum":0}`, `{"type":"integer","minimum":1}`, "", same},
	{"exclusive becomes inclusive, other numbers", `{"type":"number","exclusiveMinimum":0}`, `{"type":"number","minimum":1}`, " minimum", same},
	{"inclusive becomes exclusive", `{"type":"number","maximum":1}`, `{"type":"number","exclusiveMaximum":1}`, " exclusiveMaximum", same},
	{"maximum lowered", `{"type":"number","maximum":2.5}`, `{"type":"number","maximum":2}`, " maximum", same},
	{"maximum lowered between integers", `{"type":"integer","maximum":2.5}`, `{"type":"integer","maximum":2}`, "", same},
	{"bound 20 digits", `{"type":"integer","minimum":12345678901234567890}`, `{"type":"integer","minimum":12345678901234567891}`, " minimum", same},
	{"multipleOf divided", `{"type":"number","multipleOf":0.02}`, `{"type":"number","multipleOf":0.01}`, "", same},
	{"multipleOf of another", `{"type":"number","multipleOf":0.02}`, `{"type":"number","multipleOf":0.03}`, " multipleOf", same},
	{"multipleOf one for integers", integer, `{"type":"integer","multipleOf":1}`, "", same},
	{"enum of numbers within bounds", `{"enum":[1,2,3]}`, `{"type":"integer","minimum":1,"maximum":3}`, "", same},

	// text
	{"maxLength raised", `{"type":"string","maxLength":5}`, `{"type":"string","maxLength":6}`, "", same},
	{"maxLength lowered", `{"type":"string","maxLength":6}`, `{"type":"string","maxLength":5}`, " maxLength", same},
	{"maxLength added", str, `{"type":"string","maxLength":5}`, " maxLength", same},
	{"minLength added", str, `{"type":"string","minLength":1}`, " minLength", same},
	{"pattern dropped", `{"type":"string","pattern":"^a"}`, str, "", same},
	{"pattern added", str, `{"type":"string","pattern":"^a"}`, " pattern", same},
	{"pattern changed", `{"type":"string","pattern":"^ab"}`, `{"type":"string","pattern":"^a"}`, " unproven", same},
	{"pattern that all values match", `{"enum":["ab","ac"]}`, `{"type":"string","pattern":"^a"}`, "", same},
	{"pattern that a value does not match", `{"enum":["ab","c"]}`, `{"type":"string","pattern":"^a"}`, " pattern", same},
	{"format dropped", `{"type":"string","format":"uuid"}`, str, "", same},
	{"format added", str, `{"type":"string","format":"uuid"}`, " format", same},
	{"format widened", `{"type":"string","format":"uuid4"}`, `{"type":"string","format":"uuid"}`, "", same},
	{"format narrowed", `{"type":"string","format":"ipvanyaddress"}`, `{"type":"string","format":"ipv4"}`, " format", same},
	{"format nobody asserts", str, `{"type":"string","format":"password"}`, "", same},
	{"length of a format", `{"type":"string","format":"uuid"}`, `{"type":"string","minLength":1,"maxLength":36}`, "", same},

	// enum and const
	{"enum grows", `{"enum":["a","b"],"type":"string"}`, `{"enum":["a","b","c"],"type":"string"}`, "", same},
	{"enum shrinks", `{"enum":["a","b"],"type":"string"}`, `{"enum":["a"],"type":"string"}`, " enum", same},
	{"enum added", str, `{"enum":["a"]}`, " enum", same},
	{"enum dropped", `{"enum":["a","b"],"type":"string"}`, str, "", same},
	{"const becomes enum", `{"const":"a"}`, `{"enum":["a","b"]}`, "", same},
	{"const changes", `{"const":"a"}`, `{"const":"b"}`, " const", same},
	{"boolean becomes an enum of both", boolean, `{"enum":[true,false]}`, "", same},
	{"boolean becomes true", boolean, `{"const":true}`, " const", same},
	{"enum limited by another keyword", `{"enum":["a","bb"],"maxLength":1}`, `{"const":"a"}`, "", same},

	// arrays
	{"items widened", list(integer), list(num), "", same},
	{"items narrowed", list(num), list(integer), "/* type", same},
	{"items added", `{"type":"array"}`, list(str), "/* type", same},
	{"maxItems lowered", `{"type":"array","maxItems":3}`, `{"type":"array","maxItems":2}`, " maxItems", same},
	{"minItems raised", `{"type":"array","minItems":1}`, `{"type":"array","minItems":2}`, " minItems", same},
	{"list becomes set", list(str), `{"type":"array","items":{"type":"string"},"uniqueItems":true}`, " uniqueItems", same},
	{"set becomes list", `{"type":"array","items":{"type":"string"},"uniqueItems":true}`, list(str), "", same},
	{"tuple becomes list", `{"type":"array","prefixItems":[{"type":"integer"},{"type":"number"}],"minItems":2,"maxItems":2}`, list(num), "", same},
	{"tuple item changes", `{"type":"array","prefixItems":[{"type":"integer"},{"type":"number"}],"minItems":2,"maxItems":2}`, `{"type":"array","prefixItems":[{"type":"integer"},{"type":"integer"}]}`, "/1 type", same},
	{"tuple grows", `{"type":"array","prefixItems":[{"type":"integer"}],"minItems":1,"maxItems":1}`, `{"type":"array","prefixItems":[{"type":"integer"},{"type":"integer"}],"minItems":2,"maxItems":2}`, " minItems", same},
	{"tuple closed by items", list(str), `{"type":"array","prefixItems":[{"type":"string"}],"items":false}`, "/* items", same},
	{"tuple closed by items on both sides", `{"type":"array","prefixItems":[{"type":"string"}],"items":false}`, `{"type":"array","maxItems":1}`, "", same},
	{"contains added", list(str), `{"type":"array","contains":{"const":"a"}}`, " contains", same},
	{"contains satisfied by every item", `{"type":"array","items":{"const":"a"},"minItems":1}`, `{"type":"array","contains":{"type":"string"}}`, "", same},
	{"contains fewer", `{"contains":{"const":1},"minContains":2}`, `{"contains":{"const":1}}`, "", same},

	// maps
	{"map values widened", `{"type":"object","additionalProperties":{"type":"integer"}}`, `{"type":"object","additionalProperties":{"type":"number"}}`, "", same},
	{"map values narrowed", `{"type":"object","additionalProperties":{"type":"number"}}`, `{"type":"object","additionalProperties":{"type":"integer"}}`, "/* type", same},
	{"free map becomes a map of strings", `{"type":"object","additionalProperties":true}`, `{"type":"object","additionalProperties":{"type":"string"}}`, "/* type", same},
	{"model becomes a map", object("a", str), `{"type":"object","additionalProperties":{"type":"string"}}`, "", "/* type"},
	{"map becomes a model", `{"type":"object","additionalProperties":{"type":"string"}}`, object("a", integer), "/a type", same},
	{"maxProperties for a model", object("a", str, "b", str), `{"type":"object","maxProperties":2}`, "", " maxProperties"},
	{"minProperties of required ones", object("a!", str, "b!", str), `{"type":"object","minProperties":2}`, "", same},
	{"minProperties", object("a!", str, "b", str), `{"type":"object","minProperties":2}`, " minProperties", same},
	{"names listed", `{"type":"object","propertyNames":{"enum":["a","b"]},"additionalProperties":{"type":"integer"}}`, objectWith(closed, "a", integer, "b", integer), "", same},
	{"names restricted", `{"type":"object","additionalProperties":{"type":"integer"}}`, `{"type":"object","propertyNames":{"maxLength":3}}`, "/* propertyNames", same},
	{"name of a declared member", objectWith(closed, "abcd", integer), `{"type":"object","propertyNames":{"maxLength":3}}`, "/abcd propertyNames", same},
	{"pattern of names kept", `{"type":"object","patternProperties":{"^x":{"type":"integer"}},"additionalProperties":false}`, `{"type":"object","patternProperties":{"^x":{"type":"number"}},"additionalProperties":false}`, "", same},
	{"pattern of names hits a member", objectWith(closed, "xa", str), `{"patternProperties":{"^x":{"type":"number"}}}`, "/xa type", same},
	{"dependentRequired satisfied", objectWith(closed, "a", str, "b!", str), `{"dependentRequired":{"a":["b"]}}`, "", same},
	{"dependentRequired broken", objectWith(closed, "a", str, "b", str), `{"dependentRequired":{"a":["b"]}}`, "/b dependentRequired", same},
	{"dependentSchemas without the trigger", objectWith(closed, "b", str), `{"dependentSchemas":{"a":{"required":["c"]}}}`, "", same},
	{"unevaluatedProperties", objectWith(closed, "a", str), `{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`, "", same},

	// combinations
	{"alternative added", anyOf(str, integer), anyOf(str, integer, boolean), "", same},
	{"alternative removed", anyOf(str, integer), anyOf(str, boolean), " type", same},
	{"union of models gains one", anyOf(kinded("a"), kinded("b")), anyOf(kinded("b"), kinded("c"), kinded("a")), "", same},
	{"union of models loses one", anyOf(kinded("a"), kinded("b")), anyOf(kinded("b"), kinded("c")), " anyOf", same},
	{"member added to one of a discriminated union", oneOf(kinded("a", "x", str), kinded("b", "y", integer)), oneOf(kinded("b", "y", integer, "z", str), kinded("a", "x", str)), "", "/z type"},
	{"member changed in one of a discriminated union", oneOf(kinded("a", "x", str), kinded("b", "y", integer)), oneOf(kinded("a", "x", str), kinded("b", "y", str)), "/y type", same},
	{"one model that the reader tells apart", object("kind!", `{"enum":["a","b"]}`), oneOf(kinded("a"), kinded("b")), "", same},
	{"a member of several types becomes several models", objectWith(closed, "v!", anyOf(str, integer)), anyOf(object("v!", str), object("v!", integer)), "", same},
	{"an optional member becomes several models", objectWith(closed, "v", str), anyOf(object("v!", str), objectWith(closed)), "", same},
	{"oneOf whose alternatives overlap", object("a", str), oneOf(object("a", str), object("b", str)), " unproven", same},
	{"oneOf integer or number", integer, oneOf(integer, num), " unproven", same},
	{"anyOf becomes oneOf, exclusive", anyOf(str, integer), oneOf(str, integer), "", same},
	{"allOf on the writer's side", `{"allOf":[` + object("a!", integer) + `,` + object("b!", str) + `]}`, object("a!", num, "b!", str), "", "same"},
	{"allOf on the reader's side", object("a!", integer), `{"allOf":[` + object("a!", num) + `,` + object("a!", str) + `]}`, "/a type", same},
	{"not, shared", `{"type":"string","not":{"const":"a"}}`, `{"not":{"const":"a"}}`, "", same},
	{"not, of another type", integer, `{"not":{"type":"string"}}`, "", same},
	{"not, unproven", str, `{"not":{"const":"a"}}`, " unproven", same},
	{"not null", anyOf(str, null), `{"not":{"type":"null"}}`, " not", same},
	{"if, shared", `{"if":{"required":["a"]},"then":{"required":["b"]},"type":"object"}`, `{"if":{"required":["a"]},"then":{"required":["b"]}}`, "", same},
	{"if, unproven", object("a", str), `{"if":{"required":["a"]},"then":{"required":["b"]}}`, " unproven", same},
	{"if that always holds", object("a!", str, "b!", str), `{"if":{"required":["a"]},"then":{"required":["b"]},"else":false}`, "", same},

	// what applies to some values only
	{"then declares a member", objectWith(`,"if":{"required":["k"]},"then":`+object("x!", integer), "k", str), object("k", str, "x", str), "/x type", same},
	{"then declares a member that fits", objectWith(`,"if":{"required":["k"]},"then":`+object("x!", integer), "k", str), object("k", str, "x", num), "", "/x type"},
	{"else declares a member", objectWith(`,"if":{"required":["k"]},"else":`+object("x", integer), "k", str), object("k", str, "x", str), "/x type", same},
	{"if names a member", objectWith(`,"if":{"required":["x"]},"then":{"required":["k"]}`, "k", str), objectWith(closed, "k", str), "/x additionalProperties", "/* additionalProperties"},
	{"dependentSchemas declares a member", objectWith(`,"dependentSchemas":{"k":`+object("x!", integer)+`}`, "k", str), object("k", str, "x", str), "/x type", same},
	{"dependentRequired declares a member", objectWith(`,"dependentRequired":{"k":["x"]}`, "k", str), object("k", str, "x", str), "/x type", same},
	{"not declares nothing", objectWith(`,"not":`+object("x!", str), "k", str), object("k", str, "x", str), "", "/x type"},
	{"two alternatives fit, the reader wants one", anyOf(object("a!", str), object("b!", str)), oneOf(object("a!", str), object("b!", str)), " unproven", same},
	{"two alternatives fit, the reader's are closed", anyOf(object("a!", str), object("b!", str)), anyOf(objectWith(closed, "a!", str), objectWith(closed, "b!", str)), " anyOf", "/* additionalProperties"},
	{"two sealed alternatives fit", `{"type":"object","anyOf":[` + object("a", str) + `,` + object("b", str) + `],"unevaluatedProperties":false}`, `{"maxProperties":1}`, " maxProperties", same},
	{"one of two sealed alternatives fits", `{"type":"object","oneOf":[` + object("a!", str) + `,` + object("b!", str) + `],"unevaluatedProperties":false}`, `{"maxProperties":1}`, "", same},
	{"member added to one of two models without a tag", anyOf(object("a!", str), object("b!", str)), anyOf(object("a!", str, "n", integer), object("b!", str)), "", "/n type"},
	{"member added that the other model has otherwise", anyOf(object("a!", str), object("b!", str, "n", str)), anyOf(object("a!", str, "n", integer), object("b!", str, "n", str)), "", " anyOf"},
	{"member added that another kind has otherwise", oneOf(kinded("a"), kinded("b", "n", str)), oneOf(kinded("a", "n", integer), kinded("b", "n", str)), "", "/n type"},
	{"the same in an anyOf", anyOf(kinded("a"), kinded("b", "n", str)), anyOf(kinded("a", "n", integer), kinded("b", "n", str)), "", "/n type"},

	// references
	{"put into $defs", object("a", list(str)), `{"$defs":{"L":` + list(str) + `},"type":"object","properties":{"a":{"$ref":"#/$defs/L"}}}`, "", same},
	{"recursion, widened", `{"$defs":{"N":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}}}},"$ref":"#/$defs/N"}`,
		`{"$defs":{"M":{"type":"object","properties":{"v":{"type":"number"},"next":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/M"}]}}}},"$ref":"#/$defs/M"}`, "", same},
	{"recursion, narrowed", `{"$defs":{"N":{"type":"object","properties":{"v":{"type":"number"},"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}}}},"$ref":"#/$defs/N"}`,
		`{"$defs":{"M":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/M"}]}}}},"$ref":"#/$defs/M"}`, "/next/v type", same},
	{"what was concluded from a failed assumption", `{"$defs":{"A":` + object("b", `{"$ref":"#/$defs/B"}`, "v!", num) + `,"B":` + object("a", `{"$ref":"#/$defs/A"}`) + `},"type":"object","properties":{"p":` + object("u", `{"$ref":"#/$defs/A"}`) + `,"q":{"$ref":"#/$defs/B"}}}`,
		`{"$defs":{"A":` + object("b", `{"$ref":"#/$defs/B"}`, "v!", integer) + `,"U":` + anyOf(`{"$ref":"#/$defs/A"}`, str) + `,"B":` + object("a", `{"$ref":"#/$defs/U"}`) + `},"type":"object","properties":{"p":` + anyOf(object("u", `{"$ref":"#/$defs/U"}`), `{"type":"object"}`) + `,"q":{"$ref":"#/$defs/B"}}}`, "/q/a/v type", same},
	{"recursion of another period", `{"$defs":{"A":{"properties":{"n":{"$ref":"#/$defs/B"}},"type":"object"},"B":{"type":"object","properties":{"n":{"$ref":"#/$defs/A"}}}},"$ref":"#/$defs/A"}`,
		`{"type":"object","properties":{"n":{"type":"object","properties":{"n":{"type":"object","properties":{"n":{"$ref":"#"}}}}}}}`, "", same},
	{"Decimal relaxed", decimalOf(`(?:\\d{0,4}|(?=[\\d.]{1,7}0*$)\\d{0,4}\\.\\d{0,2}0*$)`), decimalOf(`(?:\\d{0,6}|(?=[\\d.]{1,9}0*$)\\d{0,6}\\.\\d{0,2}0*$)`), "", same},
	{"Decimal narrowed", decimalOf(`\\d*\\.?\\d*$`), decimalOf(`(?:\\d{0,6}|(?=[\\d.]{1,9}0*$)\\d{0,6}\\.\\d{0,2}0*$)`), " pattern", same},
	{"Decimal of Pydantic 2.14 for readers of 2.13", anyOf(num, str, null), anyOf(num, `{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d{0,2}0*$"}`, null), "", " pattern"},
	{"Decimal with bounds of Pydantic 2.14", anyOf(`{"type":"number","minimum":0}`, str), decimalOf(`\\d*\\.?\\d*$`), "", " pattern"},
	{"text beside a number, another pattern", anyOf(num, str), anyOf(num, `{"type":"string","pattern":"^a"}`), " pattern", same},
	{"text with a length beside a number", anyOf(num, `{"type":"string","maxLength":9}`), decimalOf(`\\d*\\.?\\d*$`), " pattern", same},
	{"text without a number", anyOf(str, null), anyOf(decimalOf(`\\d*\\.?\\d*$`), null), " pattern", same},
	{"float becomes Decimal", num, decimalOf(`\\d*\\.?\\d*$`), "", same},
	{"Decimal becomes float", decimalOf(`\\d*\\.?\\d*$`), num, " type", same},
}

func decimalOf(rest string) string {
	return `{"anyOf":[{"type":"number"},{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*` + rest + `"}]}`
}

func TestBreaks(t *testing.T) {
	t.Parallel()
	for _, tt := range evolutions {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, r := MustParse(tt.writer), MustParse(tt.reader)
			if tt.strict == same {
				tt.strict = tt.lenient
			}
			for policy, want := range map[ReaderPolicy]string{ReadersIgnoreUnknown: tt.lenient, ReadersStrict: tt.strict} {
				got, list := "", Breaks(w, r, policy)
				if len(list) > 0 {
					got = list[0].Path + " " + list[0].Rule
				}
				if got != want {
					t.Errorf("%s: first break %q, want %q: %v", policy, got, want, list)
				}
				if again := Breaks(w, r, policy); !slices.Equal(list, again) {
					t.Errorf("%s: %v, and then %v", policy, list, again)
				}
				for _, b := range list {
					if b.Writer == "" || b.Reader == "" || b.Fix == "" || strings.Contains(b.String(), "\n") {
						t.Errorf("%s: a break says too little: %#v", policy, b)
					}
				}
			}
			if list := Breaks(w, w, ReadersStrict); list != nil {
				t.Errorf("a schema breaks itself: %v", list)
			}
		})
	}
}
