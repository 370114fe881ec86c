package python_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
	"github.com/celerysalt/salt/schema"
)

// differs is what the notes have in common that tell of another schema.
var differs = regexp.MustCompile(`leave out of the schema|instead of the reference|is not used`)

// decode reads JSON keeping numbers apart from their spelling: 0.0 is 0.
func decode(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// expectContracts compares what celery-salt registered with the contracts, by
// value.
func expectContracts(t *testing.T, a *answer, out *gen.Output, contracts ...*gen.Contract) {
	t.Helper()
	if len(a.Events) != len(contracts) {
		t.Fatalf("celery-salt registered %d events, want %d\n%s", len(a.Events), len(contracts), numberedLines(out.Source))
	}
	for i, c := range contracts {
		got := a.Events[i]
		mode := "broadcast"
		if c.Mode == salt.ModeRPC {
			mode = "rpc"
		}
		want := registered{Topic: c.Topic, Version: c.Version, Mode: mode, Description: got.Description, Exchange: c.Exchange}
		have := got
		have.Schema, have.Response, have.Error = nil, nil, nil
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("registered (-want +got):\n%s", diff)
		}
		expectSchema(t, "payload", c.Payload, got.Schema, out)
		if c.Mode == salt.ModeRPC {
			expectSchema(t, "response", c.Response, got.Response, out)
			expectSchema(t, "error", c.Error, got.Error, out)
		}
	}
}

func expectSchema(t *testing.T, part string, want *gen.Document, got []byte, out *gen.Output) {
	t.Helper()
	if want == nil {
		if got != nil && string(got) != "null" {
			t.Errorf("%s: the contract has no schema, Python %s", part, got)
		}
		return
	}
	diff := cmp.Diff(decode(t, want.Schema.JSON()), decode(t, got))
	noted := slices.ContainsFunc(out.Notes, func(note string) bool {
		return strings.HasPrefix(note, want.Origin) && differs.MatchString(note)
	})
	if noted {
		// What a note tells of differs, but not in meaning.
		have, err := schema.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if diff == "" || !schema.Equal(have, want.Schema) {
			t.Errorf("%s: after the notes %q: equal in value %t, in meaning %t:\n%s", part, out.Notes, diff == "", schema.Equal(have, want.Schema), diff)
		}
	} else if diff != "" {
		t.Errorf("%s (-contract +Python):\n%s\n%s", part, diff, numberedLines(out.Source))
	}
}

// expectSent checks that what celery-salt sends is what the contract says.
func expectSent(t *testing.T, at string, c *gen.Contract, p tried) {
	t.Helper()
	switch {
	case !p.Accepted.OK:
	case !p.Sent.OK:
		t.Errorf("%s: accepted but not sent: %s", at, p.Sent.Error)
	default:
		if err := c.Payload.Schema.Validate(p.Sent.Value); err != nil {
			t.Errorf("%s: %s is sent: %v", at, p.Sent.Value, err)
		}
	}
}

func expectError(t *testing.T, style, want string, contracts ...*gen.Contract) {
	t.Helper()
	out, err := python.Generate(contracts, python.Options{Style: style})
	if err == nil {
		t.Errorf("no error, want one with %q\n%s", want, numberedLines(out.Source))
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want one with %q", err, want)
	}
}

// usedDefs adds those of foreignDefs that the schema needs.
func usedDefs(t *testing.T, text string) string {
	t.Helper()
	var defs, used map[string]json.RawMessage
	if err := json.Unmarshal([]byte(foreignDefs), &defs); err != nil {
		t.Fatal(err)
	}
	used = make(map[string]json.RawMessage)
	for name, def := range defs {
		if strings.Contains(text, `"#/$defs/`+name+`"`) {
			used[name] = def
		}
	}
	if len(used) == 0 {
		return text
	}
	added, err := json.Marshal(used)
	if err != nil {
		t.Fatal(err)
	}
	return `{"$defs":` + string(added) + `,` + text[1:]
}

// onlyUsed removes the definitions that a schema does not use.
func onlyUsed(t *testing.T, text string) string {
	t.Helper()
	var s map[string]json.RawMessage
	var defs map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(s["$defs"], &defs); err != nil {
		t.Fatal(err)
	}
	delete(s, "$defs")
	rest, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for name := range defs {
		if !strings.Contains(string(rest), `"#/$defs/`+name+`"`) {
			delete(defs, name)
		}
	}
	if len(defs) > 0 {
		if s["$defs"], err = json.Marshal(defs); err != nil {
			t.Fatal(err)
		}
	}
	all, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
