package schema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A tag is a parsed salt tag.
type tag struct {
	entries []tagEntry
}

// A tagEntry is one key of a tag with the items of its value; only lists have
// more than one.
type tagEntry struct {
	key   string
	items []string
	given bool // there is a value
}

func (t *tag) lookup(key string) (tagEntry, bool) {
	i := slices.IndexFunc(t.entries, func(e tagEntry) bool { return e.key == key })
	if i < 0 {
		return tagEntry{}, false
	}
	return t.entries[i], true
}

func (t *tag) has(key string) bool {
	_, ok := t.lookup(key)
	return ok
}

func (t *tag) value(key string) string {
	if e, ok := t.lookup(key); ok {
		return e.items[0]
	}
	return ""
}

// A tagRule says what a key takes and where it fits.
type tagRule struct {
	fits classes
	list bool // the value is a list
	flag bool // there is no value
}

var tagRules = map[string]tagRule{
	"minimum": {fits: numbers}, "maximum": {fits: numbers}, "multipleOf": {fits: numbers},
	"exclusiveMinimum": {fits: numbers}, "exclusiveMaximum": {fits: numbers},
	"maxDigits": {fits: isDecimals}, "decimalPlaces": {fits: isDecimals},
	"minLength": {fits: isString | isText | isBytes}, "maxLength": {fits: isString | isText | isBytes},
	"pattern":  {fits: isString | isText},
	"format":   {fits: isString | isText | isBytes | isMoment},
	"minItems": {fits: isSlice}, "maxItems": {fits: isSlice}, "uniqueItems": {fits: isSlice | isArray, flag: true},
	"minProperties": {fits: isMap}, "maxProperties": {fits: isMap},
	"enum": {fits: literals, list: true}, "const": {fits: literals},
	"default":  {fits: anywhere},
	"required": {fits: anywhere, flag: true}, "optional": {fits: anywhere, flag: true},
	"title": {fits: anywhere}, "description": {fits: anywhere},
	"examples": {fits: anywhere, list: true}, "deprecated": {fits: anywhere, flag: true},
}

// structRules are the keys of a blank field.
var structRules = map[string]tagRule{
	"title": {}, "description": {}, "strict": {flag: true}, "open": {flag: true}, "deprecated": {flag: true},
}

// readTag parses the salt tag of a field; without one it is empty.
func readTag(f reflect.StructField, rules map[string]tagRule) (*tag, error) {
	text, ok := f.Tag.Lookup("salt")
	if !ok {
		if strings.Contains(string(f.Tag), "salt:") {
			return nil, errors.New(`the struct tag is malformed, so its salt part would be ignored: it must be salt:"…" with backslashes doubled`)
		}
		return &tag{}, nil
	}
	return parseTag(text, rules)
}

// parseTag parses
//
//	tag   = entry { "," entry } .
//	entry = key [ "=" item { "|" item } ] .
//	item  = "'" { any character, '' for a quote } "'" | text without "," .
//
// where only lists are split at bars.
func parseTag(text string, rules map[string]tagRule) (*tag, error) {
	t := &tag{}
	for rest, more := text, true; more; {
		var err error
		var e tagEntry
		if e, rest, more, err = parseEntry(rest, rules); err != nil {
			return nil, err
		}
		if t.has(e.key) {
			return nil, fmt.Errorf("tag %s is given twice", e.key)
		}
		t.entries = append(t.entries, e)
	}
	return t, nil
}

func parseEntry(text string, rules map[string]tagRule) (e tagEntry, rest string, more bool, err error) {
	end := strings.IndexAny(text, "=,")
	if end < 0 {
		end = len(text)
	}
	e.key = strings.TrimSpace(text[:end])
	rule, known := rules[e.key]
	switch {
	case e.key == "":
		return e, "", false, errors.New("the salt tag has an empty key (a comma too many?)")
	case !known:
		return e, "", false, unknownKey(e.key, rules)
	}
	e.given = end < len(text) && text[end] == '='
	switch {
	case rule.flag && e.given:
		return e, "", false, fmt.Errorf("tag %s takes no value", e.key)
	case !rule.flag && !e.given:
		return e, "", false, fmt.Errorf("tag %s needs a value: %s=…", e.key, e.key)
	case rule.flag:
		_, rest, more = strings.Cut(text[end:], ",")
		return e, rest, more, nil
	}
	rest = text[end+1:]
	stops := ","
	if rule.list {
		stops = ",|"
	}
	for {
		var item string
		if item, rest, err = parseItem(rest, stops); err != nil {
			return e, "", false, fmt.Errorf("tag %s: %w", e.key, err)
		}
		e.items = append(e.items, item)
		if rest == "" {
			return e, "", false, nil
		}
		stop := rest[0]
		rest = rest[1:]
		if stop == ',' {
			return e, rest, true, nil
		}
	}
}

// parseItem reads one item; what remains is empty or begins with a stop.
func parseItem(text, stops string) (item, rest string, err error) {
	if !strings.HasPrefix(text, "'") {
		end := strings.IndexAny(text, stops)
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], nil
	}
	var b strings.Builder
	for text = text[1:]; ; {
		before, after, ok := strings.Cut(text, "'")
		if !ok {
			return "", "", errors.New("a quote is missing at the end of the value")
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			text = after
			break
		}
		b.WriteByte('\'')
		text = after[1:]
	}
	if text != "" && !strings.ContainsRune(stops, rune(text[0])) {
		return "", "", fmt.Errorf("a comma is missing before %q", text)
	}
	return b.String(), text, nil
}

// unknownKey names the key that was probably meant.
func unknownKey(key string, rules map[string]tagRule) error {
	near := ""
	for _, known := range sortedKeys(rules) {
		if distance(strings.ToLower(key), strings.ToLower(known)) <= 2 {
			near = known
			break
		}
	}
	if near != "" {
		return fmt.Errorf("unknown tag %q, did you mean %s?", key, near)
	}
	return fmt.Errorf("unknown tag %q; known are %s", key, strings.Join(sortedKeys(rules), ", "))
}

// distance counts the letters that must be added, removed or replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
