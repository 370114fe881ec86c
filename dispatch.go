package salt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// pipeline is the fixed order around every handler: recover, log newer
// versions, the user's middleware, the rules for versions, the handler's slots
// and timeout, then decoding, validation and the function itself.
func (b *Bus) pipeline(s *subscription) Handler {
	inner := func(ctx context.Context, m *Message) (*Reply, error) {
		if err := s.refusal(m); err != nil {
			return nil, err
		}
		if s.slots != nil {
			select {
			case s.slots <- struct{}{}:
				defer func() { <-s.slots }()
			case <-b.consuming.Done():
				return nil, fmt.Errorf("waiting for a free slot: %w", ErrGiveBack)
			case <-ctx.Done():
				return nil, fmt.Errorf("waiting for a free slot: %w", ctx.Err())
			}
		}
		if s.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, s.timeout)
			defer cancel()
		}
		return s.invoke(ctx, s, m)
	}
	h := recovered(chain(b.opts.Receive, recovered(inner))) // within too, so that middleware sees a panic as an error
	return func(ctx context.Context, m *Message) (*Reply, error) {
		b.warnNewer(s, m)
		return h(ctx, m)
	}
}

func recovered(h Handler) Handler {
	return func(ctx context.Context, m *Message) (r *Reply, err error) {
		defer func() {
			if v := recover(); v != nil {
				r, err = nil, &PanicError{Value: v, Stack: debug.Stack()}
			}
		}()
		return h(ctx, m)
	}
}

// A warned set remembers what was warned of. The strings come from outside, so
// there is an end to it.
type warned struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (w *warned) add(what string) (isNew bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[what] || len(w.seen) >= 1000 {
		return false
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[what] = true
	return true
}

// warnNewer tells once for each handler and version that the writer is ahead.
func (b *Bus) warnNewer(s *subscription, m *Message) {
	if s.version == LatestVersion || s.onNewer != Take || m.Version == s.ceiling || CompareVersions(m.Version, s.ceiling) <= 0 {
		return
	}
	if s.newer.add(m.Version) {
		b.log.Info("salt: a handler receives a newer version than its own",
			"handler", s.name, "topic", m.Topic, "handler_version", s.ceiling, "message_version", m.Version)
	}
}

// receive handles one message of one queue with the subscriptions of that
// queue. It is the Handler that a Transport calls.
func receive(b *Bus, subs []*subscription) Handler {
	return func(transport context.Context, m *Message) (*Reply, error) {
		if m.BridgedFrom != 0 {
			return nil, nil // the message itself came here too
		}
		m = countedVersion(b.subs, unambiguous(subs, m))
		ctx := transport
		if holds(subs, m) {
			if err := b.hold(ctx, m); err != nil {
				return nil, err
			}
		}
		if !m.Expires.IsZero() {
			if !time.Now().Before(m.Expires) {
				b.log.Debug("salt: an expired message was dropped", "topic", m.Topic, "id", m.ID)
				return nil, nil
			}
			if m.RPC {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, m.Expires)
				defer cancel()
			}
		}
		if !m.RPC && !slices.ContainsFunc(subs, func(s *subscription) bool { return s.matches(m) }) {
			b.warnUnhandled(m)
			return nil, errUnhandled
		}
		ctx = WithInfo(ctx, m)
		answer := answerer(b.subs, m) // of all queues: one that holds a lesser version is silent
		var reply *Reply
		var failures []error
		for _, s := range subs {
			if !s.wants(m) || s.mode == ModeRPC && s != answer {
				continue
			}
			r, err := s.handle(ctx, m)
			switch {
			case err != nil && (transport.Err() != nil || errors.Is(err, ErrGiveBack)):
				return nil, err // cut short by the end: the transport gives the message back
			case s == answer && m.RPC && !m.Expires.IsZero() && !time.Now().Before(m.Expires):
				b.log.Debug("salt: a reply came after the caller's deadline and was dropped", "topic", m.Topic, "id", m.ID)
			case s == answer && m.RPC:
				reply = b.answer(s, m, r, err)
			case err != nil:
				b.logFailure(s, m, err, slog.LevelError, "salt: a handler failed")
				failures = append(failures, &HandlerError{Handler: s.name, Err: err})
			}
		}
		if reply != nil {
			b.storeReply(ctx, m, reply)
		}
		return reply, joinFailures(failures)
	}
}

// unambiguous decides whether a message of tchu-tchu is a request. It does not
// say so itself: a broadcast through Celery names a reply address as well. What
// a subscription to events takes is an event.
func unambiguous(subs []*subscription, m *Message) *Message {
	if m.Dialect != TchuTchu || !m.RPC || subs[0].mode == ModeRPC { // all of a queue are of one mode
		return m
	}
	observed := false
	for _, s := range subs {
		if s.matches(m) {
			observed = true
			if !s.raw {
				observed = false
				break
			}
		}
	}
	if observed {
		return m // patterns alone see requests too
	}
	event := *m
	event.RPC, event.ReplyTo = false, ""
	return &event
}

