package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/celerysalt/salt/internal/archtest"
	"github.com/google/go-cmp/cmp"
)

// longFiles are longer than archtest.MaxLines, each for the reason given.
var longFiles = map[string]string{}

func TestModuleKeepsTheRules(t *testing.T) {
	t.Parallel()
	pkgs := list(t)
	if len(pkgs) < 4 {
		t.Fatalf("go list found %d packages, so this test would prove nothing", len(pkgs))
	}
	for _, violation := range archtest.Check(pkgs) {
		t.Error(violation)
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	found, err := archtest.Long(os.DirFS("../.."), longFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

// list returns all packages of the module, also those that do not compile.
func list(t *testing.T) []archtest.Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []archtest.Package
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p archtest.Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// TestCheckFinds gives the checker one fake package at a time. want is a part
// of the violation, empty when there is none.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	const m = archtest.Module
	tests := []struct {
		name string
		pkg  archtest.Package
		want string
	}{
		{"root may use std, json and schema", archtest.Package{ImportPath: m, Imports: []string{"context", "encoding/json", "github.com/go-json-experiment/json/jsontext", m + "/schema"}}, ""},
		{"root may not use celery", archtest.Package{ImportPath: m, Imports: []string{m + "/celery"}}, "the root imports"},
		{"root may not use uuid", archtest.Package{ImportPath: m, Imports: []string{"github.com/google/uuid"}}, "do without it"},
		{"root may not use amqp091", archtest.Package{ImportPath: m, Imports: []string{"github.com/rabbitmq/amqp091-go"}}, "only rabbitmq, interop may"},
		{"root's examples may use inmem", archtest.Package{ImportPath: m, XTestImports: []string{"testing", m + "/inmem"}}, ""},
		{"rabbitmq may use amqp091", archtest.Package{ImportPath: m + "/rabbitmq", Imports: []string{"github.com/rabbitmq/amqp091-go", m, m + "/celery"}}, ""},
		{"rabbitmq's inside too", archtest.Package{ImportPath: m + "/rabbitmq/internal/conn", Imports: []string{"github.com/rabbitmq/amqp091-go"}}, ""},
		{"inmem may not use amqp091", archtest.Package{ImportPath: m + "/inmem", Imports: []string{"github.com/rabbitmq/amqp091-go"}}, "only rabbitmq, interop may"},
		{"not in a test either", archtest.Package{ImportPath: m + "/inmem", TestImports: []string{"github.com/rabbitmq/amqp091-go"}}, "in a test: only rabbitmq, interop may"},
		{"rabbitmq may not use inmem", archtest.Package{ImportPath: m + "/rabbitmq", Imports: []string{m + "/inmem"}}, "never import each other"},
		{"not in a test either", archtest.Package{ImportPath: m + "/postgres", XTestImports: []string{m + "/registry"}}, "never import each other"},
		{"pgx belongs to postgres", archtest.Package{ImportPath: m + "/console", Imports: []string{"github.com/jackc/pgx/v5"}}, "only postgres, interop may"},
		{"go-redis belongs to redis", archtest.Package{ImportPath: m + "/cmd/salt", Imports: []string{"github.com/redis/go-redis/v9"}}, "only redis may"},
		{"OpenTelemetry belongs to saltotel", archtest.Package{ImportPath: m + "/rabbitmq", Imports: []string{"go.opentelemetry.io/otel/trace"}}, "only saltotel may"},
		{"santhosh belongs to schema", archtest.Package{ImportPath: m + "/celery", Imports: []string{"github.com/santhosh-tekuri/jsonschema/v6"}}, "only schema may"},
		{"schema is a leaf", archtest.Package{ImportPath: m + "/schema", Imports: []string{m}}, "schema is a leaf"},
		{"celery knows no transport", archtest.Package{ImportPath: m + "/celery", Imports: []string{m + "/rabbitmq"}}, "wire format only"},
		{"internal packages may know the root", archtest.Package{ImportPath: m + "/internal/basetest", Imports: []string{m, m + "/schema"}}, ""},
		{"internal packages know no technology", archtest.Package{ImportPath: m + "/internal/backoff", Imports: []string{m + "/rabbitmq"}}, "at most"},
		{"the programs wire", archtest.Package{ImportPath: m + "/cmd/salt", Imports: []string{m + "/rabbitmq", m + "/inmem", "github.com/spf13/cobra"}}, ""},
		{"nobody imports the programs", archtest.Package{ImportPath: m + "/rabbitmq", Imports: []string{m + "/examples/basic"}}, "nobody imports the programs"},
		{"testing stays out of programs", archtest.Package{ImportPath: m + "/inmem", Imports: []string{"testing"}}, "only tests and salttest"},
		{"testing's children too", archtest.Package{ImportPath: m + "/inmem", Imports: []string{"testing/fstest"}}, "only tests and salttest"},
		{"salttest may", archtest.Package{ImportPath: m + "/salttest", Imports: []string{"testing", m + "/inmem"}}, ""},
		{"salttest stays out of programs", archtest.Package{ImportPath: m + "/inmem", Imports: []string{m + "/salttest"}}, "it imports testing"},
		{"salttest serves tests", archtest.Package{ImportPath: m + "/rabbitmq", XTestImports: []string{m + "/salttest", "github.com/google/go-cmp/cmp"}}, ""},
		{"a new dependency needs a reason", archtest.Package{ImportPath: m + "/console", Imports: []string{"github.com/gorilla/mux"}}, "unknown dependency"},
		{"a longer name is another module", archtest.Package{ImportPath: m + "/rabbitmq", Imports: []string{"github.com/rabbitmq/amqp091-go-fork"}}, "unknown dependency"},
		{"a path that says nothing", archtest.Package{ImportPath: m + "/internal/util"}, `"util" says nothing`},
		{"a name that says nothing", archtest.Package{ImportPath: m + "/internal/x", Name: "types"}, `"types" says nothing`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found := archtest.Check([]archtest.Package{tt.pkg})
			switch {
			case tt.want == "" && len(found) > 0:
				t.Errorf("unexpected violations: %q", found)
			case tt.want != "" && (len(found) != 1 || !strings.Contains(found[0], tt.want)):
				t.Errorf("violations %q, want one with %q", found, tt.want)
			}
		})
	}
}

func TestLongFinds(t *testing.T) {
	t.Parallel()
	long := &fstest.MapFile{Data: []byte(strings.Repeat("\n", archtest.MaxLines+1))}
	exact := &fstest.MapFile{Data: []byte(strings.Repeat("\n", archtest.MaxLines))}
	tree := fstest.MapFS{
		"long.go": long, "exact.go": exact, "long.txt": long, "a/long_test.go": long, "a/excused.go": long,
		"testdata/long.go": long, ".hidden/long.go": long, "bench/long.go": long, "bench/go.mod": exact,
	}
	got, err := archtest.Long(tree, map[string]string{"a/excused.go": "a table", "exact.go": "stale", "gone.go": "stale"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a/long_test.go has 401 lines; split it by idea, or excuse it with a reason",
		"long.go has 401 lines; split it by idea, or excuse it with a reason",
		"exact.go is excused for its length and needs no excuse",
		"gone.go is excused for its length and needs no excuse",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
