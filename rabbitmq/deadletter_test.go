package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// takeDead returns the next dead letter of b's queue.
func (b *bed) takeDead(t *testing.T) amqp.Delivery {
	t.Helper()
	var d amqp.Delivery
	eventually(t, 10*time.Second, "a dead letter in "+b.queue+deadSuffix, func() bool {
		got, ok, err := b.ch.Get(b.queue+deadSuffix, true)
		if err != nil {
			t.Fatal(err)
		}
		d = got
		return ok
	})
	return d
}

type failure struct{ error }

func (failure) DeadLetterHeaders() map[string]string {
	return map[string]string{"x-salt-handler": "bill", "not-ours": "dropped"}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	var calls atomic.Int64
	consume(t, tr, b.q(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		calls.Add(1)
		switch m.Version {
		case "v2":
			panic("boom")
		case "v3":
			runtime.Goexit()
		case "v4":
			return nil, &salt.ValidationError{Topic: m.Topic, Handler: "charge", Part: "payload"}
		case "v5":
			return nil, fmt.Errorf("late: %w", salt.ErrExpired)
		case "v6":
			return nil, errors.New(strings.Repeat("ä", 5000))
		}
		return nil, failure{errors.New("no stock")}
	})
	for _, test := range []struct{ version, reason, text string }{
		{"v1", "failed", "no stock"},
		{"v2", "panic", "boom"},
		{"v3", "failed", "Goexit"},
		{"v4", "invalid", "payload"},
		{"v5", "expired", "late"},
		{"v6", "failed", "…"},
	} {
		m := b.event()
		m.Version = test.version
		m.Expires = time.Now().Add(time.Hour)
		m.Header = map[string]string{"tenant": "acme"}
		if err := tr.Send(within(t, 5*time.Second), m); err != nil {
			t.Fatal(err)
		}
		d := b.takeDead(t)
		for name, want := range map[string]any{
			"id": m.ID, "tenant": "acme", headerReason: test.reason, headerQueue: b.queue,
			headerExchange: salt.DefaultExchange, headerRoutingKey: b.topic, headerAttempt: int64(1),
		} {
			if d.Headers[name] != want {
				t.Errorf("%s: header %s is %v, want %v", test.version, name, d.Headers[name], want)
			}
		}
		if text, _ := d.Headers[headerError].(string); !strings.Contains(text, test.text) || len(text) > maxErrorText {
			t.Errorf("%s: error %.80q (%d bytes)", test.version, text, len(text))
		}
		if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(d.Headers[headerTime])); err != nil || time.Since(at) > time.Minute {
			t.Errorf("%s: time of death %v", test.version, d.Headers[headerTime])
		}
		if test.version == "v1" && (d.Headers["x-salt-handler"] != "bill" || d.Headers["not-ours"] != nil) {
			t.Errorf("headers of the error: %v", d.Headers)
		}
		if d.Expiration != "" || d.Headers[headerExpiration] == nil {
			t.Errorf("a dead letter that expires: %q, %v", d.Expiration, d.Headers[headerExpiration])
		}
		if !strings.Contains(string(d.Body), `\"n\"`) || d.ContentType != "application/json" || d.DeliveryMode != 2 {
			t.Errorf("the message is not as it was: %+v", d)
		}
	}
	eventually(t, 5*time.Second, "nothing is left in the queue", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	if n := calls.Load(); n != 6 {
		t.Errorf("%d calls for 6 messages", n)
	}
}

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	tr := open(t, url, nil)
	handled := new(received)
	consume(t, tr, b.q(), handled.handle)
	task := amqp.Table{"task": "celery_salt.dispatch_event", "id": "1"}
	body := []byte(`[["{\"n\":1}"],{"routing_key":"x"},{}]`)
	with := func(extra amqp.Table) amqp.Table {
		h := maps.Clone(task)
		maps.Copy(h, extra)
		return h
	}
	many := amqp.Table{}
	for i := range 2000 {
		many[fmt.Sprintf("h%040d", i)] = strings.Repeat("x", 12)
	}
	for name, p := range map[string]amqp.Publishing{
		"empty":         {},
		"garbage":       {Headers: task, ContentType: "application/json", Body: []byte("\x00\xff{{{")},
		"pickle":        {Headers: task, ContentType: "application/x-python-serialize", Body: body},
		"no type":       {Headers: task, Body: body},
		"latin1":        {Headers: task, ContentType: "application/json", ContentEncoding: "latin-1", Body: body},
		"huge":          {Headers: task, ContentType: "application/json", Body: []byte(`["` + strings.Repeat("x", 2<<20) + `"]`)},
		"deep":          {Headers: task, ContentType: "application/json", Body: []byte(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))},
		"odd headers":   {Headers: with(amqp.Table{"id": int32(5)}), ContentType: "application/json", Body: body},
		"copies":        {Headers: with(amqp.Table{"CC": []any{fresh("nobody")}}), ContentType: "text/plain", Body: body},
		"expiring":      {Headers: task, ContentType: "text/plain", Expiration: "60000", Body: body},
		"reply-to":      {Headers: task, ContentType: "text/plain", ReplyTo: "amq.rabbitmq.reply-to.g1h2AA==.x", Body: body},
		"user":          {Headers: task, ContentType: "text/plain", UserId: "guest", Body: body},
		"large headers": {Headers: many, ContentType: "text/plain", Body: body},
		"typed headers": {Headers: amqp.Table{"a": amqp.Decimal{Scale: 2, Value: 5}, "b": []any{nil, int64(1), amqp.Table{"c": float32(1)}}, "t": time.Unix(1, 0), "u": uint32(9)}, ContentType: "text/plain"},
	} {
		if err := b.ch.Publish("", b.queue, true, false, p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d := b.takeDead(t)
		if d.Headers[headerReason] == nil && d.Headers["x-first-death-reason"] == nil {
			t.Errorf("%s: no reason: %v", name, d.Headers)
		}
		if d.Headers[headerReason] != nil && d.Headers[headerReason] != "undecodable" {
			t.Errorf("%s: reason %v", name, d.Headers[headerReason])
		}
		if len(d.Body) != len(p.Body) {
			t.Errorf("%s: body of %d bytes, was %d", name, len(d.Body), len(p.Body))
		}
	}
	// What belongs to Celery itself is acknowledged in silence.
	if err := b.ch.Publish("", b.queue, true, false, amqp.Publishing{ContentType: "application/json",
		Headers: amqp.Table{"task": "shop.tasks.charge", "id": "2"}, Body: body}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "queue empty", func() bool { n, _ := count(t, url, b.queue); return n == 0 })
	if n, _ := count(t, url, b.queue+deadSuffix); n != 0 {
		t.Errorf("%d unexpected dead letters", n)
	}
	if n := handled.n.Load(); n != 0 {
		t.Errorf("%d messages reached the handler", n)
	}
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("hostile messages cost %d connections", h.Reconnects)
	}
}

// A dead-letter queue that somebody deleted must not cost the message.
func TestDeadLetterQueueMissing(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	log := new(logBuffer)
	tr := open(t, url, &Options{Logger: log.logger()})
	consume(t, tr, b.q(), func(context.Context, *salt.Message) (*salt.Reply, error) { return nil, errors.New("no") })
	if _, err := b.ch.QueueDelete(b.queue+deadSuffix, false, false, false); err != nil {
		t.Fatal(err)
	}
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the broker took over", func() bool { return strings.Contains(log.String(), "unroutable") })
	// The broker keeps it and tries again when the queue is back; that takes
	// RabbitMQ minutes (reliability.md, section 5), so it is not waited for.
	if h := tr.Health(); h.Reconnects != 0 {
		t.Errorf("reconnects %d", h.Reconnects)
	}
}
