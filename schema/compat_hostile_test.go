package schema

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// numbered joins n texts that format makes of their numbers.
func numbered(n int, separator, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint(i+1)), "#", fmt.Sprint(i))
	}
	return strings.Join(parts, separator)
}

// Schemas of the greatest size that Parse lets through, made to be compared for
// ever: each ends within a bound.
func TestBreaksEffortIsBounded(t *testing.T) {
	t.Parallel()
	chain := func(link, end string) string {
		return `{"$defs":{` + strings.ReplaceAll(numbered(990, ",", `"D#":`+link), "@", "#/$defs/") + `,"D990":` + end + `},"$ref":"#/$defs/D0"}`
	}
	doubling := func(keyword, end string) string {
		return `{"$defs":{` + strings.ReplaceAll(numbered(60, ",", `"D#":{"`+keyword+`":[{"$ref":"@D#+"},{"$ref":"@D#+"}]}`), "@", "#/$defs/") + `,"D60":` + end + `},"$ref":"#/$defs/D0"}`
	}
	mutual := func(leaf string) string { // models that hold each other in unions
		model := `"D#":{"type":"object","properties":{"x":{"anyOf":[` + numbered(12, ",", `{"$ref":"@D#"}`) + `]},"y#":{"type":"integer"},"z":` + leaf + `},"required":["y#"]}`
		var models []string
		for i := range 12 {
			// The references are numbered already, so only the names are left.
			models = append(models, strings.ReplaceAll(strings.ReplaceAll(model, `"D#"`, fmt.Sprintf(`"D%d"`, i)), "y#", fmt.Sprintf("y%d", i)))
		}
		return strings.ReplaceAll(`{"$defs":{`+strings.Join(models, ",")+`},"$ref":"@D0"}`, "@", "#/$defs/")
	}
	conjunctions := func(leaf string) string { // sets of schemas that grow with every step
		return strings.ReplaceAll(`{"$defs":{`+numbered(20, ",", `"D#":{"allOf":[{"properties":{"a":{"$ref":"@D#+"}}},{"properties":{"a":{"$ref":"@D0"},"b":{"allOf":[{"$ref":"@D1"},{"$ref":"@D#+"}]}}}]}`)+`,"D20":`+leaf+`},"$ref":"@D0"}`, "@", "#/$defs/")
	}
	tests := []struct{ name, writer, reader string }{
		{"3,900 members", objectWith("", members(3_900, str)...), objectWith("", members(3_900, integer)...)},
		{"990 definitions in a row", chain(`{"type":"array","items":{"$ref":"@D#+"}}`, str), chain(`{"type":"array","items":{"$ref":"@D#+"}}`, integer)},
		{"990 models in a row", chain(`{"type":"object","properties":{"n":{"$ref":"@D#+"},"m":{"$ref":"@D#+"}}}`, str), chain(`{"type":"object","properties":{"n":{"$ref":"@D#+"},"m":{"$ref":"@D#+"}}}`, integer)},
		{"unions that double", doubling("anyOf", str), doubling("anyOf", integer)},
		{"unions that double, exclusive", doubling("oneOf", str), doubling("oneOf", integer)},
		{"unions that double, for anything", `{}`, doubling("anyOf", str)},
		{"combinations that double", doubling("allOf", str), doubling("allOf", `{"type":"string","maxLength":5}`)},
		{"mutually recursive unions", mutual(str), mutual(integer)},
		{"mutually recursive unions, compatible", mutual(integer), mutual(num)},
		{"sets that grow", conjunctions(`{"type":"object","required":["z"]}`), conjunctions(`{"type":"object","required":["y"]}`)},
		{"300 models against 300", anyOf(strings.Split(numbered(300, "\n", kinded("t#", "a", str)), "\n")...), anyOf(strings.Split(numbered(300, "\n", kinded("t#", "a", integer)), "\n")...)},
		{"300 models that overlap", anyOf(strings.Split(numbered(300, "\n", object("a#", str)), "\n")...), oneOf(strings.Split(numbered(300, "\n", object("a#!", integer)), "\n")...)},
		{"60 models that overlap and disagree", anyOf(strings.Split(numbered(60, "\n", object("a#!", str, "x#", str)), "\n")...), anyOf(strings.Split(numbered(60, "\n", object("a#!", str, "x#+", integer)), "\n")...)},
		{"400 conditions, apart", objectWith(`,"allOf":[`+numbered(400, ",", `{"if":{"required":["k#"]},"then":{"properties":{"x#":{"type":"string"}}}}`)+`]`, "k", str), object(members(400, integer)...)},
		{"400 conditions that disagree", objectWith(`,"allOf":[`+numbered(400, ",", `{"if":{"required":["k#"]},"then":{"properties":{"m#":{"type":"string"}}}}`)+`]`, "k", str), object(members(400, integer)...)},
		{"400 conditions and as many alternatives", objectWith(`,"allOf":[`+numbered(400, ",", `{"if":{"required":["k#"]},"then":{"properties":{"m#":{"type":"string"}}}}`)+`],"anyOf":[`+numbered(400, ",", object("m#!", str))+`]`, "k", str), object(members(400, integer)...)},
		{"9,000 values", `{"enum":[` + numbered(9_000, ",", `"value#"`) + `]}`, `{"enum":[` + numbered(9_000, ",", `"value#+"`) + `]}`},
		{"patterns of names", `{"patternProperties":{` + numbered(900, ",", `"^a#":{"type":"string"}`) + `}}`, `{"patternProperties":{` + numbered(900, ",", `"^b#":{"type":"integer"}`) + `}}`},
		{"patterns and names, apart", objectWith("", members(1_500, str)...), `{"patternProperties":{` + numbered(900, ",", `"[a-z]{9}#":{"type":"integer"}`) + `}}`},
		{"deep", strings.Repeat(`{"items":`, 60) + str + strings.Repeat("}", 60), strings.Repeat(`{"items":`, 60) + integer + strings.Repeat("}", 60)},
		{"a megabyte of names", `{"properties":{"` + strings.Repeat("n", 100_000) + `":{}}}`, `{"propertyNames":{"pattern":"^[a-z]{900}"},"required":["` + strings.Repeat("m", 100_000) + `"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, r := MustParse(tt.writer), MustParse(tt.reader)
			for _, policy := range bothPolicies {
				start := time.Now()
				list := Breaks(w, r, policy)
				took := time.Since(start)
				wantNone := strings.HasSuffix(tt.name, ", compatible") || strings.HasSuffix(tt.name, ", apart") && policy == ReadersIgnoreUnknown
				if wantNone != (len(list) == 0) || len(list) > maxBreaks {
					t.Errorf("%s: %d breaks", policy, len(list))
				}
				if took > 20*time.Second { // at most half a second of one processor; the rest is for -race on a busy machine
					t.Errorf("%s: took %s", policy, took)
				}
				first := "none"
				if len(list) > 0 {
					first = list[len(list)-1].Path + " " + list[len(list)-1].Rule
				}
				t.Logf("%-8s %4d breaks in %8s, last %s", policy, len(list), took.Round(time.Millisecond), shorten(first))
			}
		})
	}
}

func members(n int, schema string) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("m%d", i), schema)
	}
	return list
}

func FuzzBreaks(f *testing.F) {
	for _, e := range evolutions {
		f.Add(e.writer, e.reader, uint64(1))
	}
	for _, m := range readModels(f) {
		f.Add(string(m.Schema), string(m.Schema), uint64(2))
	}
	f.Fuzz(func(t *testing.T, writer, reader string, seed uint64) {
		if len(writer) > 2_000 || len(reader) > 2_000 {
			t.Skip("small schemas find the same")
		}
		w, err := Parse([]byte(writer))
		if err != nil {
			t.Skip("no schema")
		}
		r, err := Parse([]byte(reader))
		if err != nil {
			t.Skip("no schema")
		}
		checkPair(t, w, r, seed)
	})
}

func BenchmarkBreaks(b *testing.B) {
	changed := strings.Replace(strings.Replace(bigSchema, `"exclusiveMinimum":0`, `"minimum":2`, 1), `"total":{"type":"number"}`, `"total":{"type":"integer"},"extra":{"type":"string"}`, 1)
	compatible := strings.Replace(bigSchema, `"maxLength":80`, `"maxLength":81`, 1)
	for _, bb := range []struct{ name, reader string }{{"compatible", compatible}, {"broken", changed}, {"annotated", strings.Replace(bigSchema, `"minItems":1`, `"minItems":1,"title":"T"`, 1)}} {
		w, r := MustParse(bigSchema), MustParse(bb.reader)
		if found := len(Breaks(w, r, ReadersIgnoreUnknown)); (found > 0) != (bb.name == "broken") {
			b.Fatalf("%s: %d breaks", bb.name, found)
		}
		b.Run("big/"+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Breaks(w, r, ReadersIgnoreUnknown)
			}
		})
	}
}
