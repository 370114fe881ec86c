package gen

import (
	"cmp"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// A Contract is a [salt.Spec] with its schemas as trees. Read only.
type Contract struct {
	Topic    string
	Version  string // "v1" style
	Mode     salt.Mode
	Doc      string
	Exchange string // never empty

	Payload  *Document // never nil
	Response *Document // RPC only; nil if unknown
	Error    *Document // RPC only; nil if unknown

	// Origin is where it was read: a file, and for one of several in it the
	// JSON pointer: "schemas/all.json#/contracts/2".
	Origin string

	// Provenance of the definition, as in [salt.Spec], if the file tells it.
	Package, Type, Source string
}

// FromSpec makes a contract of a spec of the program or of a registry.
func FromSpec(s *salt.Spec) *Contract {
	c := &Contract{Topic: s.Topic, Version: s.Version, Mode: s.Mode, Doc: s.Doc, Exchange: s.Exchange, Origin: s.Topic + "@" + s.Version,
		Package: s.Package, Type: s.Type, Source: s.Source}
	if c.Exchange == "" {
		c.Exchange = salt.DefaultExchange
	}
	document := func(part *schema.Schema, name string) *Document {
		if part == nil {
			return nil
		}
		return FromSchema(part, c.Origin+"#/"+name)
	}
	c.Payload, c.Response, c.Error = document(s.Schema, "schema"), document(s.Response, "response"), document(s.Error, "error")
	return c
}

// Spec returns the contract without the trees.
func (c *Contract) Spec() *salt.Spec {
	spec := &salt.Spec{
		Topic: c.Topic, Version: c.Version, Mode: c.Mode, Doc: c.Doc, Exchange: c.Exchange,
		Schema: c.Payload.Schema, Package: c.Package, Type: c.Type, Source: cmp.Or(c.Source, c.Origin),
	}
	if c.Response != nil {
		spec.Response = c.Response.Schema
	}
	if c.Error != nil {
		spec.Error = c.Error.Schema
	}
	return spec
}

// Errorf makes an error about the contract as a whole, which begins with its
// origin.
func (c *Contract) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", c.Origin, fmt.Errorf(format, args...))
}
