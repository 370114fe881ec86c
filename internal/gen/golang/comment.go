package golang

import (
	"strings"
	"unicode"
)

// doc writes a comment: the description if there is one, after the name.
func (p *printer) doc(name, description, otherwise string) {
	description = strings.TrimSpace(description)
	if description == "" {
		p.comment(otherwise)
		return
	}
	if !strings.HasPrefix(description, name+" ") {
		p.comment(otherwise)
		p.line("//")
	}
	p.comment(description)
}

// comment writes foreign text as a comment: whatever ends a line begins another
// one, and what Go does not allow in source becomes a blank.
func (p *printer) comment(text string) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	text = strings.Map(func(c rune) rune {
		if c != '\n' && (unicode.IsControl(c) || c == '\uFEFF') {
			return ' '
		}
		return c
	}, text)
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		p.line("%s", strings.TrimRight("// "+line, " "))
	}
}
