package interop_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TestRegistryAdapter runs the adapter's own tests.
func TestRegistryAdapter(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), need(t, "SALT_TEST_PYTHON"), "-W", "error::ResourceWarning", "-m", "unittest", "discover", "-s", "tests", "-t", ".")
	cmd.Dir = "../python"
	cmd.Env = append(os.Environ(), "PYTHONPATH=src:.", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "skipped") {
		t.Errorf("%v\n%s", err, out)
	}
}

type placed struct {
	ID    int     `json:"id"`
	Total float64 `json:"total"`
	Note  string  `json:"note" salt:"default=none"`
}

type placedOtherwise struct {
	ID    int    `json:"id"`
	Total string `json:"total"`
	Note  string `json:"note" salt:"default=none"`
}

const placedInPython = `
from celery_salt import event

@event("order.placed", version="%s")
class Placed:
    id: int
    total: %s
    note: str = "none"
`

// specOf is what a Go program registers for a type.
func specOf[T any](t *testing.T, topic, version string) *salt.Spec {
	t.Helper()
	typ, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return &salt.Spec{Topic: topic, Version: version, Mode: salt.ModeEvent, Schema: typ.Schema(), Type: "shop.Placed", Source: "shop.go:7"}
}

// TestRegistryConflict: one changed member conflicts, whoever comes second.
func TestRegistryConflict(t *testing.T) {
	t.Parallel()
	t.Run("Go first", func(t *testing.T) {
		t.Parallel()
		s := startRegistry(t)
		if err := s.client(t).Register(t.Context(), specOf[placed](t, "order.placed", "v1")); err != nil {
			t.Fatal(err)
		}
		p := startRegistryProgram(t, s.url)
		p.do(t, "load", map[string]any{"source": fmt.Sprintf(placedInPython, "v1", "float")}, nil)
		got := p.try(t, "load", map[string]any{"source": fmt.Sprintf(placedInPython, "v1", "str")}, nil)
		for _, part := range []string{"SaltSchemaConflict", "order.placed", "v1", "/properties/total", `"number"`, `"string"`, "shop.Placed at shop.go:7", "Placed at module2.py:"} {
			if !strings.Contains(got, part) {
				t.Errorf("the conflict does not name %s:\n%s", part, got)
			}
		}
		if h := p.health(t); h.Registered != 1 || h.Refused != 1 || len(h.Conflicts) != 1 {
			t.Errorf("health %+v", h)
		}
		if n := len(s.records(t)); n != 1 {
			t.Errorf("the registry has %d versions, want 1", n)
		}
	})
	t.Run("Python first", func(t *testing.T) {
		t.Parallel()
		s := startRegistry(t)
		p := startRegistryProgram(t, s.url)
		p.do(t, "load", map[string]any{"name": "shop.events", "source": fmt.Sprintf(placedInPython, "v1", "float")}, nil)
		client := s.client(t)
		if err := client.Register(t.Context(), specOf[placed](t, "order.placed", "v1")); err != nil {
			t.Errorf("the same in Go: %v", err)
		}
		err := client.Register(t.Context(), specOf[placedOtherwise](t, "order.placed", "v1"))
		conflict, ok := errors.AsType[*salt.ConflictError](err)
		if !ok || len(conflict.Differences) != 1 || !strings.HasPrefix(conflict.Differences[0].Path, "/properties/total") {
			t.Fatalf("conflict %+v (%v)", conflict, err)
		}
		if !strings.HasPrefix(conflict.Have, "shop.events.Placed at shop.events.py:") {
			t.Errorf("the other side is %q", conflict.Have)
		}
	})
	t.Run("a version that breaks the readers of the last", func(t *testing.T) {
		t.Parallel()
		s := startRegistry(t)
		if err := s.client(t).Register(t.Context(), specOf[placed](t, "order.placed", "v1")); err != nil {
			t.Fatal(err)
		}
		p := startRegistryProgram(t, s.url)
		got := p.try(t, "load", map[string]any{"source": fmt.Sprintf(placedInPython, "v2", "str")}, nil)
		for _, part := range []string{"SaltSchemaConflict", "not compatible with v1", "FORWARD", "/total", "fix: "} {
			if !strings.Contains(got, part) {
				t.Errorf("the refusal does not name %s:\n%s", part, got)
			}
		}
	})
}

