package schema

import (
	"regexp/syntax"
	"testing"
)

// The estimate is within a factor of two below and three above what the program
// really needs.
func TestPatternSize(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `abc`, `^[A-Z]{2}-\d+$`, `a{3}`, `a{0,9}`, `(ab){2,5}`, `(a|b|cd){7,}`, `((x?){9}y){9}`, `[a-c]{500}`, `(?i)straße`, `a*b+c?`, `(a{0,9}){9}`, `\pL{20}`} {
		tree, err := syntax.Parse(text, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		estimate := patternSize(tree)
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if needed := len(prog.Inst); 2*estimate+8 < needed || estimate > 3*needed {
			t.Errorf("%s: estimated %d, really %d", text, estimate, needed)
		}
	}
}
