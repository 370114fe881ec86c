package schema

import (
	"bytes"
	"encoding/hex"
)

// Equal reports whether two schemas mean the same to writers and readers.
//
// These never make a difference: title, description, examples, example,
// deprecated, readOnly, writeOnly, $comment, $schema, the root's $id, x-*; the
// order of members and of required, enum, type, anyOf, oneOf and allOf; the
// names of definitions, unused definitions, and whether a schema is written in
// place or referred to, recursion included; numbers by value (0 and 0.0);
// keywords that state the default (minItems 0, additionalProperties true);
// const against an enum of one; an allOf, anyOf or oneOf around a single schema.
//
// A default counts: readers fill it in. So do formats (also those that are not
// asserted) and keywords that the draft does not know. A discriminator counts
// by its property and by the schemas that its tags lead to.
//
// Equal compares what the schemas say, not the sets of documents they accept:
// "minimum": 1 and "exclusiveMinimum": 0 for an integer differ.
//
// A schema that does not compile (only one made by hand inside this package) is
// compared by its text.
func Equal(a, b *Schema) bool {
	return bytes.Equal(a.text, b.text) || a.Hash() == b.Hash()
}

// Hash returns 64 hexadecimal digits, the same for two schemas exactly if they
// are [Equal]. It does not depend on the process or the version of Go, so
// registries may keep it.
func (s *Schema) Hash() string {
	c, err := s.load()
	if err != nil {
		return textHash(s.text)
	}
	c.hashing.Do(func() {
		g := newMeaning(c.doc)
		sum := g.hash(g.levels())
		c.hash = hex.EncodeToString(sum[:])
	})
	return c.hash
}
