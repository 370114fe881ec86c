package interop_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

// edgesToPython are calls from Go where styles, protocols, versions and several
// services meet: what python/matrix/rpc_go*.py answer.
var edgesToPython = cellGroup{
	name:    "call at the edges, Go to Python",
	dialect: celerySalt,
	cells: []cell{
		{name: "simple style to simple style, each way back", run: weighs("simple", weighSimple.Call)},
		{name: "simple style to class style, each way back", absent: noClasses, run: weighs("class", weighClass.Call)},
		{name: "class style to simple style, each way back", run: weighs("simple", func(ctx context.Context, b salt.Caller, w *weight, o ...salt.MessageOption) (*weighed, error) {
			return salt.Call(ctx, b, &weighAsClass{weight: *w}, o...)
		})},
		{name: "class style to class style, each way back", absent: noClasses, run: weighs("class", func(ctx context.Context, b salt.Caller, w *weight, o ...salt.MessageOption) (*weighed, error) {
			return salt.Call(ctx, b, &weighAsClass2{weight: *w}, o...)
		})},
		{name: "protocol 1", run: weighsByProtocol1},
		{name: "1 MB with everything in it, as JSON's own types", run: richly(richPlain, "10.50")},
		{name: "1 MB with everything in it, from a model", run: richly(richModel, "10.50")},
		{name: "1 MB with everything in it, from a dict", run: richly(richDict, "10.5")}, // by way of a float

		{name: "error of a class with an error schema, to Go's own type", absent: noClasses, run: failsAsDeclared},
		{name: "RPCError that says nothing", run: failsBarely},
		{name: "two handlers, the first fails", run: failsAtTheFirst},
		{name: "what Python refuses, simple style", run: strictly("simple")},
		{name: "what Python refuses, class style", absent: noClasses, run: strictly("class")},
		{name: "versions to a handler of v1", run: byVersion("one", "v1 v2 v10")},
		{name: "versions to a handler of v2", run: byVersion("two", "v2 v10")},
		{name: "versions to a handler of latest", run: byVersion("latest", "- v1 v2 v10")},
		{name: "versions to a class of v2", absent: noClasses, run: byVersion("class", "v2 v10")},

		{name: "service without the dispatcher, alone and before the answer", absent: onlySolo, run: serviceWithoutDispatcher},
		{name: "service without a handler, before the answer", absent: onlySolo, limit: firstSuccessStays, run: serviceWithoutHandlerFirst, shown: realAnswerIsLost},
		{name: "service without a handler, after the answer", absent: onlySolo, run: serviceWithoutHandlerLast},
		{name: "late request to a busy worker", limit: threadsRunExpired, run: busyWorkerDrops, shown: busyWorkerRuns},
	},
}

type weight struct {
	Tag   string    `json:"tag"`
	Count int64     `json:"count"`
	Ratio float64   `json:"ratio"`
	At    time.Time `json:"at"`
	UID   uuid.UUID `json:"uid"`
	Maybe *string   `json:"maybe"`
	Lines []string  `json:"lines"`
}

type weighed struct {
	Total float64 `json:"total"`
	Note  string  `json:"note"`
}

type weighAsClass struct {
	salt.RPC[weighed, *salt.RPCError]
	weight
}

type weighAsClass2 struct {
	salt.RPC[weighed, *salt.RPCError]
	weight
}

var (
	weighSimple       = salt.DefineRPC[weight, weighed, *salt.RPCError]("rpcgo.simple")
	weighClass        = salt.DefineRPC[weight, weighed, *salt.RPCError]("rpcgo.class")
	weighByClass      = salt.Define[weighAsClass]("rpcgo.simple", salt.In(salt.NewCatalog()))
	weighByClassClass = salt.Define[weighAsClass2]("rpcgo.class", salt.In(salt.NewCatalog()))
)

func (*weighAsClass) Definition() *salt.Definition[weighAsClass]   { return weighByClass }
func (*weighAsClass2) Definition() *salt.Definition[weighAsClass2] { return weighByClassClass }

func newWeight() *weight {
	return &weight{
		Tag: uuid.NewString(), Count: 3, Ratio: 4, At: time.Date(2026, 2, 28, 23, 59, 59, 123456000, time.FixedZone("", 2*60*60)),
		UID: sampleUUID, Lines: []string{"Grüße 🚀", ""},
	}
}

// seen is a weight as a Python handler has it.
func (w *weight) seen() string {
	return `{"tag": ` + jsonText(w.Tag) + `, "count": 3, "ratio": 4.0, "at": {"t": "datetime", "v": "2026-02-28T23:59:59.123456+02:00"},
		"uid": ` + uuidSeen + `, "maybe": null, "lines": ["Grüße 🚀", ""]}`
}

// callers are the buses to which the worker's answers come: the one with Redis,
// and with a worker that has none also one without.
func (c *config) callers(t *testing.T) map[string]*salt.Bus {
	t.Helper()
	all := map[string]*salt.Bus{"with Redis": c.bus}
	if c.results == "rpc" {
		all["direct reply-to"] = c.openBus(t, &salt.Options{Service: "plain"})
	}
	return all
}