// TestRegistryRestarts kills the server while Python registers.
func TestRegistryRestarts(t *testing.T) {
	t.Parallel()
	const count, kills = 120, 5
	s := startRegistry(t)
	p := startRegistryProgram(t, s.url)
	// With the first restarts it is importing, with the last it catches up.
	importing := p.begin(t, "many", map[string]any{"count": count})
	for range kills {
		for range count / (2 * kills) { // some way on
			select {
			case <-s.registered:
			case <-time.After(2 * patience):
				t.Fatal("Python registers no more")
			}
		}
		s.kill(t)
		s.again(t)
	}
	if err := p.wait(t, importing, nil); err != "" {
		t.Fatal(err)
	}
	p.flush(t)
	if h := p.health(t); h.Registered != count || h.Pending != 0 || h.Refused != 0 {
		t.Errorf("health %+v", h)
	}
	records := s.records(t)
	if len(records) != count {
		t.Errorf("the registry has %d versions, want %d", len(records), count)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range records {
		if r.RegisteredBy != "interop@"+host {
			t.Errorf("%s was registered by %q", name, r.RegisteredBy)
		}
	}
}

// TestRegistryAway starts Python while nothing listens.
func TestRegistryAway(t *testing.T) {
	t.Parallel()
	s := startRegistry(t)
	if err := s.store.Register(t.Context(), specOf[placed](t, "order.placed", "v1")); err != nil {
		t.Fatal(err)
	}
	s.kill(t)
	p := startRegistryProgram(t, s.url)
	p.do(t, "load", map[string]any{"source": fmt.Sprintf(placedInPython, "v1", "str")}, nil)
	p.do(t, "many", map[string]any{"count": 20}, nil)
	if h := p.health(t); h.Available || h.Pending != 21 {
		t.Errorf("health %+v", h)
	}
	s.again(t)
	p.flush(t)
	h := p.health(t)
	if !h.Available || h.Registered != 20 || len(h.Conflicts) != 1 || !strings.Contains(h.Conflicts[0], "/properties/total") {
		t.Errorf("health %+v", h)
	}
	if said := p.said.String(); strings.Count(said, "found only now") != 1 {
		t.Errorf("a late conflict is logged once, got:\n%s", said)
	}
}

// TestRegistryLatest: a handler in Python that knows the topic alone.
func TestRegistryLatest(t *testing.T) {
	t.Parallel()
	s := startRegistry(t)
	client := s.client(t)
	type more struct {
		placed
		Coupon *string `json:"coupon"`
	}
	if err := client.Register(t.Context(), specOf[placed](t, "order.placed", "v2"), specOf[more](t, "order.placed", "v10")); err != nil {
		t.Fatal(err)
	}
	p := startRegistryProgram(t, s.url)
	var got map[string]any
	p.do(t, "handle", map[string]any{"topic": "order.placed", "payload": map[string]any{"id": 1, "total": 2.5, "coupon": "x"}}, &got)
	want := map[string]any{"id": 1.0, "total": 2.5, "note": "none", "coupon": "x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the handler got (-want +got):\n%s", diff)
	}
	got = nil
	p.do(t, "handle", map[string]any{"topic": "order.*", "payload": map[string]any{"id": 1, "total": 2.5, "coupon": "x"}}, &got)
	want = map[string]any{"id": 1.0, "total": 2.5, "note": nil, "coupon": "x"} // what a message lacks is None
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the pattern's handler got (-want +got):\n%s", diff)
	}
	if err := p.try(t, "handle", map[string]any{"topic": "order.lost", "payload": map[string]any{}}, nil); !strings.Contains(err, "No schema found for topic: order.lost") {
		t.Errorf("an unknown topic: %s", err)
	}
	p.do(t, "load", map[string]any{"name": "shop.events", "source": fmt.Sprintf(placedInPython, "v2", "float")}, nil)
	p.do(t, "publish", map[string]any{"module": "shop.events", "class": "Placed"}, nil)
	p.flush(t)
	seen := map[string]bool{}
	for participant, err := range s.store.Participants(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(participant.Role, " ", participant.Topic, " ", participant.Version, " ", participant.Handler, " ", participant.Service, " ", participant.Language)] = true
	}
	wantSeen := map[string]bool{
		"subscriber order.placed latest handler interop python": true,
		"subscriber order.* latest handler interop python":      true,
		"publisher order.placed v2  interop python":             true,
	}
	if diff := cmp.Diff(wantSeen, seen); diff != "" {
		t.Errorf("participants (-want +got):\n%s", diff)
	}
}

// TestRegistryTokens: what a service hears whose token does not do.
func TestRegistryTokens(t *testing.T) {
	t.Parallel()
	line := func(name, token, more string) string {
		return fmt.Sprintf(`{"name": %q, "sha256": "%x"%s}`, name, sha256.Sum256([]byte(token)), more)
	}
	s := startRegistry(t,
		line("shop", "shop-token-of-32-characters-or-so", `, "write": true, "prefixes": ["order."]`),
		line("reader", "read-token-of-32-characters-or-so", ``))
	for _, test := range []struct{ token, topic, want string }{
		{"", "order.placed", "401"},
		{"wrong-token", "order.placed", "401"},
		{"read-token-of-32-characters-or-so", "order.placed", "403"},
		{"shop-token-of-32-characters-or-so", "stock.placed", "403"},
		{"shop-token-of-32-characters-or-so", "order.placed", ""},
	} {
		p := startRegistryProgram(t, s.url, "SALT_REGISTRY_TOKEN="+test.token)
		source := strings.Replace(fmt.Sprintf(placedInPython, "v1", "float"), "order.placed", test.topic, 1)
		p.do(t, "load", map[string]any{"source": source}, nil) // refused or not, the import goes on
		h := p.health(t)
		if want := test.want == ""; (h.Registered == 1) != want || (h.Refused == 0) != want || h.Pending != 0 || !strings.Contains(h.LastError, test.want) {
			t.Errorf("token %q, topic %s: health %+v, want %s", test.token, test.topic, h, test.want)
		}
		if said := p.said.String(); test.token != "" && strings.Contains(said, test.token) {
			t.Errorf("the token is in:\n%s", said)
		}
	}
	if r := s.records(t); len(r) != 1 || !strings.HasPrefix(r["order.placed v1"].RegisteredBy, "shop/interop@") {
		t.Errorf("records %+v", r)
	}
}
