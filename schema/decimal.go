package schema

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A Decimal is an exact decimal number as text in plain notation ("-12.50"),
// for money and other values that a float64 would change. The empty Decimal is
// zero. Trailing zeros stay, as in Python's Decimal.
//
// In JSON it is a string; it is read from strings and numbers. Its schema is
// that of Pydantic's Decimal. A constant may be assigned directly; text from
// elsewhere goes through [ParseDecimal].
type Decimal string

var errDecimal = errors.New("a decimal is digits with an optional sign, point and exponent, such as -12.50")

// maxDecimal bounds the length of a decimal: what exponents may blow up to.
const maxDecimal = 1000

// ParseDecimal reads a decimal number: digits with an optional sign, point and
// exponent. The result is in plain notation: "1e3" becomes "1000", "+.5" becomes
// "0.5".
func ParseDecimal(text string) (Decimal, error) {
	plain, ok := plainDecimal([]byte(text))
	if !ok {
		return "", errDecimal
	}
	return Decimal(plain), nil
}

// String returns the number in plain notation; a Decimal that is none is
// returned as it is.
func (d Decimal) String() string {
	if d == "" {
		return "0"
	}
	if plain, ok := plainDecimal([]byte(d)); ok {
		return string(plain)
	}
	return string(d)
}

// Rat returns the exact value for arithmetic, and false if d is no number.
func (d Decimal) Rat() (*big.Rat, bool) {
	if d == "" {
		return new(big.Rat), true
	}
	if _, ok := plainDecimal([]byte(d)); !ok {
		return nil, false
	}
	return new(big.Rat).SetString(string(d))
}

// MarshalJSON returns the number as a JSON string.
func (d Decimal) MarshalJSON() ([]byte, error) {
	plain, ok := d.plain()
	if !ok {
		return nil, errDecimal
	}
	return append(append([]byte{'"'}, plain...), '"'), nil
}

// UnmarshalJSON reads a JSON string or number.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	text := data
	if jsontext.Value(data).Kind() == '"' {
		var err error
		if text, err = jsontext.AppendUnquote(nil, data); err != nil {
			return fmt.Errorf("unquote decimal: %w", err)
		}
	}
	plain, ok := plainDecimal(text)
	if !ok {
		return errDecimal
	}
	*d = Decimal(plain)
	return nil
}

func (d Decimal) plain() ([]byte, bool) {
	if d == "" {
		return []byte("0"), true
	}
	return plainDecimal([]byte(d))
}

// plainDecimal rewrites a number to plain notation: no plus, no exponent, a
// digit before the point and one behind it.
func plainDecimal(text []byte) ([]byte, bool) {
	mantissa, exponent, hasExponent := text, 0, false
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		n, ok := smallExponent(text[i+1:])
		if !ok {
			return nil, false
		}
		mantissa, exponent, hasExponent = text[:i], n, true
	}
	sign := ""
	if len(mantissa) > 0 && (mantissa[0] == '-' || mantissa[0] == '+') {
		if mantissa[0] == '-' {
			sign = "-"
		}
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	if len(whole)+len(fraction) == 0 || len(text) > maxDecimal ||
		countDigits(whole) != len(whole) || countDigits(fraction) != len(fraction) {
		return nil, false
	}
	if hasExponent {
		whole, fraction = shiftPoint(whole, fraction, exponent)
	}
	whole = bytes.TrimLeft(whole, "0")
	if len(whole) == 0 {
		whole = []byte("0")
	}
	plain := append([]byte(sign), whole...)
	if len(fraction) > 0 {
		plain = append(append(plain, '.'), fraction...)
	}
	return plain, true
}

func smallExponent(text []byte) (int, bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative || len(text) > 0 && text[0] == '+' {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 3 || countDigits(text) != len(text) {
		return 0, false
	}
	n, _ := number(text, 0, len(text))
	if n > maxExponent {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// shiftPoint moves the decimal point to the right, or left if n is negative.
func shiftPoint(whole, fraction []byte, n int) (shiftedWhole, shiftedFraction []byte) {
	digits := string(whole) + string(fraction)
	point := len(whole) + n
	switch {
	case point < 0:
		digits, point = strings.Repeat("0", -point)+digits, 0
	case point > len(digits):
		digits += strings.Repeat("0", point-len(digits))
	}
	return []byte(digits[:point]), []byte(digits[point:])
}
