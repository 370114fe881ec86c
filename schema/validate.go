package schema

// A FieldError is one reason that a document does not fit a schema. It never
// contains the value.
type FieldError struct {
	// Pointer to the place in the document (RFC 6901); empty for the root.
	Pointer string `json:"pointer"`

	// Rule is the keyword that failed ("required", "minLength", "type"), or
	// one of Salt's own: "syntax", "duplicate", "utf8", "precision", "size",
	// "depth", "keys".
	Rule string `json:"rule"`

	// Expected by the schema, for people: "string", "at most 80 characters".
	Expected string `json:"expected"`

	// Got is the kind of what was found: "string", "null", "object", …,
	// "missing", or a measure ("81 characters").
	Got string `json:"got"`
}

// Error returns one line without the pointer's value.
func (f FieldError) Error() string {
	p := f.Pointer
	if p == "" {
		p = "(root)"
	}
	return p + ": " + f.Rule + ": expected " + f.Expected + ", got " + f.Got
}

type compiled struct{}
