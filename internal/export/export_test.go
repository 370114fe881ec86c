package export_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/internal/export"
)

// module writes a module that requires this salt, with the files of each
// package, and returns its directory.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod := strings.Replace(string(text), "module github.com/celerysalt/salt", "module example.com/shop", 1)
	mod += "\nrequire github.com/celerysalt/salt v0.0.0\n\nreplace github.com/celerysalt/salt => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "go.mod", mod)
	write(t, dir, "go.sum", string(sum))
	for name, text := range files {
		write(t, dir, name, text)
	}
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// defines is the source of a package that defines one event.
func defines(pkg, topic, more string) string {
	return `package ` + pkg + `

import "github.com/celerysalt/salt"

type Made struct {
	ID int64 ` + "`json:\"id\"`" + `
}

var _ = salt.DefineEvent[Made]("` + topic + `"` + more + `)
`
}

// tree is every file of a directory with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		found[file] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	dir := module(t, map[string]string{
		"events/order.go":                        defines("events", "order.made", `, salt.Doc("<made> & paid")`),
		"events/deep/internal/own/own.go":        defines("own", "own.made", ""),
		"events/internal/a/internal/b/nested.go": defines("b", "nested.made", ", salt.NoRegister()"),
		"internal/top.go":                        defines("internal", "top.made", `, salt.Version("v2")`),
		"plain/plain.go":                         "package plain\n",
		"onlytests/only_test.go":                 "package onlytests\n",
		"loud/loud.go":                           "package loud\n\nimport \"fmt\"\n\nimport _ \"example.com/shop/events\"\n\nfunc init() { fmt.Println(\"[{]\") }\n",
		"cmd/shop/main.go":                       "package main\n\nimport _ \"github.com/celerysalt/salt\"\n\nfunc main() {}\n",
		"events/order_kinds.go":                  "package events\n\nimport \"github.com/celerysalt/salt\"\n\nvar asked = salt.DefineRPC[Made, Made, *salt.RPCError](\"order.get\")\n",
		"saltexport/taken.go":                    "package saltexport\n",
	})
	before := tree(t, dir)
	defs, err := export.Definitions(t.Context(), dir, "./...")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range defs {
		rel, err := filepath.Rel(dir, d.File)
		if err != nil {
			t.Fatal(err)
		}
		line := d.Topic + " " + d.Version + " " + string(d.Mode) + " " + filepath.ToSlash(rel)
		if d.Unregistered {
			line += " unregistered"
		}
		if d.Schema == nil || (d.Response == nil) != (d.Mode == "event") || d.Line < 5 {
			t.Errorf("%s: line %d, schema %v, response %v", line, d.Line, d.Schema, d.Response)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{
		"nested.made v1 event events/internal/a/internal/b/nested.go unregistered",
		"order.get v1 rpc events/order_kinds.go",
		"order.made v1 event events/order.go",
		"own.made v1 event events/deep/internal/own/own.go",
		"top.made v2 event internal/top.go",
	}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the module was changed:\n%s", diff)
	}
	for _, d := range defs {
		if d.Topic == "order.made" && (d.Doc != "<made> & paid" || !strings.Contains(d.Schema.String(), "<made> & paid") || d.Package != "example.com/shop/events") {
			t.Errorf("%+v", d.Spec)
		}
	}
}

