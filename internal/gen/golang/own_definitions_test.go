package golang_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
)

type (
	color string
	level int

	// Color and Level are enums, Pet and Shape unions.
	Color color
	Level level

	Pet interface{ pet() }
	Cat struct {
		Kind  string `json:"kind" salt:"const=cat"`
		Lives int    `json:"lives" salt:"default=9"`
		Chase Pet    `json:"chase" salt:"default=null"`
	}
	Dog struct {
		Kind string `json:"kind" salt:"enum=dog|puppy"`
		Good bool   `json:"good"`
	}
	Shape  interface{ shape() }
	Circle struct {
		Radius float64 `json:"radius" salt:"exclusiveMinimum=0"`
	}
	Square struct {
		Side float64 `json:"side"`
	}

	Tree struct {
		_     struct{} `salt:"title='A tree, with leaves',description='It says ''recursion''.',strict"`
		Value salt.Decimal
		Left  *Tree            `json:"left"`
		Next  []Tree           `json:"next" salt:"default=[],minItems=0,maxItems=9,uniqueItems"`
		ByKey map[Color]*Tree  `json:"by_key,omitzero"`
		Deep  map[string][]any `json:"deep" salt:"minProperties=1"`
	}
	Page[T any] struct {
		Items []T `json:"items"`
		Total int `json:"total" salt:"default=0"`
	}

	Everything struct {
		S    string          `json:"s" salt:"minLength=1,maxLength=9,pattern='^[a-z, |]+$',description='a, b',title=Text"`
		E    *string         `json:"e" salt:"format=email,examples=a@b.example|c@d.example"`
		I    int64           `json:"i" salt:"minimum=-3,maximum=99,multipleOf=3"`
		F    *float64        `json:"f" salt:"required,exclusiveMinimum=0.5"`
		B    bool            `json:"b" salt:"default=true,deprecated"`
		T    time.Time       `json:"t"`
		D    *time.Time      `json:"d" salt:"format=date"`
		Dur  time.Duration   `json:"dur" salt:"default=PT1M"`
		U    uuid.UUID       `json:"u"`
		IP   netip.Addr      `json:"ip"`
		Net  *netip.Prefix   `json:"net"`
		Big  big.Int         `json:"big"`
		Raw  json.RawMessage `json:"raw,omitzero"`
		Any  any             `json:"any" salt:"default=null"`
		One  any             `json:"one" salt:"enum=1|'two'|null"`
		Bin  []byte          `json:"bin"`
		B64  []byte          `json:"b64" salt:"format=base64,maxLength=100"`
		Hash [32]byte        `json:"hash"`
		Arr  [3]int          `json:"arr"`
		Dec  salt.Decimal    `json:"dec" salt:"minimum=0,maxDigits=6,decimalPlaces=2,default=1.50"`
		Col  Color           `json:"col" salt:"default=red"`
		Lev  *Level          `json:"lev" salt:"default=2"`
		Pet  Pet             `json:"pet"`
		Pets []Pet           `json:"pets" salt:"default=[]"`
		Form Shape           `json:"form"`
		May  Shape           `json:"may" salt:"default=null"`
		Tree Tree            `json:"tree"`
		Page Page[Cat]       `json:"page"`
		Nums *Page[int]      `json:"nums"`
		M    map[string]int  `json:"m" salt:"default={}"`
		MU   map[uuid.UUID]string
		Opt  []string             `json:"opt,omitempty"`
		Null []string             `json:"null" salt:"default=null"`
		Ptr  *[]*string           `json:"ptr"`
		Lit  string               `json:"lit" salt:"const=x,default=x"`
		In   struct{ A, B int }   `json:"in"`
		Rest map[string]time.Time `json:",embed"`
	}
	Asked struct {
		ID int `json:"id"`
	}
	Answers []Page[string]
	Failed  struct {
		Code string    `json:"error_code" salt:"enum=A|B"`
		At   time.Time `json:"at"`
	}
)

func (Color) Values() []Color   { return []Color{"red", "blue-ish", "3d"} }
func (Level) Values() []Level   { return []Level{-1, 2} }
func (Cat) pet()                {}
func (*Dog) pet()               {}
func (Circle) shape()           {}
func (Square) shape()           {}
func (f *Failed) Error() string { return f.Code }

