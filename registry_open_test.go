package salt_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	_ "github.com/celerysalt/salt/registry"
)

func TestOpenRegistry(t *testing.T) {
	t.Parallel()
	r, err := salt.OpenRegistry(t.Context(), "memory:")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for url, want := range map[string]string{
		"":              "no scheme",
		"memory":        "no scheme",
		":x":            "no scheme",
		"redis://x":     `no imported package knows the scheme "redis" (known: `,
		"http://u:p/@:": "open registry http://…@:",
	} {
		if _, err := salt.OpenRegistry(t.Context(), url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", url, err, want)
		}
	}
}

// TestOpenRegistryTellsNoPassword: also where a URL parser would see a path.
func TestOpenRegistryTellsNoPassword(t *testing.T) {
	t.Parallel()
	salt.RegistryScheme("broken", func(context.Context, string) (salt.RegistryStore, error) { return nil, errors.New("cannot") })
	for _, url := range []string{
		"broken://u:hunter2@h/db", "broken://u:12/hunter2@h/db", "broken://u:hunter2@x@h/db", "broken://h/db?password=hunter2", "broken://u:a?hunter2@h/db", "broken:u:hunter2@h/db", "broken:/u:hunter2@h/db",
	} {
		_, err := salt.OpenRegistry(t.Context(), url)
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "cannot") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, text := range []string{"host=db user=u password=hunter2:ret", "HUNTER2:x"} {
		if _, err := salt.OpenRegistry(t.Context(), text); err == nil || strings.Contains(strings.ToLower(err.Error()), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
