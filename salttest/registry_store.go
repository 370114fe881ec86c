package salttest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt"
)

// TestRegistryStore is the suite that every [salt.RegistryStore] passes; it
// includes [TestRegistry]. open returns an empty store, and closes it in
// t.Cleanup; two calls in one test must not see each other's data. Closing a
// store twice must do no harm.
func TestRegistryStore(t *testing.T, open func(t *testing.T) salt.RegistryStore) {
	t.Run("as a registry", func(t *testing.T) {
		TestRegistry(t, func(t *testing.T) salt.Registry { return open(t) })
	})
	for name, test := range map[string]func(*testing.T, salt.RegistryStore){
		"records":                                testRecords,
		"an empty store":                         testEmptyStore,
		"equal texts share an id":                testSchemaIDs,
		"completing keeps number and provenance": testCompleted,
		"a refusal leaves nothing":               testRefusalLeavesNothing,
		"policies are as set, and inherited":     testPolicies,
		"bad policies are refused":               testBadPolicies,
		"forward":                                testForward,
		"backward":                               testBackward,
		"full":                                   testFull,
		"answers travel the other way":           testAnswerDirection,
		"a version between two others":           testBetween,
		"transitive levels":                      testTransitive,
		"versions of one call":                   testOneCall,
		"deprecated versions are not compared":   testDeprecated,
		"participants":                           testParticipants,
		"who is hit":                             testHit,
		"history":                                testHistory,
		"a cancelled context everywhere":         testCancelledStore,
		"iterations stopped early":               testStoppedEarly,
		"overlapping registrars":                 testOverlaps,
		"many versions at once":                  testVersionRace,
		"a closed store":                         testClosedStore,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// collect reads a whole stream.
func collect[T any](t *testing.T, stream iter.Seq2[*T, error]) (list []*T) {
	t.Helper()
	for one, err := range stream {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, one)
	}
	return list
}

func names(records []*salt.Record) (list []string) {
	for _, r := range records {
		list = append(list, fmt.Sprintf("%s %s #%d", r.Topic, r.Version, r.Number))
	}
	return list
}

// about reports whether a store's time is now, give or take its clock.
func about(at time.Time) bool { return time.Since(at).Abs() < 2*time.Minute }

func testRecords(t *testing.T, r salt.RegistryStore) {
	ctx := salt.WithActor(t.Context(), "alice")
	b, second, first := spec("b", "v1", "x", "string"), spec("a", "v2", "x", "string"), spec("a", "v1", "x", "string")
	for _, s := range []*salt.Spec{b, second, first} {
		if err := r.Register(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a v1 #2", "a v2 #1", "b v1 #1"}, names(collect(t, r.Records(t.Context(), "")))); diff != "" {
		t.Errorf("all records (-want +got):\n%s", diff)
	}
	records := collect(t, r.Records(t.Context(), "a"))
	if diff := cmp.Diff([]string{"a v1 #2", "a v2 #1"}, names(records)); diff != "" {
		t.Fatalf("records of a (-want +got):\n%s", diff)
	}
	if diff := diffSpec(first, &records[0].Spec); diff != "" {
		t.Errorf("spec (-registered +stored):\n%s", diff)
	}
	for _, got := range records {
		if got.RegisteredBy != "alice" || !about(got.RegisteredAt) || got.Deprecated != "" {
			t.Errorf("%s: registered by %q at %v, deprecated %q", got.Version, got.RegisteredBy, got.RegisteredAt, got.Deprecated)
		}
		if got.SchemaID < 1 || got.ResponseID != 0 || got.ErrorID != 0 {
			t.Errorf("%s: ids %d %d %d, want the payload's only", got.Version, got.SchemaID, got.ResponseID, got.ErrorID)
		}
	}
}

func testEmptyStore(t *testing.T, r salt.RegistryStore) {
	ctx := t.Context()
	for _, topic := range []string{"", "nobody.knows"} {
		if n := len(collect(t, r.Records(ctx, topic))) + len(collect(t, r.Participants(ctx, topic))) + len(collect(t, r.History(ctx, topic))); n > 0 {
			t.Errorf("%q: %d things in an empty store", topic, n)
		}
		if p, err := r.Policy(ctx, topic); err != nil || p != (salt.Policy{}) {
			t.Errorf("policy of %q: %+v, %v; want the zero value", topic, p, err)
		}
	}
	for _, id := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		if _, err := r.SchemaByID(ctx, id); !errors.Is(err, salt.ErrNotFound) {
			t.Errorf("schema %d: %v, want ErrNotFound", id, err)
		}
	}
	if err := r.Deprecate(ctx, "nobody.knows", "v1", "no"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("Deprecate: %v, want ErrNotFound", err)
	}
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if err := r.Deprecate(ctx, "a", "v2", "no"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("Deprecate of another version: %v, want ErrNotFound", err)
	}
}

func testSchemaIDs(t *testing.T, r salt.RegistryStore) {
	lax(t, r)
	rpc := spec("c", "v1", "x", "string")
	rpc.Mode, rpc.Response, rpc.Error = salt.ModeRPC, objectSchema("y", "string"), objectSchema("error_code", "string")
	mustRegister(t, r, spec("a", "v1", "x", "string"), spec("a", "v2", "y", "string"), spec("b", "v1", "x", "string"), rpc)
	texts := map[int64]string{}
	for _, got := range collect(t, r.Records(t.Context(), "")) {
		for id, want := range map[int64]fmt.Stringer{got.SchemaID: got.Schema, got.ResponseID: got.Response, got.ErrorID: got.Error} {
			if id == 0 {
				continue
			}
			if have, ok := texts[id]; ok && have != want.String() {
				t.Errorf("id %d stands for\n%s and\n%s", id, have, want)
			}
			texts[id] = want.String()
			found, err := r.SchemaByID(t.Context(), id)
			if err != nil || found.String() != want.String() {
				t.Errorf("schema %d: %v (%v), want %v", id, found, err, want)
			}
		}
	}
	if len(texts) != 3 { // {x}, {y}, {error_code}
		t.Errorf("%d ids for three texts", len(texts))
	}
}

func testCompleted(t *testing.T, r salt.RegistryStore) {
	bare := spec("rpc", "v1", "q", "string")
	bare.Mode = salt.ModeRPC
	full := spec("rpc", "v1", "q", "string")
	full.Mode, full.Response, full.Error = salt.ModeRPC, objectSchema("sum", "integer"), objectSchema("error_code", "string")
	if err := r.Register(salt.WithActor(t.Context(), "alice"), bare); err != nil {
		t.Fatal(err)
	}
	before := collect(t, r.Records(t.Context(), "rpc"))[0]
	if err := r.Register(salt.WithActor(t.Context(), "bob"), full); err != nil {
		t.Fatal(err)
	}
	after := collect(t, r.Records(t.Context(), "rpc"))
	if len(after) != 1 {
		t.Fatalf("%d records, want 1", len(after))
	}
	if after[0].ResponseID == 0 || after[0].ErrorID == 0 || after[0].ResponseID == after[0].ErrorID {
		t.Errorf("ids of answers: %d, %d", after[0].ResponseID, after[0].ErrorID)
	}
	want := *before
	want.Response, want.Error, want.ResponseID, want.ErrorID = full.Response, full.Error, after[0].ResponseID, after[0].ErrorID
	if diff := diffRecord(&want, after[0]); diff != "" {
		t.Errorf("record (-before, with answers +after):\n%s", diff)
	}
}

func diffRecord(want, got *salt.Record) string {
	return diffSpec(&want.Spec, &got.Spec) + cmp.Diff(want, got, cmpopts.IgnoreFields(salt.Record{}, "Spec"))
}

func testRefusalLeavesNothing(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if err := r.Register(t.Context(), spec("b", "v1", "new", "number"), spec("a", "v2", "other", "string")); err == nil {
		t.Fatal("no conflict")
	}
	if got := names(collect(t, r.Records(t.Context(), ""))); !slices.Equal(got, []string{"a v1 #1"}) {
		t.Errorf("records %v, want a v1 only", got)
	}
	if changes := collect(t, r.History(t.Context(), "")); len(changes) != 1 {
		t.Errorf("%d changes, want 1", len(changes))
	}
	mustRegister(t, r, spec("a", "v2", "x", "string"))
	if got := names(collect(t, r.Records(t.Context(), "a"))); !slices.Equal(got, []string{"a v1 #1", "a v2 #2"}) {
		t.Errorf("records %v: a refusal used up a number", got)
	}
}

func testCancelledStore(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyCall(ctx, r) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	if n := len(collect(t, r.History(t.Context(), ""))); n != 1 {
		t.Errorf("%d changes after cancelled calls, want 1", n)
	}
}

func testClosedStore(t *testing.T, r salt.RegistryStore) {
	mustRegister(t, r, spec("a", "v1", "x", "string"))
	if err := r.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for name, err := range everyCall(t.Context(), r) {
		if err == nil {
			t.Errorf("%s works after Close", name)
		}
	}
	r.Close() //nolint:errcheck // once more must do no harm; what it says is its own
}

// everyCall makes each call once, and returns what it said.
func everyCall(ctx context.Context, r salt.RegistryStore) map[string]error {
	said := map[string]error{
		"Register":  r.Register(ctx, spec("b", "v1", "x", "string")),
		"SetPolicy": r.SetPolicy(ctx, "a", salt.Policy{Owner: "nobody"}),
		"Deprecate": r.Deprecate(ctx, "a", "v1", "no"),
		"See":       r.See(ctx, &salt.Participant{Topic: "a", Version: "v1", Role: salt.RolePublisher, Service: "s", Host: "h"}),
	}
	_, said["Lookup"] = r.Lookup(ctx, "a", "v1")
	_, said["SchemaByID"] = r.SchemaByID(ctx, 1)
	_, said["Policy"] = r.Policy(ctx, "a")
	said["Specs"] = ended(r.Specs(ctx))
	said["Records"] = ended(r.Records(ctx, ""))
	said["Participants"] = ended(r.Participants(ctx, ""))
	said["History"] = ended(r.History(ctx, ""))
	return said
}

// ended runs a stream to its error.
func ended[T any](stream iter.Seq2[*T, error]) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}