var (
	_ = salt.Union[Pet]("kind", Cat{}, &Dog{})
	_ = salt.Union[Shape]("", Circle{}, Square{})

	catalog = salt.NewCatalog()
	_       = salt.DefineEvent[Everything]("all.of.it", salt.In(catalog), salt.Doc("Everything: \"that\" Salt `can` say."), salt.Exchange("other"))
	_       = salt.DefineEvent[Tree]("recursive.root", salt.In(catalog), salt.Version("v2"))
	_       = salt.DefineRPC[Asked, Answers, *Failed]("ask.list", salt.In(catalog), salt.Strict())
	_       = salt.DefineRPC[Asked, Page[Tree], *salt.RPCError]("ask.page", salt.In(catalog))
	_       = salt.DefineRPC[Asked, string, *salt.RPCError]("ask.text", salt.In(catalog))
)

// exampleSpecs runs the examples with a file beside them that prints their
// definitions instead.
func exampleSpecs(t *testing.T) []*gen.Contract {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	mains, err := filepath.Glob(filepath.Join(root, "examples/*/main.go"))
	if err != nil || len(mains) < 6 {
		t.Fatalf("found %d examples (%v)", len(mains), err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "specs.go")
	if err := os.WriteFile(file, []byte(specsProgram), 0o600); err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, main := range mains {
		replace[filepath.Join(filepath.Dir(main), "zz_specs.go")] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	var contracts []*gen.Contract
	for _, main := range mains {
		cmd := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlayFile, "./"+filepath.Base(filepath.Dir(main)))
		cmd.Dir = filepath.Join(root, "examples")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", main, err)
		}
		path := filepath.Join(dir, filepath.Base(filepath.Dir(main))+".json")
		if err := os.WriteFile(path, out, 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := gen.Load(gen.LoadOptions{}, path)
		if err != nil {
			t.Fatalf("%s: %v\n%s", main, err, out)
		}
		contracts = append(contracts, loaded...)
	}
	return contracts
}

const specsProgram = `package main

import (
	"encoding/json"
	"os"

	"github.com/celerysalt/salt"
)

func init() {
	list := []map[string]any{}
	for _, s := range salt.DefaultCatalog.Specs() {
		m := map[string]any{"topic": s.Topic, "version": s.Version, "mode": s.Mode, "doc": s.Doc, "exchange": s.Exchange, "schema": s.Schema}
		if s.Response != nil {
			m["response"], m["error"] = s.Response, s.Error
		}
		list = append(list, m)
	}
	if err := json.NewEncoder(os.Stdout).Encode(list); err != nil {
		panic(err)
	}
	os.Exit(0)
}
`

// TestOwnDefinitions: what Salt made of Go comes back from the generated Go,
// letter by letter.
func TestOwnDefinitions(t *testing.T) {
	t.Parallel()
	var own []*gen.Contract
	for _, s := range catalog.Specs() {
		own = append(own, gen.FromSpec(s))
	}
	if len(own) != 5 {
		t.Fatalf("%d definitions, want 5", len(own))
	}
	examples := exampleSpecs(t)
	if len(examples) < 7 {
		t.Fatalf("only %d definitions in the examples", len(examples))
	}
	var programs []program
	for _, style := range []string{golang.Simple, golang.Class} {
		for i, c := range slices.Concat(own, examples) {
			programs = append(programs, program{name: fmt.Sprintf("%s%d", style, i), style: style, contracts: []*gen.Contract{c}})
		}
	}
	for _, p := range programs {
		if _, notes := generate(t, p); len(notes) > 0 {
			t.Errorf("%s: notes: %s", p.contracts[0].Origin, strings.Join(notes, "\n"))
		}
	}
	reports := build(t, programs)
	for _, p := range programs {
		c := p.contracts[0]
		r, ok := reports[p.name][c.Topic+"@"+c.Version]
		if !ok {
			t.Errorf("%s: no report of %s", p.name, c.Topic)
			continue
		}
		if r.Doc != c.Doc {
			t.Errorf("%s: doc %q, want %q", c.Topic, r.Doc, c.Doc)
		}
		sameDocument(t, p.name+" "+c.Topic, c.Payload, r.Schema)
		sameDocument(t, p.name+" "+c.Topic+" response", c.Response, r.Response)
		sameDocument(t, p.name+" "+c.Topic+" error", c.Error, r.Error)
	}
}

func sameDocument(t *testing.T, what string, doc *gen.Document, got []byte) {
	t.Helper()
	if doc == nil {
		if len(got) > 0 {
			t.Errorf("%s: got %s, want none", what, got)
		}
		return
	}
	if diff := cmp.Diff(byValue(t, doc.Schema.JSON()), byValue(t, got)); diff != "" {
		t.Errorf("%s (-contract +go):\n%s", what, diff)
	}
}
