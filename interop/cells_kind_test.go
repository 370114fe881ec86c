package interop_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// A kind is a payload that goes both ways, in both styles. Go and the Python
// worker both subscribe, so each cell asserts what both sides got.
type kind struct {
	name   string
	handle func(c *config)
	goSays func(style string) func(*testing.T, *config)
	pySays func(style string) func(*testing.T, *config)
}

// A sample is one payload as each side has it.
type sample[T any] struct {
	value  T      // what Go publishes, and gets; its tag is set by the cell
	simple string // the members beside the tag that a Python function gets, with types
	class  string // the same for a class, which knows its own types; empty: like simple

	fields  map[string]any // what Python publishes for it
	reduced *T             // what Go gets of that, where it is not value
	again   string         // what Python gets of that in simple style, where it is not simple
	against string         // in class style, where it is not class
}

var kinds = []kind{
	newKind("text", classStyles[kindText, classText]("text"), sample[kindText]{
		value:  kindText{Text: oddText, Words: []string{"", " ", "ß", "𝔘", "\u202e"}},
		simple: `"text": ` + jsonText(oddText) + `, "words": ["", " ", "ß", "𝔘", "\u202e"]`,
		fields: map[string]any{"text": oddText, "words": []string{"", " ", "ß", "𝔘", "\u202e"}},
	}),
	newKind("number", classStyles[kindNumber, classNumber]("number"), sample[kindNumber]{
		value:  kindNumber{Whole: -1 << 63, Huge: *new(big.Int).Lsh(big.NewInt(1), 80), Ratio: 12, Tiny: 1e-7, Truth: true},
		simple: `"whole": -9223372036854775808, "huge": 1208925819614629174706176, "ratio": 12.0, "tiny": 1e-07, "truth": true`,
		fields: map[string]any{"whole": -1 << 63, "huge": new(big.Int).Lsh(big.NewInt(1), 80), "ratio": 12, "tiny": 1e-7, "truth": true},
	}),
	newKind("datetime and date", classStyles[kindTime, classTime]("time"), sample[kindTime]{
		value:  kindTime{At: time.Date(2026, 11, 23, 10, 20, 30, 123456000, time.FixedZone("", 2*60*60)), Day: "2026-02-28"},
		simple: `"at": {"t": "datetime", "v": "2026-11-23T10:20:30.123456+02:00"}, "day": "2026-02-28"`,
		class:  `"at": {"t": "datetime", "v": "2026-11-23T10:20:30.123456+02:00"}, "day": {"t": "date", "v": "2026-02-28"}`,
		fields: map[string]any{"at": typed("datetime", "2026-11-23T10:20:30.123456+02:00"), "day": typed("date", "2026-02-28")},
	}),
	newKind("UUID", classStyles[kindUUID, classUUID]("uuid"), sample[kindUUID]{
		value:  kindUUID{UID: sampleUUID, UIDs: []uuid.UUID{uuid.Nil, sampleUUID}},
		simple: `"uid": ` + uuidSeen + `, "uids": [{"t": "UUID", "v": "00000000-0000-0000-0000-000000000000"}, ` + uuidSeen + `]`,
		fields: map[string]any{"uid": typed("UUID", sampleUUID.String()), "uids": []any{typed("UUID", uuid.Nil.String()), typed("UUID", sampleUUID.String())}},
	}),
	newKind("Decimal", classStyles[kindDecimal, classDecimal]("decimal"), sample[kindDecimal]{
		value:  kindDecimal{Price: "10.50"},
		simple: `"price": "10.50"`, // a member without a plain type is not converted
		class:  `"price": {"t": "Decimal", "v": "10.50"}`,
		// Python sends a float, so the zero goes.
		fields:  map[string]any{"price": typed("Decimal", "10.50")},
		reduced: &kindDecimal{Price: "10.5"}, again: `"price": 10.5`, against: `"price": {"t": "Decimal", "v": "10.5"}`,
	}),
	newKind("nested models, list, dict", classStyles[kindNested, classNested]("nested"), sample[kindNested]{
		value: kindNested{
			Address: kindAddress{Street: "Å", Geo: kindGeo{Lat: 52.5, Lon: -0.25}}, Lines: []kindLine{{"a", 1}, {"b", 2}},
			Table: map[string]int64{"x": 1, "": 0}, Grid: [][]int64{{1, 2}, {}, {3}},
		},
		// The rebuilt model takes nested ones for dicts.
		simple: `"address": {"street": "Å", "geo": {"lat": 52.5, "lon": -0.25}}, "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
			"table": {"x": 1, "": 0}, "grid": [[1, 2], [], [3]]`,
		class: `"address": {"t": "Address", "v": {"street": "Å", "geo": {"t": "Geo", "v": {"lat": 52.5, "lon": -0.25}}}},
			"lines": [{"t": "Line", "v": {"sku": "a", "n": 1}}, {"t": "Line", "v": {"sku": "b", "n": 2}}],
			"table": {"x": 1, "": 0}, "grid": [[1, 2], [], [3]]`,
		fields: map[string]any{
			"address": map[string]any{"street": "Å", "geo": map[string]any{"lat": 52.5, "lon": -0.25}},
			"lines":   []any{map[string]any{"sku": "a", "n": 1}, map[string]any{"sku": "b", "n": 2}},
			"table":   map[string]any{"x": 1, "": 0}, "grid": [][]int{{1, 2}, {}, {3}},
		},
	}),
	newKind("null, and a member left out", classStyles[kindNull, classNull]("null"), sample[kindNull]{
		value:   kindNull{},
		simple:  `"maybe": null, "other": null, "left": "out"`,
		fields:  map[string]any{"maybe": nil},
		reduced: &kindNull{Left: "out"},
	}),
	newKind("empty text, list, dict", classStyles[kindEmpty, classEmpty]("empty"), sample[kindEmpty]{
		value:  kindEmpty{Items: []string{}, Table: map[string]string{}},
		simple: `"text": "", "items": [], "table": {}`,
		fields: map[string]any{"text": "", "items": []string{}, "table": map[string]string{}},
	}),
	newKind("Literal", classStyles[kindChoice, classChoice]("choice"), sample[kindChoice]{
		value:  kindChoice{Level: "high"},
		simple: `"level": "high"`,
		fields: map[string]any{"level": "high"},
	}),
	newKind("1 MB", classStyles[kindLarge, classLarge]("large"), sample[kindLarge]{
		value:  kindLarge{Blob: strings.Repeat("salt", megabyte/4)},
		simple: fmt.Sprintf(`"blob": {"t": "str", "len": %d, "sha256": "%x"}`, megabyte, sha256.Sum256([]byte(strings.Repeat("salt", megabyte/4)))),
		fields: map[string]any{"blob": typed("repeat", []any{"salt", megabyte / 4})},
	}),
	newKind("no members", classStyles[kindNothing, classNothing]("nothing"), sample[kindNothing]{}),
}

