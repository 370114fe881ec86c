package schema

import (
	"bytes"
	"fmt"
)

// Bounds of a schema document. Schemas come from registries and peers, so they
// are foreign input as much as messages are.
const (
	maxSchemaBytes = 256 << 10
	maxSchemaDepth = 64
	maxSchemaKeys  = 20_000
	maxSubschemas  = 4_000
	maxDefs        = 1_000
)

// Parse reads a schema document that was not made by [Of]: Pydantic's, or
// written by hand. It is strict JSON of at most 256 KiB in JSON Schema draft
// 2020-12 whose $refs all point into the document itself ("#/…" or "#anchor").
//
// It refuses, naming the place: remote and file references, $id inside the
// document, $dynamicRef, a reference that only leads back to itself, a pattern
// that RE2 cannot compile (except Pydantic's Decimal patterns, which are
// recognised and matched by hand) or that is out of proportion, and anything
// that the draft's metaschema refuses.
//
// The schema is compiled at once, so Validate never fails for its own sake.
func Parse(text []byte) (*Schema, error) {
	s := &Schema{text: bytes.Clone(text)}
	if _, err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// MustParse is [Parse] for schemas in source code. It panics on an error.
func MustParse(text string) *Schema {
	s, err := Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return s
}

// readDocument parses and walks a schema document.
func readDocument(text []byte) (*document, error) {
	t, err := scan(text, Limits{MaxBytes: maxSchemaBytes, MaxDepth: maxSchemaDepth, MaxKeys: maxSchemaKeys}.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("parse schema: %w", err)
	}
	defer t.release()
	d := &document{
		root:    t.tree(0),
		schemas: make(map[string]any),
		anchors: make(map[string]string),
	}
	if err := d.walk("", d.root); err != nil {
		return nil, err
	}
	for _, pointer := range sortedKeys(d.schemas) {
		if err := d.checkReferences(pointer, d.schemas[pointer]); err != nil {
			return nil, err
		}
	}
	if err := d.checkCycles(); err != nil {
		return nil, err
	}
	return d, nil
}
