package rabbitmq

import (
	"context"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// recheck is the pause before the second question that a suspicion needs, and
// before the first of all: a subscription's first moment is when it gets lost
// unnoticed.
const recheck = time.Second

// A watch asks the broker, now and then, whether it still knows a consumer.
// Nothing tells a client whose queue was deleted at the moment it subscribed;
// it would wait for ever. A watch belongs to the goroutine of its session.
type watch struct {
	s         *session
	every     time.Duration
	timer     *time.Timer // the next question
	answers   chan answer // with room for the one being asked for
	suspicion error       // the last answer
	seen      time.Time   // last delivery, or the start
	quiet     bool        // no delivery since the last question
	backlog   bool        // messages were waiting at the last question
}

type answer struct {
	queue amqp.Queue
	err   error
}

func newWatch(s *session) *watch {
	every := s.c.t.opts.CheckInterval
	return &watch{
		s: s, every: every, timer: time.NewTimer(min(recheck, every)),
		answers: make(chan answer, 1), seen: time.Now(),
	}
}

func (w *watch) delivered() { w.quiet, w.seen = false, time.Now() }

// ask asks in the background. The next question comes after the answer.
func (w *watch) ask(ctx context.Context) {
	w.s.g.tasks.Go(func() {
		q, err := inspectQueue(ctx, w.s.g, w.s.queue)
		w.answers <- answer{q, err}
	})
}

// heed returns what ends the subscription, if anything does. What may be a
// moment's matter (the broker counts consumers with a delay) is asked twice.
func (w *watch) heed(a answer) error {
	// Handlers of earlier sessions hold slots too: with none free it is we who
	// take nothing, and a refresh would only wear out the deliveries we hold.
	idle := w.quiet && w.s.open.Load() == 1 && len(w.s.c.slots) < cap(w.s.c.slots)
	waited := w.backlog
	w.quiet, w.backlog = true, a.queue.Messages > 0
	var finding error
	switch {
	case codeOf(a.err) == amqp.NotFound:
		return errCancelled
	case a.err != nil:
		finding = a.err
	case a.queue.Consumers < w.s.c.t.attachedTo(w.s.queue):
		finding = errDeaf
	case w.s.c.q.Ephemeral:
		// Exclusive: the number of consumers told everything.
	case idle && waited && w.backlog:
		return errRefresh // messages wait, we have room, and nothing comes
	case idle && time.Since(w.seen) > w.s.c.t.opts.IdleRefresh:
		return errRefresh
	}
	if finding != nil && w.suspicion != nil {
		return finding
	}
	w.suspicion = finding
	if finding == nil {
		w.timer.Reset(w.every)
	} else {
		w.timer.Reset(min(recheck, w.every))
	}
	return nil
}
