package confluent_test

import (
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry/confluent"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	steps(t, filled(t), []step{
		{"DELETE", "/subjects/user.signup", "", 422, "deprecate", 42205},
		{"DELETE", "/subjects/user.signup?permanent=true", "", 422, "deprecate", 42205},
		{"DELETE", "/subjects/user.signup/versions/1", "", 422, "deprecate v1", 42205},
		{"DELETE", "/subjects/user.signup/versions/latest", "", 422, "deprecate v2", 42205},
		{"DELETE", "/subjects/user.signup/versions/7", "", 404, "", 40402},
		{"DELETE", "/subjects/nobody", "", 404, "", 40401},
		{"DELETE", "/contexts/.team", "", 422, "one context", 42205},
		{"GET", "/subjects/user.signup/versions", "", 200, `[1,2]`, 0},
	}...)
}

func TestMode(t *testing.T) {
	t.Parallel()
	steps(t, filled(t), []step{
		{"GET", "/mode", "", 200, `{"mode":"READWRITE"}`, 0},
		{"GET", "/mode/user.signup?defaultToGlobal=true", "", 200, `{"mode":"READWRITE"}`, 0},
		{"PUT", "/mode", `{"mode":"READWRITE"}`, 200, `{"mode":"READWRITE"}`, 0},
		{"PUT", "/mode/user.signup?force=true", `{"mode":"readwrite"}`, 200, `{"mode":"READWRITE"}`, 0},
		{"PUT", "/mode", `{"mode":"IMPORT"}`, 422, "always READWRITE", 42205},
		{"PUT", "/mode/user.signup", `{"mode":"READONLY"}`, 422, "", 42205},
		{"PUT", "/mode", `{"mode":"SOMETIMES"}`, 422, "does not exist", 42204},
		{"PUT", "/mode", `{`, 400, "", 400},
		{"DELETE", "/mode/user.signup", "", 200, `{"mode":"READWRITE"}`, 0},
		{"GET", "/mode/a%20b", "", 422, "", 42208},
	}...)
}

func TestConfig(t *testing.T) {
	t.Parallel()
	store := filled(t)
	if err := store.SetPolicy(t.Context(), "user.signup", salt.Policy{Owner: "team"}); err != nil {
		t.Fatal(err)
	}
	steps(t, store, []step{
		{"GET", "/config", "", 200, `{"compatibilityLevel":"FORWARD_TRANSITIVE","compatibilityPolicy":"LENIENT"}`, 0},
		{"GET", "/config/user.signup", "", 404, "defaultToGlobal", 40408},
		{"GET", "/config/user.signup?defaultToGlobal=true", "", 200, `{"compatibilityLevel":"FORWARD_TRANSITIVE","compatibilityPolicy":"LENIENT"}`, 0},
		{"PUT", "/config", `{"compatibility":"FULL"}`, 200, `{"compatibility":"FULL"}`, 0},
		{"PUT", "/config", `{"compatibilityPolicy":"strict"}`, 200, `{"compatibilityPolicy":"STRICT"}`, 0},
		{"GET", "/config", "", 200, `{"compatibilityLevel":"FULL","compatibilityPolicy":"STRICT"}`, 0},
		{"PUT", "/config/user.signup", `{"compatibility":"backward_transitive","normalize":true,"alias":""}`, 200, `{"compatibility":"BACKWARD_TRANSITIVE"}`, 0},
		{"GET", "/config/user.signup", "", 200, `{"compatibilityLevel":"BACKWARD_TRANSITIVE"}`, 0},
		{"GET", "/config/user.signup?defaultToGlobal=true", "", 200, `{"compatibilityLevel":"BACKWARD_TRANSITIVE","compatibilityPolicy":"STRICT"}`, 0},
		{"PUT", "/config/not.there.yet", `{"compatibility":"NONE"}`, 200, `{"compatibility":"NONE"}`, 0},
		{"GET", "/config/not.there.yet", "", 200, `{"compatibilityLevel":"NONE"}`, 0},
		{"DELETE", "/config/user.signup", "", 200, `{"compatibilityLevel":"BACKWARD_TRANSITIVE","compatibility":"BACKWARD_TRANSITIVE"}`, 0},
		{"DELETE", "/config/user.signup", "", 404, "", 40401},
		{"DELETE", "/config", "", 200, `{"compatibilityLevel":"FULL","compatibility":"FULL","compatibilityPolicy":"STRICT"}`, 0},
		{"GET", "/config", "", 200, `{"compatibilityLevel":"FORWARD_TRANSITIVE","compatibilityPolicy":"LENIENT"}`, 0},

		{"PUT", "/config", `{"compatibility":"SIDEWARD"}`, 422, "SIDEWARD", 42203},
		{"PUT", "/config", `{"compatibilityPolicy":"LOOSE"}`, 422, "", 42203},
		{"PUT", "/config", `{}`, 422, "send a compatibility", 42203},
		{"PUT", "/config", `{`, 400, "", 400},
		{"PUT", "/config/user.signup", `{"alias":"other"}`, 422, "aliases", 42205},
		{"PUT", "/config/user.signup", `{"compatibility":"NONE","compatibilityGroup":"g"}`, 422, "groups", 42205},
		{"PUT", "/config/user.signup", `{"defaultRuleSet":{"domainRules":[{}]}}`, 422, "rules", 42210},
		{"PUT", "/config/a%20b", `{"compatibility":"NONE"}`, 422, "", 42208},

		// a sibling has its topic's rules
		{"PUT", "/config/rpc.add", `{"compatibility":"FULL"}`, 200, `{"compatibility":"FULL"}`, 0},
		{"GET", "/config/rpc.add-response", "", 200, `{"compatibilityLevel":"FULL"}`, 0},
		{"PUT", "/config/rpc.add-response", `{"compatibility":"NONE"}`, 422, "set them there", 42205},
		{"DELETE", "/config/rpc.add-error", "", 422, "set them there", 42205},
	}...)
	if p, err := store.Policy(t.Context(), "user.signup"); err != nil || p != (salt.Policy{Owner: "team"}) {
		t.Errorf("policy %+v, %v; want only its owner", p, err)
	}
}

