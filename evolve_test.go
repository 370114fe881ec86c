package salt_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// recordOf is a stored version whose payload, and answer if it has one, are
// objects with these members; a member with a question mark is optional.
func recordOf(version, payload, response string) *salt.Record {
	s := salt.Spec{Topic: "a", Version: version, Mode: salt.ModeRPC, Schema: members(payload), Type: "T" + version}
	if response != "" {
		s.Response = members(response)
	}
	return &salt.Record{Spec: s}
}

func members(list string) *schema.Schema {
	var properties, required []string
	for m := range strings.FieldsSeq(list) {
		name, optional := strings.CutSuffix(m, "?")
		properties = append(properties, `"`+name+`":{"type":"string"}`)
		if !optional {
			required = append(required, `"`+name+`"`)
		}
	}
	return schema.MustParse(`{"type":"object","properties":{` + strings.Join(properties, ",") + `},"required":[` + strings.Join(required, ",") + `]}`)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	v1 := recordOf("v1", "id", "sum")
	for name, tt := range map[string]struct {
		level salt.Compatibility
		have  []*salt.Record
		want  *salt.Record
		says  string // action, then each check that breaks as part writer>reader
	}{
		"first":              {salt.FullCompatibilityAlways, nil, v1, "create"},
		"equal":              {salt.FullCompatibility, []*salt.Record{v1}, recordOf("v1", "id", "sum"), "unchanged"},
		"other schema":       {salt.CompatibilityNone, []*salt.Record{v1}, recordOf("v1", "name", "sum"), "refuse payload"},
		"spelled twice":      {salt.CompatibilityNone, []*salt.Record{v1}, recordOf("v1.0", "id", "sum"), "refuse version"},
		"nothing asked":      {salt.CompatibilityNone, []*salt.Record{v1}, recordOf("v2", "name", "total"), "create"},
		"optional added":     {salt.FullCompatibility, []*salt.Record{v1}, recordOf("v2", "id name?", "sum more?"), "create"},
		"required added":     {salt.Forward, []*salt.Record{v1}, recordOf("v2", "id name", "sum"), "create"},
		"required added, B":  {salt.Backward, []*salt.Record{v1}, recordOf("v2", "id name", "sum"), "refuse payload v1>v2"},
		"required removed":   {salt.Forward, []*salt.Record{v1}, recordOf("v2", "", "sum"), "refuse payload v2>v1"},
		"required removed B": {salt.Backward, []*salt.Record{v1}, recordOf("v2", "", "sum"), "create"},
		"both":               {salt.FullCompatibility, []*salt.Record{v1}, recordOf("v2", "name", "sum"), "refuse payload v1>v2 payload v2>v1"},

		// Old handlers answer new callers, so the answer's ways are exchanged.
		"answer grows":       {salt.Forward, []*salt.Record{v1}, recordOf("v2", "id", "sum total"), "refuse response v1>v2"},
		"answer shrinks":     {salt.Forward, []*salt.Record{v1}, recordOf("v2", "id", ""), "create"},
		"answer shrinks, B":  {salt.Backward, []*salt.Record{v1}, recordOf("v2", "id", "more?"), "refuse response v2>v1"},
		"answer only of one": {salt.FullCompatibility, []*salt.Record{recordOf("v1", "id", "")}, recordOf("v2", "id", "sum"), "create"},

		"neighbours only": {salt.Forward, []*salt.Record{recordOf("v1", "id old", ""), recordOf("v2", "id", "")}, recordOf("v3", "id", ""), "create"},
		"all of them":     {salt.ForwardTransitive, []*salt.Record{recordOf("v1", "id old", ""), recordOf("v2", "id", "")}, recordOf("v3", "id", ""), "refuse payload v3>v1"},
		"by version order": {
			salt.Forward, []*salt.Record{recordOf("v2", "id", ""), recordOf("v10", "id ten", "")}, recordOf("v11", "id", ""),
			"refuse payload v11>v10",
		},
		"between":       {salt.Forward, []*salt.Record{recordOf("v1", "id", ""), recordOf("v3", "id x", "")}, recordOf("v2", "id x y", ""), "refuse payload v3>v2"},
		"below, B":      {salt.Backward, []*salt.Record{recordOf("v2", "id x", "")}, recordOf("v1", "id", ""), "refuse payload v1>v2"},
		"completed":     {salt.FullCompatibility, []*salt.Record{recordOf("v1", "id", "")}, v1, "complete"},
		"completed bad": {salt.Forward, []*salt.Record{v1, recordOf("v2", "id", "")}, recordOf("v2", "id", "total"), "refuse response v1>v2"},

		// A policy that was tightened since does not concern what is stored.
		"completed late": {salt.FullCompatibility, []*salt.Record{v1, recordOf("v2", "name", "")}, recordOf("v2", "name", "sum"), "complete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := salt.Judge(salt.Policy{Compatibility: tt.level}.Over(salt.Policy{}), tt.have, &tt.want.Spec, nil)
			got := v.Action
			if v.Conflict != nil && v.Conflict.Level == "" {
				got += " " + v.Conflict.Part
			}
			for _, c := range v.Checks {
				if len(c.Breaks) > 0 {
					got += " " + c.Part + " " + c.Writer + ">" + c.Reader
				}
			}
			if diff := cmp.Diff(tt.says, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
			if (v.Err() != nil) != (v.Action == salt.ActionRefuse) {
				t.Errorf("%s, with the error %v", v.Action, v.Err())
			}
		})
	}
}

