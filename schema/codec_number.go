package schema

import (
	"bytes"
	"math/big"
	"reflect"
	"strconv"
)

// number reads a JSON number into an integer or a float.
func (d decoder) number(i int, f *form, v reflect.Value) error {
	text := d.tape.text(i)
	if f.kind == formFloat {
		return d.float(i, f, v)
	}
	if bytes.ContainsAny(text, ".eE") {
		whole, ok := wholeNumber(text)
		if !ok {
			return d.wrongKind(i, f)
		}
		text = whole
	}
	if f.kind == formInt {
		n, err := strconv.ParseInt(string(text), 10, v.Type().Bits())
		if err != nil {
			return d.narrow(i, f)
		}
		v.SetInt(n)
		return nil
	}
	if string(text) == "-0" {
		text = text[1:]
	}
	n, err := strconv.ParseUint(string(text), 10, v.Type().Bits())
	if err != nil {
		return d.narrow(i, f)
	}
	v.SetUint(n)
	return nil
}

// narrow is the error of a number that is too large for its Go type.
func (d decoder) narrow(i int, f *form) error {
	return d.unfit(i, "precision", "a number that "+describe(f.goType)+" can hold")
}

// wholeNumber rewrites 3.0 and 1e2, which JSON Schema calls integers, to digits.
func wholeNumber(text []byte) ([]byte, bool) {
	n, ok := parseDecimal(text)
	if !ok || !n.isInteger() {
		return nil, false
	}
	var b []byte
	if n.neg {
		b = append(b, '-')
	}
	b = append(b, n.digits...)
	if len(n.digits) == 0 {
		return []byte("0"), true
	}
	return append(b, bytes.Repeat([]byte("0"), n.exp)...), true
}

// float reads a number that the float must preserve: as the nearest one that is
// written the same, or exactly.
func (d decoder) float(i int, f *form, v reflect.Value) error {
	text := d.tape.text(i)
	bits := v.Type().Bits()
	x, err := strconv.ParseFloat(string(text), bits)
	if err != nil {
		return d.narrow(i, f)
	}
	if d.cells[i].wide && bits == 64 && !fitsFloat(text) || bits == 32 && !fitsFloat32(text, x) {
		return d.narrow(i, f)
	}
	v.SetFloat(x)
	return nil
}

// fitsFloat32 is [fitsFloat] for 32 bits; x is the nearest one.
func fitsFloat32(text []byte, x float64) bool {
	n, ok := parseDecimal(text)
	if !ok {
		return false
	}
	if shortest, _ := parseDecimal(strconv.AppendFloat(nil, x, 'e', -1, 32)); n.compare(shortest) == 0 {
		return true
	}
	exact := new(big.Rat).SetFloat64(x)
	return exact != nil && exact.Cmp(n.rat()) == 0
}

// decimal reads a string or number into a Decimal or json.Number.
func (d decoder) decimal(i int, f *form, v reflect.Value) error {
	kind, text := d.cells[i].kind, d.tape.text(i)
	if kind == '"' {
		text = d.str(i)
	}
	plain, ok := plainDecimal(text)
	if kind != '"' && kind != '0' || !ok {
		return d.wrongKind(i, f)
	}
	if f.bounds != nil {
		if rule, expected := f.bounds.broken(plain); rule != "" {
			return d.unfit(i, rule, expected)
		}
	}
	if f.kind == formNumber && kind == '0' {
		plain = text
	}
	v.SetString(string(plain))
	return nil
}

var bigInt = reflect.TypeFor[big.Int]()

// dynamic reads what an any gets: nil, bool, string, float64 (or int64 for
// integers that only it holds), []any and map[string]any.
func (d decoder) dynamic(i int) (any, error) {
	switch c := d.cells[i]; c.kind {
	case 'n':
		return nil, nil //nolint:nilnil // null is nil
	case 't', 'f':
		return c.kind == 't', nil
	case '"':
		return string(d.str(i)), nil
	case '0':
		return d.anyNumber(i)
	case '[':
		list := make([]any, 0, c.size)
		for at := i + 1; at < int(c.next); at = int(d.cells[at].next) {
			x, err := d.dynamic(at)
			if err != nil {
				return nil, err
			}
			list = append(list, x)
		}
		return list, nil
	default:
		object := make(map[string]any, c.size)
		for at := i + 1; at < int(c.next); at = int(d.cells[at+1].next) {
			x, err := d.dynamic(at + 1)
			if err != nil {
				return nil, err
			}
			object[string(d.str(at))] = x
		}
		return object, nil
	}
}

func (d decoder) anyNumber(i int) (any, error) {
	text := d.tape.text(i)
	if d.cells[i].wide && !fitsFloat(text) {
		if whole, ok := wholeNumber(text); ok {
			if n, err := strconv.ParseInt(string(whole), 10, 64); err == nil {
				return n, nil
			}
		}
		return nil, d.unfit(i, "precision", "a number that a float64 or an int64 can hold")
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, d.unfit(i, "precision", "a number that a float64 or an int64 can hold")
	}
	return x, nil
}
