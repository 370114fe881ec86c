package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/celerysalt/salt"
)

// A fact is an error that is one of the root's sentinels in other words.
type fact struct {
	text string
	is   error
}

func (f *fact) Error() string        { return f.text }
func (f *fact) Is(target error) bool { return target == f.is }

var (
	errClosed      = &fact{"the registry was closed", salt.ErrClosed}
	errUnavailable = &fact{"the registry's database is unavailable", salt.ErrUnavailable} // so salt.Retryable says yes
)

// explain words an error of the server. What the registry itself has to say, a
// conflict or that there is nothing, stays as it is.
func (r *Registry) explain(ctx context.Context, what string, err error) error {
	if _, conflict := errors.AsType[*salt.ConflictError](err); err == nil || conflict || errors.Is(err, salt.ErrNotFound) {
		return err
	}
	if cause := r.ended(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	} else if cause == nil && unavailable(err) {
		err = fmt.Errorf("%w: %w", errUnavailable, err)
	}
	return fmt.Errorf("%s: postgres %s: %w", what, r.name, err)
}

// code is the server's SQLSTATE, "" if it said nothing.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// unavailable reports whether the same call may succeed later. What is no word
// of the server is about the connection.
func unavailable(err error) bool {
	if _, own := errors.AsType[*stateError](err); own {
		return false
	}
	c := code(err)
	if c == "" {
		return true
	}
	for _, class := range []string{
		"08", "53", "57P", // connection, resources, shutdown and start
		"40", "55P03", "57014", // collisions, time
		"25006", "25P03", // a standby that was the primary; a transaction that slept
	} {
		if strings.HasPrefix(c, class) {
			return true
		}
	}
	return false
}

// again reports whether a call is worth another attempt at once: it met another
// transaction, or a connection that a restart of the server has left dead.
func again(err error) bool {
	if _, own := errors.AsType[*stateError](err); own {
		return false
	}
	if _, away := errors.AsType[*pgconn.ConnectError](err); away {
		return false
	}
	if errors.Is(err, salt.ErrNotFound) || errors.Is(err, salt.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, conflict := errors.AsType[*salt.ConflictError](err); conflict {
		return false
	}
	switch c := code(err); c {
	case "", "40001", "40P01", "23505", "57P01", "57P02":
		return true
	default:
		return strings.HasPrefix(c, "08")
	}
}

// A stateError is about what the database holds, so trying again is no help.
type stateError struct{ text string }

func (e *stateError) Error() string { return e.text }

func badState(format string, args ...any) error {
	return &stateError{fmt.Sprintf(format, args...)}
}
