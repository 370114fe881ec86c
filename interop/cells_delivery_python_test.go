package interop_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
)

// deliveryFromPython is how events of Python travel to Go.
var deliveryFromPython = cellGroup{
	name:    "delivery, Python to Go",
	dialect: celerySalt,
	handle:  handleNotes,
	cells: []cell{
		{name: "Celery path, task protocol 1", run: pythonNote(command{"protocol": 1})},
		{name: "kombu path, simple style", run: pythonNote(command{"kombu": true})},
		{name: "kombu path, class style", absent: noClasses, run: pythonKombuClass},
		{name: "compression zlib", absent: noOptions, run: pythonNote(options("compression", "zlib"))},
		{name: "compression gzip", absent: noOptions, run: pythonNote(options("compression", "gzip"))},
		{name: "compression bzip2", absent: noOptions, run: pythonNote(options("compression", "bzip2"))},
		{name: "compression bzip2", absent: noOptions, run: pythonNote(options("compression", "bzip2"))},
		{name: "priority, class style", absent: noClasses, run: pythonPriority},
		{name: "expires, in time", absent: noOptions, run: pythonExpiresInTime},
		{name: "expires, too late", absent: noOptions, run: pythonExpired},
		{name: "countdown", absent: noOptions, run: pythonCountdown},
		{name: "eta", absent: noOptions, run: pythonETA},
		{name: "application headers", absent: noOptions, run: pythonHeaders},
		{name: "correlation id", absent: noOptions, run: pythonCorrelation},
		{name: "trace context", absent: noTelemetry, run: pythonTrace},
		{name: "two handlers, one fails", run: pythonTwoHandlers},
	},
}

// noOptions is an absent of cells that give publish_event options.
func noOptions(s *setup) string {
	if s.env == oldestEnv {
		return "publish_event of celery-salt 1.0.0 takes no options of Celery, no version and no correlation id"
	}
	return ""
}

func noTelemetry(s *setup) string {
	if s.env != newestEnv {
		return "no OpenTelemetry in this environment; celery-salt then sends no trace context"
	}
	return ""
}

func options(name string, value any) command {
	return command{"options": map[string]any{name: value}}
}

var (
	noteGo = salt.DefineEvent[note]("note.go")
	twoGo  = salt.DefineEvent[note]("two.go")
)

type noteClass struct {
	salt.Event
	note
}

var noteClassEvent = salt.Define[noteClass]("note.go.class")

func (*noteClass) Definition() *salt.Definition[noteClass] { return noteClassEvent }

func handleNotes(c *config) {
	noteGo.Subscribe(c.bus, func(ctx context.Context, n *note) error {
		c.saw(ctx, "note.go", *n, n.Tag)
		return nil
	}, salt.AllVersions())
	salt.Subscribe(c.bus, func(ctx context.Context, n *noteClass) error {
		c.saw(ctx, "note.go.class", n.note, n.Tag)
		return nil
	}, salt.AllVersions())
	twoGo.Subscribe(c.bus, func(ctx context.Context, n *note) error {
		c.saw(ctx, "two.go first", *n, n.Tag)
		return errors.New("out of paper")
	}, salt.AllVersions(), salt.Name("printer"))
	twoGo.Subscribe(c.bus, func(ctx context.Context, n *note) error {
		c.saw(ctx, "two.go second", *n, n.Tag)
		return nil
	}, salt.AllVersions())
}

// sendPython gives publish_event a note for note.go; how is the rest of the
// command.
func sendPython(t *testing.T, c *config, how command) (note, string) {
	t.Helper()
	v := note{uuid.NewString(), 1}
	all := command{"do": "send", "topic": "note.go", "payload": map[string]any{"tag": v.Tag, "n": 1}}
	maps.Copy(all, how)
	return v, c.driver().must(t, all).ID
}

func pythonNote(how command) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		v, id := sendPython(t, c, how)
		info := c.seenByGo(t, id, "note.go", v)
		want := salt.Message{
			ID: id, Topic: "note.go", Exchange: salt.DefaultExchange, Dialect: salt.CelerySalt, Attempt: 1,
			Trace: map[string]string{}, Header: map[string]string{},
		}
		if diff := cmp.Diff(want, info, cmpopts.IgnoreUnexported(salt.Message{}), cmpopts.IgnoreFields(salt.Message{}, "Body"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("message (-want +got)\n%s", diff)
		}
	}
}

// pythonKombuClass: that path drops Celery's options in silence, and with them
// the class's default priority of 5.
func pythonKombuClass(t *testing.T, c *config) {
	tag := uuid.NewString()
	a := c.driver().must(t, command{
		"do": "publish", "event": "note.go.class", "kombu": true,
		"fields": map[string]any{"tag": tag}, "options": map[string]any{"priority": 9, "expires": 60},
	})
	info := c.seenByGo(t, a.ID, "note.go.class", note{Tag: tag})
	sameFields(t, info, map[string]any{"Version": "v1", "Priority": uint8(0), "Expires": time.Time{}})
}

