package interop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// refusals are events of Python that do not get through, and what upstream
// makes of some.
var refusals = cellGroup{
	name:    "refused or reduced, Python to Go",
	dialect: celerySalt,
	handle: func(c *config) {
		anything.Subscribe(c.bus, func(ctx context.Context, a *anythingAtAll) error {
			c.saw(ctx, "anything.both", *a, a.Tag)
			return nil
		}, salt.AllVersions())
	},
	cells: []cell{
		{name: "invalid, refused by Python before sending, simple style", run: pythonInvalid("note.go")},
		{name: "invalid, refused by Python before sending, class style", absent: noClasses, run: pythonInvalid("note.go.class")},
		{name: "invalid, dead-lettered by Go", run: goDeadLettersInvalid},
		{name: "NaN", run: pythonNaN},
		{name: "half a surrogate pair", run: pythonSurrogate},
		{name: "missing member, dead-lettered by Go", run: goDeadLettersMissing},
		{name: "unknown member", run: pythonUnknownMember},
		{name: "datetime without an offset", run: pythonNaiveTime},
		{name: "Decimal of 23 digits", limit: func(*setup) string {
			return "celery-salt sends a Decimal as a float: digits beyond its precision are lost; the same to Python"
		}, run: preciseDecimal("0.12345678901234567890123"), shown: preciseDecimal("0.12345678901234568")},
		{name: "timedelta", limit: func(*setup) string {
			return "celery-salt cannot publish a timedelta: PublishError, wherever it goes"
		}, run: unreachable, shown: pythonTimedelta},
	},
}

type anythingAtAll struct {
	Tag   string          `json:"tag"`
	Value json.RawMessage `json:"value"`
}

var anything = salt.DefineEvent[anythingAtAll]("anything.both")

func pythonInvalid(event string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		tag := uuid.NewString()
		a := c.driver().do(t, command{"do": "publish", "event": event, "fields": map[string]any{"tag": tag, "n": "not a number"}})
		if a.Exception != "ValidationError" || !strings.Contains(a.Text, "Input should be a valid integer") {
			t.Errorf("Python raised %s: %s", a.Exception, a.Text)
		}
		ok := uuid.NewString()
		a = c.driver().must(t, command{"do": "publish", "event": event, "fields": map[string]any{"tag": ok}})
		c.seenByGo(t, a.ID, event, note{Tag: ok})
		if got := c.sights.all(tag, func(sight) bool { return true }); len(got) > 0 {
			t.Errorf("the invalid event arrived: %+v", got)
		}
	}
}

// deadFor waits for the dead letter and compares its reason.
func (c *config) deadFor(t *testing.T, id string, reason salt.Reason, part string) {
	t.Helper()
	d := c.deadInGo(t, id)
	text, _ := d.Headers["x-salt-error"].(string)
	if d.Headers["x-salt-reason"] != string(reason) || !strings.Contains(text, part) {
		t.Errorf("the dead letter's headers are %v, want the reason %s and %q in the error", d.Headers, reason, part)
	}
	if got := c.sights.all(id, func(sight) bool { return true }); len(got) > 0 {
		t.Errorf("a handler ran: %+v", got)
	}
}

func goDeadLettersInvalid(t *testing.T, c *config) {
	a := c.driver().must(t, command{"do": "send", "topic": "note.go", "payload": map[string]any{"tag": uuid.NewString(), "n": "not a number"}})
	c.deadFor(t, a.ID, salt.ReasonInvalid, "n: ")
}

// pythonNaN: the token is not JSON, so Go refuses the message.
func pythonNaN(t *testing.T, c *config) {
	a := c.driver().must(t, command{"do": "nearly", "topic": "anything.both", "value": "nan", "tag": uuid.NewString()})
	c.deadFor(t, a.ID, salt.ReasonUndecodable, "")
	c.seenByPythonValue(t, a.ID, `{"t": "float", "v": "nan"}`)
}

// pythonSurrogate: Python lets text through that is not Unicode.
func pythonSurrogate(t *testing.T, c *config) {
	a := c.driver().must(t, command{"do": "nearly", "topic": "anything.both", "value": "surrogate", "tag": uuid.NewString()})
	c.deadFor(t, a.ID, salt.ReasonUndecodable, "")
	c.dispatchedByPython(t, a.ID, 1)
}

func goDeadLettersMissing(t *testing.T, c *config) {
	a := c.driver().must(t, command{"do": "send", "topic": "note.go", "payload": map[string]any{"tag": uuid.NewString()}})
	c.deadFor(t, a.ID, salt.ReasonInvalid, "n: required")
}

func pythonUnknownMember(t *testing.T, c *config) {
	v := note{uuid.NewString(), 1}
	a := c.driver().must(t, command{"do": "send", "topic": "note.go", "payload": map[string]any{"tag": v.Tag, "n": 1, "new": []any{nil}}})
	c.seenByGo(t, a.ID, "note.go", v)
}

// pythonNaiveTime: Python sends no offset; Go takes the time for UTC.
func pythonNaiveTime(t *testing.T, c *config) {
	tag := uuid.NewString()
	a := c.driver().must(t, command{"do": "publish", "event": "kind time simple", "fields": map[string]any{
		"tag": tag, "at": typed("datetime", "2026-11-23T10:20:30"), "day": typed("date", "2026-02-28"),
	}})
	c.seenByGo(t, a.ID, "kind.time.simple", kindTime{Tag: tag, At: time.Date(2026, 11, 23, 10, 20, 30, 0, time.UTC), Day: "2026-02-28"})
	c.seenByPython(t, a.ID, "kind.time.simple", `{"tag": `+jsonText(tag)+`, "at": {"t": "datetime", "v": "2026-11-23T10:20:30"}, "day": "2026-02-28"}`)
}

func (c *config) seenByPythonValue(t *testing.T, id, want string) {
	t.Helper()
	r := c.reports.await(t, id, 1, "the Python handler", func(r report) bool { return r.Kind == "seen" })[0]
	var got struct{ Value json.RawMessage }
	if err := json.Unmarshal(r.Fields, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(jsonOf(t, []byte(want)), jsonOf(t, got.Value)); diff != "" {
		t.Errorf("what the Python handler saw (-want +got)\n%s", diff)
	}
}

func preciseDecimal(want string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		a := c.driver().must(t, command{"do": "nearly", "topic": "anything.both", "value": "decimal", "tag": uuid.NewString()})
		s := c.sights.await(t, a.ID, 1, "the Go handler", func(sight) bool { return true })[0]
		got, ok := s.value.(anythingAtAll)
		if !ok || !bytes.Equal(got.Value, []byte(want)) {
			t.Errorf("the Go handler saw %s, want %s", got.Value, want)
		}
		c.seenByPythonValue(t, a.ID, want)
	}
}

// unreachable is the run of cells that upstream can never do.
func unreachable(t *testing.T, _ *config) { t.Error("upstream has learned this: write the cell") }

func pythonTimedelta(t *testing.T, c *config) {
	a := c.driver().do(t, command{"do": "nearly", "topic": "anything.both", "value": "timedelta", "tag": uuid.NewString()})
	if a.Exception != "PublishError" || !strings.Contains(a.Text, "timedelta") {
		t.Errorf("Python answered %+v, want a PublishError", a)
	}
}
