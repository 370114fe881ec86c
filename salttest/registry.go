package salttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TestRegistry is the suite that every [salt.Registry] passes. open returns an
// empty one; two calls in one test must not see each other's specs.
func TestRegistry(t *testing.T, open func(t *testing.T) salt.Registry) {
	for name, test := range map[string]func(*testing.T, salt.Registry){
		"register and look up":                 testRegisterLookup,
		"equal schemas register once":          testIdempotent,
		"a different schema conflicts":         testConflict,
		"a conflict stores nothing":            testAllOrNothing,
		"annotations never conflict":           testAnnotations,
		"response and error are stored beside": testSiblings,
		"latest by version order":              testLatest,
		"specs in order":                       testSpecs,
		"bad specs are refused":                testBadSpecs,
		"a cancelled context":                  testCancelled,
		"many registrars at once":              testRegistrars,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// objectSchema is an object with members name: type, all required but those
// whose name ends in "?".
func objectSchema(members ...string) *schema.Schema {
	var props, required []string
	for member := range slices.Chunk(members, 2) {
		name, optional := strings.CutSuffix(member[0], "?")
		props = append(props, fmt.Sprintf(`%q:{"type":%q,"title":%q}`, name, member[1], name))
		if !optional {
			required = append(required, strconv.Quote(name))
		}
	}
	return schema.MustParse(fmt.Sprintf(`{"type":"object","title":"T","properties":{%s},"required":[%s]}`,
		strings.Join(props, ","), strings.Join(required, ",")))
}

// lax lets a topic's versions differ as they like, where there are policies.
func lax(t *testing.T, r salt.Registry) {
	t.Helper()
	if store, ok := r.(salt.RegistryStore); ok {
		if err := store.SetPolicy(t.Context(), "", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
			t.Fatalf("SetPolicy: %v", err)
		}
	}
}

func spec(topic, version string, members ...string) *salt.Spec {
	return &salt.Spec{
		Topic: topic, Version: version, Mode: salt.ModeEvent, Doc: "doc of " + topic, Exchange: salt.DefaultExchange,
		Schema: objectSchema(members...), Package: "example.org/events", Type: "events.T", Source: "events/t.go:1",
	}
}

func mustRegister(t *testing.T, r salt.Registry, specs ...*salt.Spec) {
	t.Helper()
	if err := r.Register(t.Context(), specs...); err != nil {
		t.Fatalf("Register: %v", err)
	}
}

func diffSpec(want, got *salt.Spec) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b *schema.Schema) bool {
		return a == b || a != nil && b != nil && schema.Equal(a, b)
	}))
}

func testRegisterLookup(t *testing.T, r salt.Registry) {
	lax(t, r)
	a, b := spec("user.made", "v1", "id", "integer"), spec("user.made", "v2", "id", "string")
	mustRegister(t, r, a, b)
	for _, want := range []*salt.Spec{a, b} {
		got, err := r.Lookup(t.Context(), want.Topic, want.Version)
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffSpec(want, got); diff != "" {
			t.Errorf("spec (-registered +found):\n%s", diff)
		}
	}
	for _, missing := range [][2]string{{"user.made", "v3"}, {"user.other", "v1"}, {"user.other", salt.LatestVersion}} {
		if _, err := r.Lookup(t.Context(), missing[0], missing[1]); !errors.Is(err, salt.ErrNotFound) {
			t.Errorf("Lookup%v: %v, want ErrNotFound", missing, err)
		}
	}
}

func testIdempotent(t *testing.T, r salt.Registry) {
	for range 3 {
		mustRegister(t, r, spec("a", "v1", "x", "string"))
	}
	if n := len(all(t, r)); n != 1 {
		t.Errorf("%d specs, want 1", n)
	}
}

func testConflict(t *testing.T, r salt.Registry) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	err := r.Register(t.Context(), spec("a", "v1", "x", "integer"))
	c, ok := errors.AsType[*salt.ConflictError](err)
	if !ok {
		t.Fatalf("error %v, want a *salt.ConflictError", err)
	}
	if c.Topic != "a" || c.Version != "v1" || c.Part != "payload" || len(c.Differences) == 0 {
		t.Errorf("conflict %+v does not name topic, version, part and difference", c)
	}
	rpc := spec("a", "v1", "x", "string")
	rpc.Mode = salt.ModeRPC
	if _, ok := errors.AsType[*salt.ConflictError](r.Register(t.Context(), rpc)); !ok {
		t.Error("an event and a request share topic and version without a conflict")
	}
}

func testAllOrNothing(t *testing.T, r salt.Registry) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if err := r.Register(t.Context(), spec("b", "v1", "y", "string"), spec("a", "v1", "x", "integer")); err == nil {
		t.Fatal("no conflict")
	}
	if _, err := r.Lookup(t.Context(), "b", "v1"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("half of a refused registration was stored (%v)", err)
	}
}

