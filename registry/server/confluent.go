package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt/registry/confluent"
)

// confluents reports whether a path is of Confluent's surface.
func confluents(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return path == "/" || strings.HasPrefix(path, "/v1/metadata/") ||
		slices.Contains([]string{"subjects", "schemas", "compatibility", "config", "mode", "contexts"}, first)
}

// serveConfluent takes a request to Confluent's surface. The guarded store
// decides about topics; what it refuses becomes a 403.
func (s *server) serveConfluent(w http.ResponseWriter, r *http.Request) {
	r, release, err := s.admit(w, r, confluent.Changes(r))
	if err == nil {
		defer release()
		err = s.readBody(w, r, s.opts.MaxBody)
	}
	if err != nil {
		status, text := http.StatusInternalServerError, err.Error()
		if e, ok := err.(statusError); ok { //nolint:errorlint // as made above
			status = e.status
		}
		confluentError(w, status, text)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.opts.StoreTimeout)
	defer cancel()
	s.confluent.ServeHTTP(&refusing{ResponseWriter: w, access: accessOf(ctx)}, r.WithContext(ctx))
}

// confluentError answers in Confluent's form; its codes begin with the status.
func confluentError(w http.ResponseWriter, status int, text string) {
	body, err := json.Marshal(map[string]any{"error_code": status * 100, "message": text}, json.Deterministic(true))
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.Header().Del("Content-Length")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a client that has gone needs no answer
}

// refusing turns the failure of a store that refused a token into a 403.
type refusing struct {
	http.ResponseWriter

	access   *access
	replaced bool
}

// Unwrap is for http.ResponseController.
func (w *refusing) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader replaces a failure.
func (w *refusing) WriteHeader(status int) {
	if status >= http.StatusInternalServerError && w.access.denied != nil {
		w.replaced = true
		confluentError(w.ResponseWriter, w.access.denied.status, w.access.denied.text)
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write drops the body of what was replaced.
func (w *refusing) Write(p []byte) (int, error) {
	if w.replaced {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p) //nolint:wrapcheck // a writer
}
