package schema

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// memberTitle is the title that Pydantic derives from a member's name: Python's
// str.title with blanks for underscores.
func memberTitle(name string) string {
	var b strings.Builder
	inWord := false
	for _, c := range name {
		cased := unicode.IsUpper(c) || unicode.IsLower(c) || unicode.IsTitle(c)
		switch {
		case c == '_':
			c = ' '
		case cased && inWord:
			c = unicode.ToLower(c)
		case cased:
			c = unicode.ToTitle(c)
		}
		inWord = cased
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String())
}

// typeTitle is the title of a named type: its name, with type arguments as
// Pydantic writes them ("Page[dict[str, Item]]"). It is empty for types without
// a name.
func typeTitle(t reflect.Type) string {
	p := goTypeParser{text: t.Name()}
	if p.text == "" {
		return ""
	}
	return p.named(false)
}

// pythonNames are Python's names for Go types in type arguments.
var pythonNames = map[string]string{
	"string": "str", "bool": "bool", "float32": "float", "float64": "float", "interface {}": "Any", "any": "Any",
	"int": "int", "int8": "int", "int16": "int", "int32": "int", "int64": "int", "rune": "int", "byte": "int",
	"uint": "int", "uint8": "int", "uint16": "int", "uint32": "int", "uint64": "int", "uintptr": "int",
	"time.Time": "datetime", "time.Duration": "timedelta", "math/big.Int": "int",
	"encoding/json.Number": "Decimal", "github.com/google/uuid.UUID": "UUID",
}

// A goTypeParser turns the text of a Go type, as package reflect writes type
// arguments, into Python's.
type goTypeParser struct{ text string }

func (p *goTypeParser) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.text, prefix)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *goTypeParser) python() string {
	switch {
	case p.eat("*"):
		return "Union[" + p.python() + ", NoneType]"
	case p.eat("[]uint8"):
		return "bytes"
	case p.eat("map["):
		key := p.python()
		p.eat("]")
		return "dict[" + key + ", " + p.python() + "]"
	case p.eat("["): // a slice or an array
		_, p.text, _ = strings.Cut(p.text, "]")
		return "list[" + p.python() + "]"
	case p.eat("interface {}"):
		return "Any"
	}
	return p.named(true)
}

// named reads a possibly qualified and instantiated name.
func (p *goTypeParser) named(argument bool) string {
	end := strings.IndexAny(p.text, "[],")
	if end < 0 {
		end = len(p.text)
	}
	name := p.text[:end]
	p.text = p.text[end:]
	known, isKnown := pythonNames[name]
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = name[strings.IndexByte(name, '.')+1:]
	name, _, _ = strings.Cut(name, "·") // a type within a function
	if isKnown && argument {
		name = known
	}
	if !p.eat("[") {
		return name
	}
	arguments := []string{p.python()}
	for p.eat(",") {
		arguments = append(arguments, p.python())
	}
	p.eat("]")
	return name + "[" + strings.Join(arguments, ", ") + "]"
}

var unfitForDefs = regexp.MustCompile(`[^a-zA-Z0-9.\-_]`)

// defNames names the definitions: by the type, if two types have one name with
// the package before it, and if even that is not enough with the whole import
// path or a number (types of one name within functions).
func (r *reflector) defNames() {
	mangle := func(s string) string { return unfitForDefs.ReplaceAllString(s, "_") }
	forms := []func(t reflect.Type) string{
		func(t reflect.Type) string { return mangle(typeTitle(t)) },
		func(t reflect.Type) string { return mangle(path.Base(t.PkgPath()) + "__" + typeTitle(t)) },
		func(t reflect.Type) string { return mangle(t.PkgPath() + "__" + typeTitle(t)) },
	}
	open := r.order
	taken := make(map[string]bool)
	for _, name := range forms {
		byName := make(map[string][]reflect.Type)
		for _, t := range open {
			byName[name(t)] = append(byName[name(t)], t)
		}
		var clash []reflect.Type
		for _, t := range open {
			if n := name(t); len(byName[n]) == 1 && !taken[n] {
				r.defs[t].name = n
			} else {
				clash = append(clash, t)
			}
		}
		for _, t := range open {
			taken[r.defs[t].name] = true
		}
		open = clash
	}
	for i, t := range open {
		for n := i + 1; ; n++ {
			if name := forms[2](t) + "__" + strconv.Itoa(n); !taken[name] {
				r.defs[t].name, taken[name] = name, true
				break
			}
		}
	}
}

// describe names a type in errors.
func describe(t reflect.Type) string {
	if t.Name() == "" {
		return t.String()
	}
	return fmt.Sprint(t)
}
