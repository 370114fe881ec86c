package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/registry/server"
)

const someHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// TestRegistryTokenAppend: a file of tokens keeps its form, whoever wrote it, and
// the server reads it before and after.
func TestRegistryTokenAppend(t *testing.T) {
	t.Parallel()
	entry := `{"name":"old","sha256":"` + someHash + `","write":true}`
	for name, tt := range map[string]struct{ old, want string }{
		"none":            {"", `LINE` + "\n"},
		"lines":           {entry + "\n", entry + "\nLINE\n"},
		"lines, cut":      {entry, entry + "\nLINE\n"},
		"lines, spaced":   {"\n" + entry + "\n\n", entry + "\nLINE\n"},
		"array":           {"[" + entry + "]", "[" + entry + ",\n  LINE\n]\n"},
		"array, indented": {"[\n  " + entry + "\n]\n", "[\n  " + entry + ",\n  LINE\n]\n"},
		"array, empty":    {"[ ]\n", "[\n  LINE\n]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "tokens.json")
			if err := os.WriteFile(file, []byte(tt.old), 0o600); err != nil {
				t.Fatal(err)
			}
			made := makeToken(t, "new", "--append", file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			line := `{"name":"new","sha256":"` + made.Line.SHA256 + `","write":false}`
			if diff := cmp.Diff(tt.want, strings.Replace(string(text), line, "LINE", 1)); diff != "" {
				t.Error(diff)
			}
			if _, err := server.LoadTokens(file); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRegistryTokenAppendRefused: what the server could not read is not written.
func TestRegistryTokenAppendRefused(t *testing.T) {
	t.Parallel()
	entry := `{"name":"ci","sha256":"` + someHash + `","write":true}`
	for old, want := range map[string]string{
		entry:                   `the name "ci" is taken`,
		"[" + entry + "]":       `the name "ci" is taken`,
		"[" + entry:             "the file cannot be read",
		`{"name":"x","sha":""}`: "the file cannot be read",
		"{":                     "the file cannot be read",
		`"ci"`:                  "the file cannot be read",
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "tokens.json")
		if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		before := filesOf(t, dir)
		code, out, err := cli{}.run(t, "registry", "token", "ci", "--append", file)
		if code != exitMisuse || out != "" || !strings.Contains(err, want) {
			t.Errorf("%s: exit %d\n%s%s", old, code, out, err)
		}
		text, errRead := os.ReadFile(file)
		if errRead != nil || string(text) != old {
			t.Errorf("%s became %s, %v", old, text, errRead)
		}
		if diff := cmp.Diff(before, filesOf(t, dir)); diff != "" {
			t.Errorf("%s: something was left:\n%s", old, diff)
		}
	}
	file := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(file+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, err := (cli{}).run(t, "registry", "token", "ci", "--append", file); code != exitFailed || out != "" || !strings.Contains(err, "another command is changing the tokens") {
		t.Errorf("at the same time: exit %d\n%s%s", code, out, err)
	}
	if _, err := os.Stat(file + ".new"); err != nil {
		t.Errorf("it removed what another command writes: %v", err)
	}
}

// TestRegistryTokenMode: the file ends up readable by its owner and group at
// most, and a link stays a link.
func TestRegistryTokenMode(t *testing.T) {
	t.Parallel()
	for have, want := range map[fs.FileMode]fs.FileMode{0o666: 0o640, 0o644: 0o640, 0o640: 0o640, 0o600: 0o600, 0o400: 0o600} {
		dir := t.TempDir()
		file, link := filepath.Join(dir, "tokens.json"), filepath.Join(dir, "link.json")
		makeToken(t, "one", "--append", file)
		if err := os.Chmod(file, have); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("tokens.json", link); err != nil {
			t.Fatal(err)
		}
		code, _, errText := cli{}.run(t, "registry", "token", "two", "--append", link)
		told := strings.Contains(errText, "can be read by its owner and group only from now on")
		info, err := os.Lstat(file)
		if code != exitOK || err != nil || info.Mode().Perm() != want || told != (have&^0o640 != 0) {
			t.Errorf("%o: exit %d, %v, mode %v, want %o\n%s", have, code, err, info.Mode(), want, errText)
		}
		if at, err := os.Readlink(link); err != nil || at != "tokens.json" {
			t.Errorf("the link became %q, %v", at, err)
		}
	}
}
