package interop_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

// deliveryToPython is how events of Go travel to Python.
var deliveryToPython = cellGroup{
	name:    "delivery, Go to Python",
	dialect: celerySalt,
	cells: []cell{
		{name: "task protocol 1", run: goProtocol1},
		{name: "priority", run: goPriority},
		{name: "expires, in time", run: goExpiresInTime},
		{name: "expires, too late", run: goExpired},
		{name: "eta", run: goETA},
		{name: "application headers", run: goHeaders},
		{name: "trace context and correlation id", run: goTrace},
		{name: "message id of one's own", run: goOwnID},
		{name: "two handlers", run: goTwoHandlers},
		{name: "two handlers, one raises", run: goTwoHandlersOneRaises},
		{name: "invalid, refused by Go", run: goRefusesInvalid},
		{name: "invalid, refused by Python's handler", run: pythonRefusesInvalid},
		{name: "unknown member", run: goUnknownMember},
	},
}

type note struct {
	Tag string `json:"tag"`
	N   int64  `json:"n" salt:"minimum=0"`
}

var (
	notePy = salt.DefineEvent[note]("note.py")
	twoPy  = salt.DefineEvent[note]("two.py")
)

func (n note) seen() string { return `{"tag": ` + jsonText(n.Tag) + `, "n": ` + jsonText(n.N) + `}` }

// publishNote publishes to the Python worker and returns what was sent.
func publishNote(t *testing.T, c *config, e *salt.EventType[note], n int64, opts ...salt.MessageOption) (note, string) {
	t.Helper()
	v := note{uuid.NewString(), n}
	id, err := e.Publish(t.Context(), c.bus, &v, append(opts, salt.MustRoute())...)
	if err != nil {
		t.Fatal(err)
	}
	return v, id
}

