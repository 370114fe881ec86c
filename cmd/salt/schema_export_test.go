package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt/internal/gen"
)

const madeEvents = `package events

import "github.com/celerysalt/salt"

type Made struct {
	ID int64 ` + "`json:\"id\"`" + `
}

var made = salt.DefineEvent[Made]("order.made", salt.Doc("<made> & paid"))

var asked = salt.DefineRPC[Made, Made, *salt.RPCError]("order.get", salt.Version("v2"))

var _ = salt.DefineEvent[Made]("order.private", salt.NoRegister())
`

// TestSchemaExport is not parallel: packages are named relative to the working
// directory.
func TestSchemaExport(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	writeModule(t, root, "example.com/shop")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("events/events.go", madeEvents)
	write("empty/empty.go", "package empty\n\nimport _ \"github.com/celerysalt/salt\"\n")
	c := cli{env: map[string]string{"SALT_REGISTRY": "file:registry"}}
	run := func(code int, want string, args ...string) string {
		t.Helper()
		got, out, err := c.run(t, args...)
		if got != code || !strings.Contains(out+err, want) {
			t.Fatalf("salt %q: exit %d, want %d and %q\n%s%s", args, got, code, want, out, err)
		}
		return out
	}
	document := run(0, "salt: left out, because of salt.NoRegister: order.private v1\n", "schema", "export", "./...")
	write("all/contracts.json", document)
	contracts, err := gen.Load(gen.LoadOptions{}, "all")
	if err != nil {
		t.Fatal(err)
	}
	if len(contracts) != 2 || contracts[0].Topic != "order.get" || contracts[0].Version != "v2" || contracts[0].Response == nil || contracts[1].Doc != "<made> & paid" ||
		contracts[1].Spec().Source != "events/events.go:9" || contracts[1].Spec().Package != "example.com/shop/events" {
		t.Errorf("%s", document)
	}
	run(1, "order.get@v2.json does not exist\n", "schema", "export", "./events", "-o", "schemas", "--check")
	run(0, "wrote 2 contracts of 2 to schemas\n", "schema", "export", "./events", "-o", "schemas")
	run(0, "schemas is up to date: 2 contracts\n", "schema", "export", "./events", "-o", "schemas", "--check")
	run(0, `{"directory":"schemas","contracts":2,"changed":0}`, "schema", "export", "./events", "-o", "schemas", "--json")
	run(0, "2 new", "schema", "check", "schemas", "all", "--package", "./events", "--allow-empty") // thrice the same
	run(0, "2 registered", "schema", "register", "schemas")
	run(0, "2 unchanged", "schema", "check", "--package", "./events")

	write("events/events.go", strings.Replace(madeEvents, `json:"id"`, `json:"number"`, 1))
	run(1, "order.made@v1.json is not up to date, first in line ", "schema", "export", "./events", "-o", "schemas", "--check")
	run(3, "::error file=events/events.go,line=9,title=refused%3A order.made v1::another payload is registered as v1", "schema", "check", "--package", "./...", "--github")
	c.env["GITHUB_WORKSPACE"] = filepath.Dir(mustWd(t))
	run(3, "::error file="+filepath.Base(mustWd(t))+"/events/events.go,line=9,", "schema", "check", "--package", "./...", "--github")

	run(1, "./empty define nothing in salt.DefaultCatalog", "schema", "export", "./empty")
	run(2, "--check needs the directory", "schema", "export", "./events", "--check")
	run(2, "export needs Go PACKAGEs", "schema", "export")
	write("events/broken.go", "package events\n\nvar x int = \"\"\n")
	run(1, "salt: build the packages: # example.com/shop/events\nevents/broken.go:3:13: cannot use \"\"", "schema", "export", "./events")
}

func mustWd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
