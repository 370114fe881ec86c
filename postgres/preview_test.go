package postgres_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
)

// TestJudgeRefusesBadSpecs: what Register refuses has no verdict.
func TestJudgeRefusesBadSpecs(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	for name, change := range map[string]func(*salt.Spec) *salt.Spec{
		"nil":         func(*salt.Spec) *salt.Spec { return nil },
		"no topic":    func(s *salt.Spec) *salt.Spec { s.Topic = ""; return s },
		"bad version": func(s *salt.Spec) *salt.Spec { s.Version = "newest"; return s },
		"no schema":   func(s *salt.Spec) *salt.Spec { s.Schema = nil; return s },
		"no mode":     func(s *salt.Spec) *salt.Spec { s.Mode = "fax"; return s },
		"NUL":         func(s *salt.Spec) *salt.Spec { s.Doc = "\x00"; return s },
	} {
		s := change(event("a", "v1", "string"))
		if verdicts, err := r.Judge(patience(t), event("b", "v1", "string"), s); err == nil || verdicts != nil || !strings.HasPrefix(err.Error(), "judge: ") {
			t.Errorf("%s: Judge %v (%v)", name, verdicts, err)
		}
		if err := r.Register(patience(t), event("b", "v1", "string"), s); err == nil || !strings.HasPrefix(err.Error(), "register: ") {
			t.Errorf("%s: Register: %v", name, err)
		}
	}
	for rec, err := range r.Records(patience(t), "") {
		t.Errorf("stored: %v (%v)", rec, err)
	}
}

// TestJudgeSeesOneMoment: a registration and a change of the rules between its
// statements are not seen.
func TestJudgeSeesOneMoment(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r, c := counted(t, url, nil)
	other := open(t, url, nil)
	if err := r.Register(patience(t), event("a", "v1", "string")); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	c.mu.Lock()
	c.meet = func(text string) {
		if strings.Contains(text, ".policies") { // the records are read
			once.Do(func() {
				if err := other.SetPolicy(patience(t), "a", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
					t.Error(err)
				}
				if err := other.See(patience(t), &salt.Participant{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "late"}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	c.mu.Unlock()
	want := event("a", "v2", "integer")
	verdicts, err := r.Judge(patience(t), want)
	if err != nil {
		t.Fatal(err)
	}
	if v := verdicts[0]; v.Action != salt.ActionRefuse || v.Policy.Compatibility != salt.DefaultCompatibility || len(v.Conflict.Hit) > 0 {
		t.Errorf("beside a change: %+v, want what was before it", v)
	}
	if verdicts, err = r.Judge(patience(t), want); err != nil || verdicts[0].Action != salt.ActionCreate {
		t.Errorf("after the change: %+v (%v), want create", verdicts, err)
	}
}

// TestPoliciesAreAllThatWereSet also for topics without versions.
func TestPoliciesAreAllThatWereSet(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	if all, err := r.Policies(patience(t)); err != nil || all == nil || len(all) > 0 {
		t.Errorf("of an empty registry: %v (%v)", all, err)
	}
	want := map[string]salt.Policy{"": {Owner: "platform", Compatibility: salt.Backward}}
	for i := range 120 {
		want[fmt.Sprintf("topic.%d", i)] = salt.Policy{Owner: fmt.Sprint(i)}
	}
	for topic, p := range want {
		if err := r.SetPolicy(patience(t), topic, p); err != nil {
			t.Fatal(err)
		}
	}
	all, err := r.Policies(patience(t))
	if err != nil || len(all) != len(want) {
		t.Fatalf("%d policies (%v), want %d", len(all), err, len(want))
	}
	for topic, p := range want {
		if all[topic] != p {
			t.Errorf("%q: %+v, want %+v", topic, all[topic], p)
		}
	}
}
