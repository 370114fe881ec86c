package python

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// keywords cannot be names, and the soft ones are better not.
var keywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except
	finally for from global if import in is lambda nonlocal not or pass raise return try while with match case type`)

// builtins are the names of Python itself that the code uses.
var builtins = strings.Fields(`any bool bytes classmethod dict enumerate float format int isinstance list set str tuple type
	ValueError`)

// reservedMembers are attributes of Pydantic's BaseModel, which a field must not
// hide, and of the classes that the decorators of celery-salt are given.
var reservedMembers = strings.Fields(`construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json
	update_forward_refs validate model_config model_fields model_computed_fields model_extra model_fields_set
	model_construct model_copy model_json_schema model_parametrized_name model_post_init model_rebuild`)

// isIdentifier is stricter than Python: ASCII only, so that no normalisation
// makes two names one and none looks like another.
func isIdentifier(name string) bool {
	for i, c := range name {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && !slices.Contains(keywords, name)
}

// fieldName makes the Python name of a member of JSON; what differs from the
// member's own name needs an alias.
func fieldName(member string) string {
	name := identifier(member, '_')
	name = strings.TrimLeft(name, "_")
	if name == "" {
		return "field"
	}
	if !isIdentifier(name) && !slices.Contains(keywords, name) {
		name = "field_" + name
	}
	switch {
	case strings.HasPrefix(name, "model_dump"), strings.HasPrefix(name, "model_validate"):
		return "field_" + name // Pydantic warns of these prefixes
	case slices.Contains(keywords, name), slices.Contains(reservedMembers, name):
		return name + "_"
	}
	return name
}

// identifier replaces what cannot be part of a name.
func identifier(text string, by rune) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			return c
		}
		return by
	}, text)
}

// className makes the name of a class of what people call it. A name that fits
// stays what it is.
func className(text string) string {
	if isIdentifier(text) && !strings.HasPrefix(text, "_") {
		return text
	}
	return pascal(text)
}

// pascal writes letters and digits, each word with a capital.
func pascal(text string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(text, func(c rune) bool {
		return c >= 0x80 || !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	name := b.String()
	switch {
	case name == "":
		return "Event"
	case !isIdentifier(name):
		return "Event" + name
	}
	return name
}

// memberTitle is the title that Pydantic gives a member: Python's str.title,
// with blanks for underscores. It is known for ASCII only.
func memberTitle(member string) (title string, known bool) {
	var b strings.Builder
	inWord := false
	for _, c := range member {
		if c >= 0x80 {
			return "", false
		}
		letter := unicode.IsLetter(c)
		switch {
		case c == '_':
			c = ' '
		case letter && inWord:
			c = unicode.ToLower(c)
		case letter:
			c = unicode.ToUpper(c)
		}
		inWord = letter
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String()), true
}

// numbered is the name of the nth member that would have it, counted from 0.
func numbered(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "_" + strconv.Itoa(n+1)
}

// A scope gives out names once.
type scope map[string]bool

// pick returns the first of the wanted names that is free, or the last with a
// number.
func (s scope) pick(wanted ...string) string {
	for _, name := range wanted {
		if !s[name] {
			s[name] = true
			return name
		}
	}
	last := wanted[len(wanted)-1]
	for n := 2; ; n++ {
		if name := last + strconv.Itoa(n); !s[name] {
			s[name] = true
			return name
		}
	}
}
