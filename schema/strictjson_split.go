package schema

import "github.com/go-json-experiment/json/jsontext"

// split takes a document apart that is known to be valid. It reports false if
// the document exceeds a limit.
func (t *tape) split(l Limits) bool {
	doc, keys := t.src, 0
	open := make([]int32, 0, 64) // objects and arrays that have not ended
	for i := 0; i < len(doc); {
		c := doc[i]
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':':
			i++
			continue
		case '}', ']':
			i++
			top := &t.cells[open[len(open)-1]]
			top.end, top.next = int32(i), int32(len(t.cells))
			if c == '}' {
				top.size /= 2
			}
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 { // as in [scanner.count]
			top := &t.cells[open[len(open)-1]]
			if top.size++; top.kind == '{' && top.size%2 == 1 {
				if keys++; keys > l.MaxKeys {
					return false
				}
			}
		}
		at := int32(len(t.cells))
		if c == '{' || c == '[' {
			if len(open) >= l.MaxDepth {
				return false
			}
			open = append(open, at)
			t.cells = append(t.cells, cell{kind: kindOf(c), start: int32(i)})
			i++
			continue
		}
		end, escaped := scalarEnd(doc, i)
		next := cell{kind: kindOf(c), escaped: escaped, start: int32(i), end: int32(end), next: at + 1}
		if next.kind == '0' {
			wide, ok := measure(doc[i:end])
			if !ok || end-i > l.MaxDigits {
				return false
			}
			next.wide = wide
			t.wide = t.wide || wide
		}
		t.cells = append(t.cells, next)
		i = end
	}
	return true
}

func kindOf(c byte) jsontext.Kind {
	if c == '-' || '0' <= c && c <= '9' {
		return '0'
	}
	return jsontext.Kind(c)
}

// scalarEnd returns the index behind the string, number or literal at i, and
// whether it has escapes.
func scalarEnd(doc []byte, i int) (end int, escaped bool) {
	switch doc[i] {
	case 't', 'n':
		return i + len("true"), false
	case 'f':
		return i + len("false"), false
	case '"':
		for i++; doc[i] != '"'; i++ {
			if doc[i] == '\\' {
				escaped = true
				i++
			}
		}
		return i + 1, escaped
	}
	for ; i < len(doc); i++ {
		switch doc[i] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return i, false
		}
	}
	return i, false
}
