package python_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt/internal/gen/python"
)

const unstated = "the schema does not state the rule that the original model has: "

// otherVerdict are the payloads ("model/index", first the valid ones) that the
// generated model takes otherwise than the original.
var otherVerdict = map[string]string{
	"alias_populate/1":     unstated + "populate_by_name",
	"aware_naive/2":        unstated + "with offset",
	"aware_naive/3":        unstated + "without offset",
	"aware_naive/4":        unstated + "in the past",
	"aware_naive/5":        unstated + "in the future",
	"string_constraints/7": unstated + "white space is stripped before the length counts",
	"strict_types/3":       unstated + "strict",
	"strict_types/4":       unstated + "strict",
	"strict_types/5":       unstated + "strict",
	"strict_types/6":       unstated + "strict",
	"strict_types/7":       unstated + "strict",
}

// notDecorated are the models that celery-salt's decorators cannot make.
var notDecorated = map[string]string{
	"extra_allow": "additionalProperties",
	"root_list":   "object",
}

// TestPydanticModels takes the schemas of real models to Python and back.
func TestPydanticModels(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../testdata/pydantic/*.json")
	if err != nil || len(files) != 34 {
		t.Fatalf("found %d models (%v), want 34", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Schema         json.RawMessage
			Valid, Invalid []struct{ Payload json.RawMessage }
		}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		var payloads []string
		for _, p := range m.Valid {
			payloads = append(payloads, string(p.Payload))
		}
		for _, p := range m.Invalid {
			payloads = append(payloads, string(p.Payload))
		}
		for _, style := range []string{python.Class, python.Decorator} {
			t.Run(name+"/"+style, func(t *testing.T) {
				t.Parallel()
				c := event(t, "models."+name, string(m.Schema))
				if why := notDecorated[name]; why != "" && style == python.Decorator {
					expectError(t, style, why, c)
					return
				}
				r := request{Payloads: payloads}
				if name == "root_list" { // no payload can be a list, a response can
					c = rpc(t, "models."+name, `{"properties":{},"title":"Ask","type":"object"}`, string(m.Schema), "")
					r.Part = "response"
				}
				out := generate(t, style, c)
				r.Source = string(out.Source)
				a := askAbout(t, r)
				expectContracts(t, a, out, c)
				for i, p := range a.Payloads {
					at := fmt.Sprintf("%s/%d", name, i)
					want := i < len(m.Valid)
					if why := otherVerdict[at]; p.Accepted.OK != (want != (why != "")) {
						t.Errorf("%s: %s: accepted %t (%s, table says %q)", at, payloads[i], p.Accepted.OK, p.Accepted.Error, why)
					}
					if r.Part == "" {
						expectSent(t, at, c, p)
					}
				}
			})
		}
	}
}
