package schema

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

// plainEvent has only what go-json-experiment reads in the same way.
type plainEvent struct {
	Bool   bool              `json:"bool"`
	Int    int16             `json:"int"`
	Float  float64           `json:"float"`
	Text   string            `json:"text"`
	List   []plainEvent      `json:"list"`
	Map    map[string]uint64 `json:"map"`
	Nested *plainEvent       `json:"nested"`
	Any    any               `json:"any"`
	At     time.Time         `json:"at"`
	More   map[string]string `json:",embed"`
}

// FuzzUnmarshal compares with go-json-experiment. What we read it reads as the
// same; what only it reads is null, or a number that would not survive.
func FuzzUnmarshal(f *testing.F) {
	for _, doc := range []string{
		smallDoc, `{"bool":true,"int":-3,"float":1.5e3,"text":"a\u00e9\n","list":[{},{"list":[]}],"map":{"x":1},"nested":{"int":1}}`,
		`{"any":[null,true,{"a":1.5}],"at":"2026-01-02T03:04:05.5+01:00","other":"x"}`, `{"int":1.0}`, `{"float":9007199254740993}`,
		`{"any":9007199254740993}`, `{"list":null}`, `{"text":"a","text":"b"}`, `{"at":"2026-01-02T03:04:05"}`, `[]`, ``, `{"map":{"a":-1}}`,
	} {
		f.Add([]byte(doc))
	}
	typ, err := Of(reflect.TypeFor[plainEvent]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var ours, theirs plainEvent
		err := typ.Unmarshal(doc, &ours)
		theirErr := json.Unmarshal(doc, &theirs)
		if err != nil {
			bad, ok := errors.AsType[*Error](err)
			if !ok || len(bad.Fields) != 1 {
				t.Fatalf("%q: %v is no *Error", doc, err)
			}
			rule, got := bad.Fields[0].Rule, bad.Fields[0].Got
			if theirErr == nil && got != "null" && rule != "precision" && rule != "number" && rule != "depth" {
				t.Errorf("%q: only we refuse it: %v", doc, err)
			}
			return
		}
		if theirErr != nil {
			// 1.0 for an integer and a time without offset are ours alone.
			if s := theirErr.Error(); !strings.Contains(s, "int16") && !strings.Contains(s, "uint64") && !strings.Contains(s, "time.Time") {
				t.Errorf("%q: only they refuse it: %v", doc, theirErr)
			}
			return
		}
		if !hasInt64(ours) {
			if diff := cmp.Diff(theirs, ours, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Errorf("%q (-theirs +ours):\n%s", doc, diff)
			}
		}
		text, err := typ.Marshal(&ours)
		if err != nil {
			t.Fatalf("%q: marshal: %v", doc, err)
		}
		reference, err := json.Marshal(&ours, json.Deterministic(true))
		if err != nil || !bytes.Equal(text, reference) {
			t.Errorf("marshal: ours   %s\n         theirs %s (%v)", text, reference, err)
		}
	})
}

// hasInt64 reports whether an any holds an int64, which go-json-experiment
// never makes.
func hasInt64(e plainEvent) bool {
	var has func(any) bool
	has = func(v any) bool {
		switch v := v.(type) {
		case int64:
			return true
		case []any:
			return slices.ContainsFunc(v, has)
		case map[string]any:
			return slices.ContainsFunc(slices.Collect(maps.Values(v)), has)
		}
		return false
	}
	return has(e.Any) || e.Nested != nil && hasInt64(*e.Nested) || slices.ContainsFunc(e.List, hasInt64)
}

// FuzzTag: whatever the value, quotes make it writable.
func FuzzTag(f *testing.F) {
	f.Add("minLength=1,maxLength=80", `^(a|b){1,2}'$`)
	f.Add("enum='a,1'|'b''2'|c,required", "")
	f.Add("pattern='", "''")
	f.Fuzz(func(t *testing.T, text, value string) {
		if tg, err := parseTag(text, tagRules); err == nil && len(tg.entries) == 0 {
			t.Errorf("%q: neither entries nor an error", text)
		}
		quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		tg, err := parseTag("pattern="+quoted+",enum=x|"+quoted+",required", tagRules)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		if e, _ := tg.lookup("enum"); tg.value("pattern") != value || len(e.items) != 2 || e.items[1] != value || !tg.has("required") {
			t.Errorf("%q became %+v", value, tg.entries)
		}
	})
}
