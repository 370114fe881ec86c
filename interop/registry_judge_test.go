package interop_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/schema"
)

// judgingStore is what stores can do beside the contract, and a client too.
type judgingStore interface {
	salt.RegistryStore
	Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error)
}

// TestRegistriesJudgeAlike: PostgreSQL, and it behind HTTP, give the verdicts
// that memory gives, to random registrations, and do what they said.
func TestRegistriesJudgeAlike(t *testing.T) {
	t.Parallel()
	memory := registry.NewMemory()
	c := startChain(t, chainDatabase(t))
	// The last has a store that cannot judge, so that the server must.
	slow := startClient(t, server.New(struct{ salt.RegistryStore }{c.store}, nil))
	stores := map[string]judgingStore{"memory": memory, "postgres": c.store, "http": c.client, "server": slow}
	// What a store stamps is its own: times, and ids.
	// Answers of servers leave out checks that found nothing.
	breaking := cmpopts.AcyclicTransformer("breaking", func(all []salt.Check) []salt.Check {
		return slices.DeleteFunc(slices.Clone(all), func(c salt.Check) bool { return len(c.Breaks) == 0 })
	})
	some := func(a, b []salt.Check) bool { return len(a)+len(b) > 0 }
	stamps := cmp.Options{cmp.FilterValues(some, breaking), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(salt.Participant{}, "FirstSeen", "LastSeen")}
	const seed = 20
	random := rand.New(rand.NewPCG(seed, 0))
	actions := map[string]int{}
	hits, later := 0, 0 // verdicts with participants; of specs that meet another of their call
	for round := range 400 {
		if round%2 == 0 {
			shake(t, random, memory, c.store)
		}
		specs := randomSpecs(random)
		var want []*salt.Verdict
		for _, name := range []string{"memory", "postgres", "http", "server"} {
			got, err := stores[name].Judge(t.Context(), specs...)
			if err != nil {
				t.Fatalf("round %d: %s: %v", round, name, err)
			}
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got, stamps); diff != "" {
				t.Fatalf("round %d: verdicts (-memory +%s):\n%s", round, name, diff)
			}
		}
		refused, topics := 0, map[string]bool{}
		for _, v := range want {
			actions[v.Action]++
			if v.Action == salt.ActionRefuse {
				refused++
			}
			if v.Conflict != nil && len(v.Conflict.Hit) > 0 {
				hits++
			}
			if topics[v.Topic] {
				later++
			}
			topics[v.Topic] = true
		}
		texts := map[string]bool{}
		for _, store := range []salt.RegistryStore{memory, c.store} {
			err := store.Register(t.Context(), specs...)
			if (err != nil) != (refused > 0) {
				t.Fatalf("round %d: %d of %d were refused, and Register says %v", round, refused, len(specs), err)
			}
			texts[fmt.Sprint(err)[max(0, len(fmt.Sprint(err))-60):]] = true
		}
		if len(texts) > 1 {
			t.Fatalf("round %d: Register failed in different ways: %v", round, texts)
		}
	}
	for _, action := range []string{salt.ActionCreate, salt.ActionComplete, salt.ActionUnchanged, salt.ActionRefuse} {
		if actions[action] < 20 {
			t.Errorf("%d verdicts %s: the test wants all kinds often", actions[action], action)
		}
	}
	if hits < 20 || later < 20 {
		t.Errorf("%d refusals name somebody, %d specs met another of their call: the test wants many", hits, later)
	}
	t.Logf("seed %d: %v, %d refusals name somebody, %d specs met another of their call", seed, actions, hits, later)
	a, errA := memory.Policies(t.Context())
	b, errB := c.store.Policies(t.Context())
	if diff := cmp.Diff(a, b); diff != "" || errA != nil || errB != nil || len(a) < 3 {
		t.Errorf("%d policies (%v, %v) (-memory +postgres):\n%s", len(a), errA, errB, diff)
	}
}

// judgedTopic is one of many topics, so that some are new and some have a past.
func judgedTopic(random *rand.Rand) string {
	return fmt.Sprintf("judged.%d.%s", random.IntN(30), oneOf(random, "event", "rpc"))
}

// shake changes the same rules, marks and participants in all stores.
func shake(t *testing.T, random *rand.Rand, stores ...salt.RegistryStore) {
	t.Helper()
	topic, whole := judgedTopic(random), random.IntN(20) == 0
	policy := salt.Policy{Owner: oneOf(random, "", "us", "them")}
	policy.Compatibility = oneOf(random, "", salt.CompatibilityNone, salt.Backward, salt.BackwardTransitive, salt.Forward, salt.ForwardTransitive, salt.FullCompatibility, salt.FullCompatibilityAlways)
	policy.Readers = oneOf(random, "", schema.ReadersIgnoreUnknown, schema.ReadersStrict)
	seen := &salt.Participant{
		Topic: judgedTopic(random), Version: oneOf(random, "v1", "v2", "", salt.LatestVersion), Service: oneOf(random, "shop", "stock"), Host: "h",
		Role: oneOf(random, salt.RolePublisher, salt.RoleSubscriber, salt.RoleCaller, salt.RoleServer), Handler: oneOf(random, "", "handle"),
	}
	mark := oneOf(random, "", "use another")
	version := oneOf(random, "v1", "v2", salt.LatestVersion)
	for _, store := range stores {
		on := topic
		if whole {
			on = ""
		}
		if err := store.SetPolicy(t.Context(), on, policy); err != nil {
			t.Fatal(err)
		}
		if err := store.See(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
		_ = store.Deprecate(t.Context(), topic, version, mark) // there may be no such version
	}
}

func oneOf[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// randomSpecs often has several versions of one topic, also twice the same.
func randomSpecs(random *rand.Rand) (specs []*salt.Spec) {
	var topic string
	for i := range 1 + random.IntN(4) {
		if i == 0 || random.IntN(3) == 0 {
			topic = judgedTopic(random)
		}
		mode := salt.ModeEvent
		if strings.HasSuffix(topic, ".rpc") != (random.IntN(30) == 0) {
			mode = salt.ModeRPC
		}
		s := &salt.Spec{
			Topic: topic, Version: oneOf(random, "v1", "v1", "v2", "v2.0", "v3", "v10"), Mode: mode,
			Schema: randomSchema(random), Type: "shop.T", Source: oneOf(random, "", "shop.go:7"),
		}
		if mode == salt.ModeRPC {
			if random.IntN(2) == 0 {
				s.Response = randomSchema(random)
			}
			if random.IntN(2) == 0 {
				s.Error = randomSchema(random)
			}
		}
		specs = append(specs, s)
	}
	return specs
}

// randomSchema is one of few, some of them equal in other words.
func randomSchema(random *rand.Rand) *schema.Schema {
	kind, required, more := "string", `["x"]`, ""
	switch random.IntN(12) {
	case 0:
		kind = "integer"
	case 1:
		required = `[]`
	case 2:
		more = `,"y":{"type":"string"}`
	}
	return schema.MustParse(fmt.Sprintf(`{"type":"object","title":%q,"properties":{"x":{"type":%q}%s},"required":%s}`, oneOf(random, "T", "U"), kind, more, required))
}
