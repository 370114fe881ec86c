package salt_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

type prefixPaid struct {
	ID int64 `json:"id"`
}

// TestServiceWithAPrefix: a service whose token is for its own topics alone, and
// which reads somebody else's, has its own registered, judged and reported.
func TestServiceWithAPrefix(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	tokens, err := server.ParseTokens(fmt.Appendf(nil, `[{"name":"orders","sha256":"%x","write":true,"prefixes":["order."]}]`, sha256.Sum256([]byte("secret"))))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(server.New(store, &server.Options{Tokens: tokens}))
	defer srv.Close()
	c, err := registry.NewHTTP(srv.URL, &registry.HTTPOptions{Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	catalog := salt.NewCatalog()
	mine := salt.DefineEvent[prefixPaid]("order.paid", salt.In(catalog))
	salt.DefineEvent[prefixPaid]("billing.paid", salt.In(catalog))
	bus, err := salt.Open(t.Context(), inmem.New(), &salt.Options{Service: "shop", Catalog: catalog, Registry: c})
	if err != nil {
		t.Fatal(err)
	}
	salt.SubscribePattern(bus, "billing.#", func(context.Context, *salt.Message) error { return nil })
	if _, err := mine.Publish(t.Context(), bus, &prefixPaid{}); err != nil {
		t.Error(err)
	}
	if h := bus.Health().Registry; h.Forbidden != 1 || h.Pending != 0 || !strings.Contains(h.Error, "billing.paid") {
		t.Errorf("health %+v", h)
	}
	if err := bus.Close(t.Context()); err != nil { // which reports
		t.Error(err)
	}
	if _, err := store.Lookup(t.Context(), "order.paid", "v1"); err != nil {
		t.Error(err)
	}
	var seen []string
	for p, err := range store.Participants(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, p.Topic+" by "+p.Service)
	}
	if got := strings.Join(seen, ", "); got != "order.paid by shop" {
		t.Errorf("seen %q", got)
	}
	other := salt.NewCatalog()
	salt.DefineEvent[struct {
		Other string `json:"other"`
	}]("order.paid", salt.In(other))
	salt.DefineEvent[prefixPaid]("billing.paid", salt.In(other))
	_, err = salt.Open(t.Context(), inmem.New(), &salt.Options{Service: "shop", Catalog: other, Registry: c})
	if _, ok := errors.AsType[*salt.ConflictError](err); !ok {
		t.Errorf("a conflict beside a forbidden topic: %v", err)
	}
}