// TestDefinitionsErrors: what is wrong with the packages is told in words that
// help, without anything of the machinery.
func TestDefinitionsErrors(t *testing.T) {
	t.Parallel()
	dir := module(t, map[string]string{
		"good/good.go":        defines("good", "good.made", ""),
		"broken/broken.go":    "package broken\n\nimport \"github.com/celerysalt/salt\"\n\nvar x = salt.NoSuchThing\n",
		"syntax/syntax.go":    "package syntax\n\nimport _ \"github.com/celerysalt/salt\"\n\nfunc {\n",
		"panics/panics.go":    defines("panics", "a.#", ""),
		"quits/quits.go":      "package quits\n\nimport (\n\t\"os\"\n\n\t_ \"github.com/celerysalt/salt\"\n)\n\nfunc init() { os.Exit(0) }\n",
		"cmd/defines/main.go": strings.Replace(defines("main", "main.made", ""), "\"github", "s \"github", 1) + "\nfunc main() {}\n",
		"cmd/dot/main.go":     strings.NewReplacer(`"github`, `. "github`, "salt.", "").Replace(defines("main", "dot.made", "")) + "\nfunc main() {}\n",
		"cmd/twice/main.go":   strings.Replace(defines("main", "twice.made", ""), "import ", "import _ \"github.com/celerysalt/salt\"\n\nimport ", 1) + "\nfunc main() {}\n",
		"cmd/answers/main.go": "package main\n\nimport . \"github.com/celerysalt/salt\"\n\nvar _ = DefineRPC[int, int, *RPCError](\"dot.get\")\n\nfunc main() {}\n",
		"other/uses/main.go":  "package main\n\nimport . \"github.com/celerysalt/salt\"\n\ntype own struct{ Define int }\n\nvar _ = own{Define: 1}.Define + len(LatestVersion)\n\nfunc main() {}\n",
		"cmd/plain/main.go":   "package main\n\nfunc main() {}\n",
		"plain/plain.go":      "package plain\n",
	})
	write(t, dir, "cmd/defines/main.go", strings.ReplaceAll(tree(t, dir)[filepath.Join(dir, "cmd/defines/main.go")], "salt.", "s."))
	for _, tt := range []struct{ pattern, want, not string }{
		{"./broken", "broken/broken.go:5:14: undefined: salt.NoSuchThing", "saltexport"},
		{"./syntax", "syntax/syntax.go:5:", "saltexport"},
		{"./panics", `run the packages' initialisation: salt: panics/panics.go:9: define panics.Made as "a.#": topic "a.#" has the wildcard`, "goroutine"},
		{"./quits", "does a package end the program in its init?", "goroutine"},
		{"./cmd/defines", "example.com/shop/cmd/defines/main.go:9: package main defines events, and nothing can import it; move its definitions", ""},
		{"./cmd/dot", "example.com/shop/cmd/dot/main.go:9: package main defines events", ""},
		{"./cmd/dot/...", "example.com/shop/cmd/dot/main.go:9: package main defines events", ""},
		{"./cmd/answers/...", "example.com/shop/cmd/answers/main.go:5: package main defines events", ""},
		{"./cmd/twice/...", "example.com/shop/cmd/twice/main.go:11: package main defines events", ""},
		{"./other/...", "./other/... matches no package that could define anything", "defines events"},
		{"./cmd/defines/...", "cmd/defines/main.go:9: package main defines events", ""},
		{"./cmd/plain", "example.com/shop/cmd/plain is a package main, which nothing can import", ""},
		{"./plain", "./plain matches no package that could define anything", ""},
		{"./absent", "directory not found", ""},
		{"-toolexec=/bin/false", "malformed import path", ""},
	} {
		t.Run(tt.pattern, func(t *testing.T) {
			t.Parallel()
			_, err := export.Definitions(t.Context(), dir, tt.pattern)
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.not != "" && strings.Contains(err.Error(), tt.not) {
				t.Errorf("%v\nwant %q, and no %q", err, tt.want, tt.not)
			}
		})
	}
	empty := t.TempDir()
	if _, err := export.Definitions(t.Context(), empty, "."); err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("outside of a module: %v", err)
	}
}

// TestDefinitionsEnds: a program whose initialisation hangs ends with the
// context.
func TestDefinitionsEnds(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "running")
	dir := module(t, map[string]string{"hangs/hangs.go": `package hangs

import (
	"os"

	_ "github.com/celerysalt/salt"
)

func init() {
	_ = os.WriteFile(os.Getenv("MARKER"), nil, 0o600)
	for { os.Stdin.Read(make([]byte, 1)) }
}
`})
	write(t, dir, "hangs/hangs.go", strings.Replace(tree(t, dir)[filepath.Join(dir, "hangs/hangs.go")], `os.Getenv("MARKER")`, "`"+marker+"`", 1))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := export.Definitions(ctx, dir, "./hangs")
		done <- err
	}()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(marker); err == nil {
			break
		}
		select {
		case err := <-done:
			t.Fatalf("ended before it was told: %v", err)
		case <-look.C:
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDefinitionsCredentials: the packages' code is not handed what opens the
// registry.
func TestDefinitionsCredentials(t *testing.T) {
	dir := module(t, map[string]string{"events/events.go": defines("events", "env.made", `, salt.Doc(environment())`), "events/env.go": `package events

import (
	"os"
	"strings"
)

func environment() string { return strings.Join(os.Environ(), "|") }
`})
	for _, name := range []string{"SALT_REGISTRY_TOKEN", "SALT_REGISTRY", "SALT_URL", "PGPASSWORD", "PGSERVICEFILE"} {
		t.Setenv(name, "Canary") // not parallel
	}
	t.Setenv("SHOP_SETTING", "kept")
	defs, err := export.Definitions(t.Context(), dir, "./events")
	if err != nil || len(defs) != 1 {
		t.Fatalf("%v %v", defs, err)
	}
	if doc := defs[0].Doc; strings.Contains(doc, "Canary") || !strings.Contains(doc, "SHOP_SETTING=kept") || !strings.Contains(doc, "PATH=") {
		t.Errorf("the packages' initialisation got %s", doc)
	}
}
