package golang_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/schema"
)

type pydanticModel struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Valid  []struct {
		Payload json.RawMessage `json:"payload"`
	} `json:"valid"`
	Invalid []struct {
		Payload json.RawMessage `json:"payload"`
	} `json:"invalid"`
}

func readPydantic(t *testing.T) []pydanticModel {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/pydantic/*.json")
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

// contractOf makes a contract whose payload, or response if the root is no
// object, is the schema.
func contractOf(t *testing.T, topic string, text []byte) *gen.Contract {
	t.Helper()
	doc, err := gen.Parse(text, topic+".json")
	if err != nil {
		t.Fatal(err)
	}
	c := &gen.Contract{Topic: topic, Version: salt.DefaultVersion, Mode: salt.ModeEvent, Exchange: salt.DefaultExchange, Payload: doc, Origin: topic + ".json"}
	root := doc.Root
	if to := root.Ref(); to != nil {
		root = to
	}
	if root.Text("type") != "object" {
		empty, err := gen.Parse([]byte(`{"properties":{},"title":"Ask","type":"object"}`), topic+".json")
		if err != nil {
			t.Fatal(err)
		}
		c.Mode, c.Payload, c.Response = salt.ModeRPC, empty, doc
	}
	return c
}

// byValue is JSON for comparison: numbers by value, required without order.
func byValue(t *testing.T, text []byte) any {
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
			if l, ok := v[k].([]any); ok && k == "required" {
				slices.SortFunc(l, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		}
	}
	return v
}

// sameInMeaning are models whose schema Go cannot say letter by letter. The test
// fails when one can.
var sameInMeaning = map[string]string{
	"typed_dict_namedtuple": "a type with a JSONSchema of its own stands inline and has no name in $defs",
}

func TestPydanticSchemas(t *testing.T) {
	t.Parallel()
	var programs []program
	models := readPydantic(t)
	for _, style := range []string{golang.Simple, golang.Class} {
		for _, m := range models {
			p := program{name: m.Name + "_" + style, style: style, contracts: []*gen.Contract{contractOf(t, "model."+m.Name, m.Schema)}}
			if style == golang.Class && p.contracts[0].Response != nil {
				programs = append(programs, p) // whose payloads are responses, which the other style has tried
				continue
			}
			for _, v := range m.Valid {
				p.payloads = append(p.payloads, v.Payload)
			}
			for _, v := range m.Invalid {
				p.payloads = append(p.payloads, v.Payload)
			}
			programs = append(programs, p)
		}
	}
	reports := build(t, programs)
	for _, p := range programs {
		m := models[slices.IndexFunc(models, func(m pydanticModel) bool { return p.name == m.Name+"_"+p.style })]
		r, ok := reports[p.name]["model."+m.Name+"@v1"]
		if !ok {
			t.Errorf("%s: no report", p.name)
			continue
		}
		got := r.Schema
		if r.Response != nil {
			got = r.Response
		}
		a, err := schema.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := schema.Parse(m.Schema); err != nil || !schema.Equal(a, b) {
			t.Errorf("%s: not Equal (%v)\n%s\n%s", p.name, err, m.Schema, got)
		}
		diff := cmp.Diff(byValue(t, m.Schema), byValue(t, got))
		if why, inMeaning := sameInMeaning[m.Name]; inMeaning != (diff != "") {
			t.Errorf("%s: exception %q, but (-pydantic +go):\n%s", p.name, why, diff)
		}
		checkPayloads(t, m, p.name, r)
	}
}
