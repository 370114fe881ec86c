package celery

import (
	"errors"
	"fmt"
)

// ErrForeign says that a message belongs to somebody else: another Celery task
// (celery-salt's own sub-tasks among them, PROTOCOL.md section 1), a remote
// control command, a task result. It arrives wrapped, with what was found.
// Acknowledge such a message and say nothing to its sender.
var ErrForeign = errors.New("foreign message")

// ErrNotFinal says that a reply announces progress (STARTED, RETRY, …) and that
// the result is still to come. It arrives wrapped, with the status.
var ErrNotFinal = errors.New("not the final reply")

// A RejectError says that a message cannot be decoded and never will be:
// dead-letter it, do not requeue it.
type RejectError struct {
	// Reason is one line for people. It names places (a header, a byte
	// offset), never values of the payload.
	Reason string
}

// Error returns "undecodable: " and the reason.
func (e *RejectError) Error() string { return "undecodable: " + e.Reason }

func reject(format string, args ...any) error {
	return &RejectError{Reason: fmt.Sprintf(format, args...)}
}

func foreign(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrForeign, fmt.Sprintf(format, args...))
}
