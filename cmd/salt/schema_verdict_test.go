package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// plainStore has the calls of the contract and no other.
type plainStore struct{ salt.RegistryStore }

// TestJudgeAll: a store that does not judge itself is judged for, with the same
// result; one that answers nonsense is an error.
func TestJudgeAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	store := registry.NewMemory()
	load := func(files ...string) []*definition {
		t.Helper()
		var defs []*definition
		for _, file := range files { // one by one: together they may conflict
			more, err := (&app{}).definitions(t.Context(), &definitionFlags{}, []string{d.file(file)})
			if err != nil {
				t.Fatal(err)
			}
			defs = append(defs, more...)
		}
		return defs
	}
	verdicts := func(store salt.RegistryStore, defs []*definition) string {
		t.Helper()
		list, err := judgeAll(t.Context(), store, defs)
		if err != nil {
			t.Fatal(err)
		}
		var plain []*salt.Verdict
		for _, j := range list {
			plain = append(plain, j.Verdict)
		}
		text, err := json.Marshal(plain, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err := store.See(t.Context(), &salt.Participant{Topic: "user.created", Version: "v2", Role: salt.RoleSubscriber, Service: "s", Host: "h"}); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, step := range []struct {
		register []string
		topic    string
		policy   salt.Policy
	}{
		{}, {register: []string{"price.json", "v1.json"}}, {register: []string{"v2.json"}},
		{topic: "user.created", policy: salt.Policy{Compatibility: salt.FullCompatibility, Owner: "o"}}, {policy: salt.Policy{Readers: "strict", Compatibility: salt.Backward}},
	} {
		for _, def := range load(step.register...) {
			if err := store.Register(t.Context(), def.Spec); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.SetPolicy(t.Context(), step.topic, step.policy); err != nil {
			t.Fatal(err)
		}
		for _, files := range [][]string{{"v1.json"}, {"v2.json", "v1.json", "v3.json"}, {"other.json", "v2.json"}, {"v3.json", "price.json", "full.json", "full.json"}, {"v1.json", "other.json"}} {
			want, got := verdicts(store, load(files...)), verdicts(plainStore{store}, load(files...))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after %+v, %q (-the store's +ours):\n%s", step, files, diff)
			}
			var list []*salt.Verdict
			if err := json.Unmarshal([]byte(want), &list); err != nil {
				t.Fatal(err)
			}
			for _, v := range list {
				if v.Action == salt.ActionRefuse {
					refused++
				}
			}
		}
		theirs, err := policies(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := policies(t.Context(), plainStore{store})
		if err != nil {
			t.Fatal(err)
		}
		for topic := range ours {
			if theirs[topic] != ours[topic] {
				t.Errorf("policy of %q: %+v, want %+v", topic, ours[topic], theirs[topic])
			}
		}
		for topic, p := range theirs {
			if ours[topic] != p {
				t.Errorf("policy of %q is missing: %+v", topic, p)
			}
		}
	}
	if refused < 10 {
		t.Errorf("%d refusals, so this test would prove little", refused)
	}
	if _, err := judgeAll(t.Context(), liar{plainStore{store}}, load("v1.json")); err == nil {
		t.Error("a verdict is missing and nobody notices")
	}
}

// newer is a registry that answers in its own way.
type newer struct {
	plainStore

	verdict salt.Verdict
}

func (n newer) Judge(context.Context, ...*salt.Spec) ([]*salt.Verdict, error) {
	return []*salt.Verdict{&n.verdict}, nil
}

// TestVerdictUnknown: an answer that this program does not understand is no
// consent.
func TestVerdictUnknown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	defs, err := (&app{}).definitions(t.Context(), &definitionFlags{}, []string{d.file("v1.json")})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		verdict salt.Verdict
		want    string // "" if it is good
	}{
		{salt.Verdict{Topic: "user.created", Version: "v1", Action: salt.ActionCreate}, ""},
		{salt.Verdict{Topic: "user.created", Version: "v1", Action: salt.ActionRefuse, Conflict: &salt.ConflictError{}}, ""},
		{salt.Verdict{Topic: "user.created", Version: "v1", Action: "quarantine"}, `user.created v1 with "quarantine", which this program does not know`},
		{salt.Verdict{Topic: "user.created", Version: "v1"}, `with ""`},
		{salt.Verdict{Topic: "user.created", Version: "v1", Action: salt.ActionCreate, Conflict: &salt.ConflictError{}}, "names a conflict"},
		{salt.Verdict{Topic: "user.created", Version: "v2", Action: salt.ActionCreate}, `answers about "user.created" "v2"`},
	} {
		_, err := judgeAll(t.Context(), newer{verdict: tt.verdict}, defs)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.verdict, err, tt.want)
		}
	}
}

// TestVerdictRegistered: programs are told what became of each definition, not
// only what would have.
func TestVerdictRegistered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, step := range []struct {
		args string
		code int
		want []string // topic, version, action, registered
	}{
		{"register v2.json --dry-run", 0, []string{"user.created v2 create false"}},
		{"register v2.json", 0, []string{"user.created v2 create true"}},
		{"check v2.json", 0, []string{"user.created v2 unchanged true"}},
		{"check price.json", 0, []string{"price.get v1 create false"}},
		{"register price.json v2.json v3.json", 3, []string{"order.made v1 create false", "price.get v1 create false", "user.created v2 unchanged true", "user.created v3 refuse false"}},
		{"register v2.json price.json", 0, []string{"price.get v1 create true", "user.created v2 unchanged true"}},
		{"register full.json", 0, []string{"price.get v1 complete true"}},
	} {
		args := strings.Fields("schema " + step.args + " --json")
		for i := range args {
			if strings.HasSuffix(args[i], ".json") {
				args[i] = d.file(args[i])
			}
		}
		code, out, errText := d.run(t, args...)
		var got []string
		for line := range strings.Lines(out) {
			var v shownVerdict
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%v\n%s", err, line)
			}
			got = append(got, fmt.Sprint(v.Topic, " ", v.Version, " ", v.Action, " ", v.Registered))
		}
		if diff := cmp.Diff(step.want, got); code != step.code || diff != "" {
			t.Errorf("salt schema %s: exit %d, want %d (-want +got):\n%s%s", step.args, code, step.code, diff, errText)
		}
	}
}

// liar answers with less than it was asked.
type liar struct{ plainStore }

func (liar) Judge(_ context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error) {
	return make([]*salt.Verdict, len(specs)), nil
}
