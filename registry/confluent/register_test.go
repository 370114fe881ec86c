package confluent_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	steps(t, store, []step{
		{"POST", "/subjects/user.signup/versions", sent(nameOnly), 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"POST", "/subjects/user.signup/versions", sent(nameOnly), 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"POST", "/subjects/user.signup/versions?normalize=true", sent(nameTitle), 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"POST", "/subjects/user.signup/versions", sent(nameAge), 200, shown("user.signup", 2, 2, nameAge), 0},
		{"POST", "/subjects/user.signup/versions", sent(nameOnly), 200, shown("user.signup", 1, 1, nameOnly), 0}, // an older one
		{"POST", "/subjects/user.other/versions", sent(nameAge), 200, shown("user.other", 1, 2, nameAge), 0},     // ids are of texts
		{"POST", "/subjects/user.signup/versions", sent(nameGone), 409, "FORWARD_TRANSITIVE", 409},
		{"GET", "/subjects/user.signup/versions", "", 200, `[1,2]`, 0},

		// numbers of the client's choice
		{"POST", "/subjects/user.signup/versions", sent(nameAge, `,"id":2,"version":2`), 200, shown("user.signup", 2, 2, nameAge), 0},
		{"POST", "/subjects/user.signup/versions", sent(nameAge, `,"id":-1,"version":-1`), 200, shown("user.signup", 2, 2, nameAge), 0},
		{"POST", "/subjects/user.signup/versions", sent(nameAge, `,"id":7`), 422, "send no id", 42205},
		{"POST", "/subjects/user.signup/versions", sent(sumOnly, `,"id":7`), 422, "send no id", 42205},
		{"POST", "/subjects/user.signup/versions", sent(nameOnly, `,"version":2`), 422, "the next of", 42202},
		{"POST", "/subjects/user.signup/versions", sent(sumOnly, `,"version":9`), 422, "is 3", 42202},
		{"POST", "/subjects/another/versions", sent(sumOnly, `,"version":1`), 200, shown("another", 1, 3, sumOnly), 0},
	}...)

	got, err := store.Lookup(t.Context(), "user.signup", salt.LatestVersion)
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != "v2" || got.Mode != salt.ModeEvent || got.Exchange != salt.DefaultExchange || got.Source == "" {
		t.Errorf("stored %+v", got)
	}
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	steps(t, registry.NewMemory(), []step{
		{"POST", "/subjects/a/versions", ``, 400, "not JSON", 400},
		{"POST", "/subjects/a/versions", `{"schema":`, 400, "not JSON", 400},
		{"POST", "/subjects/a/versions", `{"schema":1}`, 422, "/schema", 422},
		{"POST", "/subjects/a/versions", `{"schema":"{}","schema":"{}"}`, 400, "", 400},
		{"POST", "/subjects/a/versions", `[]`, 422, "", 422},
		{"POST", "/subjects/a/versions", `{}`, 422, "without one it would be AVRO", 42201},
		{"POST", "/subjects/a/versions", `{"schema":"{}","schemaType":"AVRO"}`, 422, "send schemaType JSON", 42201},
		{"POST", "/subjects/a/versions", `{"schema":"{}","schemaType":"PROTOBUF"}`, 422, "PROTOBUF", 42201},
		{"POST", "/subjects/a/versions", `{"schemaType":"JSON"}`, 422, "no schema", 42201},
		{"POST", "/subjects/a/versions", sent(`{"type":1}`), 422, "invalid schema", 42201},
		{"POST", "/subjects/a/versions", sent(`not json`), 422, "invalid schema", 42201},
		{"POST", "/subjects/a/versions", sent(`{"$schema":"http://json-schema.org/draft-07/schema#"}`), 422, "2020-12", 42201},
		{"POST", "/subjects/a/versions", sent(nameOnly, `,"references":[{"name":"x","subject":"y","version":1}]`), 422, "$defs", 42201},
		{"POST", "/subjects/a/versions", sent(nameOnly, `,"metadata":{"properties":{"owner":"me"}}`), 422, "metadata", 42201},
		{"POST", "/subjects/a/versions", sent(nameOnly, `,"ruleSet":{"domainRules":[{"name":"x"}]}`), 422, "ruleSet", 42210},
		{"POST", "/subjects/a%20b/versions", sent(nameOnly), 422, "invalid subject", 42208},
		{"POST", "/subjects/a/versions", strings.Repeat(" ", 1<<20+1), 422, "bytes", 42209},
		{"GET", "/subjects", "", 200, `[]`, 0},
		{"POST", "/subjects/a/versions", sent(nameOnly, `,"references":[],"metadata":{"tags":{}},"ruleSet":null,"more":1`), 200, shown("a", 1, 1, nameOnly), 0},
	}...)
}

