package server_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/schema"
)

func hash(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }

// tokens are one of each kind; their secrets are their names with -secret.
func tokens(t *testing.T) *server.Tokens {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.jsonl")
	text := fmt.Sprintf(`{"name":"admin","sha256":%q,"write":true}
{"name":"viewer","sha256":%q}

{"name":"orders","sha256":%q,"write":true,"prefixes":["order.","shop.order."]}
`, hash("admin-secret"), hash("viewer-secret"), hash("orders-secret"))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := server.LoadTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func event(topic, version, member string) *salt.Spec {
	return &salt.Spec{
		Topic: topic, Version: version, Mode: salt.ModeEvent,
		Schema: schema.MustParse(fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"string"}},"required":[%q]}`, member, member)),
	}
}

func TestParseTokens(t *testing.T) {
	t.Parallel()
	h := hash("x")
	for name, test := range map[string]struct{ text, want string }{
		"no hash":       {`{"name":"a","write":true}`, "entry 1 (a)"},
		"short hash":    {`{"name":"a","sha256":"abcd"}`, "64 hex digits"},
		"plain token":   {`{"name":"a","sha256":"hunter2"}`, "64 hex digits"},
		"unknown field": {`{"name":"a","sha256":"` + h + `","prefix":["x"]}`, "prefix"},
		"no name":       {`[{"sha256":"` + h + `"}]`, "name"},
		"slash in name": {`{"name":"a/b","sha256":"` + h + `"}`, "slash"},
		"name twice":    {`{"name":"a","sha256":"` + h + `"}{"name":"a","sha256":"` + hash("y") + `"}`, "taken"},
		"token twice":   {`{"name":"a","sha256":"` + h + `"}{"name":"b","sha256":"` + h + `"}`, "same token"},
		"empty token":   {`{"name":"a","sha256":"` + hash("") + `"}`, "no token at all"},
		"empty prefix":  {`{"name":"a","sha256":"` + h + `","prefixes":[""]}`, "prefix is empty"},
		"no JSON":       {`name,sha256`, "entry 1"},
	} {
		_, err := server.ParseTokens([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
		}
	}
	if _, err := server.ParseTokens([]byte(`[{"name":"a","sha256":"` + strings.ToUpper(h) + `","write":true}]`)); err != nil {
		t.Errorf("an array: %v", err)
	}
}

// TestAuthorisation walks every operation of both surfaces with every kind of token.
func TestAuthorisation(t *testing.T) {
	t.Parallel()
	schemaText := `{"schemaType":"JSON","schema":"{\"type\":\"object\"}"}`
	specs := func(topic string) string {
		return `{"specs":[{"topic":"` + topic + `","version":"v1","mode":"event","schema":{"type":"object"}}]}`
	}
	for _, test := range []struct {
		method, path, body string
		// what admin, viewer, orders and nobody get
		admin, viewer, orders, nobody int
	}{
		{"GET", "/v1/health", "", 200, 200, 200, 200},
		{"GET", "/openapi.json", "", 200, 200, 200, 200},
		{"POST", "/v1/register", specs("order.new"), 200, 403, 200, 401},
		{"POST", "/v1/register", specs("billing.new"), 200, 403, 403, 401},
		{"POST", "/v1/check", specs("order.new"), 200, 200, 200, 401},
		{"POST", "/v1/check", specs("billing.new"), 200, 200, 403, 401},
		{"GET", "/v1/records", "", 200, 200, 200, 401},
		{"GET", "/v1/records?topic=billing.paid", "", 200, 200, 403, 401},
		{"GET", "/v1/topics", "", 200, 200, 200, 401},
		{"GET", "/v1/topics/order.made/versions/latest", "", 200, 200, 200, 401},
		{"GET", "/v1/topics/billing.paid/versions/v1", "", 200, 200, 403, 401},
		{"GET", "/v1/topics/billing.none/versions/v1", "", 404, 404, 403, 401},
		{"GET", "/v1/schemas/1", "", 200, 200, 200, 401},
		{"GET", "/v1/schemas/2", "", 200, 200, 404, 401},
		{"GET", "/v1/policy", "", 200, 200, 200, 401},
		{"PUT", "/v1/policy", "{}", 200, 403, 403, 401},
		{"GET", "/v1/topics/billing.paid/policy", "", 200, 200, 403, 401},
		{"PUT", "/v1/topics/order.made/policy", "{}", 200, 403, 200, 401},
		{"PUT", "/v1/topics/billing.paid/policy", "{}", 200, 403, 403, 401},
		{"PUT", "/v1/topics/order.made/versions/v1/deprecation", `{"note":"n"}`, 204, 403, 204, 401},
		{"DELETE", "/v1/topics/billing.paid/versions/v1/deprecation", "", 204, 403, 403, 401},
		{"POST", "/v1/seen", `{"participants":[{"topic":"order.made","role":"publisher"}]}`, 204, 403, 204, 401},
		{"POST", "/v1/seen", `{"participants":[{"topic":"#","role":"subscriber"}]}`, 204, 403, 403, 401},
		{"GET", "/v1/participants?topic=billing.paid", "", 200, 200, 403, 401},
		{"GET", "/v1/history", "", 200, 200, 200, 401},

		{"GET", "/", "", 200, 200, 200, 401},
		{"GET", "/subjects", "", 200, 200, 200, 401},
		{"GET", "/v1/metadata/version", "", 200, 200, 200, 401},
		{"GET", "/subjects/order.made/versions", "", 200, 200, 200, 401},
		{"GET", "/subjects/billing.paid/versions/1/schema", "", 200, 200, 403, 401},
		{"GET", "/schemas/ids/2", "", 200, 200, 404, 401},
		{"POST", "/subjects/billing.paid", schemaText, 404, 404, 403, 401},
		{"POST", "/compatibility/subjects/order.made/versions", schemaText, 200, 200, 200, 401},
		{"POST", "/subjects/order.fresh/versions", schemaText, 200, 403, 200, 401},
		{"POST", "/subjects/billing.fresh/versions", schemaText, 200, 403, 403, 401},
		{"PUT", "/config/order.made", `{"compatibility":"NONE"}`, 200, 403, 200, 401},
		{"PUT", "/config/billing.paid", `{"compatibility":"NONE"}`, 200, 403, 403, 401},
		{"PUT", "/config", `{"compatibility":"NONE"}`, 200, 403, 403, 401},
		{"DELETE", "/config/billing.paid", "", -1, 403, 403, 401},
		{"DELETE", "/subjects/order.made", "", -1, 403, -1, 401},
		{"PUT", "/mode", `{"mode":"READONLY"}`, -1, 403, -1, 401},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			for name, want := range map[string]int{"admin": test.admin, "viewer": test.viewer, "orders": test.orders, "nobody": test.nobody} {
				store := registry.NewMemory()
				if err := store.Register(t.Context(), event("order.made", "v1", "o"), event("billing.paid", "v1", "b")); err != nil {
					t.Fatal(err)
				}
				h := server.New(store, &server.Options{Tokens: tokens(t)})
				for _, scheme := range []string{"bearer", "basic"} {
					r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
					r.Header.Set("Content-Type", "application/json")
					switch {
					case name == "nobody" && scheme == "basic":
						r.SetBasicAuth("admin", "wrong")
					case name == "nobody":
					case scheme == "basic":
						r.SetBasicAuth("any", name+"-secret")
					default:
						r.Header.Set("Authorization", "Bearer "+name+"-secret")
					}
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != want && (want != -1 || w.Code == 403 || w.Code == 401 || w.Code >= 500) {
						t.Errorf("%s by %s: %d %s, want %d", name, scheme, w.Code, w.Body, want)
					}
				}
			}
		})
	}
}

// TestPrefixesHide: lists show a token its own topics only.
func TestPrefixesHide(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	if err := store.Register(t.Context(), event("order.made", "v1", "o"), event("billing.paid", "v1", "b"), event("shop.order.x", "v1", "o")); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"order.made", "billing.paid"} {
		if err := store.See(t.Context(), &salt.Participant{Topic: topic, Role: salt.RolePublisher, Service: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	h := server.New(store, &server.Options{Tokens: tokens(t)})
	for _, path := range []string{"/v1/records", "/v1/topics", "/v1/participants", "/v1/history", "/subjects", "/schemas"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer orders-secret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "billing") || !strings.Contains(w.Body.String(), "order.made") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestActorsAndLog: the history says token and client, the log no secret.
func TestActorsAndLog(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	var log bytes.Buffer
	opts := &server.Options{Tokens: tokens(t), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	c := client(t, store, opts, "admin-secret")
	if err := c.Register(salt.WithActor(t.Context(), "ci/böb\n"), event("a", "v1", "x")); err != nil {
		t.Fatal(err)
	}
	if err := c.SetPolicy(t.Context(), "", salt.Policy{Owner: "o"}); err != nil {
		t.Fatal(err)
	}
	var by []string
	for change, err := range store.History(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		by = append(by, change.By)
	}
	if got := strings.Join(by, ", "); got != "admin/ci/böb, admin" {
		t.Errorf("actors %q", got)
	}
	bad := client(t, store, opts, "no-such-secret")
	if _, err := bad.Lookup(t.Context(), "a", "v1"); err == nil || errors.Is(err, salt.ErrNotFound) || !strings.Contains(err.Error(), registry.TokenVariable) {
		t.Errorf("a wrong token: %v", err)
	}
	if text := log.String(); strings.Contains(text, "secret") || strings.Contains(text, "Bearer") || !strings.Contains(text, "token=admin") || !strings.Contains(text, "/v1/register") {
		t.Errorf("log:\n%s", text)
	}
}
