package schema

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Bounds of one pattern. RE2 is linear in the text, but the factor is the size
// of the program.
const (
	maxPatternBytes = 2 << 10
	maxPatternSize  = 4_000
	maxPatternsSize = 100_000 // all patterns of a document
)

// A pattern is a compiled regular expression or a matcher made by hand.
type pattern struct {
	text    string
	re      *regexp.Regexp
	decimal *decimalPattern
	cost    int // instructions
}

// compilePattern compiles a pattern of a schema. Patterns are RE2's: no
// lookaround, no back-references; classes such as \d are ASCII.
func compilePattern(text string) (*pattern, error) {
	if d, ok := parseDecimalPattern(text); ok {
		return &pattern{text: text, decimal: &d, cost: 1}, nil
	}
	if len(text) > maxPatternBytes {
		return nil, fmt.Errorf("the pattern has %d bytes, more than %d", len(text), maxPatternBytes)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("the pattern is none of RE2 (no lookaround, no back-references): %w", err)
	}
	cost := patternSize(tree)
	if cost > maxPatternSize {
		return nil, fmt.Errorf("the pattern's repetitions are out of proportion: it would need more than %d steps a character", maxPatternSize)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{text: text, re: re, cost: cost}, nil
}

// patternSize estimates the instructions of the program before it is built,
// since building is what a hostile pattern makes expensive.
func patternSize(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	parts := 0
	for _, sub := range re.Sub {
		parts += patternSize(sub)
	}
	if re.Op == syntax.OpRepeat { // x{2,5} becomes xx(x(x(x)?)?)?, x{2,} xx+
		size = parts*re.Min + (parts+1)*max(re.Max-re.Min, 0)
	} else {
		size += parts
	}
	size = max(size, parts, 1)
	return min(size, maxPatternSize+1)
}

func (p *pattern) match(s []byte) bool {
	if p.decimal != nil {
		return p.decimal.match(s)
	}
	return p.re.Match(s)
}
