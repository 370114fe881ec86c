package interop_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
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

// echoesFromPython are requests with values of every kind, which the Go handler
// returns: the cells assert what Go got, and what Python's model made of the
// answer.
var echoesFromPython = cellGroup{
	name:    "call with values, Python to Go and back",
	dialect: celerySalt,
	handle: func(c *config) {
		for topic, r := range map[string]*salt.RPCType[echoed, echoed, *salt.RPCError]{"pyecho.simple": echoSimple, "pyecho.class": echoClass} {
			r.Handle(c.bus, func(ctx context.Context, v *echoed) (*echoed, error) {
				c.saw(ctx, topic, *v, v.Tag)
				return v, nil
			}, salt.AllVersions())
		}
	},
	cells: echoCells(),
}

// echoed has a member of each kind; python/matrix/rpc_py_values.py has the same.
type echoed struct {
	Tag     string           `json:"tag"`
	Text    string           `json:"text"`
	Words   []string         `json:"words"`
	Whole   int64            `json:"whole"`
	Huge    big.Int          `json:"huge"`
	Ratio   float64          `json:"ratio"`
	Truth   bool             `json:"truth"`
	At      time.Time        `json:"at"`
	Day     string           `json:"day"`
	UID     uuid.UUID        `json:"uid"`
	Price   salt.Decimal     `json:"price"`
	Address kindAddress      `json:"address"`
	Lines   []kindLine       `json:"lines"`
	Table   map[string]int64 `json:"table"`
	Maybe   *string          `json:"maybe"`
	Other   *int64           `json:"other"`
}

var (
	echoSimple = salt.DefineRPC[echoed, echoed, *salt.RPCError]("pyecho.simple")
	echoClass  = salt.DefineRPC[echoed, echoed, *salt.RPCError]("pyecho.class")
)

// An echo is some members as the three sides have them: what Python sends, what
// Go gets, and what Python gets back, as values.py writes it.
type echo struct {
	name string
	sent map[string]any
	got  func(*echoed)
	back map[string]string
}

// plainEcho is what the cells replace members of.
var plainEcho = echo{
	sent: map[string]any{
		"text": "t", "words": []string{"w"}, "whole": 1, "huge": 1, "ratio": typed("float", "0.5"), "truth": false,
		"at": typed("datetime", "2026-01-01T00:00:00+00:00"), "day": typed("date", "2026-01-01"),
		"uid": typed("UUID", uuid.Nil.String()), "price": typed("Decimal", "1.5"),
		"address": map[string]any{"street": "s", "geo": map[string]any{"lat": 0.5, "lon": 0.5}},
		"lines":   []any{}, "table": map[string]any{"k": 1}, "maybe": "m", "other": 2,
	},
	got: func(v *echoed) {
		m, o := "m", int64(2)
		*v = echoed{
			Text: "t", Words: []string{"w"}, Whole: 1, Huge: *big.NewInt(1), Ratio: 0.5, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			Day: "2026-01-01", Price: "1.5", Address: kindAddress{"s", kindGeo{0.5, 0.5}}, Lines: []kindLine{}, Table: map[string]int64{"k": 1},
			Maybe: &m, Other: &o,
		}
	},
	back: map[string]string{
		"text": `"t"`, "words": `["w"]`, "whole": `1`, "huge": `1`, "ratio": `0.5`, "truth": `false`,
		"at": `{"t": "datetime", "v": "2026-01-01T00:00:00+00:00"}`, "day": `{"t": "date", "v": "2026-01-01"}`,
		"uid": `{"t": "UUID", "v": "00000000-0000-0000-0000-000000000000"}`, "price": `{"t": "Decimal", "v": "1.5"}`,
		"address": `{"t": "Address", "v": {"street": "s", "geo": {"t": "Geo", "v": {"lat": 0.5, "lon": 0.5}}}}`,
		"lines":   `[]`, "table": `{"k": 1}`, "maybe": `"m"`, "other": `2`,
	},
}

