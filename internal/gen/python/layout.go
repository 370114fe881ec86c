package python

import (
	"strings"
	"unicode/utf8"
)

// lineLength is where lines are broken, as far as there is a bracket to break at.
const lineLength = 100

// A code is a Python expression that can be laid out over several lines, as
// black and ruff do it: at the outermost bracket first.
type code struct {
	text  string // before args: an atom, `Field(`, `name=`, `"key": `
	args  []code
	close string
	kind  codeKind
}

type codeKind uint8

const (
	atomCode      codeKind = iota
	groupCode              // text, args separated by commas, close
	subscriptCode          // the same, where a comma after a single argument would mean a tuple
	prefixCode             // text before the one argument
	unionCode              // args separated by bars
)

func atom(text string) code { return code{text: text} }

func call(name string, args ...code) code {
	return code{text: name + "(", args: args, close: ")", kind: groupCode}
}

func subscript(name string, args ...code) code {
	return code{text: name + "[", args: args, close: "]", kind: subscriptCode}
}

func prefixed(prefix string, c code) code {
	return code{text: prefix, args: []code{c}, kind: prefixCode}
}

// union writes alternatives; a single one is itself.
func union(alternatives ...code) code {
	if len(alternatives) == 1 {
		return alternatives[0]
	}
	return code{args: alternatives, kind: unionCode}
}

// flat is the code on one line.
func (c code) flat() string {
	separator := ", "
	if c.kind == unionCode {
		separator = " | "
	}
	parts := make([]string, len(c.args))
	for i, a := range c.args {
		parts[i] = a.flat()
	}
	return c.text + strings.Join(parts, separator) + c.close
}

// lay writes the code at an indentation. The line it begins on has used columns
// already, and its last line needs room for tail columns more.
func (c code) lay(indent, used, tail int) string {
	if flat := c.flat(); used+utf8.RuneCountInString(flat)+tail <= lineLength || len(c.args) == 0 {
		return flat
	}
	inner := indent + 4
	pad, end := "\n"+strings.Repeat(" ", inner), "\n"+strings.Repeat(" ", indent)
	var b strings.Builder
	switch c.kind {
	case prefixCode:
		return c.text + c.args[0].lay(indent, used+utf8.RuneCountInString(c.text), tail)
	case unionCode:
		b.WriteByte('(')
		for i, a := range c.args {
			b.WriteString(pad)
			if i > 0 {
				b.WriteString("| ")
			}
			b.WriteString(a.lay(inner, inner+2, 0))
		}
		b.WriteString(end + ")")
	default:
		b.WriteString(c.text)
		for _, a := range c.args {
			b.WriteString(pad + a.lay(inner, inner, 1))
			if c.kind == groupCode || len(c.args) > 1 {
				b.WriteByte(',')
			}
		}
		b.WriteString(end + c.close)
	}
	return b.String()
}

// statement writes `target = value` or another prefix with its code.
func statement(indent int, prefix string, value code) string {
	return strings.Repeat(" ", indent) + prefix + value.lay(indent, indent+utf8.RuneCountInString(prefix), 0) + "\n"
}
