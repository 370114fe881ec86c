package python

import (
	"errors"
	"regexp"
	"strings"
)

var (
	quantifier  = regexp.MustCompile(`^\{\d+(?:,\d*)?\}`)
	bracedClass = regexp.MustCompile(`^(?:[pP]\{\^?\w+\}|x\{\w+\}|.)`)
	notInPython = regexp.MustCompile(`\\[pPzQECx]\{?|\[:|\(\?[a-z]*U|\(\?[a-z]+\)`)
	notInRust   = regexp.MustCompile(`\\[QEC]`)
)

// needsRe reports whether a pattern is for Python's own engine and not for that
// of Pydantic, which is Rust's. Patterns of contracts are RE2's or one of
// Pydantic's own with lookahead; Rust's differ where a brace or what it takes
// for an operation on classes stands for itself.
func needsRe(pattern string) (bool, error) {
	_, err := regexp.Compile(pattern)
	if err == nil && !notInRust.MatchString(pattern) && isRust(pattern) {
		return false, nil
	}
	if notInPython.MatchString(pattern) {
		return false, errors.New("neither Pydantic's engine nor Python's reads it; escape braces and brackets that stand for themselves")
	}
	return true, nil
}

// isRust reports whether all that RE2 takes literally is literal in Rust, too.
func isRust(pattern string) bool {
	class := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch c := rest[0]; {
		case c == '\\':
			i += len(bracedClass.FindString(rest[1:]))
		case class && c == ']':
			class = false
		case class && strings.HasPrefix(rest, "[:"):
			end := strings.Index(rest, ":]")
			if end < 0 {
				return false
			}
			i += end + 1
		case class && (c == '[' || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "--") || strings.HasPrefix(rest, "~~")):
			return false
		case class:
		case c == '[':
			class = true
			for _, first := range []string{"^", "]"} { // a bracket that comes first stands for itself
				if strings.HasPrefix(pattern[i+1:], first) {
					i++
				}
			}
		case c == '{':
			found := quantifier.FindString(rest)
			if found == "" {
				return false
			}
			i += len(found) - 1
		case c == '}':
			return false
		}
	}
	return true
}
