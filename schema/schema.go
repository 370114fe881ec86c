// Package schema turns Go types into JSON Schema (draft 2020-12) in the dialect
// of Pydantic v2, validates raw JSON against such schemas, and compares schemas
// by meaning.
//
// It is a leaf: it knows nothing of events, brokers or registries.
package schema

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// A Schema is one JSON Schema document. It is immutable and safe for
// concurrent use. The zero value is not usable; make one with [Of], [Parse] or
// [MustParse].
type Schema struct {
	text jsontext.Value // the document as written, members in their order

	compile  sync.Once // compiling costs milliseconds, so it waits for the first Validate
	compiled *compiled
	err      error
}

// JSON returns the document. The caller must not change the bytes.
func (s *Schema) JSON() []byte { return s.text }

// String returns the document as JSON text.
func (s *Schema) String() string { return string(s.text) }

// MarshalJSON returns the document.
func (s *Schema) MarshalJSON() ([]byte, error) { return s.text, nil }

// UnmarshalJSON is [Parse]. It is for JSON that holds a schema; a schema in use
// must not be unmarshaled into.
func (s *Schema) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	s.text = parsed.text
	return nil
}

// Trust is [Parse] without the checks, which cost milliseconds for a large
// schema: for text that Parse has accepted before, in a registry that the caller
// trusts. What is wrong with it shows in the first use, as an error of Validate.
func Trust(text []byte) *Schema { return &Schema{text: bytes.Clone(text)} }
