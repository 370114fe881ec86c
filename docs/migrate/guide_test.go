package migrate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const guide = "../migrate-from-python.md"

// TestGuideIsRun holds the guide to programs that are compiled and run: each of
// its Go and Python blocks stands, word for word, in a file of this directory.
func TestGuideIsRun(t *testing.T) {
	t.Parallel()
	text := read(t, guide)
	for language, at := range map[string]struct {
		ext     string
		atLeast int
	}{"go": {".go", 15}, "python": {".py", 10}} {
		var files strings.Builder
		err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == at.ext {
				files.WriteString("\n" + read(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1)
		if len(blocks) < at.atLeast {
			t.Errorf("%d blocks of %s, want at least %d", len(blocks), language, at.atLeast)
		}
		for _, block := range blocks {
			if !strings.Contains(files.String(), "\n"+block[1]) {
				t.Errorf("no %s file here contains this block:\n%s", at.ext, block[1])
			}
		}
	}
}

// TestGuideLinksLead checks the guide's links to files.
func TestGuideLinksLead(t *testing.T) {
	t.Parallel()
	prose := regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`").ReplaceAllString(read(t, guide), "")
	links := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(prose, -1)
	if len(links) < 3 {
		t.Errorf("%d links, so this test would prove little", len(links))
	}
	for _, m := range links {
		if _, err := os.Stat(filepath.Join(filepath.Dir(guide), m[1])); err != nil {
			t.Errorf("the link to %s leads nowhere", m[1])
		}
	}
}

// wants finds what a Python program of the guide prints: the comment at its end.
var wants = regexp.MustCompile(`(?s)\n# Output:\n((?:# .*\n)+)$`)

// TestPythonPrograms runs the guide's Python with the real celery-salt.
func TestPythonPrograms(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			want := wants.FindStringSubmatch(read(t, program+".py"))[1]
			want = strings.TrimPrefix(strings.ReplaceAll("\n"+want, "\n# ", "\n"), "\n")
			if program == "switch" {
				need(t, "SALT_TEST_AMQP_URL")
			}
			if diff := cmp.Diff(want, python(t, program+".py")); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSchemasAgree holds every event and request that the guide shows in both
// languages to one schema.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	inGo := map[string]*salt.Spec{}
	for _, s := range salt.DefaultCatalog.Specs() {
		inGo[s.Topic+" "+s.Version] = s
	}
	registered := json.NewDecoder(strings.NewReader(python(t, append([]string{"schemas.py"}, programs(t)...)...)))
	pairs := 0
	for {
		var in struct {
			Topic, Version, Mode    string
			Schema, Response, Error json.RawMessage
		}
		if err := registered.Decode(&in); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		own, both := inGo[in.Topic+" "+in.Version]
		if !both {
			continue // a pattern, an abstract base
		}
		pairs++
		theirs := &salt.Spec{Topic: in.Topic, Version: in.Version, Mode: salt.ModeEvent, Source: "celery-salt",
			Schema: parse(t, in.Schema), Response: parse(t, in.Response), Error: parse(t, in.Error)}
		if in.Mode == "rpc" {
			theirs.Mode = salt.ModeRPC
		}
		err := salt.CompareSpecs(theirs, own)
		if conflict, ok := errors.AsType[*salt.ConflictError](err); ok && slices.ContainsFunc(conflict.Differences, matters) {
			t.Error(err)
		}
	}
	if pairs < 10 {
		t.Errorf("%d topics are defined in both languages, want at least 10", pairs)
	}
}

// matters excepts one difference: Pydantic 2.14 does not write the pattern of a
// Decimal's text any more, which 2.13 and Salt do.
func matters(d schema.Difference) bool {
	return !strings.HasSuffix(d.Path, "/anyOf/1/pattern")
}

func parse(t *testing.T, text json.RawMessage) *schema.Schema {
	t.Helper()
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	s, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// programs lists the Python programs that say what they print.
func programs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.py")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		if wants.MatchString(read(t, file)) {
			found = append(found, strings.TrimSuffix(file, ".py"))
		}
	}
	if len(found) < len(files)-3 { // local.py, schemas.py, replace.py
		t.Errorf("only %v of %v end in an output", found, files)
	}
	return found
}

// python runs a program and returns what it printed.
func python(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need(t, "SALT_TEST_PYTHON"), args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, said.String())
	}
	return string(out)
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
