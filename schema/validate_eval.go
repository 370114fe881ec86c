package schema

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An evaluator holds one document against one schema.
type evaluator struct {
	*tape
	limits  Limits
	steps   int
	found   []finding
	omitted int
}

// A finding is a [FieldError] whose place is still a cell. Cells are numbered
// in document order, and most documents need no pointer at all.
type finding struct {
	cell          int
	member        string // name of the missing member
	missing       bool
	rule          string
	expected, got string
}

// check holds the value at cell i against n. With report it records every
// finding, without it stops at the first.
func (ev *evaluator) check(n *node, i int, report bool) bool {
	if ev.steps++; ev.steps > ev.limits.MaxSteps {
		return true // the caller looks at steps
	}
	if n.never {
		return ev.fail(report, i, "false", "no value", ev.kind(i))
	}
	ok := true
	and := func(b bool) bool {
		ok = ok && b
		return ok || report // go on?
	}
	if n.types != 0 && !ev.hasType(n, i) {
		// What follows would only say the same in other words.
		return report && ev.fail(true, i, "type", n.types.String(), ev.kind(i))
	}
	if n.constant != nil || n.enum != nil {
		if !and(ev.enumerated(n, i, report)) {
			return false
		}
	}
	switch ev.cells[i].kind {
	case '0':
		if !and(ev.number(n, i, report)) {
			return false
		}
	case '"':
		if !and(ev.chars(n, i, report)) {
			return false
		}
	case '[':
		if !and(ev.array(n, i, report)) {
			return false
		}
	case '{':
		if !and(ev.object(n, i, report)) {
			return false
		}
	}
	if n.ref != nil && !and(ev.check(n.ref, i, report)) {
		return false
	}
	if !and(ev.combined(n, i, report)) {
		return false
	}
	if ev.cells[i].kind == '{' && n.unevaluatedProperties != nil && !and(ev.unevaluatedProperties(n, i, report)) {
		return false
	}
	if ev.cells[i].kind == '[' && n.unevaluatedItems != nil && !and(ev.unevaluatedItems(n, i, report)) {
		return false
	}
	return ok
}

func (ev *evaluator) fail(report bool, i int, rule, expected, got string) bool {
	if report {
		ev.add(finding{cell: i, rule: rule, expected: expected, got: got})
	}
	return false
}

func (ev *evaluator) add(f finding) {
	if len(ev.found) >= ev.limits.MaxErrors {
		ev.omitted++
		return
	}
	ev.found = append(ev.found, f)
}

func (ev *evaluator) kind(i int) string { return kindName(ev.cells[i].kind) }

func (ev *evaluator) hasType(n *node, i int) bool {
	switch ev.cells[i].kind {
	case 'n':
		return n.types&kindNull != 0
	case 't', 'f':
		return n.types&kindBoolean != 0
	case '"':
		return n.types&kindString != 0
	case '[':
		return n.types&kindArray != 0
	case '{':
		return n.types&kindObject != 0
	}
	return n.types&kindNumber != 0 || n.types&kindInteger != 0 && ev.isInteger(i)
}

func (ev *evaluator) isInteger(i int) bool {
	plain := true
	for _, c := range ev.text(i) {
		plain = plain && (c == '-' || '0' <= c && c <= '9')
	}
	if plain {
		return true
	}
	d, _ := parseDecimal(ev.text(i))
	return d.isInteger()
}

// String lists the types for people: "string or null".
func (k kinds) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) > 1 && names[0] == "null" {
		names = append(names[1:], "null")
	}
	return strings.Join(names, " or ")
}

func (ev *evaluator) enumerated(n *node, i int, report bool) bool {
	ev.steps += len(ev.text(i)) / 32
	var buffer [64]byte
	key, ok := ev.key(buffer[:0], i), true
	if n.constant != nil && n.constant.key != string(key) {
		ok = report && ev.fail(true, i, "const", summary([]constant{*n.constant}), ev.kind(i))
	}
	if n.enum != nil && !slices.ContainsFunc(n.enum, func(c constant) bool { return c.key == string(key) }) {
		ok = report && ev.fail(true, i, "enum", summary(n.enum), ev.kind(i))
	}
	if ok {
		ev.cells[i].covered = true
	}
	return ok
}