// warnUnhandled tells once for each topic.
func (b *Bus) warnUnhandled(m *Message) {
	if b.unhandled.add(m.Topic) {
		b.log.Warn("salt: an event was dead-lettered", "topic", m.Topic, "id", m.ID, "error", errUnhandled)
	}
}

// holds reports whether somebody must not see the message before its eta.
func holds(subs []*subscription, m *Message) bool {
	return !m.NotBefore.IsZero() && slices.ContainsFunc(subs, func(s *subscription) bool { return !s.repeats && s.wants(m) })
}

// hold waits for the message's eta. It keeps a worker, as Celery keeps a
// prefetch slot.
func (b *Bus) hold(ctx context.Context, m *Message) error {
	wait := time.Until(m.NotBefore)
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-b.consuming.Done():
		return fmt.Errorf("waiting for the message's eta: %w", ErrGiveBack)
	case <-ctx.Done():
		return fmt.Errorf("waiting for the message's eta: %w", ctx.Err())
	}
}

// answerer picks the one request handler for m: the one that reads it by the
// newest version that m satisfies. Python runs all and uses the first result.
func answerer(subs []*subscription, m *Message) (best *subscription) {
	for _, s := range subs {
		if s.mode != ModeRPC || !s.wants(m) {
			continue
		}
		if best == nil || s.readsBetter(best, m) {
			best = s
		}
	}
	return best
}

// answer turns the outcome of a request handler into a reply: what the caller
// may know, while the log gets the rest.
func (b *Bus) answer(s *subscription, m *Message, r *Reply, err error) *Reply {
	if err == nil && r == nil {
		err = errors.New("a middleware answered with neither a reply nor an error")
	}
	if err == nil {
		return r
	}
	fault := &RemoteError{Kind: FaultHandler, Handler: s.name, Message: "internal error"}
	level := slog.LevelError
	bad, invalid := errors.AsType[*ValidationError](err)
	switch {
	case invalid && bad.Part == "payload" && bad.Handler == s.name:
		fault.Message = bad.Error() // names and rules, never values
		level = slog.LevelWarn
	case invalid && bad.Handler == s.name && errors.Is(err, ErrTooLarge):
		fault.Message = "the response is larger than the service may send"
	default:
		if other, ok := errors.AsType[*VersionError](err); ok && other.Handler == s.name {
			fault.Message = other.Error()
			level = slog.LevelWarn
		}
	}
	b.logFailure(s, m, err, level, "salt: a request failed")
	return &Reply{ID: m.ID, Fault: fault}
}

func (b *Bus) logFailure(s *subscription, m *Message, err error, level slog.Level, what string) {
	args := []any{"topic", m.Topic, "handler", s.name, "id", m.ID, "error", err}
	if p, ok := errors.AsType[*PanicError](err); ok {
		args = append(args, "stack", string(p.Stack))
	}
	b.log.Log(context.Background(), level, what, args...)
}

// A HandlerError says which handler failed. It is what the receive side hands
// to a transport, which dead-letters the message.
type HandlerError struct {
	Handler string
	Err     error
}

func (e *HandlerError) Error() string {
	switch err := e.Err.(type) { //nolint:errorlint // only when it says so itself
	case *ValidationError:
		if err.Handler == e.Handler {
			return err.Error()
		}
	case *VersionError:
		return err.Error()
	}
	return fmt.Sprintf("handler %s: %v", e.Handler, e.Err)
}

// Unwrap returns Err.
func (e *HandlerError) Unwrap() error { return e.Err }

// DeadLetterHeaders names the handler for the dead letter.
func (e *HandlerError) DeadLetterHeaders() map[string]string {
	return map[string]string{"x-salt-handler": e.Handler}
}

// handlerErrors are the failures of several handlers of one message.
type handlerErrors []error

func joinFailures(failures []error) error {
	switch len(failures) {
	case 0:
		return nil
	case 1:
		return failures[0]
	}
	return handlerErrors(failures)
}

func (e handlerErrors) Error() string   { return errors.Join(e...).Error() }
func (e handlerErrors) Unwrap() []error { return e }
func (e handlerErrors) DeadLetterHeaders() map[string]string {
	names := make([]string, 0, len(e))
	for _, err := range e {
		if he, ok := errors.AsType[*HandlerError](err); ok {
			names = append(names, he.Handler)
		}
	}
	return map[string]string{"x-salt-handler": cmp.Or(strings.Join(names, ", "), "unknown")}
}
