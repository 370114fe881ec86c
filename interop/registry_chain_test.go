package interop_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/salttest"
)

// A chain is what a company runs: clients, the server, PostgreSQL.
type chain struct {
	store  *postgres.Registry
	client *registry.HTTP
}

// TestRegistryChain: the whole contract, through all of it.
func TestRegistryChain(t *testing.T) {
	t.Parallel()
	need(t, "SALT_TEST_POSTGRES_URL")
	salttest.TestRegistryStore(t, func(t *testing.T) salt.RegistryStore {
		t.Helper()
		return startChain(t, chainDatabase(t)).client
	})
}

// chainDatabase is the URL of a database schema of the test's own, which goes
// with the test.
func chainDatabase(t *testing.T) string {
	t.Helper()
	url, name := need(t, "SALT_TEST_POSTGRES_URL"), "t_"+strings.ToLower(rand.Text())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Errorf("drop the schema: %v", err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, `drop schema if exists "`+name+`" cascade`); err != nil {
			t.Errorf("drop the schema: %v", err)
		}
	})
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	return url + sep + "salt_schema=" + name
}

func startChain(t *testing.T, url string) *chain {
	t.Helper()
	store, err := postgres.Open(t.Context(), url, &postgres.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &chain{store, startClient(t, server.New(store, nil))}
}

// startClient serves a handler and returns its client.
func startClient(t *testing.T, handler http.Handler) *registry.HTTP {
	t.Helper()
	return clientOf(t, serveHandler(t, handler))
}

// serveHandler returns the URL where a handler is served.
func serveHandler(t *testing.T, handler http.Handler) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func clientOf(t *testing.T, url string) *registry.HTTP {
	t.Helper()
	client, err := registry.NewHTTP(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}
