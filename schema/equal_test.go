package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEqual(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b string
		want []Difference // of a against b
	}{
		{"annotations", `{"type":"string","title":"A","description":"x","examples":[1],"deprecated":true,"$comment":"c","x-salt":1}`, `{"type":"string","$schema":"https://json-schema.org/draft/2020-12/schema"}`, nil},
		{"a property called title", `{"properties":{"title":{"type":"string"}}}`, `{"properties":{}}`, []Difference{{"/properties/title", `{"type":"string"}`, "absent"}}},
		{"numbers by value", `{"minimum":0,"maximum":1e2,"default":1.50}`, `{"minimum":-0.0,"maximum":100,"default":15e-1}`, nil},
		{"big integers exact", `{"const":9007199254740993}`, `{"const":9007199254740992}`, []Difference{{"/enum", "[9007199254740993]", "[9007199254740992]"}}},
		{"sets", `{"required":["a","b"],"enum":[1,"x",null],"type":["null","string"]}`, `{"type":["string","null"],"enum":[null,"x",1.0],"required":["b","a"]}`, nil},
		{"type of one", `{"type":["string"]}`, `{"type":"string"}`, nil},
		{"const is an enum of one", `{"const":"x"}`, `{"enum":["x"]}`, nil},
		{"const said twice", `{"const":"x","enum":["x"]}`, `{"const":"x"}`, nil},
		{"anyOf order", `{"anyOf":[{"type":"null"},{"type":"string"}]}`, `{"anyOf":[{"type":"string"},{"type":"null"}]}`, nil},
		{"prefixItems order", `{"prefixItems":[{"type":"null"},{"type":"string"}]}`, `{"prefixItems":[{"type":"string"},{"type":"null"}]}`,
			[]Difference{{"/prefixItems/0/type", `"null"`, `"string"`}, {"/prefixItems/1/type", `"string"`, `"null"`}}},
		{"oneOf counts twins", `{"oneOf":[{"type":"null"},{"type":"null"}]}`, `{"oneOf":[{"type":"null"}]}`, []Difference{{"/oneOf/0", `{"type":"null"}`, "absent"}, {"/oneOf/1", `{"type":"null"}`, "absent"}, {"/type", "absent", `"null"`}}},
		{"defs renamed, unused dropped", `{"$defs":{"A":{"type":"string"},"B":{"type":"null"}},"items":{"$ref":"#/$defs/A"}}`, `{"definitions":{"X/Y":{"type":"string"}},"items":{"$ref":"#/definitions/X~1Y"}}`, nil},
		{"inline", `{"$defs":{"A":{"type":"string"}},"items":{"$ref":"#/$defs/A"}}`, `{"items":{"type":"string"}}`, nil},
		{"anchor", `{"$defs":{"A":{"$anchor":"a","type":"string"}},"items":{"$ref":"#a"}}`, `{"items":{"type":"string"}}`, nil},
		{"default beside a reference", `{"$defs":{"A":{"type":"string"}},"items":{"$ref":"#/$defs/A","default":"x"}}`, `{"items":{"type":"string","default":"x"}}`, nil},
		{"wrapper", `{"$defs":{"A":{"type":"string"}},"items":{"allOf":[{"$ref":"#/$defs/A"}],"default":"x","title":"T"}}`, `{"items":{"type":"string","default":"x"}}`, nil},
		{"default behind a reference stays apart", `{"$defs":{"A":{"type":"string","default":"y"}},"items":{"$ref":"#/$defs/A","default":"x"}}`, `{"items":{"type":"string","default":"x"}}`,
			[]Difference{{"/items/$ref", `{"default":"y","type":"string"}`, "absent"}, {"/items/type", "absent", `"string"`}}},
		{"default counts", `{"type":"string","default":"a"}`, `{"type":"string"}`, []Difference{{"/default", `"a"`, "absent"}}},
		{"neutral keywords", `{"minItems":0,"uniqueItems":false,"additionalProperties":true,"required":[],"items":{"title":"Any"}}`, `{}`, nil},
		{"true is empty", `true`, `{"title":"Any"}`, nil},
		{"false", `false`, `{"not":{}}`, nil},
		{"true is not false", `true`, `false`, []Difference{{"/not", "absent", "anything"}}},
		{"additional counts where the unevaluated does", `{"allOf":[{"additionalProperties":true}],"unevaluatedProperties":false}`, `{"allOf":[{}],"unevaluatedProperties":false}`,
			[]Difference{{"/allOf/0/additionalProperties", "true", "absent"}}},
		{"recursion, unrolled once", `{"$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"}}}},"$ref":"#/$defs/N"}`,
			`{"properties":{"next":{"properties":{"next":{"$ref":"#"}}}}}`, nil},
		{"recursion of another period", `{"$defs":{"A":{"properties":{"n":{"$ref":"#/$defs/B"}}},"B":{"type":"object","properties":{"n":{"$ref":"#/$defs/A"}}}},"$ref":"#/$defs/A"}`,
			`{"$defs":{"A":{"properties":{"n":{"$ref":"#/$defs/B"}}},"B":{"type":"object","properties":{"n":{"$ref":"#/$defs/C"}}},"C":{"type":"object","properties":{"n":{"$ref":"#/$defs/A"}}}},"$ref":"#/$defs/A"}`,
			[]Difference{{"/$defs/A/type", "absent", `"object"`}, {"/$defs/B/type", `"object"`, "absent"}}},
		{"discriminator by target", `{"$defs":{"A":{"type":"object","required":["a"]},"B":{"type":"object"}},"oneOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],"discriminator":{"propertyName":"k","mapping":{"a":"#/$defs/A","b":"#/$defs/B"}}}`,
			`{"$defs":{"X":{"type":"object","required":["a"]},"Y":{"type":"object"}},"oneOf":[{"$ref":"#/$defs/Y"},{"$ref":"#/$defs/X"}],"discriminator":{"mapping":{"a":"#/$defs/X","b":"#/$defs/Y"},"propertyName":"k"}}`, nil},
		{"discriminator swapped", `{"$defs":{"A":{"required":["a"]},"B":{"type":"object"}},"oneOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],"discriminator":{"propertyName":"k","mapping":{"a":"#/$defs/A"}}}`,
			`{"$defs":{"A":{"required":["a"]},"B":{"type":"object"}},"oneOf":[{"$ref":"#/$defs/A"},{"$ref":"#/$defs/B"}],"discriminator":{"propertyName":"k","mapping":{"a":"#/$defs/B"}}}`,
			[]Difference{{"/$defs/A/required", `["a"]`, "absent"}, {"/$defs/A/type", "absent", `"object"`}}},
		{"a field added", `{"properties":{"a":{"type":"string"}},"required":["a"]}`, `{"properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]}`,
			[]Difference{{"/properties/b", "absent", `{"type":"integer"}`}, {"/required", `["a"]`, `["a","b"]`}}},
		{"a deep difference behind a reference", `{"$defs":{"L":{"properties":{"qty":{"minimum":1}}}},"properties":{"l":{"items":{"$ref":"#/$defs/L"}}}}`, `{"properties":{"l":{"items":{"properties":{"qty":{"minimum":2}}}}}}`,
			[]Difference{{"/$defs/L/properties/qty/minimum", "1", "2"}}},
		{"a branch made nullable", `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"anyOf":[{"type":"string"},{"type":"null"},{"type":"integer"}]}`, []Difference{{"/anyOf", "absent", `{"type":"integer"}`}}},
		{"format", `{"format":"uuid"}`, `{"format":"binary"}`, []Difference{{"/format", `"uuid"`, `"binary"`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := MustParse(tt.a), MustParse(tt.b)
			equal := tt.want == nil
			if Equal(a, b) != equal || Equal(b, a) != equal {
				t.Errorf("Equal = %t and %t, want %t", Equal(a, b), Equal(b, a), equal)
			}
			if (a.Hash() == b.Hash()) != equal {
				t.Errorf("hashes %s and %s, want them equal: %t", a.Hash(), b.Hash(), equal)
			}
			if diff := cmp.Diff(tt.want, Diff(a, b)); diff != "" {
				t.Errorf("Diff (-want +got):\n%s", diff)
			}
		})
	}
}
