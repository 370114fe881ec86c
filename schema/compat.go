package schema

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// A ReaderPolicy says what readers do with members that they do not know, and
// so what a writer's schema promises. The zero value is [ReadersIgnoreUnknown].
type ReaderPolicy string

const (
	// ReadersIgnoreUnknown is how Salt and celery-salt really work, and the
	// default: a writer sends only members that its schema declares, and a
	// reader ignores what it does not know unless its schema forbids it.
	//
	// Declared are properties, patternProperties, what is required, and other
	// members when additionalProperties is a schema that asks for something. An
	// object schema with no such keyword at all, such as {"type": "object"} or
	// {"additionalProperties": true}, is a free map and may carry anything;
	// beside properties, additionalProperties true declares nothing.
	//
	// A member is declared for a value by the schemas that apply to this value:
	// of an anyOf all the alternatives that it fits, then as well as if,
	// dependentSchemas where the member is there. What one kind of a
	// discriminated union declares is not declared for another kind.
	ReadersIgnoreUnknown ReaderPolicy = "lenient"

	// ReadersStrict takes a schema at its word, as Confluent's rules do: a
	// writer whose schema does not forbid other members may send any.
	ReadersStrict ReaderPolicy = "strict"
)

// A Break is one way in which a value that is valid for the writer can be
// refused by the reader.
type Break struct {
	Path   string `json:"path"`   // JSON pointer into the payload, "*" for any item or any other member: "/items/*/price"; "" is the payload itself
	Rule   string `json:"rule"`   // the reader's keyword that refuses: "required", "type", "enum", …; "unproven" when nobody could tell
	Writer string `json:"writer"` // what the writer may send there, for people
	Reader string `json:"reader"` // what the reader accepts there, for people
	Fix    string `json:"fix"`    // the smallest change that heals it, as an order
}

// String returns one line. Names in a schema are foreign text: control
// characters in the path are escaped, and a long path is cut.
func (b Break) String() string {
	return fmt.Sprintf("%s: %s: the writer may send %s, the reader accepts %s; %s", place(b.Path), b.Rule, b.Writer, b.Reader, b.Fix)
}

// Bounds of one comparison. What costs more is not proven.
const (
	maxCompareSteps = 50_000 // pairs of schemas looked at, and the like
	maxAlternatives = 1_000  // ways to take the unions of one place
	maxBreaks       = 100
)

const unproven = "unproven"

// Breaks lists the ways in which data of writer can be refused by reader, in a
// stable order and at most 100 of them. An empty list means that reader accepts
// every payload that is valid for writer and that policy lets a writer send; an
// unknown policy is [ReadersStrict], which promises least.
//
// Valid is what [Schema.Validate] says, formats included, with one exception:
// the rule "precision" is left out of account, or no integer could become a
// number. A default does not help a required member: it fills in what the
// reader may do without, and a missing required member is refused.
//
// What a writer sends under [ReadersIgnoreUnknown] has one exception, too. Since
// 2.14 Pydantic writes a Decimal as {"anyOf": [{"type": "number"}, {"type":
// "string"}]}, up to 2.13 the string had a pattern. Such a string, with no other
// keyword and beside a number in one anyOf of the writer, is taken for a decimal
// number that any such pattern of the reader matches. This is a guess: float |
// str looks the same, and digits and places that a Decimal was given are not
// compared.
//
// Breaks is on the safe side. What it cannot prove is a Break with the rule
// "unproven": two patterns that differ, a "not" or "if" that the writer does
// not share, a oneOf of which two alternatives could fit. The work is bounded:
// a comparison of more than 50,000 steps (about one for each pair of subschemas
// that meet), or with more than 1,000 ways to take the unions of one place, ends
// as unproven.
//
// It is safe for concurrent use.
func Breaks(writer, reader *Schema, policy ReaderPolicy) []Break {
	if bytes.Equal(writer.text, reader.text) {
		return nil
	}
	w, err := writer.load()
	if err != nil {
		return []Break{{Rule: unproven, Writer: "what nobody knows: its schema does not compile", Reader: "its schema", Fix: "repair the writer's schema: " + err.Error()}}
	}
	r, err := reader.load()
	if err != nil {
		return []Break{{Rule: unproven, Writer: "what its schema says", Reader: "what nobody knows: its schema does not compile", Fix: "repair the reader's schema: " + err.Error()}}
	}
	return newProver(w, r, policy).breaks(w.root, r.root)
}

// breaks proves first and, if that fails, tells why.
func (p *prover) breaks(w, r *node) []Break {
	root := p.conjunction(w)
	if p.accepts(root, r, nil) {
		return nil
	}
	found := &breaks{prover: p}
	if !p.exhausted() {
		p.steps = maxCompareSteps // telling takes the same way once more
		p.accepts(root, r, &report{breaks: found})
	}
	return found.sorted()
}

// breaks collects what is found.
type breaks struct {
	prover *prover
	list   []Break
}

// A report is where in the payload breaks are told. A nil report means that
// only the verdict counts.
type report struct {
	*breaks

	path string
	fix  string // better than what a rule alone would propose
}

func (r *report) member(name string) *report {
	if r == nil {
		return nil
	}
	return &report{breaks: r.breaks, path: r.path + "/" + escapeToken(name)}
}

// propose gives the breaks at this very place a better remedy.
func (r *report) propose(fix string) *report {
	if r == nil || fix == "" {
		return r
	}
	return &report{r.breaks, r.path, fix}
}

// add notes a break, unless the steps have run out: then every proof fails.
func (r *report) add(rule, writer, reader, fix string) {
	if !r.prover.exhausted() {
		r.list = append(r.list, Break{r.path, rule, writer, reader, cmp.Or(r.fix, fix)})
	}
}

// full tells when more breaks would not help.
func (r *report) full() bool { return r != nil && len(r.list) >= 4*maxBreaks }

func (b *breaks) sorted() []Break {
	slices.SortFunc(b.list, func(x, y Break) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Reader, y.Reader), cmp.Compare(x.Writer, y.Writer), cmp.Compare(x.Fix, y.Fix))
	})
	var list []Break
	for _, next := range slices.Compact(b.list) {
		if last := len(list) - 1; last >= 0 && len(list[last].Writer) < 200 {
			if l := &list[last]; l.Path == next.Path && l.Rule == next.Rule && l.Reader == next.Reader && l.Fix == next.Fix {
				l.Writer += " or " + next.Writer
				continue
			}
		}
		list = append(list, next)
	}
	if len(list) > maxBreaks {
		list = list[:maxBreaks]
	}
	if b.prover.exhausted() || len(list) == 0 {
		const reason = "a comparison of at most 50,000 steps with at most 1,000 ways to take the unions of one place"
		last := Break{Rule: unproven, Writer: "more than could be compared", Reader: reason, Fix: "split the event, or take unions apart"}
		list = append(list[:min(len(list), maxBreaks-1)], last)
	}
	return list
}