func weighs(topic string, call func(context.Context, salt.Caller, *weight, ...salt.MessageOption) (*weighed, error)) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		for name, bus := range c.callers(t) {
			w := newWeight()
			id := w.Tag // the worker's reports come under either
			ctx := bounded(t)
			got, err := call(ctx, bus, w, salt.MessageID(id))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(&weighed{12, "Grüße 🚀"}, got); diff != "" {
				t.Errorf("%s: response (-want +got)\n%s", name, diff)
			}
			c.seenByPython(t, id, "rpcgo."+topic, w.seen())
			told := c.dispatchedByPython(t, id, 1)
			// The caller's deadline goes along, and Celery's ids are the message's.
			deadline, _ := ctx.Deadline()
			at, err := time.Parse(time.RFC3339Nano, expiresOf(told))
			if err != nil || at.Sub(deadline).Abs() > time.Millisecond || told.CorrelationID != id {
				t.Errorf("%s: Celery told the dispatcher %+v, %v; want it to expire at %v", name, told, err, deadline)
			}
		}
	}
}

// expiresOf returns the text of expires, which Celery has as text or as a time.
func expiresOf(r *pythonRequest) string {
	if typed, ok := r.Expires.(map[string]any); ok {
		text, _ := typed["v"].(string)
		return text
	}
	text, _ := r.Expires.(string)
	return text
}

// weighsByProtocol1 sends what salt.Bus does not: the older envelope.
func weighsByProtocol1(t *testing.T, c *config) {
	w := newWeight()
	id := w.Tag
	ch := c.broker.channel(t)
	replies := consume(t, ch, "amq.rabbitmq.reply-to")
	pending, err := c.openAwait(t, id)
	if err != nil {
		t.Fatal(err)
	}
	e, err := celery.EncodeProtocol1(&salt.Message{
		ID: id, Topic: "rpcgo.simple", Version: "v1", RPC: true, ReplyTo: "amq.rabbitmq.reply-to", Body: []byte(jsonText(w)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.PublishWithContext(t.Context(), e.Exchange, e.RoutingKey, true, false, amqp.Publishing{
		ContentType: e.Properties.ContentType, ContentEncoding: e.Properties.ContentEncoding, DeliveryMode: e.Properties.DeliveryMode,
		CorrelationId: e.Properties.CorrelationID, ReplyTo: e.Properties.ReplyTo, Body: e.Body,
	}); err != nil {
		t.Fatal(err)
	}
	reply := new(salt.Reply)
	switch c.results {
	case "redis":
		if reply, err = pending.Wait(bounded(t)); err != nil {
			t.Fatal(err)
		}
	default:
		select {
		case d := <-replies:
			reply, err = celery.DecodeReply(&celery.Envelope{
				Properties: celery.Properties{ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, CorrelationID: d.CorrelationId}, Body: d.Body,
			})
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("no reply")
		}
	}
	if reply.ID != id || reply.Fault != nil || string(reply.Body) != `{"total": 12.0, "note": "Gr\u00fc\u00dfe \ud83d\ude80"}` {
		t.Errorf("reply to %s: %s, %v", reply.ID, reply.Body, reply.Fault)
	}
	c.seenByPython(t, id, "rpcgo.simple", w.seen())
	c.dispatchedByPython(t, id, 1)
}

// openAwait awaits an answer in Redis, apart from any bus.
func (c *config) openAwait(t *testing.T, id string) (salt.PendingResult, error) {
	t.Helper()
	results := c.openRedis(t)
	pending, err := results.Await(bounded(t), id)
	if err == nil {
		t.Cleanup(pending.Stop)
	}
	t.Cleanup(func() {
		if err := results.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return pending, err
}

type tagged struct {
	Tag string `json:"tag"`
}

type richInner struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

type richResponse struct {
	Inner   richInner        `json:"inner"`
	Inners  []richInner      `json:"inners"`
	Table   map[string]int64 `json:"table"`
	UID     uuid.UUID        `json:"uid"`
	Price   salt.Decimal     `json:"price"`
	Text    string           `json:"text"`
	Nothing *string          `json:"nothing"`
	Empty   string           `json:"empty"`
	None    []string         `json:"none"`
	Ratio   float64          `json:"ratio"`
	Huge    int64            `json:"huge"`
	Blob    string           `json:"blob"`
}

var (
	richPlain = salt.DefineRPC[tagged, richResponse, *salt.RPCError]("rpcgo.rich.plain")
	richModel = salt.DefineRPC[tagged, richResponse, *salt.RPCError]("rpcgo.rich.model")
	richDict  = salt.DefineRPC[tagged, richResponse, *salt.RPCError]("rpcgo.rich.dict")
)

func richly(of *salt.RPCType[tagged, richResponse, *salt.RPCError], price salt.Decimal) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		price := price // each configuration its own
		q := &tagged{uuid.NewString()}
		got, err := of.Call(bounded(t), c.bus, q)
		if err != nil {
			t.Fatal(err)
		}
		inner := richInner{"Grüße 🚀", time.Date(2026, 11, 23, 10, 20, 30, 123456000, time.UTC)}
		if of == richDict && c.env == oldestEnv {
			price = "10.50" // celery-salt 1.0.0 makes no float of it
		}
		want := &richResponse{
			Inner: inner, Inners: []richInner{inner, inner}, Table: map[string]int64{"x": 1, "": 0}, UID: sampleUUID, Price: price,
			Text: "quoted \" \\ \x01\t\n\u2028 e\u0301 עברית", None: []string{}, Ratio: 12, Huge: 1<<62 + 1, Blob: strings.Repeat("salt", megabyte/4),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("response (-want +got)\n%.2000s", diff)
		}
		c.seenByPython(t, q.Tag, of.Spec().Topic, `{"tag": `+jsonText(q.Tag)+`}`)
	}
}