// sendNote sends a raw message to note.py.
func sendNote(t *testing.T, c *config, m salt.Message) (note, string) {
	t.Helper()
	v := note{Tag: uuid.NewString(), N: 1}
	m.Topic, m.Version, m.Body = "note.py", "v1", []byte(jsonText(v))
	if err := c.bus.Send(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	return v, m.ID
}

func goProtocol1(t *testing.T, c *config) {
	v := note{Tag: uuid.NewString(), N: 1}
	id := uuid.NewString()
	e, err := celery.EncodeProtocol1(&salt.Message{
		ID: id, Topic: "note.py", Version: "v1", Exchange: salt.DefaultExchange, Dialect: salt.CelerySalt, Body: []byte(jsonText(v)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.broker.channel(t).PublishWithContext(t.Context(), salt.DefaultExchange, "note.py", true, false, amqp.Publishing{
		ContentType: e.Properties.ContentType, ContentEncoding: e.Properties.ContentEncoding, Headers: e.Headers, Body: e.Body,
	}); err != nil {
		t.Fatal(err)
	}
	c.seenByPython(t, id, "note.py", v.seen())
	got := c.dispatchedByPython(t, id, 1)
	if diff := cmp.Diff(map[string]any{"routing_key": "note.py"}, got.Kwargs); diff != "" {
		t.Errorf("the dispatcher's arguments by name (-want +got)\n%s", diff)
	}
}

func goPriority(t *testing.T, c *config) {
	v, id := publishNote(t, c, notePy, 1, salt.Priority(7))
	c.seenByPython(t, id, "note.py", v.seen())
	if got := c.dispatchedByPython(t, id, 1); got.Priority != 7 {
		t.Errorf("priority %d, want 7", got.Priority)
	}
}

func goExpiresInTime(t *testing.T, c *config) {
	v, id := publishNote(t, c, notePy, 1, salt.Expires(time.Hour))
	c.seenByPython(t, id, "note.py", v.seen())
	c.near(t, "expires", c.dispatchedByPython(t, id, 1).Expires, time.Now().Add(time.Hour))
}

// near compares a time that the dispatcher was told, which is text or, in some
// releases of Celery, a datetime.
func (*config) near(t *testing.T, what string, got any, want time.Time) {
	t.Helper()
	if v, ok := got.(map[string]any); ok && v["t"] == "datetime" {
		got = v["v"]
	}
	text, _ := got.(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Sub(want).Abs() > patience {
		t.Errorf("%s is %v, want about %v", what, got, want)
	}
}

// goExpired holds the message in the worker by an eta until it has expired, so
// that it is the worker that drops it and not the broker.
func goExpired(t *testing.T, c *config) {
	now := time.Now()
	_, id := sendNote(t, c, salt.Message{NotBefore: now.Add(7 * time.Second), Expires: now.Add(6 * time.Second)})
	r := c.reports.await(t, id, 1, "the worker to drop the message", func(r report) bool { return r.Kind == "dropped" })[0]
	if !r.Expired {
		t.Errorf("the worker dropped it for another reason than its time: %+v", r)
	}
	if ran := c.reports.all(id, func(r report) bool { return r.Kind != "dropped" }); len(ran) > 0 {
		t.Errorf("an expired message was handled: %+v", ran)
	}
}

func goETA(t *testing.T, c *config) {
	eta := time.Now().Add(1500 * time.Millisecond)
	v, id := sendNote(t, c, salt.Message{NotBefore: eta})
	r := c.seenByPython(t, id, "note.py", v.seen())
	if at := time.UnixMicro(int64(r.At * 1e6)); at.Before(eta.Add(-50 * time.Millisecond)) {
		t.Errorf("handled at %v, %v before its eta", at, eta.Sub(at))
	}
	c.near(t, "eta", c.dispatchedByPython(t, id, 1).ETA, eta)
}

func goHeaders(t *testing.T, c *config) {
	v, id := publishNote(t, c, notePy, 1, salt.Header("x-app", "grün"), salt.Header("tenant", "7"))
	c.seenByPython(t, id, "note.py", v.seen())
	got := c.dispatchedByPython(t, id, 1)
	if diff := cmp.Diff(map[string]any{"x-app": "grün", "tenant": "7"}, got.Headers); diff != "" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
}

const (
	traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	traceState  = "congo=t61rcWkgMzE"
)

func goTrace(t *testing.T, c *config) {
	v, id := sendNote(t, c, salt.Message{CorrelationID: "order-7", Trace: map[string]string{"traceparent": traceParent, "tracestate": traceState}})
	r := c.seenByPython(t, id, "note.py", v.seen())
	want := map[string]any{"is_rpc": false, "version": "v1", "correlation_id": "order-7", "traceparent": traceParent, "tracestate": traceState}
	if c.env == oldestEnv {
		want = nil // it takes _tchu_meta out of the payload in place
	}
	if diff := cmp.Diff(want, r.Meta); diff != "" {
		t.Errorf("_tchu_meta (-want +got)\n%s", diff)
	}
}

func goOwnID(t *testing.T, c *config) {
	id := "order 7/" + uuid.NewString() + " ü"
	v, _ := publishNote(t, c, notePy, 1, salt.MessageID(id))
	c.seenByPython(t, id, "note.py", v.seen())
	c.dispatchedByPython(t, id, 1)
}

func goTwoHandlers(t *testing.T, c *config) {
	v, id := publishNote(t, c, twoPy, 1)
	c.seenByPython(t, id, "two.py first", v.seen())
	c.seenByPython(t, id, "two.py second", v.seen())
	c.dispatchedByPython(t, id, 2)
}

func goTwoHandlersOneRaises(t *testing.T, c *config) {
	v, id := publishNote(t, c, twoPy, 13)
	c.seenByPython(t, id, "two.py first", v.seen())
	c.seenByPython(t, id, "two.py second", v.seen())
	c.dispatchedByPython(t, id, 2)
	r := c.reports.await(t, id, 1, "the exception", func(r report) bool { return r.Kind == "failed" })[0]
	if r.Task != "celery_salt.two.py.first" || r.Exception != "RuntimeError" || r.Text != "thirteen" {
		t.Errorf("failed: %s with %s: %s", r.Task, r.Exception, r.Text)
	}
}

func goRefusesInvalid(t *testing.T, c *config) {
	id := uuid.NewString()
	_, err := notePy.Publish(t.Context(), c.bus, &note{Tag: id, N: -1}, salt.MessageID(id))
	invalid, ok := errors.AsType[*salt.ValidationError](err)
	if !ok || len(invalid.Fields) != 1 || invalid.Fields[0].Pointer != "/n" {
		t.Fatalf("error %v (%T), want a *salt.ValidationError about n", err, err)
	}
	v, later := publishNote(t, c, notePy, 1) // in order behind it
	c.seenByPython(t, later, "note.py", v.seen())
	if got := c.reports.all(id, func(report) bool { return true }); len(got) > 0 {
		t.Errorf("the invalid event arrived: %+v", got)
	}
}

func pythonRefusesInvalid(t *testing.T, c *config) {
	m := salt.Message{Topic: "note.py", Version: "v1", Body: []byte(`{"tag": "invalid", "n": "not a number"}`)}
	if err := c.bus.Send(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	r := c.reports.await(t, m.ID, 1, "the exception", func(r report) bool { return r.Kind == "failed" })[0]
	// celery-salt raises an EventValidationError since 1.4; Celery reports what
	// it can not pickle as the nearest base that it can.
	want, text := "CelerySaltError", "Input should be a valid integer"
	if c.env == oldestEnv {
		want, text = "ValueError", "" // Pydantic's own, of which that base is left
	}
	if r.Exception != want || r.Task != "celery_salt.note.py.on_note" || !strings.Contains(r.Text, text) {
		t.Errorf("failed: %s with %s: %s", r.Task, r.Exception, r.Text)
	}
	if got := c.reports.all(m.ID, func(r report) bool { return r.Kind == "seen" }); len(got) > 0 {
		t.Errorf("the handler ran: %+v", got)
	}
}

// goUnknownMember is a newer publisher's event: the handler does not see what it
// does not know.
func goUnknownMember(t *testing.T, c *config) {
	v := note{uuid.NewString(), 1}
	m := salt.Message{Topic: "note.py", Version: "v1", Body: []byte(`{"tag": ` + jsonText(v.Tag) + `, "n": 1, "new": {"x": [null]}}`)}
	if err := c.bus.Send(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	c.seenByPython(t, m.ID, "note.py", v.seen())
	c.dispatchedByPython(t, m.ID, 1)
}