func (ev *evaluator) number(n *node, i int, report bool) bool {
	c, lit, ok := &ev.cells[i], ev.text(i), true
	if n.types&(kindNumber|kindInteger) != 0 {
		if c.wide && n.types&kindInteger == 0 && !n.inexact && !fitsFloat(lit) {
			ok = ev.fail(report, i, "precision", "a number that a float64 preserves", "number with more digits or a larger exponent")
		}
		c.covered = true
	}
	if n.minimum == nil && n.maximum == nil && n.above == nil && n.below == nil && n.multipleOf == nil {
		return ok
	}
	if n.multipleOf == nil && n.withinSmall(lit) {
		return ok
	}
	d, _ := parseDecimal(lit)
	if n.minimum != nil && d.compare(n.minimum.value) < 0 {
		ok = ev.fail(report, i, "minimum", "at least "+n.minimum.text, "a smaller number")
	}
	if n.above != nil && d.compare(n.above.value) <= 0 {
		ok = ev.fail(report, i, "exclusiveMinimum", "more than "+n.above.text, "a smaller or equal number")
	}
	if n.maximum != nil && d.compare(n.maximum.value) > 0 {
		ok = ev.fail(report, i, "maximum", "at most "+n.maximum.text, "a greater number")
	}
	if n.below != nil && d.compare(n.below.value) >= 0 {
		ok = ev.fail(report, i, "exclusiveMaximum", "less than "+n.below.text, "a greater or equal number")
	}
	if n.multipleOf != nil {
		ev.steps += 10
		if !new(big.Rat).Quo(d.rat(), n.multipleOf).IsInt() {
			ok = ev.fail(report, i, "multipleOf", "a multiple of "+n.multiple, "number")
		}
	}
	return ok
}

func (ev *evaluator) chars(n *node, i int, report bool) bool {
	if n.minLength < 0 && n.maxLength < 0 && n.pattern == nil && n.format == nil {
		return true
	}
	s, ok := ev.str(i), true
	ev.steps += len(s) / 64
	if n.minLength >= 0 || n.maxLength >= 0 {
		length := utf8.RuneCount(s)
		if n.minLength >= 0 && length < n.minLength {
			ok = ev.fail(report, i, "minLength", "at least "+plural(n.minLength, "character"), plural(length, "character"))
		}
		if n.maxLength >= 0 && length > n.maxLength {
			ok = ev.fail(report, i, "maxLength", "at most "+plural(n.maxLength, "character"), plural(length, "character"))
		}
	}
	if n.pattern != nil && !ev.match(n.pattern, s) {
		ok = ev.fail(report, i, "pattern", n.pattern.summary(), "string")
	}
	if n.format != nil && !n.format.valid(s) {
		ok = ev.fail(report, i, "format", n.format.expected, "string")
	}
	return ok
}

// match charges for the work of a pattern, which grows with both sizes.
func (ev *evaluator) match(p *pattern, s []byte) bool {
	if ev.steps += len(s) * p.cost / 16; ev.steps > ev.limits.MaxSteps {
		return true
	}
	return p.match(s)
}

func (p *pattern) summary() string {
	if p.decimal != nil {
		return "a decimal number"
	}
	return "a match of " + shorten(strconv.Quote(p.text))
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// summary lists the values of an enum for people.
func summary(list []constant) string {
	const most = 8
	var b strings.Builder
	if len(list) > 1 {
		b.WriteString("one of ")
	}
	for i, c := range list[:min(len(list), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(shorten(c.text))
	}
	if len(list) > most {
		b.WriteString(", …")
	}
	return b.String()
}

func shorten(s string) string {
	const most = 80
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// uncovered refuses numbers that nobody gave a type and that no Go type a
// decoder would choose can hold.
func (ev *evaluator) uncovered() {
	if !ev.wide {
		return
	}
	for i, c := range ev.cells {
		if c.kind == '0' && c.wide && !c.covered && !fitsFloat(ev.text(i)) && !fitsInt(ev.text(i)) {
			ev.add(finding{cell: i, rule: "precision", expected: "a number that a float64 or an int64 preserves", got: "number with more digits or a larger exponent"})
		}
	}
}

// result makes the error. Findings that allOf or a reference doubled count once.
func (ev *evaluator) result() error {
	if len(ev.found) == 0 {
		return nil
	}
	slices.SortStableFunc(ev.found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.rule, b.rule))
	})
	e := &Error{Omitted: ev.omitted}
	for _, f := range slices.Compact(ev.found) {
		pointer := ev.pointer(f.cell)
		if f.missing {
			pointer += "/" + escapeToken(f.member)
		}
		e.Fields = append(e.Fields, FieldError{Pointer: pointer, Rule: f.rule, Expected: f.expected, Got: f.got})
	}
	return e
}
