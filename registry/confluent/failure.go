package confluent

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/celerysalt/salt"
)

// The codes of the registry's errors. Their first three digits are the HTTP
// status. Incompatible is 409 in what clients know, 40901 in the newest server.
const (
	codeForbidden    = 40301
	codeSubject      = 40401
	codeVersion      = 40402
	codeSchema       = 40403
	codeNoConfig     = 40408
	codeIncompatible = 409
	codeBadSchema    = 42201
	codeBadVersion   = 42202
	codeBadLevel     = 42203
	codeBadMode      = 42204
	codeNotPermitted = 42205
	codeBadSubject   = 42208
	codeTooLarge     = 42209
	codeBadRules     = 42210
	codeStore        = 50001
	codeTimeout      = 50002
)

// A failure is an error as the client gets it.
type failure struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

func (f *failure) Error() string { return f.Message }

// status is the HTTP status, which every code begins with.
func (f *failure) status() int {
	if f.Code > 999 {
		return f.Code / 100
	}
	return f.Code
}

func fail(code int, format string, args ...any) error {
	return &failure{Code: code, Message: fmt.Sprintf(format, args...)}
}

func noSubject(name string) error { return fail(codeSubject, "subject %q not found", name) }

// failure says what the client is told of err. Texts of the store are not
// passed on, they may name hosts.
func (s *server) failure(r *http.Request, err error) *failure {
	if told, ok := errors.AsType[*failure](err); ok {
		return told
	}
	if conflict, ok := errors.AsType[*salt.ConflictError](err); ok {
		return &failure{Code: codeIncompatible, Message: conflict.Error()}
	}
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{Code: codeTooLarge, Message: fmt.Sprintf("the request has more than %d bytes", tooBig.Limit)}
	}
	if errors.Is(err, salt.ErrForbidden) {
		return &failure{Code: codeForbidden, Message: "the registry is read-only"}
	}
	if errors.Is(err, salt.ErrNotFound) {
		return &failure{Code: codeSchema, Message: "schema not found"}
	}
	s.opts.Logger.WarnContext(r.Context(), "registry failed a request", "method", r.Method, "path", r.URL.Path, "error", err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &failure{Code: codeTimeout, Message: "the registry did not answer in time"}
	}
	return &failure{Code: codeStore, Message: "the registry's store failed; its log says why"}
}
