package registry_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/registry"
)

// TestFileDamage: what cannot be read is named, and never overwritten.
func TestFileDamage(t *testing.T) {
	t.Parallel()
	const v1 = "topics/a/v1.json"
	replace := func(name, old, with string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), old, with, 1)
			if changed == string(text) {
				t.Fatalf("%s has no %q", name, old)
			}
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	rename := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(to)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		damage func(*testing.T, string)
		want   []string
	}{
		"edited schema":      {replace(v1, `"string"`, `"integer"`), []string{v1, "never change", "git checkout"}},
		"edited mode":        {replace(v1, `"event"`, `"rpc"`), []string{v1, "never change"}},
		"cut off":            {replace(v1, "\"digest\"", ""), []string{v1, "line 2"}},
		"merge markers":      {replace(v1, `  "mode"`, "<<<<<<< HEAD\n  \"mode\""), []string{v1, "line 4"}},
		"wrong type":         {replace(v1, `"number": 1`, `"number": "1"`), []string{v1, "line 1", "number"}},
		"unknown member":     {replace(v1, `"number"`, `"of_a_newer_salt": 1, "number"`), []string{v1, "of_a_newer_salt"}},
		"duplicate member":   {replace(v1, `"number": 1`, `"number": 1, "number": 1`), []string{v1, "line 1"}},
		"number zero":        {replace(v1, `"number": 1`, `"number": 0`), []string{v1, "number"}},
		"no id":              {replace(v1, `"schema_id": 1`, `"schema_id": 0`), []string{v1, "id"}},
		"bad topic":          {replace(v1, `"topic": "a"`, `"topic": "a b"`), []string{v1, "a b"}},
		"empty file":         {write(v1, ""), []string{v1}},
		"binary":             {write(v1, "\x00\xff\xfe"), []string{v1}},
		"not a version":      {write("topics/a/notes.json", "{}"), []string{"topics/a/notes.json"}},
		"wrong directory":    {rename(v1, "topics/b/v1.json"), []string{"topics/b/v1.json", "topics/a/v1.json", "move"}},
		"wrong file name":    {rename(v1, "topics/a/v9.json"), []string{"topics/a/v9.json", v1}},
		"policy of another":  {write("topics/a/policy.json", `{"topic":"b"}`), []string{"topics/a/policy.json", "wrong directory"}},
		"policy typo":        {write("policy.json", `{"compatible":"NONE"}`), []string{"policy.json", "compatible"}},
		"policy level":       {write("policy.json", `{"compatibility":"SIDEWARD"}`), []string{"policy.json", "SIDEWARD"}},
		"history cut off":    {write("history.jsonl", `{"at":"2026-01-01T00:00:00Z"`), []string{"history.jsonl", "line 1"}},
		"history markers":    {write("history.jsonl", "{}\n=======\n"), []string{"history.jsonl", "line 2"}},
		"journal of nobody":  {write(".journal", "{"), []string{".journal"}},
		"participants":       {write(".seen/x.jsonl", "{\n"), []string{".seen/x.jsonl", "removed"}},
		"directory for file": {write("topics/a/v3.json/x", ""), []string{"topics/a/v3.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			live := openFile(t, dir)
			register(t, live, event("a", "v1", "x"), event("c", "v1", "x"))
			test.damage(t, dir)
			before := tree(t, dir)
			r, err := registry.OpenFile(dir, nil)
			if err == nil {
				r.Close()
				t.Fatal("it was opened")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// TestFileMerge: two branches register on their own, and git merges.
func TestFileMerge(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	commit := func(message string) { run("add", "-A"); run("commit", "-q", "-m", message) }
	run("init", "-q", "-b", "main")
	live := openFile(t, dir)
	register(t, live, event("base", "v1", "x"))
	commit("base")
	run("checkout", "-q", "-b", "other")
	register(t, live, event("theirs", "v1", "y"), event("same", "v1", "x"))
	commit("theirs")
	run("checkout", "-q", "main")
	if got, want := versions(t, live), []string{"base v1 #1 id1"}; !cmp.Equal(want, got) {
		t.Errorf("after git checkout the open registry holds %v, want %v", got, want)
	}
	register(t, live, event("ours", "v1", "z"))
	commit("ours")
	run("merge", "-q", "--no-edit", "other")

	_, err = registry.OpenFile(dir, nil)
	if err == nil {
		t.Fatal("one id for two texts was accepted")
	}
	for _, want := range []string{"topics/ours/v1.json", "topics/theirs/v1.json", "id 2", "change the id to 3"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	path := filepath.Join(dir, "topics/theirs/v1.json") // the remedy
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), `"schema_id": 2`, `"schema_id": 3`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	merged := openFile(t, dir)
	want := []string{"base v1 #1 id1", "ours v1 #1 id2", "same v1 #1 id1", "theirs v1 #1 id3"}
	if diff := cmp.Diff(want, versions(t, merged)); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	n := 0
	for _, err := range merged.History(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d changes after the merge, want 4", n)
	}
	register(t, merged, event("after", "v1", "fresh"))
	if got := versions(t, merged)[0]; got != "after v1 #1 id4" {
		t.Errorf("the next is %q, want id4", got)
	}
}
