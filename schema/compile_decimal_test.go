package schema

import (
	"encoding/json"
	"os"
	"testing"
)

// TestDecimalPatterns: testdata/decimal_patterns.json holds the patterns that
// Pydantic 2.13 writes for combinations of max_digits and decimal_places, and
// what Python's re says of each text, the first alternative anchored.
func TestDecimalPatterns(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/decimal_patterns.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables []struct {
		Options       json.RawMessage
		Pattern       string
		Match, Refuse []string
	}
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables) != 9 {
		t.Fatalf("%d tables, want 9", len(tables))
	}
	for _, table := range tables {
		p, ok := parseDecimalPattern(table.Pattern)
		if !ok {
			t.Errorf("%s: pattern %s not recognised", table.Options, table.Pattern)
			continue
		}
		for _, s := range table.Match {
			if !p.match([]byte(s)) {
				t.Errorf("%s: %q refused", table.Options, s)
			}
		}
		for _, s := range table.Refuse {
			if p.match([]byte(s)) {
				t.Errorf("%s: %q accepted", table.Options, s)
			}
		}
	}
}

func TestDecimalPatternsAreRecognisedExactly(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		`^(?!^[-+.]*$)[+-]?0*\d*\.?\d*`,
		`^(?!^[-+.]*$)[+-]?0*\d*.?\d*$`,
		`^(?!^[-+.]*$)[+-]?0*\d*\.?\d{0,99999}0*$`,
		`^(?!^[-+.]*$)[+-]?0*(?:\d{0,4}|(?=[\d.]{1,7}0*$)\d{0,5}\.\d{0,2}0*$)`,
		`x^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$`,
	} {
		if _, ok := parseDecimalPattern(pattern); ok {
			t.Errorf("%s is none of Pydantic's", pattern)
		}
	}
}
