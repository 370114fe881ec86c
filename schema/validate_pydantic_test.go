package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A model is one file of testdata/pydantic: what Pydantic 2.13 says of a
// schema, of payloads, and what celery-salt really sends.
type model struct {
	Name   string
	Schema json.RawMessage
	Valid  []struct {
		Payload json.RawMessage
		Wire    json.RawMessage `json:"celery_salt_wire"`
	}
	Invalid []struct {
		Payload json.RawMessage
		Errors  []struct {
			Type string
			Loc  []any
		}
	}
}

func readModels(tb testing.TB) []model {
	tb.Helper()
	files, err := filepath.Glob("../testdata/pydantic/*.json")
	if err != nil {
		tb.Fatal(err)
	}
	if len(files) != 34 {
		tb.Fatalf("found %d models, want 34", len(files))
	}
	models := make([]model, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(text, &models[i]); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
	}
	return models
}

const (
	coerced   = "Pydantic's lax mode converts the type"
	aliased   = "celery-salt sends field names, the schema has the aliases"
	unstated  = "the schema does not state the rule"
	branch    = "Pydantic puts the name of the union's branch into the place"
	otherUUID = "Pydantic also reads UUIDs in other spellings than RFC 9562's"
)

// refusedValid are the payloads ("model/index") that Pydantic accepts and the
// schema does not.
var refusedValid = map[string]string{
	"alias_populate/1":         "populate_by_name: Pydantic also takes the field's own name",
	"base64_bytes/2":           "Pydantic skips characters outside of the alphabet",
	"bool_coercion/1":          coerced,
	"bool_coercion/2":          coerced,
	"bool_coercion/3":          coerced,
	"bool_coercion/4":          coerced,
	"bool_coercion/5":          coerced,
	"bool_coercion/6":          coerced,
	"collection_constraints/1": "Pydantic removes duplicates from a list that becomes a set",
	"collections/1":            coerced,
	"decimals/3":               "the pattern has no exponent, Decimal has",
	"ints_big/3":               coerced,
	"ints_big/4":               "Salt refuses numbers that a float64 does not preserve",
	"root_list/1":              coerced,
	"simple_types/2":           coerced,
	"simple_types/3":           coerced,
	"uuids/1":                  otherUUID,
	"uuids/2":                  otherUUID,
	"uuids/3":                  otherUUID,
}

// acceptedInvalid are the payloads that Pydantic refuses for a reason that its
// schema does not state.
var acceptedInvalid = map[string]string{
	"any_and_json/1":       "contentSchema is an annotation in JSON Schema",
	"any_and_json/2":       "contentSchema is an annotation in JSON Schema",
	"aware_naive/0":        unstated + ": with offset",
	"aware_naive/1":        unstated + ": without offset",
	"aware_naive/2":        unstated + ": in the past",
	"aware_naive/3":        unstated + ": in the future",
	"decimals/4":           unstated + ": the bound stands at the number, not at the text",
	"strict_types/1":       "1.0 is an integer in JSON Schema",
	"string_constraints/4": unstated + ": white space is stripped before the length counts",
	"urls_ips/1":           unstated + ": http or https",
}

// otherPlace are the payloads that both refuse, at places that differ.
var otherPlace = map[string]string{
	"alias_populate/2":      "populate_by_name: Pydantic looks at the field's own name",
	"collections/5":         "Pydantic names the missing item, JSON Schema the length of the array",
	"discriminated_union/2": branch,
	"discriminated_union/3": branch,
	"union_of_models/0":     branch,
	"union_of_models/1":     branch,
	"union_of_models/2":     branch,
	"union_of_models/3":     branch,
}

// refusedWire are what celery-salt sends against its own schema.
var refusedWire = map[string]string{
	"alias/0":           aliased,
	"alias/1":           aliased,
	"alias/2":           aliased,
	"alias_generator/0": aliased,
	"alias_generator/1": aliased,
	"alias_populate/0":  aliased,
	"alias_populate/1":  aliased,
	"alias_populate/2":  aliased,
	"alias_populate/3":  aliased,
	"any_and_json/0":    "celery-salt sends the parsed value of a Json field",
	"any_and_json/1":    "celery-salt sends the parsed value of a Json field",
}

func TestPydanticModels(t *testing.T) {
	t.Parallel()
	used := make(map[string]bool)
	for _, m := range readModels(t) {
		s, err := Parse(m.Schema)
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		for i, v := range m.Valid {
			at := fmt.Sprintf("%s/%d", m.Name, i)
			expectAccepted(t, s, "valid "+at, v.Payload, refusedValid[at])
			used["valid "+at] = true
			if v.Wire != nil && string(v.Wire) != "null" { // null: a list is no celery-salt event
				expectAccepted(t, s, "wire "+at, v.Wire, refusedWire[at])
				used["wire "+at] = true
			}
		}
		for i, v := range m.Invalid {
			at := fmt.Sprintf("%s/%d", m.Name, i)
			used["invalid "+at] = true
			err := s.Validate(v.Payload)
			if why := acceptedInvalid[at]; why != "" {
				if err != nil {
					t.Errorf("invalid %s: expected to be accepted (%s), got %v", at, why, err)
				}
				continue
			}
			invalid, ok := errors.AsType[*Error](err)
			if !ok {
				t.Errorf("invalid %s: %s accepted (%v), Pydantic says %v", at, v.Payload, err, v.Errors)
				continue
			}
			var want, got []string
			for _, e := range v.Errors {
				var p strings.Builder
				for _, token := range e.Loc {
					fmt.Fprintf(&p, "/%v", token)
				}
				want = append(want, p.String())
			}
			for _, f := range invalid.Fields {
				got = append(got, f.Pointer)
			}
			slices.Sort(want)
			slices.Sort(got)
			if same := slices.Equal(slices.Compact(want), slices.Compact(got)); same == (otherPlace[at] != "") {
				t.Errorf("invalid %s: %s: places %q, Pydantic's %q (table says %q); %v", at, v.Payload, got, want, otherPlace[at], err)
			}
		}
	}
	for _, table := range []struct {
		prefix  string
		entries map[string]string
	}{{"valid ", refusedValid}, {"wire ", refusedWire}, {"invalid ", acceptedInvalid}, {"invalid ", otherPlace}} {
		for at := range table.entries {
			if !used[table.prefix+at] {
				t.Errorf("a table names %s%s, which does not exist", table.prefix, at)
			}
		}
	}
}

func expectAccepted(t *testing.T, s *Schema, at string, doc []byte, refused string) {
	t.Helper()
	err := s.Validate(doc)
	if refused == "" && err != nil {
		t.Errorf("%s: %s: %v", at, doc, err)
	}
	if refused != "" && err == nil {
		t.Errorf("%s: %s: accepted, expected refusal because %s", at, doc, refused)
	}
}