func TestCompatibility(t *testing.T) {
	t.Parallel()
	store := filled(t)
	if err := store.Deprecate(t.Context(), "user.signup", "v1", "old"); err != nil {
		t.Fatal(err)
	}
	const yes, no = `{"is_compatible":true}`, `{"is_compatible":false}`
	const event, answers = "/compatibility/subjects/user.signup/versions", "/compatibility/subjects/rpc.add-response/versions"
	steps(t, store, []step{
		{"POST", event, sent(nameAge), 200, yes, 0},
		{"POST", event + "/latest", sent(nameAge), 200, yes, 0},
		{"POST", event + "/latest", sent(nameGone), 200, no, 0}, // old readers need the name
		{"POST", event, sent(nameGone), 200, no, 0},
		{"POST", event + "/1", sent(nameAge), 200, yes, 0},
		{"POST", event + "/1", sent(nameGone), 200, no, 0}, // deprecated, but asked for
		{"POST", event + "/9", sent(nameAge), 404, "", 40402},
		{"POST", event + "/v1", sent(nameAge), 422, "", 42202},
		{"POST", event + "/latest", `{"schema":"{}"}`, 422, "", 42201},
		{"POST", "/compatibility/subjects/nobody/versions", sent(nameAge), 200, yes, 0},
		{"POST", "/compatibility/subjects/nobody/versions/latest", sent(nameAge), 200, yes, 0},
		{"POST", "/compatibility/subjects/nobody/versions/1", sent(nameAge), 404, "", 40401},

		// answers travel the other way: new callers read what old servers write
		{"POST", answers + "/1", sent(sumOnly), 200, yes, 0},
		{"POST", answers + "/latest", sent(nameOnly), 200, no, 0},
		{"POST", answers + "/1", sent(sumGone), 200, yes, 0}, // callers of v2 need nothing
		{"POST", answers, sent(sumOnly), 200, yes, 0},        // completes v2
		{"POST", answers, sent(nameOnly), 200, no, 0},

		// a version that has an answer takes no other, whatever the level
		{"POST", "/subjects/rpc.add-response/versions", sent(sumOnly), 200, shown("rpc.add-response", 2, 3, sumOnly), 0},
		{"POST", answers, sent(sumOnly), 200, yes, 0}, // is there
		{"POST", answers, sent(sumMore), 200, no, 0},
		{"POST", answers + "/latest", sent(sumMore), 200, no, 0},
		{"POST", "/subjects/rpc.add-response/versions", sent(sumMore), 409, "has another response", 409},
		{"POST", answers + "/2", sent(sumMore), 200, yes, 0}, // as the answer of a next version

		{"PUT", "/config", `{"compatibility":"NONE"}`, 200, `{"compatibility":"NONE"}`, 0},
		{"POST", event, sent(nameGone), 200, yes, 0},
	}...)
}

func TestCompatibilityMessages(t *testing.T) {
	t.Parallel()
	w := ask(t, confluent.New(filled(t), nil), "POST", "/compatibility/subjects/user.signup/versions/latest?verbose=true", sent(nameGone))
	if got := w.Body.String(); w.Code != 200 || !strings.HasPrefix(got, `{"is_compatible":false,"messages":["FORWARD_TRANSITIVE: what v3 writes can be refused by readers of v2: `) {
		t.Errorf("%d %s", w.Code, got)
	}
}
