package interop_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Texts that some JSON, Python, Celery or AMQP code has stumbled over.
var oddTexts = []string{
	"", " ", "\x00", "\x01\x1f\x7f", "\t\r\n", "\u0080\u009f", "\u2028\u2029", "\ufeff", "\ufffd", "\uffff", "\U0010ffff",
	"é", "e\u0301", "Grüße", "日本語", "👩‍👩‍👧‍👦🏳️‍🌈", "مرحبا\u202e", `"`, `\`, `\\"`, `\u0000`, `\ud800`, "</script>", "'", `'"`,
	"null", "NaN", "Infinity", "true", "1e400", "{}", "[]", "{'a': 1}", "%s %(name)s %d", "{0} {name}", "${x}", "#{x}",
	"2026-11-23T10:20:30Z", "a.b.c", "*", "#", "../../etc/passwd", "; DROP TABLE x; --",
}

// Names that mean something to JSON Schema, to Python, to Celery or to a
// careless program.
var oddNames = []string{
	"", "$ref", "$schema", "$defs", "$", "__proto__", "constructor", "prototype", "self", "cls", "args", "kwargs", "data", "request",
	"id", "task", "routing_key", "message_body", "is_rpc", "version", "_tchu_meta_", "_TCHU_META", "__class__", "__dict__",
	"__init__", "__json__", "__type__", "py/object", "model_config", "model_dump", "class", "def", "None", "lambda", "a.b", "a b",
	"error_code_", "\x00", "\u2028", "🚀", "\ufeff", "\\", "\"", "0", "-1", "headers", "properties", "delivery_info", "callbacks",
}

var oddNumbers = []string{
	"0", "-0", "-0.0", "0.0", "1", "-1", "1.0", "1e0", "1E+2", "1e-7", "0.1", "5e-324", "1e-400", "1e400", "-1e400",
	"1.7976931348623157e308", "9007199254740991", "9007199254740993", "-9223372036854775808", "9223372036854775808",
	"18446744073709551616", "0.30000000000000004", "123456789012345678901234567890.123456789012345678901234567890",
	"1" + strings.Repeat("0", 400), "3." + strings.Repeat("14159", 60),
}

// A generator writes random JSON as other encoders and people do: with any
// white space, any escapes, any form of a number.
type generator struct {
	*rand.Rand
	out    []byte
	budget int // values left, so that a document ends
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// object returns one JSON object, of half the size at most that is sent.
func (g *generator) object() []byte {
	for {
		g.out, g.budget = nil, 1<<g.IntN(7)
		g.space()
		g.members(0)
		g.space()
		if len(g.out) < 1<<19 {
			return g.out
		}
	}
}

func (g *generator) space() {
	for g.IntN(4) == 0 {
		g.out = append(g.out, " \t\r\n"[g.IntN(4)])
	}
}

func (g *generator) members(depth int) {
	g.out = append(g.out, '{')
	seen := map[string]bool{"_tchu_meta": true}
	for first := true; g.budget > 0 && g.IntN(8) > 0; {
		name := g.text(oddNames)
		if seen[name] || seen["__type__"] && name == "__value__" {
			continue // that pair is kombu's own, see TestFuzzWorkerLimits
		}
		seen[name] = true
		if !first {
			g.out = append(g.out, ',')
		}
		first = false
		g.space()
		g.quote(name)
		g.space()
		g.out = append(g.out, ':')
		g.space()
		g.value(depth + 1)
		g.space()
	}
	g.out = append(g.out, '}')
}

func (g *generator) value(depth int) {
	g.budget--
	switch n := g.IntN(20); {
	case n < 3 && depth < 30:
		g.members(depth)
	case n < 6 && depth < 30:
		g.out = append(g.out, '[')
		for i := 0; g.budget > 0 && g.IntN(6) > 0; i++ {
			if i > 0 {
				g.out = append(g.out, ',')
			}
			g.space()
			g.value(depth + 1)
			g.space()
		}
		g.out = append(g.out, ']')
	case n < 12:
		g.quote(g.text(oddTexts))
	case n < 17:
		g.out = append(g.out, g.number()...)
	case n == 17 && g.IntN(8) == 0: // as deep as Salt's receivers take
		deep := 60 - depth
		g.out = append(g.out, strings.Repeat("[", deep)+strings.Repeat("]", deep)...)
	default:
		g.out = append(g.out, pick(g, []string{"null", "true", "false"})...)
	}
}

func (g *generator) number() string {
	switch g.IntN(4) {
	case 0:
		return pick(g, oddNumbers)
	case 1:
		return strconv.FormatInt(int64(g.Uint64())>>g.IntN(64), 10)
	case 2:
		f := math.Float64frombits(g.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "0.5"
		}
		return strconv.FormatFloat(f, "eEfg"[g.IntN(4)], -1, 64)
	}
	digits := 1 + g.IntN(40)
	return fmt.Sprintf("%d.%0*dE%+d", g.IntN(10), digits, g.IntN(1000), g.IntN(600)-300)
}

// text returns an odd text, or one of random characters, rarely a long one.
func (g *generator) text(odd []string) string {
	switch g.IntN(8) {
	case 0, 1, 2:
		return pick(g, odd)
	case 3:
		return pick(g, odd) + pick(g, odd)
	case 4:
		if g.IntN(40) == 0 {
			return strings.Repeat(pick(g, oddTexts)+"x", 1+g.IntN(1<<13))
		}
	}
	n := g.IntN(12)
	var b strings.Builder
	for range n {
		b.WriteRune(g.char())
	}
	return b.String()
}

func (g *generator) char() rune {
	for {
		c := rune(g.IntN(pick(g, []int{0x80, 0x100, 0x3000, 0x10000, 0x110000})))
		if c < 0xd800 || c > 0xdfff {
			return c
		}
	}
}

// quote writes s as a JSON string, each character raw or escaped.
func (g *generator) quote(s string) {
	style := g.IntN(3)
	if style == 0 {
		g.out, _ = jsontext.AppendQuote(g.out, s)
		return
	}
	g.out = append(g.out, '"')
	for _, c := range s {
		switch {
		case c >= 0x10000 && (style == 1 || g.IntN(2) == 0):
			c -= 0x10000
			g.out = fmt.Appendf(g.out, `\u%04x\u%04X`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		case c < ' ' || c == '"' || c == '\\' || c < 0x10000 && (style == 1 && c > '~' || g.IntN(16) == 0):
			g.out = fmt.Appendf(g.out, `\u%04x`, c)
		case c == '/' && style == 1:
			g.out = append(g.out, `\/`...)
		default:
			g.out = append(g.out, string(c)...)
		}
	}
	g.out = append(g.out, '"')
}
