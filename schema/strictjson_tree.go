package schema

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// children yields the cells of the elements of an array, or those of the
// member names of an object; a member's value is at the index behind its name.
func (t *tape) children(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		object := t.cells[i].kind == '{'
		for at, end := i+1, int(t.cells[i].next); at < end; {
			child := at
			if object {
				at++
			}
			at = int(t.cells[at].next)
			if !yield(child) {
				return
			}
		}
	}
}

// tree returns the value at cell i as the standard library would decode it
// with numbers kept as text.
func (t *tape) tree(i int) any {
	switch t.cells[i].kind {
	case 'n':
		return nil
	case 't', 'f':
		return t.cells[i].kind == 't'
	case '"':
		return string(t.str(i))
	case '0':
		return json.Number(t.text(i))
	case '[':
		list := make([]any, 0, t.cells[i].size)
		for at := range t.children(i) {
			list = append(list, t.tree(at))
		}
		return list
	}
	object := make(map[string]any, t.cells[i].size)
	for at := range t.children(i) {
		object[string(t.str(at))] = t.tree(at + 1)
	}
	return object
}

// pointer returns the JSON pointer of the value at cell i.
func (t *tape) pointer(i int) string {
	var b strings.Builder
	for at := 0; at != i; {
		n, object := 0, t.cells[at].kind == '{'
		for child := range t.children(at) {
			value := child
			if object {
				value++
			}
			if i < int(t.cells[value].next) {
				if object {
					b.WriteString("/" + escapeToken(string(t.str(child))))
				} else {
					b.WriteString("/" + strconv.Itoa(n))
				}
				at = value
				break
			}
			n++
		}
	}
	return b.String()
}

// key appends a text that is equal for equal JSON values: numbers by value,
// members in order of their names.
func (t *tape) key(b []byte, i int) []byte {
	switch c := t.cells[i]; c.kind {
	case '"':
		return appendKeyString(b, t.str(i))
	case '0':
		d, _ := parseDecimal(t.text(i))
		return d.append(b)
	case '[':
		b = append(b, '[')
		for at := range t.children(i) {
			b = append(t.key(b, at), ',')
		}
		return append(b, ']')
	case '{':
		names := slices.SortedFunc(t.children(i), func(x, y int) int { return bytes.Compare(t.str(x), t.str(y)) })
		b = append(b, '{')
		for _, at := range names {
			b = append(appendKeyString(b, t.str(at)), ':')
			b = append(t.key(b, at+1), ',')
		}
		return append(b, '}')
	default:
		return append(b, byte(c.kind))
	}
}

// appendKey is [tape.key] for a value of a schema document.
func appendKey(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case string:
		return appendKeyString(b, []byte(v))
	case json.Number:
		d, _ := parseDecimal([]byte(v))
		return d.append(b)
	case []any:
		b = append(b, '[')
		for _, e := range v {
			b = append(appendKey(b, e), ',')
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for _, name := range sortedKeys(v) {
			b = append(appendKeyString(b, []byte(name)), ':')
			b = append(appendKey(b, v[name]), ',')
		}
		return append(b, '}')
	}
	return append(b, 'n')
}

func appendKeyString(b, s []byte) []byte {
	b = append(strconv.AppendInt(append(b, '"'), int64(len(s)), 10), ':')
	return append(b, s...)
}

// kindName is the word for a kind in errors.
func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "array"
	case 'n':
		return "null"
	}
	return "boolean"
}

// escapeToken escapes one token of a JSON pointer (RFC 6901).
func escapeToken(s string) string {
	if !strings.ContainsAny(s, "~/") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

func unescapeToken(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
}
