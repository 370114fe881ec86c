package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/internal/gen/python"
	"github.com/celerysalt/salt/schema"
)

// models are the 34 Pydantic models of testdata: their Python source, and a
// contract of their schema.
func models(t *testing.T) (sources map[string]string, contracts []*gen.Contract) {
	t.Helper()
	files, err := filepath.Glob("../testdata/pydantic/*.json")
	if err != nil || len(files) != 34 {
		t.Fatalf("found %d models (%v), want 34", len(files), err)
	}
	sources = map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Name   string
			Source string `json:"python_source"`
			Schema json.RawMessage
		}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		sources[m.Name] = m.Source
		spec := &salt.Spec{Topic: "models." + m.Name, Version: "v1", Mode: salt.ModeEvent}
		parsed, err := schema.Parse(m.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if spec.Schema = parsed; bytes.Contains(m.Schema, []byte(`"type": "array"`)) && m.Name == "root_list" {
			// A payload is an object; a response may be a list.
			if spec.Schema, err = schema.Parse([]byte(`{"properties":{},"title":"_Request","type":"object"}`)); err != nil {
				t.Fatal(err)
			}
			spec.Mode, spec.Response = salt.ModeRPC, parsed
		}
		contracts = append(contracts, gen.FromSpec(spec))
	}
	return sources, contracts
}

// goProgram builds a Go program that defines the contracts as Go types, and
// registers them in the registry of its argument.
func goProgram(t *testing.T, contracts []*gen.Contract) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var imports strings.Builder
	for i, c := range contracts {
		out, err := golang.Generate([]*gen.Contract{c}, golang.Options{Package: "contract"})
		if err != nil {
			t.Fatal(err)
		}
		put(fmt.Sprintf("contract%d/contract.go", i), string(out.Source))
		fmt.Fprintf(&imports, "\t_ \"generated/contract%d\"\n", i)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	put("go.mod", strings.Replace(string(mod), "module github.com/celerysalt/salt\n", "module generated\n", 1)+
		fmt.Sprintf("\nrequire github.com/celerysalt/salt v0.0.0\nreplace github.com/celerysalt/salt => %s\n", root))
	put("go.sum", string(sum))
	put("main.go", fmt.Sprintf(registeringProgram, imports.String()))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", "program", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "program")
}

const registeringProgram = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/celerysalt/salt"
	_ "github.com/celerysalt/salt/registry"
%s)

func main() {
	ctx := context.Background()
	registry, err := salt.OpenRegistry(ctx, os.Args[1])
	if err == nil {
		err = registry.Register(ctx, salt.DefaultCatalog.Specs()...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(len(salt.DefaultCatalog.Specs()))
}
`

// notDecorated are the models that celery-salt's decorators cannot make.
var notDecorated = map[string]string{
	"models.extra_allow": "additionalProperties",
	"models.root_list":   "object",
}

// TestRegistryModels: all 34 models in one registry, from Go types, from the
// original Pydantic classes and from generated classes of both styles: every
// one is one version, whoever comes first. The models of testdata are written by
// Pydantic 2.13, the Python side is 2.14 (see [schema.Conflicts]).
func TestRegistryModels(t *testing.T) {
	t.Parallel()
	need(t, "SALT_TEST_PYTHON")
	sources, contracts := models(t)
	binary := goProgram(t, contracts)
	fromGo := func(t *testing.T, s *registryServer) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), binary, s.url).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "34" {
			t.Errorf("the Go program: %v\n%s", err, out)
		}
	}
	generated := map[string][]string{}
	for _, style := range []string{python.Class, python.Decorator} {
		for _, c := range contracts {
			out, err := python.Generate([]*gen.Contract{c}, python.Options{Style: style})
			switch why := notDecorated[c.Topic]; {
			case err == nil:
				generated[style] = append(generated[style], string(out.Source))
			case style == python.Class || why == "" || !strings.Contains(err.Error(), why):
				t.Fatalf("%s %s: %v", c.Topic, style, err)
			}
		}
	}
	fromPython := func(count int, what map[string]any) func(*testing.T, *registryServer) {
		return func(t *testing.T, s *registryServer) {
			t.Helper()
			expectRegistered(t, s, count, what)
		}
	}
	steps := map[string]func(*testing.T, *registryServer){
		"Go":                           fromGo,
		"Python":                       fromPython(34, map[string]any{"models": sources}),
		"Python, generated classes":    fromPython(34, map[string]any{"sources": generated[python.Class]}),
		"Python, generated decorators": fromPython(32, map[string]any{"sources": generated[python.Decorator]}),
	}
	for _, order := range [][]string{
		{"Go", "Python", "Python, generated classes", "Python, generated decorators"},
		{"Python", "Go"},
		{"Python, generated decorators", "Python, generated classes", "Go", "Python"},
	} {
		t.Run(order[0]+" first", func(t *testing.T) {
			t.Parallel()
			s := startRegistry(t)
			for _, step := range order {
				steps[step](t, s)
			}
			records := s.records(t)
			for _, c := range contracts {
				if records[c.Topic+" v1"] == nil {
					t.Errorf("%s is not there", c.Topic)
				}
			}
			if len(records) != 34 {
				t.Errorf("the registry has %d versions, want 34", len(records))
			}
		})
	}
}

// expectRegistered imports in a Python program of its own.
func expectRegistered(t *testing.T, s *registryServer, count int, what map[string]any) {
	t.Helper()
	p := startRegistryProgram(t, s.url)
	p.do(t, "models", what, nil)
	if h := p.health(t); h.Registered != count || h.Pending != 0 || h.Refused != 0 {
		t.Errorf("health %+v, want %d registered", h, count)
	}
}
