package registry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

// TestFileHistoryFirst: git writes history.jsonl, and the version it tells of
// only afterwards.
func TestFileHistoryFirst(t *testing.T) {
	t.Parallel()
	here, there := t.TempDir(), t.TempDir()
	r := openFile(t, here)
	register(t, openFile(t, there), event("a", "v1", "x"))
	pull := func(name string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(there, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(here, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(here, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pull("history.jsonl")
	if got := versions(t, r); len(got) != 0 {
		t.Errorf("versions before they came: %v", got)
	}
	pull("topics/a/v1.json")
	if got := versions(t, r); len(got) != 1 {
		t.Errorf("versions when they came: %v, want one", got)
	}
}

// TestFileSameTick: a file that is written twice within one tick of the file
// system's clock looks the same, and is not.
func TestFileSameTick(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writer := openFile(t, dir)
	register(t, writer, event("a", "v1", "x"))
	if err := writer.Deprecate(t.Context(), "a", "v1", "note 1"); err != nil {
		t.Fatal(err)
	}
	reader := openFile(t, dir)
	path := filepath.Join(dir, "topics/a/v1.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "note 1", "note 2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := writer.SetPolicy(t.Context(), "", salt.Policy{Owner: "o"}); err != nil { // something for the history
		t.Fatal(err)
	}
	for rec, err := range reader.Records(t.Context(), "a") {
		if err != nil || rec.Deprecated != "note 2" {
			t.Errorf("deprecated %q, %v; want note 2", rec.Deprecated, err)
		}
	}
}
