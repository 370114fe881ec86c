package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`null`, ` true `, "\n[]\r\t", `{}`, `""`, `0`, `-0`, `1.5e+10`, `"\ud83d\ude00"`, `"é☃"`, `"\u0000"`, `"` + "\u007f" + `"`,
		`{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}`, `{"":1," ":2}`, `{"a":1,"A":2}`, `1e400`, `9007199254740993`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("9", 1000),
	} {
		if err := Check([]byte(doc), Limits{}); err != nil {
			t.Errorf("%.80s: %v", doc, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65)
	tests := []struct {
		doc           string
		pointer, rule string
	}{
		{"", "", "syntax"},
		{"  ", "", "syntax"},
		{`{"a":1`, "", "syntax"},
		{`{"a":1}}`, "", "syntax"},
		{`{"a":1} {}`, "", "syntax"},
		{`1 2`, "", "syntax"},
		{`[1,]`, "", "syntax"},
		{`{"a":1,}`, "", "syntax"},
		{`{a:1}`, "", "syntax"},
		{`{'a':1}`, "", "syntax"},
		{`{"a":NaN}`, "/a", "syntax"},
		{`[Infinity]`, "/0", "syntax"},
		{`[-Infinity]`, "/0", "syntax"},
		{`nul`, "", "syntax"},
		{`01`, "", "syntax"},
		{`+1`, "", "syntax"},
		{`.5`, "", "syntax"},
		{`1.`, "", "syntax"},
		{`"\x"`, "", "syntax"},
		{"\"\t\"", "", "syntax"},
		{"\ufeff{}", "", "syntax"},
		{`/* c */ 1`, "", "syntax"},
		{`{"a":1,"a":2}`, "/a", "duplicate"},
		{`{"a":1,"\u0061":2}`, "/a", "duplicate"},
		{`{"x":[{"b":1},{"a":1,"b":2,"a":3}]}`, "/x/1/a", "duplicate"},
		{`{"a~/b":1,"a~/b":2}`, "/a~0~1b", "duplicate"},
		{"{\"a\":\"\xff\"}", "/a", "utf8"},
		{"\"a\xc3\"", "", "utf8"},
		{"{\"\xff\":1}", "", "utf8"},
		{"\"\xed\xa0\x80\"", "", "utf8"},
		{`["\ud800"]`, "/0", "utf8"},
		{`["\udc00\ud800"]`, "/0", "utf8"},
		{`["\ud800\u0041"]`, "/0", "utf8"},
		{`["a\uDBFFb"]`, "/0", "utf8"},
		{deep, strings.Repeat("/a", 64), "depth"},
		{strings.Repeat("[", 20_000), strings.Repeat("/0", 64), "depth"},
		{`{"a":` + strings.Repeat("1", 1001) + `}`, "/a", "number"},
		{`[1e401]`, "/0", "number"},
		{`[1E-99999999999999999999]`, "/0", "number"},
		{`"` + strings.Repeat("a", 1<<20) + `"`, "", "size"},
	}
	for _, tt := range tests {
		err := Check([]byte(tt.doc), Limits{})
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%.80q accepted (%v)", tt.doc, err)
			continue
		}
		if got := [2]string{e.Fields[0].Pointer, e.Fields[0].Rule}; len(e.Fields) != 1 || got != [2]string{tt.pointer, tt.rule} {
			t.Errorf("%.80q: %.200v, want %s at %q", tt.doc, e, tt.rule, tt.pointer)
		}
	}
}

func TestCheckLimits(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"a":[{"b":12345}],"c":"x"}`)
	tests := []struct {
		limits Limits
		rule   string
	}{
		{Limits{MaxBytes: len(doc)}, ""}, {Limits{MaxBytes: len(doc) - 1}, "size"},
		{Limits{MaxDepth: 3}, ""}, {Limits{MaxDepth: 2}, "depth"},
		{Limits{MaxKeys: 3}, ""}, {Limits{MaxKeys: 2}, "keys"},
		{Limits{MaxDigits: 5}, ""}, {Limits{MaxDigits: 4}, "number"},
	}
	for _, tt := range tests {
		var rule string
		if e, ok := errors.AsType[*Error](Check(doc, tt.limits)); ok {
			rule = e.Fields[0].Rule
		}
		if rule != tt.rule {
			t.Errorf("%+v: rule %q, want %q", tt.limits, rule, tt.rule)
		}
	}
}

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	object := func(n int) []byte {
		b := []byte(`{"0":0`)
		for i := range n - 1 {
			b = fmt.Appendf(b, `,"%d":0`, i+1)
		}
		return append(b, '}')
	}
	if err := Check(object(10_000), Limits{}); err != nil {
		t.Errorf("10,000 members: %v", err)
	}
	e, ok := errors.AsType[*Error](Check(object(10_001), Limits{}))
	if !ok || e.Fields[0].Rule != "keys" {
		t.Errorf("10,001 members: %v", e)
	}
}

func TestTape(t *testing.T) {
	t.Parallel()
	doc := []byte(` {"a" : [1, {"b\u002fc": null}, "x"], "d": {} } `)
	tp, err := scan(doc, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer tp.release()
	var pointers []string
	var walk func(i int)
	walk = func(i int) {
		pointers = append(pointers, tp.pointer(i)+" = "+string(tp.text(i)))
		if k := tp.cells[i].kind; k != '{' && k != '[' {
			return
		}
		for at := range tp.children(i) {
			if tp.cells[i].kind == '{' {
				at++
			}
			walk(at)
		}
	}
	walk(0)
	want := []string{
		` = {"a" : [1, {"b\u002fc": null}, "x"], "d": {} }`,
		`/a = [1, {"b\u002fc": null}, "x"]`,
		`/a/0 = 1`,
		`/a/1 = {"b\u002fc": null}`,
		`/a/1/b~1c = null`,
		`/a/2 = "x"`,
		`/d = {}`,
	}
	if diff := cmp.Diff(want, pointers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
