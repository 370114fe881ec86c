package confluent

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// jsonType is the only type of schemas here.
const jsonType = "JSON"

// A candidate is a schema as clients send it, to register, to find or to check.
type candidate struct {
	schema  *schema.Schema
	id      int64 // 0: whatever the registry gives
	version int   // 0: whatever the registry gives
}

// body reads the whole of it.
func body(r *http.Request) ([]byte, error) {
	all, err := io.ReadAll(r.Body)
	if err == nil {
		return all, nil
	}
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooBig
	}
	return nil, fail(http.StatusBadRequest, "read the request: %v", err)
}

// decode reads strict JSON. Members that it does not know are nobody's business.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		return fail(http.StatusUnprocessableEntity, "the request's JSON at %q is not of the form that is expected there", string(wrong.JSONPointer))
	}
	if err != nil {
		return fail(http.StatusBadRequest, "the request is not JSON: %v", err)
	}
	return nil
}

func readCandidate(r *http.Request) (*candidate, error) {
	sent, err := body(r)
	if err != nil {
		return nil, err
	}
	return parseCandidate(sent)
}

// parseCandidate refuses whatever it would have to drop.
func parseCandidate(body []byte) (*candidate, error) {
	var sent struct {
		Schema     string           `json:"schema"`
		Type       string           `json:"schemaType"`
		ID         int64            `json:"id"`
		Version    int              `json:"version"`
		References []jsontext.Value `json:"references"`
		Metadata   any              `json:"metadata"`
		RuleSet    any              `json:"ruleSet"`
	}
	if err := decode(body, &sent); err != nil {
		return nil, err
	}
	switch {
	case !strings.EqualFold(sent.Type, jsonType):
		what := "it is of type " + sent.Type
		if sent.Type == "" {
			what = "without one it would be AVRO"
		}
		return nil, fail(codeBadSchema, "Salt holds JSON Schemas; send schemaType JSON (%s)", what)
	case len(sent.References) > 0:
		return nil, fail(codeBadSchema, "a schema in Salt stands alone; put what it refers to into its $defs and send no references")
	case meant(sent.RuleSet):
		return nil, fail(codeBadRules, "Salt runs no rules, so it keeps none; send no ruleSet")
	case meant(sent.Metadata):
		return nil, fail(codeBadSchema, "Salt keeps no metadata beside a schema; send none, or put it into the schema as x-…")
	case sent.Schema == "":
		return nil, fail(codeBadSchema, "the request has no schema")
	}
	parsed, err := schema.Parse([]byte(sent.Schema))
	if err != nil {
		return nil, fail(codeBadSchema, "invalid schema: %v", err)
	}
	// -1 stands for "not given" with some clients.
	return &candidate{schema: parsed, id: max(0, sent.ID), version: max(0, sent.Version)}, nil
}

// meant reports whether JSON says anything: clients send empty objects.
func meant(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any:
		for _, member := range v {
			if meant(member) {
				return true
			}
		}
		return false
	case []any:
		return len(v) > 0
	case string:
		return v != ""
	}
	return true
}
