package golang_test

import (
	"fmt"
	"strings"
	"testing"
)

const lax = "Pydantic's lax mode converts the type"

// refused are valid payloads that the schema, and so Salt, refuses: as in the
// tests of package schema, where the types are written by hand.
var refused = map[string]string{
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
	"ints_big/2":               "an integer is an int64 in generated code",
	"ints_big/3":               lax,
	"ints_big/4":               "Salt refuses numbers that a float64 does not preserve",
	"root_list/1":              lax,
	"simple_types/2":           lax,
	"simple_types/3":           lax,
	"uuids/1":                  "RFC 9562 spells a UUID with dashes",
	"uuids/2":                  "RFC 9562 spells a UUID without braces",
	"uuids/3":                  "RFC 9562 spells a UUID without urn:uuid:",
}

// accepted are invalid payloads that the schema, and so Salt, accepts.
var accepted = map[string]string{
	"any_and_json/1":       "JSON Schema does not assert contentSchema",
	"any_and_json/2":       "JSON Schema does not assert contentSchema",
	"aware_naive/0":        "the schema does not say that an offset must be there",
	"aware_naive/1":        "the schema does not say that an offset must not be there",
	"aware_naive/2":        "the schema does not say that the date is past",
	"aware_naive/3":        "the schema does not say that the time is to come",
	"strict_types/1":       "1.0 is an integer in JSON Schema",
	"string_constraints/4": "the schema does not say that white space is stripped",
	"urls_ips/1":           "the schema does not say http or https",
}

func checkPayloads(t *testing.T, m pydanticModel, name string, r report) {
	t.Helper()
	for i, d := range r.Decoded {
		if i < len(m.Valid) {
			key := fmt.Sprintf("%s/%d", m.Name, i)
			if _, exception := refused[key]; exception != (d.Error != "") {
				t.Errorf("%s: valid %s: %s", name, key, d.Error)
			}
			continue
		}
		key := fmt.Sprintf("%s/%d", m.Name, i-len(m.Valid))
		if _, exception := accepted[key]; exception != (d.Error == "") {
			t.Errorf("%s: invalid %s: error %q", name, key, d.Error)
		}
		if strings.HasPrefix(d.Error, "marshal") {
			t.Errorf("%s: invalid %s: %s", name, key, d.Error)
		}
	}
}
