package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

// outage is a transport whose broker goes away in the middle of a batch.
type outage struct {
	silent
	mu      sync.Mutex
	away    int // looks at Health until the broker is back; negative is never
	batches [][]string
	ids     map[string]string // by body
}

func (o *outage) Health() salt.TransportHealth {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away == 0 {
		return salt.TransportHealth{Connected: true}
	}
	o.away = max(o.away-1, -1)
	return salt.TransportHealth{Detail: "the broker fell asleep"}
}

// SendBatch loses the connection at the second message of the first batch.
func (o *outage) SendBatch(_ context.Context, ms []*salt.Message) []error {
	o.mu.Lock()
	defer o.mu.Unlock()
	errs := make([]error, len(ms))
	var bodies []string
	for i, m := range ms {
		bodies = append(bodies, string(m.Body))
		if id, seen := o.ids[string(m.Body)]; seen && id != m.ID {
			errs[i] = &salt.PublishError{Outcome: salt.Unknown, Err: fmt.Errorf("another id: %w", salt.ErrNotConfirmed)}
			continue
		}
		o.ids[string(m.Body)] = m.ID
		if len(o.batches) > 0 {
			continue
		}
		switch {
		case i == 1:
			errs[i] = &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Unknown, Err: salt.ErrNotConfirmed}
		case i > 1:
			errs[i] = &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Refused, Err: salt.ErrUnavailable}
		}
	}
	if o.batches = append(o.batches, bodies); len(o.batches) == 1 {
		o.away = 3
	}
	return errs
}

// What was certainly not sent is sent again, in order and under its id; what
// may have arrived is not.
func TestPublishLinesThroughAnOutage(t *testing.T) {
	t.Parallel()
	o := &outage{ids: map[string]string{}}
	bus, err := salt.Open(t.Context(), o, &salt.Options{Catalog: salt.NewCatalog(), Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close(context.Background()) })
	var batch []line
	for i, text := range []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{broken`} {
		batch = append(batch, line{number: i + 1, text: []byte(text)})
	}
	out, stderr := newScreen(), newScreen()
	r := lineReport{a: &app{out: out, err: stderr, json: true}, began: time.Now(), told: time.Now()}
	if err := r.send(t.Context(), bus, "a.b", &publishFlags{messageFlags: messageFlags{dialect: "celery-salt"}, timeout: 10 * time.Second}, batch); err != nil {
		t.Error(err)
	}
	want := []string{"1 confirmed", "2 unknown", "3 confirmed", "4 confirmed", "5 refused"}
	if diff := cmp.Diff(want, outcomesOf(t, out.String())); diff != "" || r.sent != 3 || r.failed != 2 {
		t.Errorf("%d sent, %d failed, (-want +got):\n%s%s", r.sent, r.failed, diff, stderr)
	}
	var sent []string
	for _, batch := range o.batches {
		sent = append(sent, batch...)
	}
	if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, `{"n":3}`, `{"n":4}`}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// A broker that does not come ends the command, and it says where.
func TestPublishLinesWithoutABroker(t *testing.T) {
	t.Parallel()
	o := &outage{ids: map[string]string{}, away: -1}
	a := cli{transport: o, stdin: strings.NewReader("{}\n")}
	code, out, err := a.run(t, "publish", "a.b", "--lines", "--timeout", "100ms")
	if code != exitFailed || out != "" || len(o.batches) > 0 ||
		!strings.Contains(err, "salt: line 1: broker unavailable within 100ms: the broker fell asleep\n") ||
		!strings.Contains(err, "salt: stopped after line 1: broker unavailable") {
		t.Errorf("exit %d\n%s%s", code, out, err)
	}
}