// TestRegisterVersions finds the version that comes next, whatever versions are there.
func TestRegisterVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ have, want string }{{"v1", "v2"}, {"1", "v2"}, {"v2.7.1", "v3"}, {"v9", "v10"}, {"v0.1", "v1"}} {
		store := registry.NewMemory()
		if err := store.Register(t.Context(), spec("t", test.have, nameOnly)); err != nil {
			t.Fatal(err)
		}
		steps(t, store, step{"POST", "/subjects/t/versions", sent(nameAge), 200, shown("t", 2, 2, nameAge), 0})
		if got, err := store.Lookup(t.Context(), "t", salt.LatestVersion); err != nil || got.Version != test.want {
			t.Errorf("after %s: %v, %v; want %s", test.have, got, err, test.want)
		}
	}
	store := registry.NewMemory()
	if err := store.Register(t.Context(), spec("t", "v999999999", nameOnly)); err != nil {
		t.Fatal(err)
	}
	steps(t, store, step{"POST", "/subjects/t/versions", sent(nameAge), 422, "no version comes after", 42202})
}

// TestLatestIsByVersionOrder: an older version that came later is not the latest.
func TestLatestIsByVersionOrder(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	for _, s := range []*salt.Spec{spec("t", "v2", nameAge), spec("t", "v1", nameOnly)} {
		if err := store.Register(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	steps(t, store, []step{
		{"GET", "/subjects/t/versions", "", 200, `[1,2]`, 0},
		{"GET", "/subjects/t/versions/latest", "", 200, shown("t", 1, 1, nameAge), 0},
		{"GET", "/subjects/t/versions/2", "", 200, shown("t", 2, 2, nameOnly), 0},
	}...)
}

func TestRegisterAnswers(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	if err := store.Register(t.Context(), rpc("rpc.add", "v1", nameOnly, "", "")); err != nil {
		t.Fatal(err)
	}
	steps(t, store, []step{
		{"GET", "/subjects/rpc.add-response/versions", "", 404, "", 40401},
		{"POST", "/subjects/rpc.add-response/versions", sent(sumOnly), 200, shown("rpc.add-response", 1, 2, sumOnly), 0},
		{"POST", "/subjects/rpc.add-response/versions", sent(sumOnly), 200, shown("rpc.add-response", 1, 2, sumOnly), 0},
		{"POST", "/subjects/rpc.add-response/versions", sent(sumGone), 409, "register a new version", 409},
		{"POST", "/subjects/rpc.add-error/versions", sent(failure, `,"version":2`), 404, "register the request's schema first", 40402},
		{"POST", "/subjects/rpc.add/versions", sent(nameAge), 200, shown("rpc.add", 2, 3, nameAge), 0},
		{"POST", "/subjects/rpc.add-error/versions", sent(failure, `,"version":1`), 200, shown("rpc.add-error", 1, 4, failure), 0},
		{"POST", "/subjects/rpc.add-response/versions", sent(sumOnly), 200, shown("rpc.add-response", 2, 2, sumOnly), 0}, // completes the second
		{"GET", "/subjects/rpc.add-response/versions", "", 200, `[1,2]`, 0},
		{"GET", "/subjects/rpc.add-error/versions", "", 200, `[1]`, 0},
	}...)
	got, err := store.Lookup(t.Context(), "rpc.add", "v2")
	if err != nil || got.Mode != salt.ModeRPC || got.Response == nil || got.Error != nil {
		t.Errorf("stored %+v, %v", got, err)
	}
}

// TestRegisterRaces: registrars of different schemas get different versions.
func TestRegisterRaces(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	if err := store.SetPolicy(t.Context(), "t", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
		t.Fatal(err)
	}
	h := confluent.New(store, nil)
	const registrars = 16
	var wg sync.WaitGroup
	for i := range registrars {
		wg.Go(func() {
			w := answer(h, newRequest(t, "POST", "/subjects/t/versions", sent(fmt.Sprintf(`{"const":%d}`, i/2))))
			if w.Code != 200 {
				t.Errorf("registrar %d: %d %s", i, w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	steps(t, store, step{"GET", "/subjects/t/versions", "", 200, `[1,2,3,4,5,6,7,8]`, 0})
}

// TestActor: who registers is whom the request's context says.
func TestActor(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	r := newRequest(t, "POST", "/subjects/t/versions", sent(nameOnly))
	w := answer(confluent.New(store, nil), r.WithContext(salt.WithActor(r.Context(), "ci")))
	if w.Code != 200 {
		t.Fatal(w.Body)
	}
	var by []string
	for record, err := range store.Records(t.Context(), "t") {
		if err != nil {
			t.Fatal(err)
		}
		by = append(by, record.RegisteredBy)
	}
	if !slices.Equal(by, []string{"ci"}) {
		t.Errorf("registered by %q", by)
	}
}
