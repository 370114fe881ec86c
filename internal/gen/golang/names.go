package golang

import (
	"go/token"
	"strconv"
	"strings"
	"unicode"
)

// initialisms are words that Go writes in capitals.
var initialisms = map[string]bool{
	"acl": true, "api": true, "ascii": true, "cpu": true, "css": true, "dns": true, "eof": true, "guid": true,
	"html": true, "http": true, "https": true, "id": true, "ip": true, "json": true, "qps": true, "ram": true,
	"rpc": true, "sku": true, "sla": true, "smtp": true, "sql": true, "ssh": true, "tcp": true, "tls": true,
	"ttl": true, "udp": true, "ui": true, "uid": true, "uri": true, "url": true, "utf8": true, "uuid": true,
	"vm": true, "xml": true,
}

// splitWords splits a name at everything that is neither letter nor digit, and
// where a capital begins a word: "userID", "HTTPServer", "user_id".
func splitWords(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	flush := func(end int) {
		if end > start {
			words = append(words, string(runes[start:end]))
		}
	}
	for i, c := range runes {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			flush(i)
			start = i + 1
		case i > start && unicode.IsUpper(c) &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush(i)
			start = i
		}
	}
	flush(len(runes))
	return words
}

// exported makes an exported Go name of any text; "X" stands for text without
// letters and digits, and before what cannot begin a name.
func exported(name string) string {
	var b strings.Builder
	for _, word := range splitWords(name) {
		lower := strings.ToLower(word)
		plural := strings.TrimSuffix(lower, "s")
		switch {
		case initialisms[lower]:
			word = strings.ToUpper(word)
		case plural != lower && initialisms[plural]:
			word = strings.ToUpper(plural) + "s"
		default:
			runes := []rune(word)
			runes[0] = unicode.ToUpper(runes[0])
			word = string(runes)
		}
		if last := b.String(); last != "" && endsInDigit(last) && unicode.IsDigit([]rune(word)[0]) {
			b.WriteByte('_') // 1.5 and 15 are two values
		}
		b.WriteString(word)
	}
	text := b.String()
	if text == "" || !token.IsExported(text) || !token.IsIdentifier(text) {
		text = "X" + text
	}
	if !token.IsIdentifier(text) { // letters of which Go knows nothing
		text = "X" + strings.Map(func(c rune) rune {
			if c == '_' || c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
				return c
			}
			return -1
		}, text[1:])
	}
	return text
}

func endsInDigit(text string) bool {
	c := text[len(text)-1]
	return '0' <= c && c <= '9'
}

// unexported makes the name of a variable from an exported one: "httpServer".
func unexported(name string) string {
	words := splitWords(name)
	if len(words) == 0 {
		return "x" + name
	}
	name = strings.ToLower(words[0]) + strings.TrimPrefix(name, words[0])
	if token.IsKeyword(name) || predeclared[name] {
		name += "Definition"
	}
	return name
}

// predeclared are names that a variable of the package would hide: those of Go
// which generated code uses, and of its imports.
var predeclared = map[string]bool{
	"any": true, "bool": true, "byte": true, "error": true, "float64": true, "int64": true, "string": true,
	"nil": true, "true": true, "false": true, "init": true, "main": true, "append": true, "len": true, "new": true,
	"salt": true, "time": true, "json": true, "uuid": true, "netip": true, "fmt": true, "errors": true,
}

// isTypeName reports whether a definition's name can be a type's, as it is.
func isTypeName(name string) bool { return token.IsIdentifier(name) && token.IsExported(name) }

// unique takes a name in the package's scope; if it is taken, one with a number.
func (g *generator) unique(name string) string {
	return uniqueIn(g.taken, name)
}

func uniqueIn(taken map[string]bool, name string) string {
	try := name
	for n := 2; taken[try]; n++ {
		try = name + strconv.Itoa(n)
		if endsInDigit(name) {
			try = name + "_" + strconv.Itoa(n)
		}
	}
	taken[try] = true
	return try
}
