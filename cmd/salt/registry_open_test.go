package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filesOf is every file of a directory with its size, directories included.
func filesOf(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			found[file] = -1
			return err
		}
		info, err := d.Info()
		if err == nil {
			found[file] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSchemaNoRegistry: a typing error in the registry's name is no empty
// registry, and no command that only looks makes one.
func TestSchemaNoRegistry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := os.Mkdir(d.file("contracts"), 0o700); err != nil {
		t.Fatal(err)
	}
	before := filesOf(t, d.dir)
	for _, args := range []string{
		"schema check v1.json", "schema check v1.json --github", "schema list", "schema show user.created", "schema history", "schema who",
		"schema diff user.created v1 v2", "schema policy", "schema policy user.created", "schema deprecate user.created v1 x", "gen go #",
	} {
		words := strings.Fields(strings.ReplaceAll(args, "v1.json", d.file("v1.json")))
		for name, want := range map[string]string{
			"registri":  "there is no registry: the directory does not exist; correct --registry or SALT_REGISTRY, or make the registry with salt schema register\n",
			"contracts": "there is no registry: the directory has neither history.jsonl nor topics;", ".": "there is no registry", "v1.json": "not a directory",
			"registry?token=Canary": "a file: URL has no query",
		} {
			code, out, err := d.run(t, append(words, "--registry", "file:"+filepath.ToSlash(d.dir)+"/"+name)...)
			if code != exitFailed || out != "" || !strings.Contains(err, want) || strings.Contains(err, "Canary") || strings.Count(err, "\n") != 1 {
				t.Errorf("salt %s in %s: exit %d\n%s%s\nwant %q", args, name, code, out, err, want)
			}
		}
	}
	for _, args := range [][]string{{"check", d.file("v1.json"), "--allow-empty"}, {"register", d.file("v1.json"), "--dry-run"}} {
		code, out, err := d.run(t, append([]string{"schema"}, args...)...)
		if code != exitOK || !strings.HasPrefix(out, "new  user.created v1") || !strings.Contains(err, "does not exist; it counts as an empty one\n") {
			t.Errorf("salt schema %q: exit %d\n%s%s", args, code, out, err)
		}
	}
	if diff := cmp.Diff(before, filesOf(t, d.dir)); diff != "" {
		t.Errorf("looking changed something (-before +after):\n%s", diff)
	}
	for _, args := range [][]string{{"check", d.file("v1.json")}, {"register", d.file("v1.json")}, {"list"}} {
		code, out, err := d.run(t, append(append([]string{"schema"}, args...), "--registry", "memory:")...)
		if code != exitMisuse || out != "" || !strings.Contains(err, "memory: begins empty with every command") {
			t.Errorf("salt schema %q in memory: exit %d\n%s%s", args, code, out, err)
		}
	}
}

// TestSchemaOnlyReads: where a registry is, commands that look leave nothing
// there, not even a lock.
func TestSchemaOnlyReads(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(t, "schema", "register", d.file("v2.json"))
	for _, name := range []string{".lock", ".gitignore"} {
		if err := os.Remove(d.file("registry/" + name)); err != nil {
			t.Fatal(err)
		}
	}
	before := filesOf(t, d.dir)
	for _, args := range []string{
		"schema check v3.json", "schema register price.json --dry-run", "schema list", "schema show user.created", "schema history", "schema who",
		"schema diff user.created v2 v2", "schema policy", "gen go user.created",
	} {
		for _, name := range []string{"v3.json", "price.json"} {
			args = strings.ReplaceAll(args, name, d.file(name))
		}
		if code, _, err := d.run(t, strings.Fields(args)...); code != exitOK && code != exitRefuse {
			t.Errorf("salt %s: exit %d\n%s", args, code, err)
		}
	}
	if diff := cmp.Diff(before, filesOf(t, d.dir)); diff != "" {
		t.Errorf("looking changed something (-before +after):\n%s", diff)
	}
}

// TestRegistryAway: a registry that is away is not explained as RabbitMQ.
func TestRegistryAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	free := freeAddress(t)
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer away.Close()
	for _, tt := range []struct {
		url, want string
		args      []string
	}{
		{"http://" + free, "nothing listens there: start the registry's server or database, or correct host and port in --registry or SALT_REGISTRY", []string{"schema", "list"}},
		{"postgres://" + free + "/db?connect_timeout=1", "nothing listens there: start the registry's server or database", []string{"schema", "list"}},
		{away.URL, "the server runs, but its store may be away", []string{"schema", "check", d.file("v1.json")}},
		{strings.Replace(away.URL, "http:", "https:", 1), "speaks no TLS: write http://", []string{"gen", "go", "#"}},
	} {
		code, out, err := d.run(t, append(tt.args, "--registry", tt.url)...)
		if code != exitFailed || out != "" || !strings.Contains(err, tt.want) || strings.Contains(err, "RabbitMQ") || strings.Contains(err, "AMQP") || strings.Contains(err, "doctor") {
			t.Errorf("salt %q of %s: exit %d\n%s%s\nwant %q", tt.args, tt.url, code, out, err, tt.want)
		}
	}
}
