package postgres_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
	"github.com/celerysalt/salt/salttest"
	"github.com/celerysalt/salt/schema"
)

func TestMain(m *testing.M) {
	if job := os.Getenv(jobVariable); job != "" { // a process that a test has started
		os.Exit(work(job))
	}
	goleak.VerifyTestMain(m)
}

// need returns an environment variable, and skips or, where nothing may be
// skipped, fails the test without it.
func need(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		const hint = "%s is not set; run `make test`, or see CONTRIBUTING.md"
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatalf(hint, name)
		}
		t.Skipf(hint, name)
	}
	return value
}

// aside returns a URL with a database schema of the test's own, which goes with
// the test.
func aside(t testing.TB) (url, name string) {
	t.Helper()
	return asideOn(t, need(t, "SALT_TEST_POSTGRES_URL"))
}

func asideOn(t testing.TB, server string) (url, name string) {
	t.Helper()
	name = "t_" + strings.ToLower(rand.Text())
	t.Cleanup(func() { drop(t, server, name) })
	return with(server, "salt_schema", name), name
}

func drop(t testing.TB, url, name string) {
	t.Helper()
	ctx := patience(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Errorf("drop the schema: %v", err)
		return
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `drop schema if exists "`+name+`" cascade`); err != nil {
		t.Errorf("drop the schema: %v", err)
	}
}

// with adds a parameter to a URL.
func with(url, name, value string) string {
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	return url + sep + name + "=" + value
}

// query asks the database itself, past the registry.
func query[T any](t testing.TB, url, text string, args ...any) (value T) {
	t.Helper()
	plain, _, _ := strings.Cut(url, "&salt_schema")
	conn, err := pgx.Connect(patience(t), plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	if err := conn.QueryRow(patience(t), text, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// execute changes the database itself, past the registry.
func execute(t testing.TB, url, text string) error {
	t.Helper()
	plain, _, _ := strings.Cut(url, "&salt_schema")
	conn, err := pgx.Connect(patience(t), plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	_, err = conn.Exec(patience(t), text)
	return err
}

// patience bounds a wait of a test.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second) // also for cleaning up
	t.Cleanup(cancel)
	return ctx
}

func quiet() *postgres.Options { return &postgres.Options{Logger: slog.New(slog.DiscardHandler)} }

// open opens a registry and closes it at the end of the test.
func open(t testing.TB, url string, o *postgres.Options) *postgres.Registry {
	t.Helper()
	if o == nil {
		o = quiet()
	}
	r, err := postgres.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func TestRegistryStore(t *testing.T) {
	t.Parallel()
	need(t, "SALT_TEST_POSTGRES_URL")
	salttest.TestRegistryStore(t, func(t *testing.T) salt.RegistryStore {
		t.Helper()
		url, _ := aside(t)
		return open(t, url, nil)
	})
}

// TestByURL opens through the root's door.
func TestByURL(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	for _, scheme := range []string{"postgres", "postgresql"} {
		store, err := salt.OpenRegistry(t.Context(), scheme+strings.TrimPrefix(url, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Register(patience(t), event("a", "v1", "string")); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("%s: Close: %v", scheme, err)
		}
	}
}

// event is a spec whose member x has a kind.
func event(topic, version, kind string) *salt.Spec {
	return &salt.Spec{
		Topic: topic, Version: version, Mode: salt.ModeEvent, Doc: "doc", Exchange: salt.DefaultExchange, Schema: object(kind),
		Package: "example.org/events", Type: "events.T", Source: "events/t.go:1",
	}
}

func object(kind string) *schema.Schema {
	return schema.MustParse(fmt.Sprintf(`{"type":"object","title":"T","properties":{"x":{"type":%q}},"required":["x"]}`, kind))
}