const (
	oddText  = "Grüße 🚀 \"quoted\" \\ / \x01\t\n\u007f\u2028\ufeff e\u0301 עברית 你好 </script> %s {}"
	megabyte = 1_000_000
	uuidSeen = `{"t": "UUID", "v": "a2b4c6d8-1111-4222-8333-abcdefabcdef"}`
)

var sampleUUID = uuid.MustParse("a2b4c6d8-1111-4222-8333-abcdefabcdef")

// typed is a value of a command that JSON cannot hold; see values.py.
func typed(kind string, v any) map[string]any { return map[string]any{"t": kind, "v": v} }

// newKind makes the cells of one kind. The name of the event in Python is in
// the topic.
func newKind[T any](name string, s styles[T], p sample[T]) kind {
	topic := s.simple.Spec().Topic
	word := strings.Split(topic, ".")[1]
	tagged := func(v T, tag string) T { // T's first field, if it has one
		setTag(&v, tag)
		return v
	}
	seen := func(style, tag string, simple, class string) string {
		members := simple
		if style == "class" && class != "" {
			members = class
		}
		if members == "" {
			return "{}"
		}
		return `{"tag": ` + jsonText(tag) + `, ` + members + `}`
	}
	compare := cmp.Options{
		cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano) }),
	}
	k := kind{name: name}
	k.handle = func(c *config) {
		s.simple.Subscribe(c.bus, func(ctx context.Context, v *T) error {
			c.saw(ctx, "kind."+word+".simple", *v, "")
			return nil
		}, salt.AllVersions())
		s.listen(c.bus, func(ctx context.Context, v T) error {
			c.saw(ctx, "kind."+word+".class", v, "")
			return nil
		})
	}
	k.goSays = func(style string) func(*testing.T, *config) {
		return func(t *testing.T, c *config) {
			tag, topic := uuid.NewString(), "kind."+word+"."+style
			v := tagged(p.value, tag)
			var id string
			var err error
			if style == "simple" {
				id, err = s.simple.Publish(t.Context(), c.bus, &v, salt.MustRoute())
			} else {
				id, err = s.publish(t.Context(), c.bus, v)
			}
			if err != nil {
				t.Fatal(err)
			}
			c.seenByPython(t, id, topic, seen(style, tag, p.simple, p.class))
			c.dispatchedByPython(t, id, 1)
			want := v
			if word == "null" { // the default fills in what was left out
				want = tagged(*p.reduced, tag)
			}
			c.seenByGo(t, id, topic, want, compare)
		}
	}
	k.pySays = func(style string) func(*testing.T, *config) {
		return func(t *testing.T, c *config) {
			tag, topic := uuid.NewString(), "kind."+word+"."+style
			fields := map[string]any{}
			if p.fields != nil {
				fields["tag"] = tag
			}
			maps.Copy(fields, p.fields)
			a := c.driver().must(t, command{"do": "publish", "event": "kind " + word + " " + style, "fields": fields})
			want := tagged(p.value, tag)
			if p.reduced != nil {
				want = tagged(*p.reduced, tag)
			}
			c.seenByGo(t, a.ID, topic, want, compare)
			simple, class := p.simple, p.class
			if p.again != "" {
				simple, class = p.again, p.against
			}
			c.seenByPython(t, a.ID, topic, seen(style, tag, simple, class))
		}
	}
	return k
}

// setTag sets the member Tag of a payload that has one.
func setTag(payload any, tag string) {
	if v := reflectField(payload, "Tag"); v.IsValid() {
		v.SetString(tag)
	}
}

// kindsToPython and kindsFromPython are the payloads of every kind, in either
// direction.
var kindsToPython, kindsFromPython = kindGroups()

func kindGroups() (to, from cellGroup) {
	to = cellGroup{name: "payload, Go to Python and Go", dialect: celerySalt, handle: func(c *config) {
		for _, k := range kinds {
			k.handle(c)
		}
	}}
	from = cellGroup{name: "payload, Python to Go and Python", dialect: celerySalt}
	for _, k := range kinds {
		for _, style := range []string{"simple", "class"} {
			absent := noClasses
			if style == "simple" {
				absent = nil
			}
			to.cells = append(to.cells, cell{name: k.name + ", " + style + " style", absent: absent, run: k.goSays(style)})
			from.cells = append(from.cells, cell{name: k.name + ", " + style + " style", absent: absent, run: k.pySays(style)})
		}
	}
	return to, from
}
