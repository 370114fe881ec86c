package schema_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/celerysalt/salt/schema"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "10.50": "10.50", "-1": "-1", "+1": "1", "007": "7", "-0": "-0", ".5": "0.5", "5.": "5", "-.5e1": "-5", "1e3": "1000",
		"1.5E+3": "1500", "12.5e-3": "0.0125", "1e-1": "0.1", "1.23e1": "12.3", "1.50e1": "15.0",
	} {
		got, err := schema.ParseDecimal(text)
		if err != nil || string(got) != want {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".", "-", "e1", "1e", "1e+", "1e401", "1e1000", "0x1", "1_0", "NaN", "Infinity", " 1", "1,5", "--1", "1.2.3", "١", strings.Repeat("1", 1001)} {
		if got, err := schema.ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func TestDecimalValue(t *testing.T) {
	t.Parallel()
	if got, ok := schema.Decimal("-12.50").Rat(); !ok || got.Cmp(big.NewRat(-25, 2)) != 0 {
		t.Errorf("got %v", got)
	}
	if got, ok := schema.Decimal("").Rat(); !ok || got.Sign() != 0 {
		t.Errorf("the empty decimal is %v", got)
	}
	if _, ok := schema.Decimal("x").Rat(); ok {
		t.Error("x is a number")
	}
	for d, want := range map[schema.Decimal]string{"": "0", "+1e2": "100", "x": "x"} {
		if got := d.String(); got != want {
			t.Errorf("%q: got %q, want %q", string(d), got, want)
		}
	}
	// The standard library's codec agrees with ours.
	var d schema.Decimal
	for doc, want := range map[string]string{`"1.50"`: `"1.50"`, `1.50`: `"1.50"`, `1e2`: `"100"`} {
		if err := json.Unmarshal([]byte(doc), &d); err != nil {
			t.Errorf("%s: %v", doc, err)
		} else if got, err := json.Marshal(d); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", doc, got, err)
		}
	}
	if err := json.Unmarshal([]byte(`"x"`), &d); err == nil {
		t.Error("x is read")
	}
	if _, err := json.Marshal(schema.Decimal("x")); err == nil {
		t.Error("x is written")
	}
}

func TestDecimalBounds(t *testing.T) {
	t.Parallel()
	type T struct {
		Price schema.Decimal `json:"price" salt:"minimum=0.01,exclusiveMaximum=1000,multipleOf=0.01,maxDigits=5,decimalPlaces=2"`
	}
	typ := of[T](t)
	for text, good := range map[string]bool{
		"0.01": true, "999.99": true, "1.500": true, "0.1e1": true,
		"0": false, "0.009": false, "1000": false, "1000.00": false, "0.015": false, "-1": false,
	} {
		_, err := typ.Marshal(T{schema.Decimal(text)})
		if (err == nil) != good {
			t.Errorf("marshal %s: %v", text, err)
		}
		var v T
		if err := typ.Unmarshal([]byte(`{"price":"`+text+`"}`), &v); (err == nil) != good {
			t.Errorf("unmarshal %s: %v", text, err)
		}
	}
}

func FuzzDecimalText(f *testing.F) {
	for _, text := range []string{"0", "-12.50", "1e3", "1.5E-7", "+.5", "9007199254740993", "x", "1e400", "0e-400"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := schema.ParseDecimal(text)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is read but no number", text)
		}
		if got, ok := d.Rat(); !ok || got.Cmp(exact) != 0 {
			t.Errorf("%q became %q, another number", text, d)
		}
		if again, err := schema.ParseDecimal(string(d)); err != nil || again != d {
			t.Errorf("%q became %q and then %q (%v)", text, d, again, err)
		}
		if strings.ContainsAny(string(d), "eE+") {
			t.Errorf("%q became %q, which is not plain", text, d)
		}
		type T struct{ D schema.Decimal }
		typ := of2[T]()
		doc, err := typ.Marshal(T{schema.Decimal(text)})
		if err != nil {
			t.Fatal(err)
		}
		var v T
		if err := typ.Decode(doc, &v); err != nil || v.D != d {
			t.Errorf("%q became %s and then %q (%v)", text, doc, v.D, err)
		}
	})
}
