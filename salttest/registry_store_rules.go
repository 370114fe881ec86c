package salttest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

func setPolicy(t *testing.T, r salt.RegistryStore, topic string, level salt.Compatibility) {
	t.Helper()
	if err := r.SetPolicy(t.Context(), topic, salt.Policy{Compatibility: level}); err != nil {
		t.Fatalf("SetPolicy of %q: %v", topic, err)
	}
}

func see(t *testing.T, r salt.RegistryStore, seen ...*salt.Participant) {
	t.Helper()
	if err := r.See(t.Context(), seen...); err != nil {
		t.Fatalf("See: %v", err)
	}
}

// refused registers what must be refused for its evolution.
func refused(t *testing.T, r salt.RegistryStore, specs ...*salt.Spec) salt.ConflictError {
	t.Helper()
	err := r.Register(t.Context(), specs...)
	c, ok := errors.AsType[*salt.ConflictError](err)
	if !ok {
		t.Fatalf("Register: %v, want a *salt.ConflictError", err)
	}
	if len(c.Breaks) == 0 || c.Breaks[0].Rule == "" || c.Breaks[0].Fix == "" {
		t.Errorf("the conflict does not say what breaks: %+v", c)
	}
	return *c
}

// wantConflict compares what a conflict says, without its breaks and its hits.
func wantConflict(t *testing.T, got, want salt.ConflictError) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(salt.ConflictError{}, "Breaks", "Hit")); diff != "" {
		t.Errorf("conflict (-want +got):\n%s", diff)
	}
}

func testPolicies(t *testing.T, r salt.RegistryStore) {
	ctx := t.Context()
	whole := salt.Policy{Compatibility: salt.CompatibilityNone, Owner: "platform"}
	topic := salt.Policy{Compatibility: salt.Backward, Readers: schema.ReadersStrict, Owner: "team \"ünïcode\"; DROP TABLE x --"}
	if err := r.SetPolicy(ctx, "", whole); err != nil {
		t.Fatal(err)
	}
	if err := r.SetPolicy(ctx, "not.registered.yet", topic); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]salt.Policy{"": whole, "not.registered.yet": topic, "another": {}} {
		if got, err := r.Policy(ctx, name); err != nil || got != want {
			t.Errorf("policy of %q: %+v, %v; want %+v", name, got, err, want)
		}
	}
	if n := len(collect(t, r.Records(ctx, ""))); n != 0 {
		t.Errorf("a policy made %d records", n)
	}
	// The registry's NONE holds for every topic without a level of its own.
	setPolicy(t, r, "own", salt.Forward)
	mustRegister(t, r, spec("other", "v1", "x", "string"), spec("other", "v2", "y", "string"), spec("own", "v1", "x", "string"))
	refused(t, r, spec("own", "v2", "y", "string"))
	setPolicy(t, r, "own", "")
	mustRegister(t, r, spec("own", "v2", "y", "string"))
	setPolicy(t, r, "", "")
	refused(t, r, spec("own", "v3", "z", "string"))
	if got, err := r.Policy(ctx, ""); err != nil || got != (salt.Policy{}) {
		t.Errorf("a replaced policy is %+v, %v", got, err)
	}
}

func testBadPolicies(t *testing.T, r salt.RegistryStore) {
	for _, p := range []salt.Policy{{Compatibility: "SIDEWARD"}, {Compatibility: "none"}, {Readers: "blind"}} {
		if err := r.SetPolicy(t.Context(), "a", p); err == nil {
			t.Errorf("%+v was set", p)
		}
	}
	for _, topic := range []string{"a.*", "a..b", " "} {
		if err := r.SetPolicy(t.Context(), topic, salt.Policy{}); err == nil {
			t.Errorf("a policy for %q was set", topic)
		}
	}
	if n := len(collect(t, r.History(t.Context(), ""))); n != 0 {
		t.Errorf("refused policies made %d changes", n)
	}
}

// testForward: the default. Old readers read what new writers send.
func testForward(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string", "y?", "string"))
	c := refused(t, r, spec("a", "v2", "y", "string"))
	wantConflict(t, c, salt.ConflictError{Topic: "a", Version: "v2", Part: "payload", Level: salt.DefaultCompatibility, Against: "v1", Writer: "v2", Reader: "v1"})
	mustRegister(t, r, spec("a", "v2", "x", "string", "new", "integer"))
}

func testBackward(t *testing.T, r salt.RegistryStore) {
	setPolicy(t, r, "a", salt.Backward)
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	c := refused(t, r, spec("a", "v2", "x", "string", "new", "integer"))
	wantConflict(t, c, salt.ConflictError{Topic: "a", Version: "v2", Part: "payload", Level: salt.Backward, Against: "v1", Writer: "v1", Reader: "v2"})
	mustRegister(t, r, spec("a", "v2", "new?", "integer"))
}

