package golang

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// grouped puts imports of the standard library before the others.
func grouped(source []byte) []byte {
	before, rest, ok := bytes.Cut(source, []byte("import (\n"))
	if !ok {
		return source
	}
	block, after, _ := bytes.Cut(rest, []byte("\n)\n"))
	var std, other []string
	for line := range strings.Lines(string(block) + "\n") {
		if strings.Contains(line, ".") {
			other = append(other, line)
		} else {
			std = append(std, line)
		}
	}
	slices.Sort(std)
	slices.Sort(other)
	if len(std) > 0 {
		std = append(std, "\n")
	}
	return []byte(string(before) + "import (\n" + strings.Join(append(std, other...), "") + ")\n" + string(after))
}

// uses reports whether code names a package outside of comments and texts.
func uses(code, name string) bool {
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "//") {
			continue
		}
		line, _, _ = strings.Cut(line, "`")
		if i := strings.Index(line, name+"."); i >= 0 && (i == 0 || !isWord(rune(line[i-1]))) {
			if quotedBefore := strings.Count(line[:i], `"`) - strings.Count(line[:i], `\"`); quotedBefore%2 == 0 {
				return true
			}
		}
	}
	return false
}

func isWord(c rune) bool { return c == '_' || c == '"' || unicode.IsLetter(c) || unicode.IsDigit(c) }
