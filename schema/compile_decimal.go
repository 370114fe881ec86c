package schema

import (
	"regexp"
	"strconv"
	"strings"
)

// Pydantic writes one of four patterns for the text form of a Decimal. They
// need lookahead, which RE2 does not have, so they are recognised as a whole
// and matched by hand.
const decimalPrefix = `^(?!^[-+.]*$)[+-]?0*`

var decimalForms = []*regexp.Regexp{
	regexp.MustCompile(`^\\d\*\\\.\?\\d\*\$$`),                                                                                           // any
	regexp.MustCompile(`^\\d\*\\\.\?\\d\{0,(\d{1,4})\}0\*\$$`),                                                                           // decimal_places
	regexp.MustCompile(`^\(\?:\\d\{0,(\d{1,4})\}\|\(\?=\[\\d\.\]\{1,(\d{1,4})\}0\*\$\)\\d\*\\\.\\d\*0\*\$\)$`),                           // max_digits
	regexp.MustCompile(`^\(\?:\\d\{0,(\d{1,4})\}\|\(\?=\[\\d\.\]\{1,(\d{1,4})\}0\*\$\)\\d\{0,(\d{1,4})\}\\\.\\d\{0,(\d{1,4})\}0\*\$\)$`), // both
}

const noBound = 1 << 30

// A decimalPattern matches the text of a Decimal: an optional sign, digits and
// at most one point, at least one digit.
//
// With max_digits Pydantic forgot to anchor the pattern's first alternative, so
// that taken literally it matches "abc" and any number of digits. The matcher
// reads it as it is meant (and as Pydantic itself validates): anchored.
type decimalPattern struct {
	integer  int // digits before the point, without leading zeros
	places   int // digits behind the point, without trailing zeros
	combined int // characters of a number with a point, without these zeros
}

// parseDecimalPattern recognises Pydantic's patterns exactly.
func parseDecimalPattern(pattern string) (decimalPattern, bool) {
	rest, ok := strings.CutPrefix(pattern, decimalPrefix)
	if !ok {
		return decimalPattern{}, false
	}
	for form, re := range decimalForms {
		m := re.FindStringSubmatch(rest)
		if m == nil {
			continue
		}
		var n [5]int
		for i, s := range m[1:] {
			n[i], _ = strconv.Atoi(s)
		}
		p := decimalPattern{integer: noBound, places: noBound, combined: noBound}
		switch form {
		case 1:
			p.places = n[0]
		case 2:
			p.integer, p.combined = n[0], n[1]
		case 3:
			if n[0] != n[2] {
				return decimalPattern{}, false
			}
			p.integer, p.combined, p.places = n[0], n[1], n[3]
		}
		return p, true
	}
	return decimalPattern{}, false
}

func (p decimalPattern) match(s []byte) bool {
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	point, digits := -1, 0
	for i, c := range s {
		switch {
		case c == '.' && point < 0:
			point = i
		case '0' <= c && c <= '9':
			digits++
		default:
			return false
		}
	}
	if digits == 0 {
		return false
	}
	start := 0
	for start < len(s) && s[start] == '0' {
		start++
	}
	if point < 0 {
		return len(s)-start <= p.integer
	}
	end := len(s)
	for end > point+1 && s[end-1] == '0' {
		end--
	}
	// With max_digits alone the pattern bounds the whole, not the integer part.
	whole := p.combined < noBound && p.places == noBound
	return (whole || point-start <= p.integer) && end-point-1 <= p.places && end-start <= p.combined
}
