package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt/schema"
)

// A pydanticModel is one file of testdata/pydantic.
type pydanticModel struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Valid  []struct {
		Payload    json.RawMessage `json:"payload"`
		Normalized json.RawMessage `json:"normalized"`
	} `json:"valid"`
	Invalid []struct {
		Payload json.RawMessage `json:"payload"`
	} `json:"invalid"`
}

func readPydantic(t *testing.T) []pydanticModel {
	t.Helper()
	files, err := filepath.Glob("../testdata/pydantic/*.json")
	if err != nil || len(files) != 34 {
		t.Fatalf("found %d models (%v), want 34", len(files), err)
	}
	models := make([]pydanticModel, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &models[i]); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return models
}

// parseJSON returns a document for comparison by value: numbers are exact
// rationals; under "required" and "enum" arrays are sets.
func parseJSON(t *testing.T, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return exactNumbers(v)
}

func exactNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		r, _ := new(big.Rat).SetString(v.String())
		return "number " + r.RatString()
	case []any:
		for i := range v {
			v[i] = exactNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = exactNumbers(v[k])
		}
	}
	return v
}

// asSets compares the arrays of required and enum without their order.
var asSets = cmp.FilterPath(func(p cmp.Path) bool {
	for _, step := range p {
		if k, ok := step.(cmp.MapIndex); ok && (k.Key().String() == "required" || k.Key().String() == "enum") {
			return true
		}
	}
	return false
}, cmpopts.SortSlices(func(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) }))

// schemaDifferences are what Go cannot express: a why, and the exact edits that
// turn Pydantic's schema into ours, so that the test fails when they change.
var schemaDifferences = map[string]struct {
	why   string
	apply func(schema map[string]any)
}{
	"any_and_json": {"Pydantic's default [] is no string, as its schema wants; Of refuses such a default", func(s map[string]any) {
		delete(s["properties"].(map[string]any)["j"].(map[string]any), "default")
	}},
	"typed_dict_namedtuple": {"a type with a JSONSchema of its own stands inline and has no name in $defs", func(s map[string]any) {
		defs := s["$defs"].(map[string]any)
		nt := s["properties"].(map[string]any)["nt"].(map[string]any)
		maps.Copy(nt, defs["NT"].(map[string]any))
		delete(nt, "$ref")
		nt["title"] = "Nt"
		delete(defs, "NT")
	}},
}

func TestTwinSchemas(t *testing.T) {
	t.Parallel()
	for _, model := range readPydantic(t) {
		t.Run(model.Name, func(t *testing.T) {
			t.Parallel()
			got, err := schema.Of(twins[model.Name]())
			if err != nil {
				t.Fatal(err)
			}
			want := parseJSON(t, model.Schema).(map[string]any)
			if d, ok := schemaDifferences[model.Name]; ok {
				d.apply(want)
			} else if s, err := schema.Parse(model.Schema); err != nil || !schema.Equal(s, got.Schema()) {
				t.Errorf("not Equal to Pydantic's schema (%v)", err)
			}
			if diff := cmp.Diff(any(want), parseJSON(t, got.Schema().JSON()), asSets); diff != "" {
				t.Errorf("schema (-pydantic +go):\n%s", diff)
			}
			if _, err := schema.Parse(got.Schema().JSON()); err != nil {
				t.Errorf("our own schema does not parse: %v", err)
			}
		})
	}
}

const (
	lax = "Pydantic's lax mode converts the type"
)

// refusedByGo are valid payloads that plain JSON Schema, and so Salt, refuses.
var refusedByGo = map[string]string{
	"alias_populate/1":         "populate_by_name: Pydantic also takes the field's own name",
	"base64_bytes/2":           "Pydantic skips characters outside of the alphabet",
	"bool_coercion/1":          lax,
	"bool_coercion/2":          lax,
	"bool_coercion/3":          lax,
	"bool_coercion/4":          lax,
	"bool_coercion/5":          lax,
	"bool_coercion/6":          lax,
	"collection_constraints/1": "Pydantic removes duplicates from a list that becomes a set",
	"collections/1":            lax,
	"decimals/3":               "Pydantic's own schema has no exponent in the text of a Decimal",
	"ints_big/3":               lax,
	"ints_big/4":               "Salt refuses numbers that a float64 does not preserve",
	"root_list/1":              lax,
	"simple_types/2":           lax,
	"simple_types/3":           lax,
	"uuids/1":                  "RFC 9562 spells a UUID with dashes",
	"uuids/2":                  "RFC 9562 spells a UUID without braces",
	"uuids/3":                  "RFC 9562 spells a UUID without urn:uuid:",
}

