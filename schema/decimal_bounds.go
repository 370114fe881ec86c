package schema

import "strconv"

// decimalText is Pydantic's pattern for the text of a Decimal without limits.
const decimalText = decimalPrefix + `\d*\.?\d*$`

// decimalPatternText is Pydantic's pattern for max_digits and decimal_places;
// negative means no limit.
func decimalPatternText(digits, places int) string {
	n := strconv.Itoa
	switch {
	case digits >= 0 && places >= 0:
		whole := n(max(0, digits-places))
		return decimalPrefix + `(?:\d{0,` + whole + `}|(?=[\d.]{1,` + n(digits+1) + `}0*$)\d{0,` + whole + `}\.\d{0,` + n(places) + `}0*$)`
	case digits >= 0:
		return decimalPrefix + `(?:\d{0,` + n(digits) + `}|(?=[\d.]{1,` + n(digits+1) + `}0*$)\d*\.\d*0*$)`
	case places >= 0:
		return decimalPrefix + `\d*\.?\d{0,` + n(places) + `}0*$`
	}
	return decimalText
}

// decimalSchema is Pydantic's schema of a Decimal with bounds of the number and
// a pattern of the text.
func decimalSchema(bounds parts, pattern string) parts {
	return parts{{"anyOf", []any{
		bounds.with("type", "number"),
		parts{{"pattern", pattern}, {"type", "string"}},
	}}}
}

// decimalBounds are constraints of a decimal that hold for its text as well.
type decimalBounds struct {
	minimum, above, maximum, below, multiple *decimal
	pattern                                  *decimalPattern
}

func (b *decimalBounds) set(key string, d decimal) {
	switch key {
	case "minimum":
		b.minimum = &d
	case "exclusiveMinimum":
		b.above = &d
	case "maximum":
		b.maximum = &d
	case "exclusiveMaximum":
		b.below = &d
	case "multipleOf":
		b.multiple = &d
	}
}

// empty reports whether no number can be within the bounds.
func (b *decimalBounds) empty() bool {
	for _, low := range []*decimal{b.minimum, b.above} {
		for _, high := range []*decimal{b.maximum, b.below} {
			if low == nil || high == nil {
				continue
			}
			order := low.compare(*high)
			if order > 0 || order == 0 && (low == b.above || high == b.below) {
				return true
			}
		}
	}
	return false
}

// broken names the rule that a number in plain notation breaks, and what it
// expects; both are empty for a good one.
func (b *decimalBounds) broken(plain []byte) (rule, expected string) {
	d, ok := parseDecimal(plain)
	if !ok {
		return "number", "a number in proportion"
	}
	say := func(than string, bound *decimal) string {
		limit, _ := plainDecimal(bound.append(nil))
		return "a number " + than + " " + string(limit)
	}
	switch {
	case b.minimum != nil && d.compare(*b.minimum) < 0:
		return "minimum", say("of at least", b.minimum)
	case b.above != nil && d.compare(*b.above) <= 0:
		return "exclusiveMinimum", say("above", b.above)
	case b.maximum != nil && d.compare(*b.maximum) > 0:
		return "maximum", say("of at most", b.maximum)
	case b.below != nil && d.compare(*b.below) >= 0:
		return "exclusiveMaximum", say("below", b.below)
	case b.multiple != nil && !d.rat().Quo(d.rat(), b.multiple.rat()).IsInt():
		return "multipleOf", say("that is a multiple of", b.multiple)
	case b.pattern != nil && !b.pattern.match(plain):
		return "pattern", "a decimal of as many digits and places as allowed"
	}
	return "", ""
}
