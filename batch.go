package salt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// A Result is the outcome of one event of [PublishAll].
type Result struct {
	ID  string // also when Err is set; keep it in a retry
	Err error  // nil: safe. See Publish.
}

// Results line up with the events of [PublishAll].
type Results []Result

// Err joins the errors; nil means that every event is safe.
func (r Results) Err() error {
	var errs []error
	for i, one := range r {
		if one.Err != nil {
			errs = append(errs, fmt.Errorf("event %d: %w", i, one.Err))
		}
	}
	return errors.Join(errs...)
}

// PublishAll publishes events in order, pipelined: it does not wait for one
// confirm before sending the next. Every event has its own hook, check and
// outcome. A hook's next returns when its event is confirmed; of the context
// given to next only a cancellation counts, the batch is sent under ctx. A
// panic of a hook is that event's outcome, a *[PanicError].
func PublishAll[T any, P EventOf[T]](ctx context.Context, to Sender, events ...P) Results {
	return publishAll(ctx, to, len(events), func(i int) (*definition, any, hook) {
		return events[i].Definition().inner(), events[i], events[i].OnPublish
	})
}

// PublishAll publishes events in order, pipelined. See [PublishAll].
func (t *EventType[T]) PublishAll(ctx context.Context, to Sender, events ...*T) Results {
	return publishAll(ctx, to, len(events), func(i int) (*definition, any, hook) {
		return t.d, events[i], nil
	})
}

const (
	// batchSize bounds the goroutines and messages of a batch.
	batchSize = 256

	// hookPatience is how long a batch waits for a hook before it sends what
	// it has. Without it two hooks that share a lock around next would wait for
	// each other: the first for its confirm, the second for the lock.
	hookPatience = time.Millisecond
)

// parked is a message that has come through its hook and waits to be sent.
type parked struct {
	event   int
	m       *Message
	outcome chan error
}

// parking is the Sender that the hooks of a batch meet.
type parking struct {
	event    int
	arrivals chan<- *parked
}

func (p parking) Send(ctx context.Context, m *Message) error {
	if err := ctx.Err(); err != nil { // of the context that the hook gave to next
		return &PublishError{Topic: m.Topic, ID: m.ID, Outcome: Refused, Err: err}
	}
	slot := &parked{p.event, m, make(chan error, 1)}
	p.arrivals <- slot // publishAll listens until every event has ended
	return <-slot.outcome
}

// publishAll starts the hooks one after the other, so that order is kept,
// gathers the messages that arrive at next, and sends them together.
func publishAll(ctx context.Context, to Sender, n int, event func(int) (*definition, any, hook)) Results {
	results := make(Results, n)
	arrivals, ended := make(chan *parked), make(chan int)
	var waiting []*parked
	flush := func() {
		sendParked(ctx, to, waiting)
		waiting = waiting[:0]
	}
	running := 0
	for i := range n {
		running++
		go func() {
			r := Result{Err: errors.New("the hook ended its goroutine (runtime.Goexit)")}
			defer func() { // nobody else could recover here
				if v := recover(); v != nil {
					r.Err = &PanicError{Value: v, Stack: debug.Stack()}
				}
				results[i] = r
				ended <- i
			}()
			d, v, h := event(i)
			r.ID, r.Err = publish(ctx, parking{i, arrivals}, d, v, h, nil)
		}()
		for here := false; !here; {
			var patience <-chan time.Time
			if len(waiting) > 0 {
				patience = time.After(hookPatience)
			}
			select {
			case p := <-arrivals: // of this event, or of an earlier one whose hook calls next again
				waiting, here = append(waiting, p), p.event == i
			case j := <-ended:
				running--
				here = j == i // vetoed or invalid
			case <-patience:
				flush()
			}
		}
		if len(waiting) >= batchSize {
			flush()
		}
	}
	for running > 0 {
		flush()
		select {
		case p := <-arrivals:
			waiting = append(waiting, p)
		case <-ended:
			running--
		}
	}
	return results
}

func sendParked(ctx context.Context, to Sender, waiting []*parked) {
	if len(waiting) == 0 {
		return
	}
	batch, ok := to.(BatchSender)
	if !ok {
		for _, p := range waiting {
			p.outcome <- to.Send(ctx, p.m)
		}
		return
	}
	ms := make([]*Message, 0, len(waiting))
	for _, p := range waiting {
		ms = append(ms, p.m)
	}
	for i, err := range batch.SendBatch(ctx, ms) {
		waiting[i].outcome <- err
	}
}