var echoes = []echo{
	{
		"text", map[string]any{"text": oddText, "words": []string{"", "ß", "𝔘", "\u202e"}},
		func(v *echoed) { v.Text, v.Words = oddText, []string{"", "ß", "𝔘", "\u202e"} },
		map[string]string{"text": jsonText(oddText), "words": `["", "ß", "𝔘", "\u202e"]`},
	},
	{
		"number", map[string]any{"whole": 1<<63 - 1, "huge": new(big.Int).Lsh(big.NewInt(1), 80), "ratio": typed("float", "12"), "truth": true},
		func(v *echoed) {
			v.Whole, v.Huge, v.Ratio, v.Truth = 1<<63-1, *new(big.Int).Lsh(big.NewInt(1), 80), 12, true
		},
		map[string]string{"whole": "9223372036854775807", "huge": "1208925819614629174706176", "ratio": "12.0", "truth": "true"},
	},
	{
		"datetime and date", map[string]any{"at": typed("datetime", "2026-11-23T10:20:30.123456+02:00"), "day": typed("date", "2028-02-29")},
		func(v *echoed) {
			v.At, v.Day = time.Date(2026, 11, 23, 10, 20, 30, 123456000, time.FixedZone("", 2*60*60)), "2028-02-29"
		},
		map[string]string{"at": `{"t": "datetime", "v": "2026-11-23T10:20:30.123456+02:00"}`, "day": `{"t": "date", "v": "2028-02-29"}`},
	},
	{
		"UUID", map[string]any{"uid": typed("UUID", sampleUUID.String())},
		func(v *echoed) { v.UID = sampleUUID }, map[string]string{"uid": uuidSeen},
	},
	{
		// Python sends a float, so the zero goes.
		"Decimal", map[string]any{"price": typed("Decimal", "1234567.50")},
		func(v *echoed) { v.Price = "1234567.5" }, map[string]string{"price": `{"t": "Decimal", "v": "1234567.5"}`},
	},
	{
		"nested models, list, dict", map[string]any{
			"address": map[string]any{"street": "Å", "geo": map[string]any{"lat": 52.5, "lon": -0.25}},
			"lines":   []any{map[string]any{"sku": "a", "n": 1}, map[string]any{"sku": "b", "n": 2}}, "table": map[string]any{"x": 1, "": 0},
		},
		func(v *echoed) {
			v.Address, v.Lines, v.Table = kindAddress{"Å", kindGeo{52.5, -0.25}}, []kindLine{{"a", 1}, {"b", 2}}, map[string]int64{"x": 1, "": 0}
		},
		map[string]string{
			"address": `{"t": "Address", "v": {"street": "Å", "geo": {"t": "Geo", "v": {"lat": 52.5, "lon": -0.25}}}}`,
			"lines":   `[{"t": "Line", "v": {"sku": "a", "n": 1}}, {"t": "Line", "v": {"sku": "b", "n": 2}}]`, "table": `{"x": 1, "": 0}`,
		},
	},
	{
		"null", map[string]any{"maybe": nil, "other": nil},
		func(v *echoed) { v.Maybe, v.Other = nil, nil }, map[string]string{"maybe": "null", "other": "null"},
	},
	{
		"empty text, list, dict", map[string]any{"text": "", "words": []string{}, "table": map[string]any{}},
		func(v *echoed) { v.Text, v.Words, v.Table = "", []string{}, map[string]int64{} },
		map[string]string{"text": `""`, "words": "[]", "table": "{}"},
	},
	{
		// Below the result's own limit of 1 MiB, envelope included.
		"1 MB", map[string]any{"text": typed("repeat", []any{"salt", megabyte / 4})},
		func(v *echoed) { v.Text = strings.Repeat("salt", megabyte/4) },
		map[string]string{"text": fmt.Sprintf(`{"t": "str", "len": %d, "sha256": "%x"}`, megabyte, sha256.Sum256([]byte(strings.Repeat("salt", megabyte/4))))},
	},
}

func echoCells() (cells []cell) {
	for _, e := range echoes {
		cells = append(cells,
			cell{name: e.name + ", decorator", run: byBothCallers(e.run("pyecho simple", "pyecho.simple", ""))},
			cell{name: e.name + ", class style", absent: noClasses, run: byBothCallers(e.run("pyecho class", "pyecho.class", "SaltResponse"))})
	}
	return cells
}

func (e echo) run(event, topic, wrapper string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		sent, back := maps.Clone(plainEcho.sent), map[string]json.RawMessage{}
		maps.Copy(sent, e.sent)
		sent["tag"] = tag
		for _, members := range []map[string]string{plainEcho.back, e.back, {"tag": jsonText(tag)}} {
			for name, v := range members {
				back[name] = json.RawMessage(v)
			}
		}
		var want echoed
		plainEcho.got(&want)
		e.got(&want)
		want.Tag = tag
		a := d.do(t, command{"do": "call", "event": event, "timeout": 30, "fields": sent})
		pythonGot(t, a, "Response", wrapper, jsonText(back))
		c.seenByGo(t, tag, topic, want,
			cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
			cmp.Comparer(func(a, b time.Time) bool { return a.Format(time.RFC3339Nano) == b.Format(time.RFC3339Nano) }))
	}
}