func testStoppedEarly(t *testing.T, r salt.RegistryStore) {
	for i := range 20 {
		mustRegister(t, r, spec(fmt.Sprintf("t%d", i), "v1", "x", "string"))
		see(t, r, &salt.Participant{Topic: "t", Version: "v1", Role: salt.RolePublisher, Service: "s", Host: fmt.Sprintf("h%d", i)})
	}
	for range 30 { // more than any pool has connections
		first(t, r.Specs(t.Context()))
		first(t, r.Records(t.Context(), ""))
		first(t, r.Participants(t.Context(), ""))
		first(t, r.History(t.Context(), ""))
	}
	mustRegister(t, r, spec("z", "v1", "x", "string"))
}

func first[T any](t *testing.T, stream iter.Seq2[*T, error]) {
	t.Helper()
	for one, err := range stream {
		if err != nil || one == nil {
			t.Fatalf("the first of a stream is %v, %v", one, err)
		}
		return
	}
	t.Fatal("a stream is empty")
}

// testOverlaps: every registrar brings what its neighbours bring too.
func testOverlaps(t *testing.T, r salt.RegistryStore) {
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			var mine []*salt.Spec
			for k := range 10 {
				topic := fmt.Sprintf("t%d", (i+k)%20)
				mine = append(mine, spec(topic, "v1", "x", "string"), spec(topic, "v2", "x", "string", "of_"+topic+"?", "string"))
			}
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			if err := r.Register(t.Context(), mine...); err != nil {
				t.Errorf("registrar %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	ids, numbers := map[int64]string{}, map[string][]int{}
	for _, got := range collect(t, r.Records(t.Context(), "")) {
		numbers[got.Topic] = append(numbers[got.Topic], got.Number)
		if have, ok := ids[got.SchemaID]; ok && have != got.Schema.String() {
			t.Errorf("id %d stands for two texts", got.SchemaID)
		}
		ids[got.SchemaID] = got.Schema.String()
	}
	if len(numbers) != 20 || len(ids) != 21 {
		t.Errorf("%d topics with %d texts, want 20 with 21", len(numbers), len(ids))
	}
	for topic, list := range numbers {
		if slices.Sort(list); !slices.Equal(list, []int{1, 2}) {
			t.Errorf("numbers of %s: %v, want 1 and 2", topic, list)
		}
	}
	if n := len(collect(t, r.History(t.Context(), ""))); n != 40 {
		t.Errorf("%d changes, want one for each of 40 versions", n)
	}
}

// testVersionRace: numbers have no gaps, whoever comes first.
func testVersionRace(t *testing.T, r salt.RegistryStore) {
	var wg sync.WaitGroup
	const n = 30
	for i := range n {
		wg.Go(func() {
			if err := r.Register(t.Context(), spec("race", fmt.Sprintf("v%d", i+1), "x", "string")); err != nil {
				t.Errorf("v%d: %v", i+1, err)
			}
		})
	}
	wg.Wait()
	records := collect(t, r.Records(t.Context(), "race"))
	seen := map[int]bool{}
	for i, got := range records {
		if want := fmt.Sprintf("v%d", i+1); got.Version != want {
			t.Errorf("record %d is %s, want %s", i, got.Version, want)
		}
		if seen[got.Number] || got.Number < 1 || got.Number > n {
			t.Errorf("%s has number %d, which is taken or out of 1 to %d", got.Version, got.Number, n)
		}
		seen[got.Number] = true
	}
	if len(records) != n {
		t.Errorf("%d records, want %d", len(records), n)
	}
}
