package registry_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/schema"
)

// event is a spec whose payload has one required member.
func event(topic, version, member string) *salt.Spec {
	return &salt.Spec{
		Topic: topic, Version: version, Mode: salt.ModeEvent, Source: "events.go:7",
		Schema: schema.MustParse(fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"string"}},"required":[%q]}`, member, member)),
	}
}

func openFile(t *testing.T, dir string) *registry.File {
	t.Helper()
	r, err := registry.OpenFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func register(t *testing.T, r salt.Registry, specs ...*salt.Spec) {
	t.Helper()
	if err := r.Register(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
}

// tree reads a directory: path to content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func versions(t *testing.T, r salt.RegistryStore) (list []string) {
	t.Helper()
	for rec, err := range r.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s %s #%d id%d", rec.Topic, rec.Version, rec.Number, rec.SchemaID))
	}
	return list
}

func TestFileLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openFile(t, dir)
	ctx := salt.WithActor(t.Context(), "alice")
	spaced := event("User.signup", "v1", "name")
	spaced.Schema = schema.MustParse("{ \"type\": \"object\",\n\"title\": \"caf\\u00e9\", \"minProperties\": 1.0 }")
	if err := r.Register(ctx, spaced); err != nil {
		t.Fatal(err)
	}
	if err := r.SetPolicy(ctx, "User.signup", salt.Policy{Owner: "growth"}); err != nil {
		t.Fatal(err)
	}
	if err := r.See(ctx, &salt.Participant{Topic: "x", Role: salt.RolePublisher, Service: "s", Host: "h"}); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	var names []string
	for name := range got {
		if !strings.HasPrefix(name, ".seen/") {
			names = append(names, name)
		}
	}
	if len(names) != 6 || len(got) != 7 {
		t.Errorf("files: %v", names)
	}
	_, at, _ := strings.Cut(got["topics/!user.signup/v1.json"], `"registered_at": "`)
	at, _, _ = strings.Cut(at, `"`)
	want := `{
  "topic": "User.signup",
  "version": "v1",
  "mode": "event",
  "schema": {
    "type": "object",
    "title": "caf\u00e9",
    "minProperties": 1.0
  },
  "source": "events.go:7",
  "number": 1,
  "schema_id": 1,
  "registered_at": "` + at + `",
  "registered_by": "alice",
  "digest": "sha256:`
	have := got["topics/!user.signup/v1.json"]
	if i := strings.Index(have, `"sha256:`); i > 0 && strings.HasSuffix(have, "\"\n}\n") {
		have = have[:i+len(`"sha256:`)]
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("version file (-want +got):\n%s", diff)
	}
	if want := "{\n  \"topic\": \"User.signup\",\n  \"owner\": \"growth\"\n}\n"; got["topics/!user.signup/policy.json"] != want {
		t.Errorf("policy file %q, want %q", got["topics/!user.signup/policy.json"], want)
	}
	if want := "/.seen/\n/.lock*\n/.journal\n*.tmp\n"; got[".gitignore"] != want {
		t.Errorf(".gitignore %q", got[".gitignore"])
	}

	// Doing it all again, and reopening, changes no file.
	again := openFile(t, dir)
	register(t, again, spaced)
	if err := again.SetPolicy(ctx, "User.signup", salt.Policy{Owner: "growth"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, tree(t, dir)); diff != "" {
		t.Errorf("files changed (-before +after):\n%s", diff)
	}
}

func TestFileShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := openFile(t, dir), openFile(t, dir)
	for i := range 10 {
		topic := fmt.Sprintf("t%d", i)
		register(t, a, event(topic, "v1", "x"))
		if _, err := b.Lookup(t.Context(), topic, "v1"); err != nil {
			t.Fatalf("the other does not see %s: %v", topic, err)
		}
		if err := b.Deprecate(t.Context(), topic, "v1", fmt.Sprint("note ", i)); err != nil {
			t.Fatal(err)
		}
		for rec, err := range a.Records(t.Context(), topic) {
			if err != nil || rec.Deprecated != fmt.Sprint("note ", i) {
				t.Errorf("%s: %v, %v", topic, rec.Deprecated, err)
			}
		}
	}
	for i, r := range []*registry.File{a, b} {
		if err := r.See(t.Context(), &salt.Participant{Topic: "t1", Role: salt.RolePublisher, Service: "s", Host: "h", Handler: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []*registry.File{a, b} {
		n := 0
		for _, err := range r.Participants(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d participants, want 2", n)
		}
	}
}

func TestFileReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	register(t, openFile(t, dir), event("a", "v1", "x"))
	before := tree(t, dir)
	r, err := registry.OpenFile(dir, &registry.FileOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	register(t, r, event("a", "v1", "x")) // is there
	if err := r.Register(t.Context(), event("a", "v2", "x")); !errors.Is(err, registry.ErrReadOnly) {
		t.Errorf("Register: %v, want ErrReadOnly", err)
	}
	if _, ok := errors.AsType[*salt.ConflictError](r.Register(t.Context(), event("a", "v1", "y"))); !ok {
		t.Error("a read-only registry does not tell conflicts")
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
	if err := os.WriteFile(filepath.Join(dir, ".journal"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	opts := &registry.FileOptions{ReadOnly: true, LockTimeout: 30 * time.Millisecond}
	if _, err := registry.OpenFile(dir, opts); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("opened read-only in the middle of a change: %v", err)
	}
	if _, err := registry.OpenFile(filepath.Join(dir, "missing"), &registry.FileOptions{ReadOnly: true}); err == nil {
		t.Error("a missing directory was opened read-only")
	}
}

// TestFileExisting: a typing error in a directory's name makes no registry.
func TestFileExisting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reg, plain, file := filepath.Join(dir, "registry"), filepath.Join(dir, "plain"), filepath.Join(dir, "file")
	register(t, openFile(t, reg), event("a", "v1", "x"))
	if err := os.Mkdir(plain, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	for _, readOnly := range []bool{false, true} {
		opts := &registry.FileOptions{ReadOnly: readOnly, Existing: true}
		for _, d := range []string{plain, filepath.Join(dir, "absent")} {
			if r, err := registry.OpenFile(d, opts); !errors.Is(err, registry.ErrNoRegistry) {
				t.Errorf("%s, read-only %t: %v, want ErrNoRegistry, %v", d, readOnly, err, r)
			}
		}
		if _, err := registry.OpenFile(file, opts); err == nil || errors.Is(err, registry.ErrNoRegistry) {
			t.Errorf("a file: %v", err)
		}
		r, err := registry.OpenFileURL("file:"+filepath.ToSlash(reg), opts)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("looking changed something (-before +after):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
}

func TestFileURL(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for url, want := range map[string]string{
		"file:contracts/here":                                 "contracts/here",
		"file://" + filepath.ToSlash(dir) + "/abs":            "abs",
		"file:" + filepath.ToSlash(dir) + "/abs2":             "abs2",
		"file://localhost" + filepath.ToSlash(dir) + "/a%20b": "a b",
	} {
		r, err := salt.OpenRegistry(t.Context(), url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		r.Close()
		if _, err := os.Stat(filepath.Join(dir, want)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"file:", "file://", "file:///", "file://host/dir", "file:a%00b", "file:%zz", "file:reg?token=x", "file:///reg?x"} {
		if r, err := salt.OpenRegistry(t.Context(), url); err == nil {
			r.Close()
			t.Errorf("%s was opened", url)
		}
	}
}

func TestFileHostileTopics(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	r := openFile(t, filepath.Join(parent, "reg"))
	topics := []string{
		"a/../../../escape", `..\..\escape`, "../x", "/etc/passwd", "c:/windows", "con", "NUL.x", "a%2f..", "x;rm", "'; DROP", "user.signup", "User.Signup", "USER.SIGNUP",
		strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", strings.Repeat("ü", 127), "policy", "policy.json", "v1.json", "-", "~", "$HOME", "a\"b",
	}
	stored := 0
	for _, topic := range topics {
		if salt.CheckTopic(topic) != nil {
			if err := r.Register(t.Context(), event(topic, "v1", "x")); err == nil {
				t.Errorf("%q was registered", topic)
			}
			continue
		}
		register(t, r, event(topic, "v1", "x"))
		if err := r.SetPolicy(t.Context(), topic, salt.Policy{Owner: topic}); err != nil {
			t.Errorf("policy of %q: %v", topic, err)
		}
		stored++
	}
	if got := len(versions(t, openFile(t, filepath.Join(parent, "reg")))); got != stored || stored < 10 {
		t.Errorf("%d topics after reopening, want %d", got, stored)
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the registry: %v, %v", entries, err)
	}
}

func TestFileSymlinks(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	register(t, openFile(t, outside), event("a", "v1", "x"))
	for link, target := range map[string]string{"topics": filepath.Join(outside, "topics"), "history.jsonl": filepath.Join(outside, "history.jsonl")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	before := tree(t, outside)
	if r, err := registry.OpenFile(dir, nil); err == nil {
		err = r.Register(t.Context(), event("a", "v2", "x"))
		r.Close()
		t.Errorf("a registry that leads out of its directory was opened; then %v", err)
	}
	if diff := cmp.Diff(before, tree(t, outside)); diff != "" {
		t.Errorf("outside (-before +after):\n%s", diff)
	}
}
