package golang_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/schema"
)

// hostile texts try to leave the comment, literal or tag that they stand in.
var hostile = []string{
	"\n*/ func init() { panic(`x`) } /*", "\nfunc init() {}", "`+panic(1)+`", `" + panic(1) + "`, "\r\nimport \"os\"", "\u2028func init() {}",
	"//go:embed /etc/passwd", "\n//go:build ignore", "x\x00y", "\ufeffx", "%s%d%!", `\`, "'", "''", "a,b|c=d", "line\n\n\tindented\n# heading", "", " ", "😀", "}\n}",
}

// hostileSchema puts a text wherever a schema holds text.
func hostileSchema(text string) []byte {
	q, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"type":"object","title":%[1]s,"description":%[1]s,"required":["s"],"properties":{
		"s":{"type":"string","title":%[1]s,"description":%[1]s,"default":%[1]s,"examples":[%[1]s,"x"]},
		"e":{"type":"string","enum":[%[1]s,"other"]},"c":{"const":%[1]s},"a":{"default":%[1]s},
		"d":{"$ref":"#/$defs/D","description":%[1]s},"n":{"$ref":"#/$defs/N"},"o":{"not":{"const":%[1]s},"description":%[1]s},
		"l":{"type":"array","items":{"type":"string","const":%[1]s}}},
		"$defs":{"D":{"type":"string","enum":[%[1]s,"other"],"title":%[1]s,"description":%[1]s},
			"N":{"type":"object","title":%[1]s,"description":%[1]s,"properties":{}}}}`, q)
}

// TestHostileTexts: contracts are foreign input, and so are their texts. The
// code has no declarations but those that a harmless text brings, and builds.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	var programs []program
	for i, text := range hostile {
		for _, style := range []string{golang.Simple, golang.Class} {
			c := contractOf(t, fmt.Sprintf("t%d", i), hostileSchema(text))
			c.Doc, c.Exchange = text, "x"+text
			if text == "" {
				c.Doc = ""
			}
			programs = append(programs, program{name: fmt.Sprintf("%s%d", style, i), style: style, contracts: []*gen.Contract{c}})
		}
	}
	for _, p := range programs {
		source, _ := generate(t, p)
		checkHarmless(t, p.name, source)
	}
	reports := build(t, programs)
	for _, p := range programs {
		c := p.contracts[0]
		got, err := schema.Parse(reports[p.name][c.Topic+"@v1"].Schema)
		if err != nil || !schema.Equal(got, c.Payload.Schema) {
			t.Errorf("%s: not Equal (%v)\n%s\n%s", p.name, err, c.Payload.Schema, got)
		}
	}
}

// checkHarmless looks for what no generated file has.
func checkHarmless(t *testing.T, name string, source []byte) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", source, parser.ParseComments)
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, source)
		return
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
			t.Errorf("%s: function %s", name, f.Name)
		}
	}
	for _, spec := range file.Imports {
		if strings.Contains(spec.Path.Value, "os") || spec.Name != nil {
			t.Errorf("%s: import %s", name, spec.Path.Value)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				t.Errorf("%s: it calls panic", name)
			}
		}
		return true
	})
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:") || strings.HasPrefix(c.Text, "/*") || strings.HasPrefix(c.Text, "//line ") {
				t.Errorf("%s: comment %q", name, c.Text)
			}
		}
	}
}

// FuzzGenerate: whatever a schema holds, the code is formatted Go, or there is
// an error with a place.
func FuzzGenerate(f *testing.F) {
	for _, text := range hostile {
		f.Add(string(hostileSchema(text)))
	}
	for _, s := range foreign {
		f.Add(s.schema)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := gen.Parse([]byte(text), "fuzz.json")
		if err != nil {
			return
		}
		c := &gen.Contract{Topic: "fuzz", Version: salt.DefaultVersion, Mode: salt.ModeEvent, Exchange: salt.DefaultExchange, Payload: doc, Origin: "fuzz.json"}
		for _, style := range []string{golang.Simple, golang.Class} {
			out, err := golang.Generate([]*gen.Contract{c}, golang.Options{Style: style})
			if err != nil {
				if !strings.HasPrefix(err.Error(), "fuzz.json") {
					t.Errorf("no place: %v", err)
				}
				continue
			}
			checkHarmless(t, style, out.Source)
		}
	})
}
