package schema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A FieldError is one reason that a document does not fit a schema. It never
// contains the value.
type FieldError struct {
	// Pointer to the place in the document (RFC 6901); empty for the root.
	// For a missing member it is the place where the member belongs.
	Pointer string `json:"pointer"`

	// Rule is the keyword that failed ("required", "minLength", "type"), or
	// one of Salt's own: "syntax", "duplicate", "utf8", "number",
	// "precision", "size", "depth", "keys", "effort".
	Rule string `json:"rule"`

	// Expected by the schema, for people: "string", "at most 80 characters".
	Expected string `json:"expected"`

	// Got is the kind of what was found: "string", "null", "object", …,
	// "missing", or a measure ("81 characters").
	Got string `json:"got"`
}

// Error returns one line. Member names are foreign text: control characters in
// them are escaped and long pointers cut.
func (f FieldError) Error() string {
	return place(f.Pointer) + ": " + f.Rule + ": expected " + f.Expected + ", got " + f.Got
}

const longPointer = 200

func place(pointer string) string {
	if pointer == "" {
		return "(root)"
	}
	if len(pointer) > longPointer {
		cut := longPointer
		for !utf8.RuneStart(pointer[cut]) {
			cut--
		}
		pointer = pointer[:cut] + "…"
	}
	if strings.ContainsFunc(pointer, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(pointer)
	}
	return pointer
}

// An Error lists every place where a document breaks the rules, in document
// order and then in the order of the rules' names.
type Error struct {
	Fields  []FieldError
	Omitted int // how many more there are beyond [Limits].MaxErrors
}

// Error returns the fields on one line, separated by semicolons.
func (e *Error) Error() string {
	var b strings.Builder
	for i, f := range e.Fields {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Error())
	}
	if e.Omitted > 0 {
		fmt.Fprintf(&b, "; and %d more", e.Omitted)
	}
	return b.String()
}

// Validate reports whether doc is strict JSON (see [Check]) that fits the
// schema, within [DefaultLimits]. A document that does not gives an [*Error];
// any other error means that the schema itself does not compile, which [Parse]
// would have told earlier.
//
// Beyond JSON Schema, a number that would lose something is refused (rule
// "precision"): at a place of type "number" one that a float64 does not
// preserve, at a place without a type one that neither a float64 nor an int64
// does. Integers at "integer" places and Pydantic's decimals are exact at any
// length.
//
// Formats are asserted, unlike the draft's default: date-time, date, time,
// duration, uuid (and uuid1 to uuid8), email, hostname, uri, ipv4, ipv6,
// Pydantic's ipvany… and ipv4network to ipv6interface, base64, base64url. Others
// are annotations. A date-time or time may lack the offset, because celery-salt
// sends naive times (PROTOCOL.md section 4); Go's time.Time does not decode
// these by itself.
//
// It is safe for concurrent use and keeps nothing of doc.
func (s *Schema) Validate(doc []byte) error { return s.ValidateLimits(doc, DefaultLimits) }

// ValidateLimits is [Schema.Validate] with other limits.
func (s *Schema) ValidateLimits(doc []byte, l Limits) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	l = l.withDefaults()
	t, err := scan(doc, l)
	if err != nil {
		return err
	}
	defer t.release()
	ev := evaluator{tape: t, limits: l}
	ev.check(c.root, 0, true)
	if ev.steps > l.MaxSteps {
		return failure("", "effort", "a document that takes at most "+strconv.Itoa(l.MaxSteps)+" steps to validate", "more")
	}
	ev.uncovered()
	return ev.result()
}
