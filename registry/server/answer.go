package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// A statusError is an answer other than success that the client is told.
type statusError struct {
	status int
	text   string
}

func (e statusError) Error() string { return e.text }

func badRequest(format string, args ...any) error {
	return statusError{http.StatusBadRequest, fmt.Errorf(format, args...).Error()}
}

// A failure is the body of every answer that is not success.
type failure struct {
	Error    string              `json:"error"`
	Conflict *salt.ConflictError `json:"conflict,omitempty"`
}

// encoding keeps schemas as they are written, and never fails for what a client
// sent or a store keeps.
var encoding = json.JoinOptions(jsontext.PreserveRawStrings(true), jsontext.AllowInvalidUTF8(true))

// fail answers with an error. What the store says of its own state is for the
// log, not for clients.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, said := http.StatusInternalServerError, failure{Error: "the registry's store failed"}
	told, isTold := errors.AsType[statusError](err)
	conflict, isConflict := errors.AsType[*salt.ConflictError](err)
	switch {
	case isTold:
		status, said.Error = told.status, told.text
	case isConflict:
		status, said.Error, said.Conflict = http.StatusConflict, conflict.Error(), conflict
	case errors.Is(err, salt.ErrTooLarge):
		status, said.Error = http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, salt.ErrNotFound):
		status, said.Error = http.StatusNotFound, err.Error()
	case errors.Is(err, salt.ErrForbidden): // to the server: what it serves is read-only, or another server with a token
		status, said.Error = http.StatusForbidden, registry.ErrReadOnly.Error()
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		status, said.Error = http.StatusServiceUnavailable, "the request was given up"
	case salt.Retryable(err), errors.Is(err, registry.ErrAway), errors.Is(err, salt.ErrClosed):
		status, said.Error = http.StatusServiceUnavailable, "the registry's store does not answer"
		w.Header().Set("Retry-After", "1")
		fallthrough
	default:
		if l := logOf(r.Context()); l != nil {
			l.err = err
		}
	}
	s.answer(w, status, said)
}

// answer writes one JSON value.
func (s *server) answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v, encoding)
	if err != nil {
		panic(fmt.Errorf("encode an answer: %w", err))
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) //nolint:errcheck,gosec // a client that has gone needs no answer; JSON that may not be sniffed is no page
}

// lines streams a list as JSON lines. A failure before the first line is an
// answer of its own; one later breaks the connection, so that nobody takes half
// a list for a whole one.
func lines[T any](w http.ResponseWriter, r *http.Request, list iter.Seq2[*T, error]) error {
	buffer := bufio.NewWriterSize(w, 32<<10)
	begin := func() {
		h := w.Header()
		h.Set("Content-Type", "application/x-ndjson")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	}
	begun := false
	for one, err := range list {
		if err != nil && !begun {
			return err
		}
		if !begun {
			begin()
			begun = true
		}
		if err == nil {
			var line []byte
			if line, err = json.Marshal(one, encoding); err == nil {
				_, err = buffer.Write(append(line, '\n'))
			}
		}
		if err != nil {
			if l := logOf(r.Context()); l != nil && r.Context().Err() == nil {
				l.err = err
			}
			panic(http.ErrAbortHandler)
		}
	}
	if !begun {
		begin()
	}
	return buffer.Flush() // an error is the client's going, and the answer's end is missing then
}
