package python_test

import (
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
)

// The definitions of examples/broadcast, classes and helloclass, which are
// programs and cannot be imported.
type (
	signup struct {
		UserID int64  `json:"user_id" salt:"minimum=1"`
		Email  string `json:"email" salt:"format=email"`
		Plan   string `json:"plan" salt:"enum=free|pro,default=free"`
	}
	audited struct {
		salt.Event
		Actor string `json:"actor" salt:"minLength=1"`
	}
	riskCreated struct {
		audited
		ID    int64   `json:"id"`
		Score float64 `json:"score" salt:"minimum=0,maximum=10"`
		Level string  `json:"level" salt:"enum=normal|severe,default=normal"`
	}
	price struct {
		Cents int64 `json:"cents" salt:"minimum=0"`
	}
	getPrice struct {
		salt.RPC[price, *salt.RPCError]
		SKU string `json:"sku" salt:"minLength=1"`
	}
)

var (
	riskDefinition = salt.Define[riskCreated]("examples.risk.created", salt.Doc("A risk was entered."), salt.In(salt.NewCatalog()))
	getDefinition  = salt.Define[getPrice]("price.get", salt.Version("v3"), salt.In(salt.NewCatalog()))
	signedUp       = salt.DefineEvent[signup]("examples.user.signup", salt.Exchange("others"), salt.In(salt.NewCatalog()))
	oldSignup      = salt.DefineRPC[signup, price, *salt.RPCError]("examples.old.signup",
		salt.Doc("First line.\n\n  - with \"\"\"quotes\"\"\" and \\"), salt.In(salt.NewCatalog()))
)

func (*riskCreated) Definition() *salt.Definition[riskCreated] { return riskDefinition }
func (*getPrice) Definition() *salt.Definition[getPrice]       { return getDefinition }

// TestDefinitions takes definitions as programs make them.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	var contracts []*gen.Contract
	for _, spec := range []*salt.Spec{riskDefinition.Spec(), getDefinition.Spec(), signedUp.Spec(), oldSignup.Spec()} {
		c := &gen.Contract{
			Topic: spec.Topic, Version: spec.Version, Mode: spec.Mode, Doc: spec.Doc, Exchange: spec.Exchange,
			Origin: spec.Topic, Payload: gen.FromSchema(spec.Schema, spec.Topic+"#/schema"),
		}
		if spec.Response != nil {
			c.Response = gen.FromSchema(spec.Response, spec.Topic+"#/response")
		}
		if spec.Error != nil {
			c.Error = gen.FromSchema(spec.Error, spec.Topic+"#/error")
		}
		contracts = append(contracts, c)
	}
	for _, style := range []string{python.Class, python.Decorator} {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			out := generate(t, style, contracts...)
			a := ask(t, out.Source)
			expectContracts(t, a, out, contracts...)
			for i, c := range contracts {
				if style == python.Class && a.Events[i].Description != c.Doc {
					t.Errorf("description %q, want %q", a.Events[i].Description, c.Doc)
				}
			}
		})
	}
}
