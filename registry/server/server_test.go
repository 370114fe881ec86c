package server_test

import (
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/salttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client returns a client of a server of a store.
func client(t testing.TB, store salt.RegistryStore, opts *server.Options, token string) *registry.HTTP {
	t.Helper()
	srv := httptest.NewServer(server.New(store, opts))
	t.Cleanup(srv.Close)
	c, err := registry.NewHTTP(srv.URL, &registry.HTTPOptions{Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestHTTPToMemory(t *testing.T) {
	t.Parallel()
	salttest.TestRegistryStore(t, func(t *testing.T) salt.RegistryStore {
		t.Helper()
		return client(t, registry.NewMemory(), nil, "")
	})
}

func TestHTTPToFile(t *testing.T) {
	t.Parallel()
	salttest.TestRegistryStore(t, func(t *testing.T) salt.RegistryStore {
		t.Helper()
		store, err := registry.OpenFile(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		return client(t, store, nil, "")
	})
}
