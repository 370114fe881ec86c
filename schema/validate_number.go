package schema

import (
	"bytes"
	"cmp"
	"math/big"
	"strconv"
)

// A decimal is the exact value of a JSON number: digits × 10^exp, digits
// without zeros at either end and empty for zero. Comparing these needs no
// arithmetic on big numbers.
type decimal struct {
	neg    bool
	digits []byte
	exp    int
}

// parseDecimal reads a JSON number. It reports false if the exponent is beyond
// [maxExponent].
func parseDecimal(lit []byte) (decimal, bool) {
	var d decimal
	if len(lit) > 0 && lit[0] == '-' {
		d.neg, lit = true, lit[1:]
	}
	if i := bytes.IndexAny(lit, "eE"); i >= 0 {
		n, err := strconv.Atoi(string(lit[i+1:]))
		if err != nil || n > maxExponent || n < -maxExponent {
			return decimal{}, false
		}
		d.exp, lit = n, lit[:i]
	}
	if i := bytes.IndexByte(lit, '.'); i >= 0 {
		frac := lit[i+1:]
		d.exp -= len(frac)
		lit = append(append(make([]byte, 0, len(lit)), lit[:i]...), frac...)
	}
	n := len(lit)
	lit = bytes.TrimRight(lit, "0")
	d.exp += n - len(lit)
	d.digits = bytes.TrimLeft(lit, "0")
	if len(d.digits) == 0 {
		return decimal{}, true // also -0
	}
	return d, true
}

// measure tells without allocating whether a literal may lose something as a
// float64 (more than 15 significant digits, or near the ends of the range), and
// false if its exponent is absurd.
func measure(lit []byte) (wide, ok bool) {
	digits, exp, point, zero := 0, 0, false, true
	for i, c := range lit {
		switch {
		case c == '.':
			point = true
		case c == 'e' || c == 'E':
			n, err := strconv.Atoi(string(lit[i+1:]))
			if err != nil || n > maxExponent || n < -maxExponent {
				return false, false
			}
			exp += n
			return !zero && (digits > 15 || exp+digits > 290 || exp < -290), true
		case '0' <= c && c <= '9':
			if c != '0' {
				zero = false
			}
			if !zero {
				digits++
			}
			if point {
				exp--
			}
		}
	}
	return !zero && (digits > 15 || digits+exp > 290 || exp < -290), true
}

func (d decimal) isInteger() bool { return d.exp >= 0 }

// compare returns the sign of d - e.
func (d decimal) compare(e decimal) int {
	if s := cmp.Compare(d.sign(), e.sign()); s != 0 {
		return s
	}
	size := cmp.Compare(len(d.digits)+d.exp, len(e.digits)+e.exp)
	if size == 0 {
		size = bytes.Compare(d.digits, e.digits) // as fractions 0.digits; a prefix is less
	}
	if d.neg {
		return -size
	}
	return size
}

func (d decimal) sign() int {
	switch {
	case len(d.digits) == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

// append writes a form that is equal for equal values: 1.50 and 15e-1 give 15e-1.
func (d decimal) append(b []byte) []byte {
	if len(d.digits) == 0 {
		return append(b, '0')
	}
	if d.neg {
		b = append(b, '-')
	}
	b = append(b, d.digits...)
	if d.exp != 0 {
		b = strconv.AppendInt(append(b, 'e'), int64(d.exp), 10)
	}
	return b
}

func (d decimal) rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(d.append(nil)))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// fitsFloat reports whether the literal survives a float64: the nearest
// float64 either is the value or is written as it (0.1 is not a binary
// fraction, yet nobody loses it).
func fitsFloat(lit []byte) bool {
	d, ok := parseDecimal(lit)
	if !ok {
		return false
	}
	f, err := strconv.ParseFloat(string(lit), 64)
	if err != nil {
		return false
	}
	if shortest, _ := parseDecimal(strconv.AppendFloat(nil, f, 'e', -1, 64)); d.compare(shortest) == 0 {
		return true
	}
	exact := new(big.Rat).SetFloat64(f)
	return exact != nil && exact.Cmp(d.rat()) == 0
}

// fitsInt reports whether the literal is an integer that an int64 can hold.
func fitsInt(lit []byte) bool {
	d, ok := parseDecimal(lit)
	return ok && d.isInteger() && len(d.digits)+d.exp <= 19 && d.rat().Num().IsInt64()
}

// smallInt reads a literal that is an integer of at most 15 digits.
func smallInt(lit []byte) (int64, bool) {
	digits := lit
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) != len(lit) {
		n = -n
	}
	return n, true
}

// smallRange returns integers between which a literal lies: itself twice, or
// for 12.99 12 and 13.
func smallRange(lit []byte) (low, high int64, ok bool) {
	whole, fraction, found := bytes.Cut(lit, []byte{'.'})
	if !found {
		low, ok = smallInt(lit)
		return low, low, ok
	}
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
	}
	low, ok = smallInt(whole)
	return low, low + 1, ok && lit[0] != '-'
}

// withinSmall is the shortcut for small numbers within bounds that are small
// integers: most numbers of most events. False says nothing.
func (n *node) withinSmall(lit []byte) bool {
	low, high, ok := smallRange(lit)
	return ok &&
		(n.minimum == nil || n.minimum.isSmall && low >= n.minimum.small) &&
		(n.maximum == nil || n.maximum.isSmall && high <= n.maximum.small) &&
		(n.above == nil || n.above.isSmall && low > n.above.small) &&
		(n.below == nil || n.below.isSmall && high < n.below.small)
}
