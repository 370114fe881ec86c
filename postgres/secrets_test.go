package postgres_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

const canary = "pass-canary-4711"

// TestNoPassword: whatever goes wrong, the password is in no error and no log.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	o := &postgres.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	urls := []string{
		"postgres://u:" + canary + "@127.0.0.1:1/db",
		"postgres://u:" + canary + "@127.0.0.1:1,127.0.0.1:2/db?sslmode=disable",
		"postgres://u:" + canary + "@no-such-host.invalid/db",
		"host=127.0.0.1 port=1 user=u password=" + canary,
		"postgres://u:" + canary + "%zz@127.0.0.1/db",
		"postgres://u:" + canary + "@127.0.0.1:port/db",
		"postgres://u:" + canary + "@127.0.0.1/db?sslmode=nonsense",
		"postgres://u:" + canary + "@127.0.0.1/db?connect_timeout=x",
		"postgres://u:" + canary + "@127.0.0.1/db?pool_max_conns=x",
		"postgres://127.0.0.1:1/db?password=" + canary,
		"host=127.0.0.1 port=x password='" + canary,
		"postgres://u:" + canary + "@127.0.0.1/db?salt_schema=A",
		"postgres://u:12/" + canary + "@127.0.0.1/db", // not percent-encoded
		"postgres://u:12#" + canary + "@127.0.0.1/db",
		"postgres://u:12?" + canary + "@127.0.0.1/db",
	}
	if server := os.Getenv("SALT_TEST_POSTGRES_URL"); server != "" {
		_, rest, _ := strings.Cut(server, "@")
		host, _, _ := strings.Cut(rest, "/")
		urls = append(urls, fmt.Sprintf("postgres://nobody:%s@%s/postgres", canary, host), fmt.Sprintf("postgres://postgres:%s@%s/nothing", canary, host),
			fmt.Sprintf("postgres://postgres:%s@%s/postgres?no_such_parameter=1", canary, host))
	}
	for _, url := range urls {
		r, err := postgres.Open(t.Context(), url, o)
		if err == nil {
			err = r.Register(patience(t), event("a", "v1", "string"))
			for _, text := range []string{fmt.Sprintf("%v", r.Name()), fmt.Sprint(r.Close())} {
				if strings.Contains(text, canary) {
					t.Errorf("%s shows the password", text)
				}
			}
		}
		if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), canary) {
			t.Errorf("%s: the error is %v", url, err)
		}
		if strings.HasPrefix(url, "postgres:") && strings.Contains(url, ":"+canary) {
			if store, err := salt.OpenRegistry(t.Context(), url); err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%s: salt.OpenRegistry: %v", url, err)
			} else if err == nil {
				store.Close()
			}
		}
	}
	if strings.Contains(log.String(), canary) {
		t.Errorf("the log has the password:\n%s", &log)
	}
}

// TestOpenNamesTheCause: where it can do so without the URL.
func TestOpenNamesTheCause(t *testing.T) {
	t.Parallel()
	for parameter, want := range map[string]string{
		"sslmode=bogus": "sslmode",
		"sslmode=verify-full&sslrootcert=/no/such/file": "/no/such/file",
	} {
		_, err := postgres.Open(t.Context(), "postgres://u:"+canary+"@127.0.0.1/db?"+parameter, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "percent") {
			t.Errorf("%s: %v", parameter, err)
		}
	}
}
