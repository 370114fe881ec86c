package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

const object = `{"type":"object","properties":{"a":{"type":"string"}}}`

// files writes files into a directory of their own.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func summary(contracts []*gen.Contract, dir string) []string {
	var lines []string
	for _, c := range contracts {
		line := []string{c.Topic, c.Version, string(c.Mode), c.Doc, c.Exchange, strings.TrimPrefix(c.Origin, filepath.ToSlash(dir)+"/")}
		for _, d := range []*gen.Document{c.Payload, c.Response, c.Error} {
			if d != nil {
				line = append(line, strings.TrimPrefix(d.Origin, filepath.ToSlash(dir)+"/"))
			}
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return lines
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"user.created.json":        object,
		"more/user.created@2.json": object,
		"more/list.json":           `[{"topic":"z.last","version":"v10","schema":` + object + `},{"topic":"z.last","version":"v2","schema":` + object + `,"doc":"D","exchange":"E"}]`,
		"more/contracts.json":      `{"contracts":[{"topic":"price.get","schema":` + object + `,"response":{"type":"array"},"error":null}]}`,
		"one.json":                 `{"topic":"price.set","mode":"rpc","schema":` + object + `,"package":"p","type":"T","source":"s"}`,
		"again.json":               `{"topic":"price.set","mode":"rpc","schema":` + object + `}`,
		".hidden/bad.json":         `{`,
		"readme.txt":               `no JSON`,
	})
	contracts, err := gen.Load(gen.LoadOptions{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"price.get v1 rpc  tchu_events more/contracts.json#/contracts/0 more/contracts.json#/contracts/0/schema more/contracts.json#/contracts/0/response",
		"price.set v1 rpc  tchu_events again.json again.json#/schema",
		"user.created v1 event  tchu_events user.created.json user.created.json",
		"user.created v2 event  tchu_events more/user.created@2.json more/user.created@2.json",
		"z.last v2 event D E more/list.json#/1 more/list.json#/1/schema",
		"z.last v10 event  tchu_events more/list.json#/0 more/list.json#/0/schema",
	}
	if diff := cmp.Diff(want, summary(contracts, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		patterns []string
		want     string // topics
	}{
		{nil, "price.get price.set user.created user.created z.last z.last"},
		{[]string{"price.*"}, "price.get price.set"},
		{[]string{"z.#", "user.created"}, "user.created user.created z.last z.last"},
	} {
		chosen, err := gen.Select(contracts, tt.patterns...)
		var topics []string
		for _, c := range chosen {
			topics = append(topics, c.Topic)
		}
		if got := strings.Join(topics, " "); err != nil || got != tt.want {
			t.Errorf("%q: got %s (%v), want %s", tt.patterns, got, err, tt.want)
		}
	}
	for pattern, want := range map[string]string{"nothing.#": `no contract's topic matches "nothing.#"; there are price.get`, "a*": "a word of its own"} {
		if _, err := gen.Select(contracts, "price.*", pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", pattern, err, want)
		}
	}
}

func TestLoadOptions(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"schema.json": object, "other.json": object})
	contracts, err := gen.Load(gen.LoadOptions{Topic: "a.b", Version: "v3"}, filepath.Join(dir, "schema.json"))
	if err != nil || len(contracts) != 1 || contracts[0].Topic != "a.b" || contracts[0].Version != "v3" {
		t.Errorf("got %v, %v", contracts, err)
	}
	if _, err := gen.Load(gen.LoadOptions{Topic: "a.b"}, dir); err == nil || !strings.Contains(err.Error(), "was given to the schema of") {
		t.Errorf("two schemas of one topic: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{`:                           "x.json: read contracts: line 1, column 2: ",
		"{\n \"a\": 1,\n \"a\": 2}":   "x.json: read contracts: line 3, column ",
		`7`:                           "x.json: parse schema",
		`[]`:                          "the list of contracts is empty",
		`[7]`:                         "x.json#/0: read contract: ",
		`{"topic":"a"}`:               "x.json: the contract has no schema",
		`{"schema":` + object + `}`:   "x.json: the contract has no topic",
		`{"topic":"a.*","schema":{}}`: "wildcard",
		`{"topic":"a","schema":{},"verzion":"v1"}`:                         `"verzion"`,
		`{"topic":"a","schema":{},"version":"x"}`:                          `version "x"`,
		`{"topic":"a","schema":{},"mode":"x"}`:                             `mode "x" is neither`,
		`{"topic":"a","schema":{},"mode":"event","response":{}}`:           "an event has neither response nor error",
		`{"topic":"a","schema":null}`:                                      "schema is null",
		`{"topic":"a","schema":{"type":"objet"}}`:                          "x.json#/schema: parse schema",
		`{"topic":"a","schema":{},"response":{"$ref":"http://x.example"}}`: "x.json#/response: parse schema",
		`{"type":"object","$ref":"#/$defs/Gone"}`:                          "x.json: parse schema",
	} {
		dir := files(t, map[string]string{"x.json": content})
		_, err := gen.Load(gen.LoadOptions{}, dir)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", content, err, want)
		}
	}
	conflict := files(t, map[string]string{"a.json": object, "b.json": `{"topic":"a","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}`})
	if _, err := gen.Load(gen.LoadOptions{}, conflict); err == nil || !strings.Contains(err.Error(), "two different schemas") {
		t.Errorf("two schemas: %v", err)
	}
	empty := t.TempDir()
	for _, path := range []string{empty, filepath.Join(empty, "absent")} {
		if _, err := gen.Load(gen.LoadOptions{}, path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestSpec: a contract tells the spec that it was made from.
func TestSpec(t *testing.T) {
	t.Parallel()
	type Asked struct {
		ID int `json:"id"`
	}
	catalog := salt.NewCatalog()
	want := salt.DefineRPC[Asked, []string, *salt.RPCError]("a.b", salt.In(catalog), salt.Doc("D")).Spec()
	got := gen.FromSpec(want).Spec()
	if err := salt.CompareSpecs(want, got); err != nil {
		t.Error(err)
	}
	if got.Response != want.Response || got.Error != want.Error || got.Doc != want.Doc || got.Exchange != want.Exchange {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
