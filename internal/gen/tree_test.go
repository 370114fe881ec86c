package gen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/internal/gen"
)

const treeSchema = `{"$defs":{"B/~":{"$anchor":"b","type":"string","x-mine":[1,{"k":null}]},"A":true},
	"title":"T","properties":{"z":{"$ref":"#/$defs/B~1~0"},"a":{"anyOf":[{"type":["string","null"]},{"$ref":"#b"}]},"c":{}},
	"required":["z"],"additionalProperties":false,"type":"object"}`

func tree(t *testing.T, text string) *gen.Document {
	t.Helper()
	doc, err := gen.Parse([]byte(text), "t.json")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTree(t *testing.T) {
	t.Parallel()
	doc := tree(t, treeSchema)
	root := doc.Root
	var names []string
	for _, k := range root.Keywords {
		names = append(names, k.Name)
	}
	for _, m := range root.Members("properties") {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "$defs title properties required additionalProperties type z a c" {
		t.Errorf("order: %s", got)
	}
	b := root.Members("$defs")[0].Node
	a := root.Property("a")
	for _, tt := range []struct {
		what string
		ok   bool
	}{
		{"title", root.Text("title") == "T" && root.Text("type") == "object" && root.Text("required") == "" && root.Text("gone") == ""},
		{"required", root.Required("z") && !root.Required("a")},
		{"ref", root.Property("z").Ref() == b && root.Property("z").IsRef() && !root.IsRef() && root.Ref() == nil},
		{"anchor", a.List("anyOf")[1].Ref() == b},
		{"pointer", doc.Node("/$defs/B~1~0") == b && doc.Node("/gone") == nil && doc.Resolve("#") == root && doc.Resolve("x") == nil},
		{"definition", b.DefName() == "B/~" && a.DefName() == "" && len(doc.Defs()) == 2},
		{"bool", doc.Defs()[1].Node.IsBool() && doc.Defs()[1].Node.IsAny() && root.Property("c").IsAny() && !b.IsAny()},
		{"false", root.Sub("additionalProperties").IsBool() && !root.Sub("additionalProperties").IsAny()},
		{"unknown", string(b.Raw("x-mine")) == `[1,{"k":null}]` && b.Has("x-mine") && !b.Has("y")},
		{"parent", b.Parent == root && root.Parent == nil},
		{"nothing", root.Sub("items") == nil && root.List("oneOf") == nil && root.Members("patternProperties") == nil && root.Property("gone") == nil},
	} {
		if !tt.ok {
			t.Errorf("%s is wrong", tt.what)
		}
	}
	if diff := cmp.Diff([]string{"string", "null"}, a.List("anyOf")[0].Texts("type")); diff != "" {
		t.Error(diff)
	}
	if got := a.List("anyOf")[1].Errorf("%s", "why").Error(); got != "t.json#/properties/a/anyOf/1: why" {
		t.Error(got)
	}
	if got := root.Errorf("why").Error(); got != "t.json: why" {
		t.Error(got)
	}
	within, err := gen.Parse([]byte(treeSchema), "t.json#/response")
	if err != nil || within.Root.Property("c").Place() != "t.json#/response/properties/c" {
		t.Errorf("got %s, %v", within.Root.Property("c").Place(), err)
	}
	if _, err := gen.Parse([]byte(`{"type":7}`), "t.json"); err == nil || !strings.HasPrefix(err.Error(), "t.json: ") {
		t.Errorf("got %v", err)
	}
}
