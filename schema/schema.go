// Package schema turns Go types into JSON Schema (draft 2020-12) in the dialect
// of Pydantic v2, validates raw JSON against such schemas, and compares schemas
// by meaning.
//
// It is a leaf: it knows nothing of events, brokers or registries.
package schema

import (
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
