package python

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// quote writes text as a Python string. Everything that does not print, or that
// changes how what follows is shown, is escaped, so that foreign text can
// neither end the string nor hide what the code does.
func quote(text string) string {
	mark := '"'
	if strings.Contains(text, `"`) && !strings.Contains(text, "'") {
		mark = '\''
	}
	var b strings.Builder
	b.WriteRune(mark)
	for _, c := range text {
		writeEscaped(&b, c, mark)
	}
	b.WriteRune(mark)
	return b.String()
}

func writeEscaped(b *strings.Builder, c, mark rune) {
	switch {
	case c == mark || c == '\\':
		b.WriteByte('\\')
		b.WriteRune(c)
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\t':
		b.WriteString(`\t`)
	case c == '\r':
		b.WriteString(`\r`)
	case unicode.IsPrint(c):
		b.WriteRune(c)
	case c <= 0xff:
		fmt.Fprintf(b, `\x%02x`, c)
	case c <= 0xffff:
		fmt.Fprintf(b, `\u%04x`, c)
	default:
		fmt.Fprintf(b, `\U%08x`, c)
	}
}

func str(text string) code { return atom(quote(text)) }

func strs(texts []string) []code {
	list := make([]code, len(texts))
	for i, t := range texts {
		list[i] = str(t)
	}
	return list
}

// literal writes JSON as a Python expression of the same value.
func literal(v jsontext.Value) (code, error) {
	switch v.Kind() {
	case 'n':
		return atom("None"), nil
	case 't':
		return atom("True"), nil
	case 'f':
		return atom("False"), nil
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		return str(string(text)), err
	case '0':
		return numberLiteral(string(v))
	case '[':
		list := code{text: "[", close: "]", kind: groupCode}
		for _, item := range gen.Items(v) {
			c, err := literal(item)
			if err != nil {
				return code{}, err
			}
			list.args = append(list.args, c)
		}
		return list, nil
	}
	var entries []entry
	for name, item := range gen.Fields(v) {
		entries = append(entries, entry{name, item})
	}
	return dict(entries)
}

// An entry is a member of a JSON object.
type entry struct {
	name  string
	value jsontext.Value
}

func dict(entries []entry) (code, error) {
	d := code{text: "{", close: "}", kind: groupCode}
	for _, e := range entries {
		c, err := literal(e.value)
		if err != nil {
			return code{}, err
		}
		d.args = append(d.args, prefixed(quote(e.name)+": ", c))
	}
	return d, nil
}

// maxDigits is how many digits Python reads of an integer unless told otherwise.
const maxDigits = 4300

func numberLiteral(text string) (code, error) {
	if !strings.ContainsAny(text, ".eE") {
		if len(text) > maxDigits {
			return code{}, fmt.Errorf("the number has more than %d digits, which Python does not read; use a string", maxDigits)
		}
		return atom(text), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return code{}, fmt.Errorf("the number %.20s is beyond Python's float; use a string", text)
	}
	if n := canonical(text); canonical(strconv.FormatFloat(f, 'e', -1, 64)) != n {
		return code{}, fmt.Errorf("a float of Python does not hold %.40s exactly; write fewer digits", text)
	}
	return atom(text), nil
}

// isDocstring reports whether Python's inspect.cleandoc, which Pydantic applies,
// gives the text of a docstring back unchanged.
func isDocstring(text string) bool {
	lines := strings.Split(text, "\n")
	flush := len(lines) == 1 // a line after the first that is not indented
	for i, line := range lines {
		if strings.TrimRight(line, " ") != line || i == 0 && strings.HasPrefix(line, " ") {
			return false
		}
		if strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }) {
			return false
		}
		flush = flush || i > 0 && line != "" && line[0] != ' '
	}
	return flush && lines[0] != "" && lines[len(lines)-1] != ""
}

// docstring writes text for which isDocstring is true.
func docstring(indent int, text string) string {
	text = strings.ReplaceAll(text, `\`, `\\`)
	if strings.Contains(text, `""`) || strings.HasSuffix(text, `"`) {
		text = strings.ReplaceAll(text, `"`, `\"`)
	}
	pad := strings.Repeat(" ", indent)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i > 0 && line != "" {
			lines[i] = pad + line
		}
	}
	end := `"""`
	if len(lines) > 1 {
		end = "\n" + pad + `"""`
	}
	return pad + `"""` + strings.Join(lines, "\n") + end + "\n"
}
