package golang_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
)

var declared = regexp.MustCompile(`(?m)^(?:type (\w+)|var (\w+))`)

// TestNames: names are Go's own, and what collides is told apart in the same way
// every time.
func TestNames(t *testing.T) {
	t.Parallel()
	contract := func(topic, version, payload string) *gen.Contract {
		c := contractOf(t, topic, []byte(payload))
		c.Version = version
		return c
	}
	const (
		first  = `{"type":"object","title":"Schema","properties":{"a":{"$ref":"#/$defs/Address"},"e":{"$ref":"#/$defs/color_kind"}},"$defs":{"Address":{"type":"object","title":"Address","properties":{"zip":{"type":"string"}}},"color_kind":{"type":"string","enum":["a b","a-b","","-1","1.5","15","é"],"title":"ColorKind"}}}`
		second = `{"type":"object","title":"Address","properties":{"a":{"$ref":"#/$defs/Address"},"b":{"type":"object","properties":{"c":{"type":"array","items":{"type":"object","properties":{}}}}}},"$defs":{"Address":{"type":"object","title":"Address","properties":{"street":{"type":"string"}}}}}`
	)
	contracts := []*gen.Contract{
		contract("user.created", "v1", first), contract("user.created", "v2", first), contract("user-created", "v1", second), contract("range", "v1", second), contract("salt", "v1", first),
	}
	for style, want := range map[string][]string{
		golang.Simple: {
			"UserCreated", "Address", "ColorKind", "UserCreatedV2", "UserCreated2", "Address2", "UserCreated2B", "UserCreated2BCItem", "Range", "RangeB", "RangeBCItem", "Salt",
			"UserCreatedEvent", "UserCreatedV2Event", "UserCreated2Event", "RangeEvent", "SaltEvent",
		},
		golang.Class: {
			"UserCreated", "Address", "ColorKind", "UserCreatedV2", "UserCreated2", "Address2", "UserCreated2B", "UserCreated2BCItem", "Range", "RangeB", "RangeBCItem", "Salt",
			"userCreated", "userCreatedV2", "userCreated2", "rangeDefinition", "saltDefinition",
		},
	} {
		source, notes := generate(t, program{name: "p", style: style, contracts: contracts})
		var got []string
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			got = append(got, m[1]+m[2])
		}
		less := func(names []string) map[string]bool {
			set := map[string]bool{}
			for _, name := range names {
				set[name] = true
			}
			return set
		}
		if diff := cmp.Diff(less(want), less(got)); diff != "" || len(got) != len(want) {
			t.Errorf("%s (-want +got):\n%s", style, diff)
		}
		if all := strings.Join(notes, "\n"); !strings.Contains(all, "the definition Address is the Go type Address2") || !strings.Contains(all, "the definition color_kind is the Go type ColorKind") {
			t.Errorf("notes: %s", all)
		}
		for _, constant := range []string{"ColorKindAB", "ColorKindAB2", "ColorKindEmpty", "ColorKindMinus1", "ColorKind1p5", "ColorKind15", "ColorKindÉ"} {
			if !regexp.MustCompile(constant + ` +ColorKind = "`).Match(source) {
				t.Errorf("%s: no constant %s in\n%s", style, constant, source)
			}
		}
	}
	build(t, []program{{name: "simple", style: golang.Simple, contracts: contracts}, {name: "class", style: golang.Class, contracts: contracts}})
}

// TestClassOfSharedPayload: two classes cannot have one type.
func TestClassOfSharedPayload(t *testing.T) {
	t.Parallel()
	const node = `{"$defs":{"Node":{"type":"object","title":"Node","properties":{"next":{"anyOf":[{"$ref":"#/$defs/Node"},{"type":"null"}],"default":null}}}},"$ref":"#/$defs/Node"}`
	contracts := []*gen.Contract{contractOf(t, "a", []byte(node)), contractOf(t, "b", []byte(node))}
	if _, err := golang.Generate(contracts, golang.Options{Style: golang.Class}); err == nil || !strings.Contains(err.Error(), "b.json: it has the same payload type") {
		t.Errorf("got %v", err)
	}
	if _, err := golang.Generate(contracts, golang.Options{}); err != nil {
		t.Error(err)
	}
}

// TestUnknownAnswers: a contract need not say its response and error.
func TestUnknownAnswers(t *testing.T) {
	t.Parallel()
	c := contractOf(t, "a.b", []byte(`{"type":"object","title":"Ask","properties":{}}`))
	c.Mode = salt.ModeRPC
	source, notes := generate(t, program{name: "p", contracts: []*gen.Contract{c}})
	if !strings.Contains(string(source), "var AskRPC = salt.DefineRPC[Ask, any, *salt.RPCError](\"a.b\")") || len(notes) != 2 {
		t.Errorf("notes %q\n%s", notes, source)
	}
}