func testFull(t *testing.T, r salt.RegistryStore) {
	setPolicy(t, r, "", salt.FullCompatibility)
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if c := refused(t, r, spec("a", "v2", "x", "string", "new", "integer")); c.Level != salt.FullCompatibility {
		t.Errorf("level %q", c.Level)
	}
	refused(t, r, spec("a", "v2", "new?", "integer"))
	mustRegister(t, r, spec("a", "v2", "x", "string", "new?", "integer"))
}

func testAnswerDirection(t *testing.T, r salt.RegistryStore) {
	request := func(version string, response ...string) *salt.Spec {
		s := spec("rpc", version, "q", "string")
		s.Mode, s.Response = salt.ModeRPC, objectSchema(response...)
		return s
	}
	mustRegister(t, r, request("v1", "sum", "integer"))
	c := refused(t, r, request("v2", "sum", "integer", "unit", "string"))
	wantConflict(t, c, salt.ConflictError{Topic: "rpc", Version: "v2", Part: "response", Level: salt.DefaultCompatibility, Against: "v1", Writer: "v1", Reader: "v2"})
	mustRegister(t, r, request("v2", "sum?", "integer"))
}

func testBetween(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string"), spec("a", "v3", "x", "string", "y?", "string"))
	c := refused(t, r, spec("a", "v2", "x", "string", "z", "string"))
	wantConflict(t, c, salt.ConflictError{Topic: "a", Version: "v2", Part: "payload", Level: salt.DefaultCompatibility, Against: "v3", Writer: "v3", Reader: "v2"})
	mustRegister(t, r, spec("a", "v2", "x", "string"))
}

func testTransitive(t *testing.T, r salt.RegistryStore) {
	setPolicy(t, r, "near", salt.Forward)
	setPolicy(t, r, "far", salt.ForwardTransitive)
	for _, topic := range []string{"near", "far"} {
		mustRegister(t, r, spec(topic, "v1", "x?", "string", "k", "string"), spec(topic, "v2", "k", "string"))
	}
	mustRegister(t, r, spec("near", "v3", "x?", "integer", "k", "string"))
	c := refused(t, r, spec("far", "v3", "x?", "integer", "k", "string"))
	wantConflict(t, c, salt.ConflictError{Topic: "far", Version: "v3", Part: "payload", Level: salt.ForwardTransitive, Against: "v1", Writer: "v3", Reader: "v1"})
}

func testOneCall(t *testing.T, r salt.RegistryStore) {
	refused(t, r, spec("a", "v1", "x", "string"), spec("a", "v2", "y", "string"))
	if n := len(collect(t, r.Records(t.Context(), ""))); n != 0 {
		t.Errorf("%d records of a refused call", n)
	}
	same := spec("a", "v1", "x", "string")
	mustRegister(t, r, same, same, spec("a", "v2", "x", "string"), spec("a", "v1", "x", "string"))
	if got := names(collect(t, r.Records(t.Context(), "a"))); !slices.Equal(got, []string{"a v1 #1", "a v2 #2"}) {
		t.Errorf("records %v", got)
	}
	if err := r.Register(t.Context()); err != nil {
		t.Errorf("registering nothing: %v", err)
	}
	if _, ok := errors.AsType[*salt.ConflictError](r.Register(t.Context(), spec("a", "v2.0", "x", "string"))); !ok {
		t.Error("v2 and v2.0, which are one in version order, are both registered")
	}
}

func testDeprecated(t *testing.T, r salt.RegistryStore) {
	const note = `use b; "quoted" – ünïcode`
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	for _, want := range []string{note, "another note", "", note} {
		if err := r.Deprecate(t.Context(), "a", "v1", want); err != nil {
			t.Fatal(err)
		}
		if got := collect(t, r.Records(t.Context(), "a"))[0].Deprecated; got != want {
			t.Errorf("note %q, want %q", got, want)
		}
	}
	mustRegister(t, r, spec("a", "v2", "y", "string")) // would break v1
	if _, ok := errors.AsType[*salt.ConflictError](r.Register(t.Context(), spec("a", "v1", "x", "integer"))); !ok {
		t.Error("a deprecated version was given another schema")
	}
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if got := collect(t, r.Records(t.Context(), "a"))[0]; got.Deprecated != note {
		t.Errorf("registering again lifted the mark: %q", got.Deprecated)
	}
}