// otherResult are payloads that Go normalises otherwise, with its result.
var otherResult = map[string]struct{ why, result string }{
	"alias_populate/0":     {"validation_alias: Pydantic reads vee but writes v", `{"userId":1,"vee":"d"}`},
	"alias_populate/2":     {"validation_alias: Pydantic reads vee but writes v", `{"userId":1,"vee":"x"}`},
	"alias_populate/3":     {"validation_alias: Pydantic reads v, too", `{"userId":1,"vee":"d"}`},
	"base64_bytes/0":       {"Pydantic encodes the default twice", `{"b":"aGVsbG8=","s":"aGk="}`},
	"nullable_defaults/0":  {"default_factory: the schema does not tell the default", `{"sub":{"k":1},"sub2":null,"nested":{},"lst":[null,1],"fac":[]}`},
	"nullable_defaults/1":  {"default_factory: the schema does not tell the default", `{"sub":{"k":1},"sub2":{"k":2},"nested":{"a":null,"b":{"k":1}},"lst":[null,3],"fac":[]}`},
	"string_constraints/1": {"strip_whitespace and to_lower are not in the schema", `{"short":"éàü☃","code":"XY-999","c":"  ABC "}`},
	"urls_ips/1":           {"Pydantic adds the slash of an empty path", `{"u":"http://localhost:8080","a":"ftp://h/p","ip":"10.0.0.1","any_ip":"::1"}`},
}

func TestTwinPayloads(t *testing.T) {
	t.Parallel()
	unused := make(map[string]bool)
	for key := range refusedByGo {
		unused[key] = true
	}
	for key := range otherResult {
		unused[key] = true
	}
	for _, model := range readPydantic(t) {
		typ, err := schema.Of(twins[model.Name]())
		if err != nil {
			t.Fatal(err)
		}
		for i, valid := range model.Valid {
			key := fmt.Sprintf("%s/%d", model.Name, i)
			delete(unused, key)
			v := reflect.New(twins[model.Name]()).Interface()
			err := typ.Decode(valid.Payload, v)
			if why, refused := refusedByGo[key]; refused {
				if err == nil {
					t.Errorf("%s: accepted %s, against: %s", key, valid.Payload, why)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %s: %v", key, valid.Payload, err)
				continue
			}
			got, err := typ.Marshal(v)
			if err != nil {
				t.Errorf("%s: marshal: %v", key, err)
				continue
			}
			want := valid.Normalized
			if other, ok := otherResult[key]; ok {
				want = json.RawMessage(other.result)
			}
			if diff := cmp.Diff(parseJSON(t, want), parseJSON(t, got)); diff != "" {
				t.Errorf("%s: %s (-pydantic +go):\n%s", key, valid.Payload, diff)
			}
			// What the type writes it reads again, as the same.
			again := reflect.New(twins[model.Name]()).Interface()
			if err := typ.Unmarshal(got, again); err != nil {
				t.Errorf("%s: unmarshal %s: %v", key, got, err)
			} else if second, err := typ.Marshal(again); err != nil || !bytes.Equal(second, got) {
				t.Errorf("%s: %s became %s (%v)", key, got, second, err)
			}
		}
	}
	for key := range unused {
		t.Errorf("%s is an exception but there is no such payload", key)
	}
}

// Invalid payloads that Go and its schema accept; the reasons are the ones of
// the validator's own test.
var acceptedByGo = map[string]string{
	"aware_naive/0":        "the schema does not say that an offset must be there",
	"aware_naive/1":        "the schema does not say that an offset must not be there",
	"aware_naive/2":        "the schema does not say that the date is past",
	"aware_naive/3":        "the schema does not say that the time is to come",
	"strict_types/1":       "1.0 is an integer in JSON Schema",
	"string_constraints/4": "the schema does not say that white space is stripped",
	"urls_ips/1":           "the schema does not say http or https",
}

func TestTwinInvalidPayloads(t *testing.T) {
	t.Parallel()
	for _, model := range readPydantic(t) {
		typ, err := schema.Of(twins[model.Name]())
		if err != nil {
			t.Fatal(err)
		}
		for i, invalid := range model.Invalid {
			key := fmt.Sprintf("%s/%d", model.Name, i)
			err := typ.Decode(invalid.Payload, reflect.New(twins[model.Name]()).Interface())
			if _, accepted := acceptedByGo[key]; accepted != (err == nil) {
				t.Errorf("%s: %s: error %v, want accepted %t", key, invalid.Payload, err, accepted)
			}
			if err != nil && strings.Contains(err.Error(), "marshal") {
				t.Errorf("%s: the error is not the document's: %v", key, err)
			}
		}
	}
}