func testAnnotations(t *testing.T, r salt.Registry) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	other := spec("a", "v1", "x", "string")
	other.Doc, other.Source, other.Type = "another text", "elsewhere.go:9", "python.Class"
	other.Schema = schema.MustParse(`{"required":["x"],"description":"d","examples":[{"x":"y"}],"title":"Other","type":"object","properties":{"x":{"description":"e","type":"string"}}}`)
	mustRegister(t, r, other)
}

func testSiblings(t *testing.T, r salt.Registry) {
	bare := spec("rpc", "v1", "q", "string")
	bare.Mode = salt.ModeRPC
	full := spec("rpc", "v1", "q", "string")
	full.Mode, full.Response, full.Error = salt.ModeRPC, objectSchema("sum", "integer"), objectSchema("error_code", "string")
	mustRegister(t, r, bare) // as celery-salt does, which registers responses apart
	mustRegister(t, r, full)
	got, err := r.Lookup(t.Context(), "rpc", "v1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Response == nil || !schema.Equal(got.Response, full.Response) || got.Error == nil || !schema.Equal(got.Error, full.Error) {
		t.Errorf("response %v, error %v", got.Response, got.Error)
	}
	other := spec("rpc", "v1", "q", "string")
	other.Mode, other.Response = salt.ModeRPC, objectSchema("sum", "string")
	c, ok := errors.AsType[*salt.ConflictError](r.Register(t.Context(), other))
	if !ok || c.Part != "response" {
		t.Errorf("another response: %v", c)
	}
}

func testLatest(t *testing.T, r salt.Registry) {
	for _, v := range []string{"v2.0", "v10", "v1", "v1.2", "v9"} {
		mustRegister(t, r, spec("a", v, "x", "string"))
	}
	got, err := r.Lookup(t.Context(), "a", salt.LatestVersion)
	if err != nil || got.Version != "v10" {
		t.Errorf("latest is %v (%v), want v10", got, err)
	}
}

func all(t *testing.T, r salt.Registry) (names []string) {
	t.Helper()
	for s, err := range r.Specs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, s.Topic+" "+s.Version)
	}
	return names
}

func testSpecs(t *testing.T, r salt.Registry) {
	mustRegister(t, r, spec("b", "v1", "x", "string"), spec("a", "v10", "x", "string"), spec("a", "v2", "x", "string"))
	if diff := cmp.Diff([]string{"a v2", "a v10", "b v1"}, all(t, r)); diff != "" {
		t.Errorf("specs (-want +got):\n%s", diff)
	}
	for _, err := range r.Specs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break // stopping early must not block anything
	}
	mustRegister(t, r, spec("c", "v1", "x", "string"))
}

func testBadSpecs(t *testing.T, r salt.Registry) {
	for name, s := range map[string]*salt.Spec{
		"empty topic": spec("", "v1", "x", "string"),
		"wildcard":    spec("a.*", "v1", "x", "string"),
		"bad version": spec("a", "newest", "x", "string"),
		"no schema":   {Topic: "a", Version: "v1", Mode: salt.ModeEvent},
	} {
		if err := r.Register(t.Context(), s); err == nil {
			t.Errorf("%s was registered", name)
		}
	}
	if names := all(t, r); len(names) > 0 {
		t.Errorf("stored: %v", names)
	}
}

func testCancelled(t *testing.T, r salt.Registry) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Register(ctx, spec("a", "v1", "x", "string")); !errors.Is(err, context.Canceled) {
		t.Errorf("Register: %v", err)
	}
	if _, err := r.Lookup(ctx, "a", "v1"); !errors.Is(err, context.Canceled) {
		t.Errorf("Lookup: %v", err)
	}
}

// testRegistrars: half of the registrars bring one schema, half another. One
// side wins entirely.
func testRegistrars(t *testing.T, r salt.Registry) {
	var wg sync.WaitGroup
	outcomes := make([]error, 50)
	for i := range outcomes {
		wg.Go(func() {
			kind := []string{"string", "integer"}[i%2]
			outcomes[i] = r.Register(t.Context(), spec("race", "v1", "x", kind), spec(fmt.Sprintf("own.%d", i), "v1", "x", kind))
		})
	}
	wg.Wait()
	won := map[bool]int{}
	for i, err := range outcomes {
		if err == nil {
			won[i%2 == 0]++
		} else if _, ok := errors.AsType[*salt.ConflictError](err); !ok {
			t.Errorf("registrar %d: %v", i, err)
		}
	}
	if len(won) != 1 {
		t.Errorf("winners by schema: %v, want one schema only", won)
	}
	if n := len(all(t, r)); n != 26 {
		t.Errorf("%d specs are stored, want 26: the race and one for each winner", n)
	}
}