func testParticipants(t *testing.T, r salt.RegistryStore) {
	long := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	want := []*salt.Participant{
		{Topic: "a", Version: "v1", Role: salt.RolePublisher, Service: "s", Host: "h1", Language: "python"},
		{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "s", Host: "h1", Handler: "f", Type: "main.A", Source: "a.go:1", Language: "go"},
		{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "s", Host: "h1", Handler: "g", Type: "main.A", Source: "a.go:2", Language: "go"},
		{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "s", Host: "h2", Handler: "f", Type: "main.A", Source: "a.go:1", Language: "go"},
		{Topic: "b.#", Version: "", Role: salt.RoleSubscriber, Service: `s"; --`, Host: "ünï", Handler: "f"},
	}
	for i := range want {
		p := *want[len(want)-1-i]
		p.FirstSeen, p.LastSeen = long, long // which is not for the caller to say
		see(t, r, &p)
	}
	ignoreTimes := cmpopts.IgnoreFields(salt.Participant{}, "FirstSeen", "LastSeen")
	before := collect(t, r.Participants(t.Context(), ""))
	if diff := cmp.Diff(want, before, ignoreTimes); diff != "" {
		t.Fatalf("participants (-want +got):\n%s", diff)
	}
	again := *want[1]
	again.Type, again.Source, again.Language = "", "", "" // less than is known
	see(t, r, &again, want[0], want[0])
	see(t, r)
	after := collect(t, r.Participants(t.Context(), "a"))
	if diff := cmp.Diff(want[:4], after, ignoreTimes); diff != "" {
		t.Fatalf("participants of a, seen again (-want +got):\n%s", diff)
	}
	for i, p := range after {
		if !about(p.FirstSeen) || !p.FirstSeen.Equal(before[i].FirstSeen) || p.LastSeen.Before(p.FirstSeen) {
			t.Errorf("%s %s: first seen %v, last %v", p.Role, p.Handler, p.FirstSeen, p.LastSeen)
		}
	}
	if p := after[1]; !p.LastSeen.After(before[1].LastSeen) {
		t.Errorf("seen again, but last seen %v as before", p.LastSeen)
	}
	if got := collect(t, r.Participants(t.Context(), "b.#")); len(got) != 1 {
		t.Errorf("%d participants of a pattern, want 1", len(got))
	}
	if n := len(collect(t, r.History(t.Context(), ""))); n != 0 {
		t.Errorf("participants made %d changes", n)
	}
}

func testHit(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	reader := &salt.Participant{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "billing", Host: "h1", Handler: "on_a"}
	see(t, r, reader,
		&salt.Participant{Topic: "a", Version: "v1", Role: salt.RolePublisher, Service: "writer", Host: "h1"},
		&salt.Participant{Topic: "other", Version: "v1", Role: salt.RoleSubscriber, Service: "elsewhere", Host: "h1"})
	c := refused(t, r, spec("a", "v2", "y", "string"))
	if diff := cmp.Diff([]*salt.Participant{reader}, c.Hit, cmpopts.IgnoreFields(salt.Participant{}, "FirstSeen", "LastSeen")); diff != "" {
		t.Errorf("who is hit (-want +got):\n%s", diff)
	}
}

func testHistory(t *testing.T, r salt.RegistryStore) {
	bare := spec("rpc", "v1", "q", "string")
	bare.Mode = salt.ModeRPC
	full := *bare
	full.Response = objectSchema("sum", "integer")
	alice, bob := salt.WithActor(t.Context(), "alice"), salt.WithActor(t.Context(), "ci/bob")
	for i, err := range []error{
		r.Register(alice, spec("b", "v1", "x", "string"), bare),
		r.Register(alice, bare), // no change
		r.Register(bob, &full),
		r.SetPolicy(alice, "", salt.Policy{Owner: "platform"}),
		r.SetPolicy(bob, "rpc", salt.Policy{Compatibility: salt.CompatibilityNone}),
		r.Deprecate(alice, "rpc", "v1", "gone soon"),
		r.Deprecate(t.Context(), "rpc", "v1", ""),
	} {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	want := []*salt.Change{
		{By: "alice", Kind: salt.ChangeRegistered, Topic: "b", Version: "v1"},
		{By: "alice", Kind: salt.ChangeRegistered, Topic: "rpc", Version: "v1"},
		{By: "ci/bob", Kind: salt.ChangeCompleted, Topic: "rpc", Version: "v1", Detail: "response added"},
		{By: "alice", Kind: salt.ChangePolicy, Detail: "platform"},
		{By: "ci/bob", Kind: salt.ChangePolicy, Topic: "rpc", Detail: "NONE"},
		{By: "alice", Kind: salt.ChangeDeprecated, Topic: "rpc", Version: "v1", Detail: "gone soon"},
		{By: "unknown", Kind: salt.ChangeRestored, Topic: "rpc", Version: "v1"},
	}
	ignore := cmp.Options{
		cmpopts.IgnoreFields(salt.Change{}, "Seq", "At"),
		// The words of a detail are for people; the fact must be among them.
		cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Detail" }, cmp.Comparer(func(a, b string) bool {
			return a == b || a != "" && b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
		})),
	}
	got := collect(t, r.History(t.Context(), ""))
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	for i, c := range got {
		if !about(c.At) || i > 0 && c.Seq <= got[i-1].Seq {
			t.Errorf("change %d has seq %d and time %v", i, c.Seq, c.At)
		}
	}
	want = slices.DeleteFunc(want, func(c *salt.Change) bool { return c.Topic != "rpc" })
	if diff := cmp.Diff(want, collect(t, r.History(t.Context(), "rpc")), ignore); diff != "" {
		t.Errorf("history of one topic (-want +got):\n%s", diff)
	}
}
