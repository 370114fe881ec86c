package python_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
)

const payloadOfEvil = `import os; os.environ["SALT_PWNED"] = "1"`

// hostile are texts that mean to leave the place they are put in.
var hostile = []string{
	`"""` + "\n" + payloadOfEvil + "\n" + `"""`,
	`'''` + "\n" + payloadOfEvil + "\n" + `'''`,
	`"` + "\n" + payloadOfEvil + "\n" + `"`,
	`\"` + "\n" + payloadOfEvil + "\n#",
	`\\"); ` + payloadOfEvil + ` #`,
	"\r" + payloadOfEvil + "\r",
	"\u2028" + payloadOfEvil + "\u2029\u0085\x0b\x0c\x1c",
	"\u202e" + payloadOfEvil + "\u2066",
	`\N{QUOTATION MARK} \x22 \u0022 \042`,
	`{__import__("os").environ.update(SALT_PWNED="1")} %s`,
	`__import__("os").environ.update(SALT_PWNED="1")`,
	`"]; ` + payloadOfEvil + ` #`,
	`"""`, `""""`, `"`, `\`, `ends with "`, `ends with \`, "\x00", "",
	"a\n    b", " a", "a ", "\n", "a\n\nb\n", "\ta", "An enumeration.", "\U0001f600\u200b",
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	quote := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for i, evil := range hostile {
		for _, style := range []string{python.Class, python.Decorator} {
			t.Run(fmt.Sprintf("%d/%s", i, style), func(t *testing.T) {
				t.Parallel()
				q, q2 := quote(evil), quote(evil+"2")
				about := fmt.Sprintf(`"title":%s,"description":%s`, quote("T"+evil), q)
				member := fmt.Sprintf(`{"type":"string",%s,"default":%s,"examples":[%s,{%s:%s}],"x-e":{%s:[%s]}}`, about, q, q, q, q, q, q)
				color := fmt.Sprintf(`{"type":"string","enum":[%s,%s],"title":"Color","description":%s}`, q, q2, q)
				inner := fmt.Sprintf(`{"type":"object","properties":{"x":{"const":%s,%s},"y":{"enum":[%s,1]}},%s}`, q, about, q, about)
				pattern := quote("^" + evil + "$")
				if _, err := gen.Parse([]byte(`{"pattern":`+pattern+`}`), ""); err != nil {
					pattern = `"a"`
				}
				names := fmt.Sprintf(`%s:{"type":"integer","title":"N"},%s:{"type":"integer","title":"N","default":1},`, quote("n"+evil), quote("n"+evil+"2"))
				if style == python.Decorator {
					names = "" // an alias
				}
				schema := fmt.Sprintf(`{"$defs":{"Color":%s,"Inner":%s},"type":"object","properties":{%s"m":%s,
					"c":{"$ref":"#/$defs/Color","default":%s},"i":{"$ref":"#/$defs/Inner"},
					"p":{"type":"string","title":"P","pattern":%s,"format":%s}},"required":["i","p"],%s}`,
					color, inner, names, member, q, pattern, quote("f"+evil), about)
				c := rpc(t, "t"+evil, schema, inner, inner)
				c.Version, c.Exchange, c.Doc = "v"+evil, "x"+evil, evil
				out := generate(t, style, c)
				a := ask(t, out.Source)
				if a.Pwned {
					t.Fatalf("the module ran foreign code:\n%s", numberedLines(out.Source))
				}
				expectContracts(t, a, out, c)
				if style == python.Class && a.Events[0].Description != evil {
					t.Errorf("description %q, want %q", a.Events[0].Description, evil)
				}
			})
		}
	}
}

// TestNames takes titles, definitions and members that are names of something
// else in the module.
func TestNames(t *testing.T) {
	t.Parallel()
	taken := []string{
		"Field", "BaseModel", "SaltEvent", "Schema", "Response", "Error", "Meta", "ConfigDict", "Enum", "Annotated", "Any",
		"Literal", "str", "int", "list", "dict", "set", "None", "True", "class", "event", "match", "Event", "RootModel",
		"_adjust", "_Inline", "Callable", "type", "topic", "datetime", "Same", "m", "self_", "model_config", "v1",
	}
	for _, style := range []string{python.Class, python.Decorator} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			var contracts []*gen.Contract
			for i, name := range taken {
				schema := fmt.Sprintf(`{"$defs":{%q:{"title":%q,"type":"object","properties":{"m":{"type":"integer","title":"M","minimum":1},
					"w":{"type":"string","format":"date-time","title":"W"}}},
					"Same":{"title":"Same","type":"object","properties":{"n%d":{"title":"X","type":"string"}}},
					"Color":{"title":"Color","type":"string","enum":["a%d"]}},
					"properties":{"m":{"$ref":"#/$defs/%s"},"s":{"$ref":"#/$defs/Same"},"c":{"$ref":"#/$defs/Color","default":"a%d"}},
					"required":["m","s"],"title":%q,"type":"object"}`, name, name, i, i, name, i, name)
				if name == "Same" {
					continue
				}
				contracts = append(contracts, rpc(t, "names."+name, schema, schema, schema))
			}
			out := generate(t, style, contracts...)
			expectContracts(t, ask(t, out.Source), out, contracts...)
		})
	}
}

// TestReservedMembers holds the list of members that need another name to what
// Pydantic has.
func TestReservedMembers(t *testing.T) {
	t.Parallel()
	reserved := ask(t, generate(t, python.Class, event(t, "a", `{"type":"object"}`)).Source).Reserved
	if len(reserved) < 20 {
		t.Fatalf("Pydantic has only %q", reserved)
	}
	for _, name := range reserved {
		c := event(t, "a", fmt.Sprintf(`{"type":"object","properties":{%q:{"type":"integer"}},"required":[%q]}`, name, name))
		out := generate(t, python.Class, c)
		a := ask(t, out.Source, fmt.Sprintf(`{%q:1}`, name))
		expectContracts(t, a, out, c)
		expectSent(t, name, c, a.Payloads[0])
	}
}
