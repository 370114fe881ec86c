package server_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

// TestForbidden: a token that is not for something is told so as a fact that
// stays, and named.
func TestForbidden(t *testing.T) {
	t.Parallel()
	opts := &server.Options{Tokens: tokens(t)}
	store := registry.NewMemory()
	for _, test := range []struct{ token, want string }{
		{"orders-secret", `the token "orders" is not for the topic "billing.paid"`},
		{"viewer-secret", `the token "viewer" may not change anything`},
		{"wrong-secret", registry.TokenVariable},
		{"", registry.TokenVariable},
	} {
		c := client(t, store, opts, test.token)
		err := c.Register(t.Context(), event("order.made", "v1", "o"), event("billing.paid", "v1", "b"))
		if !errors.Is(err, salt.ErrForbidden) || salt.Retryable(err) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want ErrForbidden with %q", test.token, err, test.want)
		}
	}
	for rec, err := range store.Records(t.Context(), "") {
		t.Errorf("stored: %+v, %v", rec, err)
	}
}

// TestSeeWhatIsCovered: of a report the server keeps what the token is for.
func TestSeeWhatIsCovered(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	c := client(t, store, &server.Options{Tokens: tokens(t)}, "orders-secret")
	of := func(topic string) *salt.Participant {
		return &salt.Participant{Topic: topic, Version: "v1", Role: salt.RoleSubscriber, Service: "shop", Host: "h"}
	}
	if err := c.See(t.Context(), of("billing.#"), of("order.made"), of("#"), of("order.#")); err != nil {
		t.Error(err)
	}
	if err := c.See(t.Context(), of("billing.#"), of("#")); !errors.Is(err, salt.ErrForbidden) {
		t.Errorf("nothing of it is covered: %v, want ErrForbidden", err)
	}
	var seen []string
	for p, err := range store.Participants(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, p.Topic)
	}
	if got := strings.Join(seen, ", "); got != "order.#, order.made" {
		t.Errorf("seen %q", got)
	}
}

// TestReadersOfConfluents: a token that only reads looks up and checks by every
// path, and changes nothing by any.
func TestReadersOfConfluents(t *testing.T) {
	t.Parallel()
	body := `{"schemaType":"JSON","schema":"{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"string\"}},\"required\":[\"o\"]}"}`
	store := registry.NewMemory()
	if err := store.Register(t.Context(), event("order.made", "v1", "o")); err != nil {
		t.Fatal(err)
	}
	h := server.New(store, &server.Options{Tokens: tokens(t)})
	for path, want := range map[string]int{
		"/subjects/order.made":                                               200,
		"/contexts/./subjects/order.made":                                    200,
		"/contexts/./subjects/order.made/":                                   200,
		"/compatibility/subjects/order.made/versions/latest":                 200,
		"/contexts/./compatibility/subjects/order.made/versions":             200,
		"/subjects/order.made/versions":                                      403,
		"/contexts/./subjects/order.made/versions":                           403,
		"/contexts/.%2Fcompatibility/subjects/order.made/versions":           403,
		"/contexts/./contexts/compatibility/subjects/order.made/versions":    403,
		"/compatibility/../contexts/./subjects/order.made/versions":          403,
		"/contexts/%2e/compatibility/../subjects/order.made/versions/latest": 403,
	} {
		w := doAs(t, h, http.MethodPost, path, body, map[string]string{"Authorization": "Bearer viewer-secret"})
		if w.Code != want {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}