func TestJudgeDeprecated(t *testing.T) {
	t.Parallel()
	old := recordOf("v1", "id old", "")
	old.Deprecated = "use v2"
	if v := salt.Judge(salt.Policy{Compatibility: salt.ForwardTransitive}.Over(salt.Policy{}), []*salt.Record{old}, &recordOf("v2", "id", "").Spec, nil); v.Action != salt.ActionCreate {
		t.Errorf("%+v", v.Conflict)
	}
}

// TestJudgeHit: a break names those whom it hits, and only them.
func TestJudgeHit(t *testing.T) {
	t.Parallel()
	seen := func(role salt.Role, version, handler string) *salt.Participant {
		return &salt.Participant{Topic: "a", Role: role, Version: version, Service: "s", Host: "h", Handler: handler}
	}
	all := []*salt.Participant{
		seen(salt.RoleSubscriber, "v0", "reads v0"), seen(salt.RoleSubscriber, "v0.5", "reads v0.5"), // which takes anything
		seen(salt.RoleSubscriber, "v1", "reads v1"), seen(salt.RoleSubscriber, "v2", "reads v2"), seen(salt.RoleSubscriber, "", "reads all"),
		seen(salt.RolePublisher, "v1", "writes v1"), seen(salt.RoleCaller, "v1", "calls v1"), seen(salt.RoleServer, "v1", "serves v1"),
	}
	for level, want := range map[salt.Compatibility]string{
		salt.Forward:  "reads v0,reads v1,reads all,serves v1", // they get what v2 writes
		salt.Backward: "writes v1,calls v1",                    // v2 gets what they write
	} {
		have := []*salt.Record{recordOf("v0", "id x?", ""), recordOf("v0.5", "", ""), recordOf("v1", "id", "")}
		v := salt.Judge(salt.Policy{Compatibility: level}.Over(salt.Policy{}), have, &recordOf("v2", "name", "").Spec, all)
		if v.Conflict == nil {
			t.Fatalf("%s: no conflict", level)
		}
		var hit []string
		for _, p := range v.Conflict.Hit {
			hit = append(hit, p.Handler)
		}
		if diff := cmp.Diff(want, strings.Join(hit, ",")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", level, diff)
		}
		if text := v.Conflict.Error(); !strings.Contains(text, string(level)) || !strings.Contains(text, v.Conflict.Hit[0].Handler) || !strings.Contains(text, "/") {
			t.Errorf("the error says %q", text)
		}
	}
}
