package salt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/celerysalt/salt/schema"
)

// Facts about a publish or call. They arrive wrapped: test with [errors.Is].
var (
	// ErrClosed: the bus or transport was closed.
	ErrClosed = errors.New("the bus or its transport is closed")

	// ErrVetoed: an OnPublish or OnCall hook returned nil without calling
	// next, so nothing was sent.
	ErrVetoed = errors.New("vetoed by the hook: it did not call next")

	// ErrNoHandler: a request reached no queue, or nobody in the answering
	// services handles it.
	ErrNoHandler = errors.New("no handler")

	// ErrNotFound: the registry has no such topic or version.
	ErrNotFound = errors.New("not found")

	// ErrForbidden: the registry does not let the caller do this: it is
	// read-only, or the token is missing, unknown, not for this topic, or for
	// reading only. Nothing was changed, and trying again without another token
	// changes nothing.
	ErrForbidden = errors.New("forbidden by the registry")

	// ErrUnroutable: the broker returned the message, no queue is bound to its
	// routing key.
	ErrUnroutable = errors.New("unroutable: no queue is bound to this routing key")

	// ErrTooLarge: the message exceeds a size limit.
	ErrTooLarge = errors.New("too large")

	// ErrNacked: the broker refused the message (basic.nack).
	ErrNacked = errors.New("refused by the broker")

	// ErrBlocked: the broker accepts no messages now (memory or disk alarm).
	ErrBlocked = errors.New("broker blocks publishers")

	// ErrUnavailable: there is no connection; nothing was sent.
	ErrUnavailable = errors.New("broker unavailable")

	// ErrNotConfirmed: sent, but the confirm never came. The message may or
	// may not be on the broker; retry with the same message id.
	ErrNotConfirmed = errors.New("not confirmed")

	// ErrConnectionLost: the connection went while a call waited for its
	// answer. The request may have run.
	ErrConnectionLost = errors.New("connection lost while waiting for the reply")

	// ErrGiveBack: a handler could not begin before the end of [Transport.Consume].
	// Returned to the transport it means that the message goes back to its
	// queue; legal only when Consume's context has ended.
	ErrGiveBack = errors.New("not handled: the consumer ends")

	// ErrExpired: the message came after its time and was not handled.
	ErrExpired = errors.New("expired")
)

// An Outcome says what is known about a message that a publish did not confirm.
type Outcome uint8

// The outcomes that are not success.
const (
	// Refused messages are certainly not on the broker.
	Refused Outcome = iota + 1
	// Unknown messages may be on the broker.
	Unknown
)

