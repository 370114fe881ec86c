// Package archtest holds the rules of who may import whom, and the checker its
// test runs over the module. The rules are those of DESIGN.md: the root says
// what, a package per technology says how, cmd wires.
package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the path of the module the rules are about.
const Module = "github.com/celerysalt/salt"

// A Package is what the rules look at: a subset of what `go list -json` tells.
type Package struct {
	ImportPath string
	Name       string

	Imports      []string // of the package itself
	TestImports  []string // of its _test.go files
	XTestImports []string // of the files of its external test package
}

// room returns the first element of the path within the module: the room of
// the house a package lives in. The root package's room is ".".
func (p *Package) room() string { return roomOf(p.ImportPath) }

func roomOf(path string) string {
	if path == Module {
		return "."
	}
	rest, ok := strings.CutPrefix(path, Module+"/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

// technologies are the rooms that know how. None imports another.
var technologies = []string{"rabbitmq", "redis", "inmem", "registry", "postgres", "saltotel", "console"}

// wirers may import any room: they put the parts together.
var wirers = []string{"cmd", "examples", "interop"}

// owners says which rooms may import a third-party path. What is not here may
// not be imported at all: a new dependency needs a reason in DESIGN.md first.
// nil means every room but the root, schema and celery.
var owners = map[string][]string{
	"github.com/rabbitmq/amqp091-go":        {"rabbitmq", "interop"}, // interop writes protocol 1 by hand
	"github.com/santhosh-tekuri/jsonschema": {"schema"},
	"github.com/jackc/pgx":                  {"postgres", "interop"}, // interop drops what its tests have made
	"github.com/redis/go-redis":             {"redis"},
	"go.opentelemetry.io":                   {"saltotel"},
	"github.com/spf13/cobra":                {"cmd"},
	"github.com/spf13/pflag":                {"cmd"},
	"github.com/go-json-experiment/json":    {".", "schema", "celery", "inmem", "internal", "rabbitmq", "redis", "registry", "postgres", "saltotel", "salttest", "console", "cmd", "examples", "interop"},
	"github.com/google/uuid":                nil,
	"golang.org/x/text":                     {"schema"}, // the validator's messages
	"github.com/google/go-cmp":              {"salttest"},
	"go.uber.org/goleak":                    {"salttest"},
}

// testOnly are free for every room's tests.
var testOnly = []string{"github.com/google/go-cmp", "go.uber.org/goleak", "github.com/google/uuid", "github.com/go-json-experiment/json"}

// badNames say nothing about what a package is for.
var badNames = []string{"util", "utils", "common", "helper", "helpers", "types", "misc", "shared"}

// Check returns every violation of the rules in pkgs, one line each, in a
// stable order.
func Check(pkgs []Package) []string {
	var found []string
	for i := range pkgs {
		p := &pkgs[i]
		for _, path := range p.Imports {
			if why := forbidden(p, path, false); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", p.ImportPath, path, why))
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if why := forbidden(p, path, true); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s in a test: %s", p.ImportPath, path, why))
			}
		}
		for element := range strings.SplitSeq(strings.TrimPrefix(p.ImportPath, Module), "/") {
			if slices.Contains(badNames, element) {
				found = append(found, fmt.Sprintf("%s: %q says nothing; name the package after its idea", p.ImportPath, element))
			}
		}
		if slices.Contains(badNames, p.Name) {
			found = append(found, fmt.Sprintf("%s: package name %q says nothing; name it after its idea", p.ImportPath, p.Name))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// forbidden returns why p may not import path, or "".
func forbidden(p *Package, path string, test bool) string {
	if room := roomOf(path); room != "" {
		return forbiddenRoom(p.room(), room, test)
	}
	if standard(path) {
		isTesting := path == "testing" || strings.HasPrefix(path, "testing/")
		if isTesting && !test && p.room() != "salttest" {
			return "only tests and salttest may, or it ends up in the programs of users"
		}
		return ""
	}
	return forbiddenModule(p.room(), path, test)
}

func forbiddenRoom(from, to string, test bool) string {
	switch {
	case from == to, slices.Contains(wirers, from):
		return ""
	case slices.Contains(wirers, to):
		return "nobody imports the programs"
	case slices.Contains(technologies, from) && slices.Contains(technologies, to):
		return "technology packages never import each other"
	case test:
		return "" // a test may build its subject from any other part
	case to == "salttest":
		return "only tests may, it imports testing"
	case from == "schema":
		return "schema is a leaf"
	case from == "." && to != "schema" && to != "internal":
		return "the root imports the standard library, go-json-experiment and salt/schema only"
	case from == "celery" && to != "." && to != "schema":
		return "celery is wire format only: the root and schema"
	case from == "internal" && to != "." && to != "schema":
		return "internal packages know the root and schema at most"
	}
	return ""
}

func forbiddenModule(from, path string, test bool) string {
	for owned, rooms := range owners {
		if path != owned && !strings.HasPrefix(path, owned+"/") {
			continue
		}
		switch {
		case test && slices.Contains(testOnly, owned), slices.Contains(rooms, from):
			return ""
		case rooms == nil && !slices.Contains([]string{".", "schema", "celery"}, from):
			return ""
		case rooms == nil:
			return "the root, schema and celery do without it"
		}
		return "only " + strings.Join(rooms, ", ") + " may"
	}
	return "an unknown dependency; give its reason in DESIGN.md and its owner in internal/archtest"
}

// standard reports whether path is of the standard library: its first element
// has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}