func pythonPriority(t *testing.T, c *config) {
	for _, try := range []struct {
		options map[string]any
		want    uint8
	}{{nil, 5}, {map[string]any{"priority": 8}, 8}} {
		tag := uuid.NewString()
		a := c.driver().must(t, command{"do": "publish", "event": "note.go.class", "fields": map[string]any{"tag": tag, "n": 3}, "options": try.options})
		info := c.seenByGo(t, a.ID, "note.go.class", note{Tag: tag, N: 3})
		sameFields(t, info, map[string]any{"Version": "v1", "Priority": try.want})
	}
}

func pythonExpiresInTime(t *testing.T, c *config) {
	v, id := sendPython(t, c, options("expires", 3600))
	info := c.seenByGo(t, id, "note.go", v)
	if left := time.Until(info.Expires); (left - time.Hour).Abs() > patience {
		t.Errorf("expires in %v, want an hour", left)
	}
}

// pythonExpired holds the message in the Go service by an eta until it has
// expired. The message after it, held longer, shows that its time has come.
func pythonExpired(t *testing.T, c *config) {
	_, id := sendPython(t, c, command{"options": map[string]any{"countdown": 3, "expires": 2}})
	v, later := sendPython(t, c, options("countdown", 3.5))
	c.seenByGo(t, later, "note.go", v)
	if got := c.sights.all(id, func(sight) bool { return true }); len(got) > 0 {
		t.Errorf("an expired message was handled: %+v", got)
	}
}

func pythonCountdown(t *testing.T, c *config) {
	begin := time.Now()
	v, id := sendPython(t, c, options("countdown", 1.5))
	info := c.seenByGo(t, id, "note.go", v)
	if waited := time.Since(begin); waited < 1500*time.Millisecond {
		t.Errorf("handled after %v, want at least 1.5 s", waited)
	}
	if info.NotBefore.Sub(begin) < 1500*time.Millisecond || info.NotBefore.Sub(begin) > patience {
		t.Errorf("not before %v, published after %v", info.NotBefore, begin)
	}
}

func pythonETA(t *testing.T, c *config) {
	eta := time.Now().Add(1500 * time.Millisecond).In(time.FixedZone("", 5*60*60)).Truncate(time.Microsecond)
	v, id := sendPython(t, c, options("eta", typed("datetime", eta.Format("2006-01-02T15:04:05.000000-07:00"))))
	info := c.seenByGo(t, id, "note.go", v)
	if !info.NotBefore.Equal(eta) {
		t.Errorf("not before %v, want %v", info.NotBefore, eta)
	}
	if early := time.Until(eta); early > 0 {
		t.Errorf("handled %v before its eta", early)
	}
}

func pythonHeaders(t *testing.T, c *config) {
	v, id := sendPython(t, c, options("headers", map[string]any{"x-app": "grün", "tenant": "7"}))
	info := c.seenByGo(t, id, "note.go", v)
	sameFields(t, info, map[string]any{"Header": map[string]string{"x-app": "grün", "tenant": "7"}})
}

func pythonCorrelation(t *testing.T, c *config) {
	v, id := sendPython(t, c, options("correlation_id", "order-7"))
	sameFields(t, c.seenByGo(t, id, "note.go", v), map[string]any{"CorrelationID": "order-7"})
}

// pythonTrace publishes within a span of the real OpenTelemetry.
func pythonTrace(t *testing.T, c *config) {
	tag := uuid.NewString()
	a := c.driver().must(t, command{
		"do": "publish", "event": "note.go", "fields": map[string]any{"tag": tag, "n": 1},
		"trace": map[string]any{"traceparent": traceParent, "tracestate": traceState},
	})
	info := c.seenByGo(t, a.ID, "note.go", note{tag, 1})
	want := map[string]string{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-" + a.Span + "-01", "tracestate": traceState}
	if diff := cmp.Diff(want, info.Trace); diff != "" {
		t.Errorf("trace context (-want +got)\n%s", diff)
	}
}

// pythonTwoHandlers: both run, and the message is dead-lettered once, with the
// name of the one that failed.
func pythonTwoHandlers(t *testing.T, c *config) {
	tag := uuid.NewString()
	a := c.driver().must(t, command{"do": "publish", "event": "two.go", "fields": map[string]any{"tag": tag, "n": 1}})
	c.seenByGo(t, a.ID, "two.go first", note{tag, 1})
	c.seenByGo(t, a.ID, "two.go second", note{tag, 1})
	dead := c.deadInGo(t, a.ID)
	if dead.Headers["x-salt-reason"] != string(salt.ReasonFailed) || dead.Headers["x-salt-handler"] != "printer" {
		t.Errorf("the dead letter's headers are %v", dead.Headers)
	}
}
