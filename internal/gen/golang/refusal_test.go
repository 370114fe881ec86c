package golang_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
)

// TestRefusals: what Go cannot say is an error with the place and the remedy.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, schema, want string }{
		{"a struct within itself", `{"type":"object","title":"T","properties":{"next":{"$ref":"#"}}}`,
			"t.json#/properties/next: a Go struct cannot contain itself"},
		{"through another", `{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/B"}}},"B":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}}}}}`,
			"t.json#/$defs/B/properties/a: a Go struct cannot contain itself"},
		{"no value", `{"type":"object","properties":{"a":false,"b":{"$ref":"#/$defs/B"}},"$defs":{"B":{"type":"object","properties":{}}}}`, "t.json#/properties/a: false allows no value"},
		{"a name with a comma", `{"type":"object","properties":{"a,b":{"$ref":"#/$defs/B"}},"$defs":{"B":{"type":"object","properties":{}}}}`, "t.json#/properties/a,b: Go's tags have no name"},
		{"an undeclared member", `{"type":"object","properties":{"r":{"$ref":"#/$defs/R"}},"required":["r"],"$defs":{"R":{"type":"object","required":["x"],"properties":{"o":{"$ref":"#/$defs/O"}}},"O":{"type":"object","properties":{}}}}`,
			`t.json#/$defs/R: member "x" is required and has no schema; add it to properties`},
		{"oneOf without discriminator, recursive", `{"type":"object","properties":{"n":{"oneOf":[{"$ref":"#/$defs/A"},{"type":"string"}]}},"$defs":{"A":{"type":"object","properties":{"l":{"type":"array","items":{"$ref":"#/$defs/A"}}}}}}`,
			"t.json#/properties/n: Go cannot say this schema, which contains itself"},
		{"a struct with more than members", `{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/B"}},"minProperties":1},"B":{"type":"object","properties":{}}}}`,
			"t.json#/$defs/A: a Go struct cannot say minProperties"},
		{"a list of itself", `{"type":"object","properties":{"l":{"$ref":"#/$defs/L"}},"$defs":{"L":{"type":"array","items":{"$ref":"#/$defs/L"}}}}`,
			"t.json#/$defs/L: Go cannot say this schema, which contains itself"},
		{"a choice of itself", `{"type":"object","properties":{"l":{"$ref":"#/$defs/L"}},"$defs":{"L":{"anyOf":[{"type":"string"},{"type":"object","additionalProperties":{"$ref":"#/$defs/L"}},{"type":"array","items":{"$ref":"#/$defs/L"}}]}}}`,
			"t.json#/$defs/L: Go cannot say this schema, which contains itself"},
		{"doubling", doubling(60), "t.json#/$defs/"},
		{"the protocol's member", `{"type":"object","properties":{"_tchu_meta":{}}}`, "t.json#/properties/_tchu_meta: the member _tchu_meta belongs to the protocol"},
		{"a bad default of a struct", `{"type":"object","properties":{"a":{"$ref":"#/$defs/A","default":{"x":1}}},"$defs":{"A":{"type":"object","required":["x"],"properties":{"x":{"type":"string"},"l":{"type":"array","items":{"$ref":"#/$defs/A"}}}}}}`,
			"t.json#/properties/a: "},
	} {
		_, err := golang.Generate([]*gen.Contract{contractOf(t, "t", []byte(tt.schema))}, golang.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
	good := contractOf(t, "t", []byte(`{"type":"object","properties":{}}`))
	for _, o := range []golang.Options{{Package: "a-b"}, {Package: "type"}, {Package: "_"}, {Style: "fancy"}} {
		if _, err := golang.Generate([]*gen.Contract{good}, o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// doubling is a schema of a few lines that written without references has 2^n.
func doubling(n int) string {
	var defs strings.Builder
	for i := range n {
		fmt.Fprintf(&defs, `"D%d":{"anyOf":[{"$ref":"#/$defs/D%d"},{"type":"array","items":{"$ref":"#/$defs/D%d"}}]},`, i, i+1, i+1)
	}
	return fmt.Sprintf(`{"type":"object","properties":{"d":{"$ref":"#/$defs/D0"}},"$defs":{%s"D%d":{"type":"string"}}}`, defs.String(), n)
}

func TestRefusedRPC(t *testing.T) {
	t.Parallel()
	doc := func(text string) *gen.Document {
		d, err := gen.Parse([]byte(text), "rpc.json")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const object = `{"type":"object","properties":{"a":{"type":"string"}}}`
	for _, tt := range []struct{ payload, response, fault, want string }{
		{`{"type":"string"}`, object, object, "a Go struct is a JSON object; add"},
		{`true`, object, object, "must be an object's schema"},
		{object, `{"type":"object","properties":{"error_code":{"type":"string"}}}`, object, "rpc.json#/properties/error_code: a response has no member error_code"},
		{object, object, object, "rpc.json: an error needs a member error_code or error_message"},
		{object, object, `{"type":"object","properties":{"error_code":{"type":"string"}}}`, "rpc.json: an error needs a member"},
		{object, object, `{"type":"object","minProperties":1,"properties":{"error_code":{"type":"string"}}}`, "rpc.json: Go cannot say this error"},
	} {
		c := &gen.Contract{
			Topic: "t", Version: "v1", Mode: salt.ModeRPC, Exchange: salt.DefaultExchange,
			Payload: doc(tt.payload), Response: doc(tt.response), Error: doc(tt.fault), Origin: "rpc.json",
		}
		if _, err := golang.Generate([]*gen.Contract{c}, golang.Options{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: got %v, want %s", tt.response, tt.fault, err, tt.want)
		}
	}
}
