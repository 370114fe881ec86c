package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzCheck compares with encoding/json, which accepts more only for the
// reasons that Check has rules for.
func FuzzCheck(f *testing.F) {
	for _, doc := range []string{
		`{"a":[1,2.5e3,{"b":null}],"c":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `"\ud800"`, "\"\xff\"", `NaN`, `[1e401]`, ` [ ] `, `01`, `"\u12"`, `{"":""}`, "\"\x00\"", `[[[[[]]]]]`, `-`, `1 1`, `{"a" 1}`,
	} {
		f.Add([]byte(doc))
	}
	for _, m := range readModels(f) {
		for _, v := range m.Invalid {
			f.Add([]byte(v.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		err := Check(doc, Limits{})
		valid := json.Valid(doc)
		if err == nil {
			if !valid || !utf8.Valid(doc) {
				t.Fatal("accepted, encoding/json refuses it")
			}
			compareTrees(t, doc)
			return
		}
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Fields) != 1 {
			t.Fatalf("%v is no *Error with one field", err)
		}
		switch rule := e.Fields[0].Rule; rule {
		case "syntax":
			if valid {
				t.Errorf("encoding/json accepts it: %v", err)
			}
		case "utf8", "duplicate", "depth", "keys", "number", "size":
		default:
			t.Errorf("unknown rule %q", rule)
		}
	})
}

// compareTrees holds the tape's idea of a document against encoding/json's.
func compareTrees(t *testing.T, doc []byte) {
	t.Helper()
	tp, err := scan(doc, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer tp.release()
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var want any
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	got := tp.tree(0)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a, b := tp.key(nil, 0), appendKey(nil, got); !bytes.Equal(a, b) {
		t.Errorf("keys %q and %q", a, b)
	}
}

// FuzzDecimal compares exact comparison with big.Rat's.
func FuzzDecimal(f *testing.F) {
	for _, pair := range [][2]string{{"0", "-0.0"}, {"1.5", "15e-1"}, {"-1e10", "1e-10"}, {"99999999999999999999", "1e20"}, {"0.1", "0.10000000000000001"}, {"12.99", "13"}, {"12.0", "12"}, {"-0.5", "0"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if Check([]byte(a), Limits{MaxDigits: 50}) != nil || Check([]byte(b), Limits{MaxDigits: 50}) != nil || !isNumber(a) || !isNumber(b) {
			return
		}
		x, _ := parseDecimal(bytes.TrimSpace([]byte(a)))
		y, _ := parseDecimal(bytes.TrimSpace([]byte(b)))
		if got, want := x.compare(y), x.rat().Cmp(y.rat()); got != want {
			t.Errorf("compare %s and %s: %d, want %d", a, b, got, want)
		}
		if got, want := x.isInteger(), x.rat().IsInt(); got != want {
			t.Errorf("%s is an integer: %t, want %t", a, got, want)
		}
		if (string(x.append(nil)) == string(y.append(nil))) != (x.compare(y) == 0) {
			t.Errorf("%s and %s: one key for different values or the reverse", a, b)
		}
		y1 := readBound(map[string]any{"x": json.Number(strings.TrimSpace(b))}, "x")
		for _, alone := range []struct {
			node *node
			fits bool
		}{
			{&node{minimum: y1}, x.compare(y) >= 0}, {&node{maximum: y1}, x.compare(y) <= 0},
			{&node{above: y1}, x.compare(y) > 0}, {&node{below: y1}, x.compare(y) < 0},
		} {
			if alone.node.withinSmall(bytes.TrimSpace([]byte(a))) && !alone.fits {
				t.Errorf("the shortcut accepts %s against %s", a, b)
			}
		}
		if wide, _ := measure(bytes.TrimSpace([]byte(a))); !wide && !fitsFloat(bytes.TrimSpace([]byte(a))) {
			t.Errorf("%s is called narrow, but a float64 loses it", a)
		}
	})
}

func isNumber(s string) bool {
	var n json.Number
	return json.Unmarshal([]byte(s), &n) == nil && n != "" && s[0] != '"'
}
