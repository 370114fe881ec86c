package evolving_test

import (
	"cmp"
	"flag"
	"os"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const guide = "../evolving-events.md"

var update = flag.Bool("update", false, "write the tables into the guide")

// A change is what somebody does to a schema between two versions. The schemas
// are those of an object's members, or of the whole if they begin with "{".
type change struct {
	what     string
	old, new string
}

// members makes a schema of an object with an id, and these members.
func members(text string, required ...string) string {
	list := append([]string{`"id"`}, required...)
	props := `"id":{"type":"integer"}`
	if text != "" {
		props += "," + text
	}
	return `{"type":"object","properties":{` + props + `},"required":[` + strings.Join(list, ",") + `]}`
}

func closed(text string) string {
	return strings.TrimSuffix(members(text), "}") + `,"additionalProperties":false}`
}

const (
	plan     = `"plan":{"type":"string"}`
	planFree = `"plan":{"type":"string","default":"free"}`
	needPlan = `"plan"`
)

func member(text string) string { return members(`"plan":`+text, needPlan) }

var tables = map[string][]change{
	"members": {
		{"add an optional member", members(""), members(plan)},
		{"add an optional member with a default", members(""), members(planFree)},
		{"add a required member", members(""), members(plan, needPlan)},
		{"remove an optional member", members(plan), members("")},
		{"remove a required member", members(plan, needPlan), members("")},
		{"make an optional member required", members(plan), members(plan, needPlan)},
		{"make a required member optional", members(plan, needPlan), members(plan)},
		{"rename a required member", members(plan, needPlan), members(`"tier":{"type":"string"}`, `"tier"`)},
		{"forbid other members (`salt.Strict`)", members(plan), closed(plan)},
		{"allow other members again", closed(plan), members(plan)},
		{"add an optional member where others are forbidden", closed(""), closed(plan)},
	},
	"values": {
		{"integer becomes number", member(`{"type":"integer"}`), member(`{"type":"number"}`)},
		{"number becomes integer", member(`{"type":"number"}`), member(`{"type":"integer"}`)},
		{"integer becomes string", member(`{"type":"integer"}`), member(`{"type":"string"}`)},
		{"allow null", member(`{"type":"string"}`), member(`{"anyOf":[{"type":"string"},{"type":"null"}]}`)},
		{"forbid null", member(`{"anyOf":[{"type":"string"},{"type":"null"}]}`), member(`{"type":"string"}`)},
		{"add a value to an enum", member(`{"type":"string","enum":["free","pro"]}`), member(`{"type":"string","enum":["free","pro","team"]}`)},
		{"remove a value from an enum", member(`{"type":"string","enum":["free","pro","team"]}`), member(`{"type":"string","enum":["free","pro"]}`)},
		{"raise a maximum", member(`{"type":"integer","maximum":10}`), member(`{"type":"integer","maximum":20}`)},
		{"lower a maximum", member(`{"type":"integer","maximum":20}`), member(`{"type":"integer","maximum":10}`)},
		{"add a maximum length", member(`{"type":"string"}`), member(`{"type":"string","maxLength":20}`)},
		{"add a pattern", member(`{"type":"string"}`), member(`{"type":"string","pattern":"^[a-z]+$"}`)},
		{"change a pattern", member(`{"type":"string","pattern":"^[a-z]+$"}`), member(`{"type":"string","pattern":"^[a-z0-9]+$"}`)},
		{"text becomes date-time", member(`{"type":"string"}`), member(`{"type":"string","format":"date-time"}`)},
		{"add a variant to a union", member(`{"anyOf":[{"type":"integer"},{"type":"string"}]}`), member(`{"anyOf":[{"type":"integer"},{"type":"string"},{"type":"boolean"}]}`)},
		{"one value becomes a list", member(`{"type":"string"}`), member(`{"type":"array","items":{"type":"string"}}`)},
		{"change a default", members(planFree), members(`"plan":{"type":"string","default":"pro"}`)},
		{"change a title or a description", member(`{"type":"string"}`), member(`{"type":"string","title":"Plan","description":"What is paid for."}`)},
	},
}

// TestVerdicts holds the guide's tables to what the registry really says.
func TestVerdicts(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	have := string(text)
	want := have
	for name, changes := range tables {
		want = filled(t, want, name, table(changes))
	}
	want = filled(t, want, "rpc", requestTable(t))
	if *update {
		if err := os.WriteFile(guide, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := diff.Diff(want, have); diff != "" {
		t.Errorf("the guide's tables are not what the engine says; go test ./docs/evolving -update writes them (-want +have):\n%s", diff)
	}
}

// filled puts a table where the guide wants it.
func filled(t *testing.T, guide, name, table string) string {
	t.Helper()
	begin := "<!-- verdicts: " + name + " -->\n"
	before, rest, ok := strings.Cut(guide, begin)
	_, after, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		t.Fatalf("the guide has no place for the table %q", name)
	}
	return before + begin + "\n" + table + "\n<!-- end -->" + after
}

// An exchange is a request with its response.
type exchange struct {
	what               string
	oldAsked, newAsked string
	oldGiven, newGiven string
}

var exchanges = []exchange{
	{"request: add an optional member", members(""), members(plan), "", ""},
	{"request: add a required member", members(""), members(plan, needPlan), "", ""},
	{"request: remove a required member", members(plan, needPlan), members(""), "", ""},
	{"response: add an optional member", "", "", members(""), members(plan)},
	{"response: add a required member", "", "", members(""), members(plan, needPlan)},
	{"response: remove a required member", "", "", members(plan, needPlan), members("")},
	{"response: add a value to an enum", "", "", member(`{"type":"string","enum":["free","pro"]}`), member(`{"type":"string","enum":["free","pro","team"]}`)},
}

func requestTable(t *testing.T) string {
	t.Helper()
	spec := func(version, asked, given string) *salt.Spec {
		s := &salt.Spec{Topic: "t", Version: version, Mode: salt.ModeRPC, Schema: schema.MustParse(cmp.Or(asked, members("")))}
		s.Response = schema.MustParse(cmp.Or(given, members("")))
		return s
	}
	var b strings.Builder
	b.WriteString("| change | FORWARD: new callers, old servers | BACKWARD: old callers, new servers |\n|---|---|---|\n")
	for _, e := range exchanges {
		older, newer := spec("v1", e.oldAsked, e.oldGiven), spec("v2", e.newAsked, e.newGiven)
		row := e.what
		for _, level := range []salt.Compatibility{salt.Forward, salt.Backward} {
			verdict := salt.Judge(salt.Policy{Compatibility: level, Readers: schema.ReadersIgnoreUnknown}, []*salt.Record{{Spec: *older}}, newer, nil)
			if len(verdict.Checks) != 2 {
				t.Fatalf("%s: %d checks, want payload and response", e.what, len(verdict.Checks))
			}
			row += " | " + map[bool]string{true: "yes", false: "**no**"}[verdict.Conflict == nil]
		}
		b.WriteString("| " + row + " |\n")
	}
	return b.String()
}

func table(changes []change) string {
	var b strings.Builder
	b.WriteString("| change | FORWARD | BACKWARD | FORWARD, strict | BACKWARD, strict | what the registry advises |\n|---|---|---|---|---|---|\n")
	for _, c := range changes {
		older, newer := schema.MustParse(c.old), schema.MustParse(c.new)
		row := []string{c.what}
		var fixes []string
		for _, policy := range []schema.ReaderPolicy{schema.ReadersIgnoreUnknown, schema.ReadersStrict} {
			for _, way := range [][2]*schema.Schema{{newer, older}, {older, newer}} {
				breaks := schema.Breaks(way[0], way[1], policy)
				verdict := "yes"
				if len(breaks) > 0 {
					verdict = "**no**"
				}
				row = append(row, verdict)
				for _, br := range breaks {
					if fix := strings.ReplaceAll(br.Fix, "|", "\\|"); !strings.Contains(strings.Join(fixes, "; "), fix) && (policy == schema.ReadersIgnoreUnknown || len(fixes) == 0) {
						fixes = append(fixes, fix)
					}
				}
			}
		}
		b.WriteString("| " + strings.Join(append(row, strings.Join(fixes, "; ")), " | ") + " |\n")
	}
	return b.String()
}
