package golang_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
)

// A program is one generated package that is to be built and run.
type program struct {
	name      string // of the package
	contracts []*gen.Contract
	style     string
	payloads  []json.RawMessage // to be decoded as the first contract's payload or, if it has one, response
}

// A report is what a generated package says of itself.
type report struct {
	Schema   json.RawMessage `json:",omitempty"`
	Response json.RawMessage `json:",omitempty"`
	Error    json.RawMessage `json:",omitempty"`
	Doc      string
	Decoded  []decoded
}

// A decoded payload is what became of it.
type decoded struct {
	Error string
	JSON  json.RawMessage
}

var definedTypes = regexp.MustCompile(`(?m)^var (\w+) = salt\.(Define\w*)\[([^\]]*(?:\[\])?[^\]]*)\]\((".*)\)$`)

// generate writes a program's package and checks what holds for all code.
func generate(t *testing.T, p program) ([]byte, []string) {
	t.Helper()
	out, err := golang.Generate(p.contracts, golang.Options{Package: p.name, Style: p.style})
	if err != nil {
		t.Errorf("%s: %v", p.name, err)
		return nil, nil
	}
	if again, err := golang.Generate(p.contracts, golang.Options{Package: p.name, Style: p.style}); err != nil || !bytes.Equal(again.Source, out.Source) {
		t.Errorf("%s: the second generation differs (%v)", p.name, err)
	}
	if formatted, err := format.Source(out.Source); err != nil || !bytes.Equal(formatted, out.Source) {
		t.Errorf("%s: not formatted (%v):\n%s", p.name, err, out.Source)
	}
	if !strings.HasPrefix(string(out.Source), golang.Header+"\n") {
		t.Errorf("%s: no header", p.name)
	}
	return out.Source, out.Notes
}

// build puts the packages into a module of their own, vets them, runs a program
// that imports all, and returns what it prints: reports by package and topic.
func build(t *testing.T, programs []program) map[string]map[string]report {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/celerysalt/salt\n", "module generated\n", 1)
	text += fmt.Sprintf("\nrequire github.com/celerysalt/salt v0.0.0\nreplace github.com/celerysalt/salt => %s\n", root)
	put := func(name, content string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", text)
	put("go.sum", string(sum))
	var imports, calls strings.Builder
	for _, p := range programs {
		source, _ := generate(t, p)
		if source == nil {
			continue
		}
		put(p.name+"/contracts.go", string(source))
		// Package variables are exported by a file of the test's own.
		var export strings.Builder
		fmt.Fprintf(&export, "package %s\n\nimport \"github.com/celerysalt/salt\"\n\nvar Specs = []*salt.Spec{", p.name)
		for _, m := range definedTypes.FindAllStringSubmatch(string(source), -1) {
			fmt.Fprintf(&export, "%s.Spec(), ", m[1])
		}
		export.WriteString("}\n\n")
		for _, m := range definedTypes.FindAllStringSubmatch(string(source), 1) {
			types := strings.Split(m[3], ", ")
			subject := types[0]
			if len(types) > 1 {
				subject = types[1]
			}
			fmt.Fprintf(&export, "type Subject = %s\n", subject)
		}
		put(p.name+"/export.go", export.String())
		fmt.Fprintf(&imports, "\t\"generated/%s\"\n", p.name)
		fmt.Fprintf(&calls, "\ttell[%s.Subject](%q, %s.Specs, payloads[%q])\n", p.name, p.name, p.name, p.name)
	}
	payloads := map[string][]json.RawMessage{}
	for _, p := range programs {
		payloads[p.name] = p.payloads
	}
	stdin, err := json.Marshal(payloads)
	if err != nil {
		t.Fatal(err)
	}
	put("main.go", fmt.Sprintf(mainProgram, imports.String(), calls.String()))
	run := func(stdin []byte, args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
		}
		return stdout.Bytes()
	}
	run(nil, "vet", "./...")
	var reports map[string]map[string]report
	if err := json.Unmarshal(run(stdin, "run", "."), &reports); err != nil {
		t.Fatal(err)
	}
	return reports
}

const mainProgram = `package main

import (
	"encoding/json"
	"os"
	"reflect"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
%s)

type decoded struct {
	Error string
	JSON  json.RawMessage
}

type report struct {
	Schema   json.RawMessage "json:\",omitempty\""
	Response json.RawMessage "json:\",omitempty\""
	Error    json.RawMessage "json:\",omitempty\""
	Doc                     string
	Decoded                 []decoded
}

var reports = map[string]map[string]*report{}

func text(s *schema.Schema) json.RawMessage {
	if s == nil {
		return nil
	}
	return s.JSON()
}

func tell[T any](name string, specs []*salt.Spec, payloads []json.RawMessage) {
	reports[name] = map[string]*report{}
	for i, s := range specs {
		r := &report{Schema: text(s.Schema), Response: text(s.Response), Error: text(s.Error), Doc: s.Doc}
		reports[name][s.Topic+"@"+s.Version] = r
		if i > 0 {
			continue
		}
		typ, err := schema.Of(reflect.TypeFor[T]())
		if err != nil {
			panic(err)
		}
		for _, payload := range payloads {
			var d decoded
			v := new(T)
			if err := typ.Decode(payload, v); err != nil {
				d.Error = err.Error()
			} else if d.JSON, err = typ.Marshal(v); err != nil {
				d.Error = "marshal: " + err.Error()
			}
			r.Decoded = append(r.Decoded, d)
		}
	}
}

func main() {
	var payloads map[string][]json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&payloads); err != nil {
		panic(err)
	}
%s	if err := json.NewEncoder(os.Stdout).Encode(reports); err != nil {
		panic(err)
	}
}
`