// String returns "refused" or "unknown".
func (o Outcome) String() string {
	switch o {
	case Refused:
		return "refused"
	case Unknown:
		return "unknown"
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// A PublishError is the reason that a message was not confirmed. Err wraps one
// of the sentinels above, or the context's error.
type PublishError struct {
	Topic   string
	ID      string // keep it in a retry: salt.MessageID(e.ID)
	Outcome Outcome
	Err     error
}

func (e *PublishError) Error() string {
	return fmt.Sprintf("publish %q (id %s), outcome %s: %v", e.Topic, e.ID, e.Outcome, e.Err)
}

// Unwrap returns Err.
func (e *PublishError) Unwrap() error { return e.Err }

// Retryable reports whether the same operation may succeed later without a
// change by the program. A retry of a publish must keep the message id; a
// retry of a call after [ErrConnectionLost] may run the request twice.
func Retryable(err error) bool {
	if pe, ok := errors.AsType[*PublishError](err); ok && pe.Outcome == Unknown {
		return true
	}
	for _, fact := range []error{ErrNacked, ErrBlocked, ErrUnavailable, ErrNotConfirmed, ErrConnectionLost, context.DeadlineExceeded} {
		if errors.Is(err, fact) {
			return true
		}
	}
	return false
}

// A RemoteError is the answer of a service that has no result to give. It
// never carries the service's internal text unless the service is a Python one,
// which sends the exception's message.
type RemoteError struct {
	Kind    Fault
	Topic   string
	Handler string // the remote handler's name, if it told
	Type    string // the Python exception's type, if any
	Message string
}

func (e *RemoteError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "remote %s", strings.ReplaceAll(string(e.Kind), "_", " "))
	if e.Handler != "" {
		fmt.Fprintf(&b, " in handler %q", e.Handler)
	}
	if e.Type != "" {
		fmt.Fprintf(&b, " (%s)", e.Type)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// Is makes a fault of kind [FaultNoHandler] or [FaultNotRegistered] an
// [ErrNoHandler], and [FaultExpired] an [ErrExpired].
func (e *RemoteError) Is(target error) bool {
	switch e.Kind {
	case FaultNoHandler, FaultNotRegistered:
		return target == ErrNoHandler
	case FaultExpired:
		return target == ErrExpired
	}
	return false
}

// A Fault is the way in which a request went without a result.
type Fault string

// The faults of PROTOCOL.md, section 6.2.
const (
	FaultHandler       Fault = "handler_error"  // a handler ran and failed
	FaultNoHandler     Fault = "no_handlers"    // a dispatcher found no handler for topic and version
	FaultNotRegistered Fault = "not_registered" // a worker does not know the task name
	FaultExpired       Fault = "expired"        // the request came too late
	FaultDispatcher    Fault = "failure"        // the dispatcher itself failed
)

// A ValidationError says that a payload does not fit its schema. Values never
// appear in it, so it may be logged.
type ValidationError struct {
	Topic   string
	Version string
	Handler string // the handler on the receiving side, empty when sending
	Part    string // "payload", "response" or "error"
	Fields  []schema.FieldError

	// Err is what the type's own method Validate returned, nil when the schema
	// was broken. Its text is the program's: keep values out of it.
	Err error
}

// Unwrap returns Err.
func (e *ValidationError) Unwrap() error { return e.Err }

func (e *ValidationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %q", e.Part, e.Topic)
	if e.Version != "" {
		fmt.Fprintf(&b, " %s", e.Version)
	}
	if e.Handler != "" {
		fmt.Fprintf(&b, " for handler %s", e.Handler)
	}
	b.WriteString(" is invalid")
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	for i, f := range e.Fields {
		if i == 3 && len(e.Fields) > 4 {
			fmt.Fprintf(&b, "; and %d more", len(e.Fields)-i)
			break
		}
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + f.Error())
	}
	return b.String()
}

// errUnhandled: an event reached a queue of which this process handles other
// topics. An instance of the next release has bound it, or one of the last
// release has left the binding; either way it must not be lost.
var errUnhandled = errors.New("no handler of this process wants the topic; put new subscriptions on a queue of their own (OnQueue) while old instances run, and unbind topics that nobody handles any more")

// A Reason says why a message was dead-lettered.
type Reason string

// The reasons, as they stand in the header x-salt-reason.
const (
	ReasonUndecodable Reason = "undecodable" // not a message of any dialect
	ReasonInvalid     Reason = "invalid"     // does not fit its schema
	ReasonFailed      Reason = "failed"      // a handler returned an error
	ReasonPanic       Reason = "panic"       // a handler panicked
	ReasonExpired     Reason = "expired"     // came after its time
	ReasonUnhandled   Reason = "unhandled"   // no handler of this process wants its topic
	ReasonVersion     Reason = "version"     // of a version that a handler refuses, see [NewerVersions]
)

// DeadLetterReason classifies an error of a handler.
func DeadLetterReason(err error) Reason {
	// One without a handler is about what the handler itself sends.
	if bad, ok := errors.AsType[*ValidationError](err); ok && bad.Handler != "" {
		return ReasonInvalid
	}
	if _, ok := errors.AsType[*PanicError](err); ok {
		return ReasonPanic
	}
	if _, ok := errors.AsType[*VersionError](err); ok {
		return ReasonVersion
	}
	switch {
	case errors.Is(err, ErrExpired):
		return ReasonExpired
	case errors.Is(err, errUnhandled):
		return ReasonUnhandled
	}
	return ReasonFailed
}

// A PanicError is a panic of a handler, or of a hook within [PublishAll], caught.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }
