package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// A logEntry is what is learnt of a request on its way.
type logEntry struct {
	token string
	err   error // of the store, which the client is not told
}

type logKey struct{}

func logOf(ctx context.Context) *logEntry {
	l, _ := ctx.Value(logKey{}).(*logEntry)
	return l
}

// around catches panics, bounds what a slow reader may take, and logs.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		entry, start := &logEntry{}, time.Now()
		w := &writer{ResponseWriter: rw, timeout: s.opts.IOTimeout}
		w.extend()
		// Also for what is refused unread, whose rest net/http waits for.
		http.NewResponseController(rw).SetReadDeadline(start.Add(s.opts.IOTimeout)) //nolint:errcheck // not every writer has a connection
		r = r.WithContext(context.WithValue(r.Context(), logKey{}, entry))
		defer func() {
			caught := recover()
			if caught != nil && caught != http.ErrAbortHandler { //nolint:errorlint // what net/http compares
				entry.err = fmt.Errorf("panic: %v\n%s", caught, debug.Stack())
				if !w.wrote {
					http.Error(w, `{"error":"internal"}`, http.StatusInternalServerError)
				}
				caught = http.ErrAbortHandler
			}
			s.logRequest(r, w, entry, time.Since(start))
			if caught != nil && w.wrote && w.status < http.StatusBadRequest {
				panic(caught) // the only way to tell that an answer is not whole
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *server) logRequest(r *http.Request, w *writer, entry *logEntry, took time.Duration) {
	level := slog.LevelDebug
	if entry.err != nil {
		level = slog.LevelError
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes), slog.Duration("took", took), slog.String("remote", r.RemoteAddr),
	}
	if entry.token != "" {
		attrs = append(attrs, slog.String("token", entry.token))
	}
	if entry.err != nil {
		attrs = append(attrs, slog.Any("error", entry.err))
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), level, "registry request", attrs...)
}

// A writer knows what was written, and gives each write its time.
type writer struct {
	http.ResponseWriter

	timeout time.Duration
	status  int
	bytes   int64
	wrote   bool
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) extend() {
	http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.timeout)) //nolint:errcheck // not every writer has a connection
}

// WriteHeader notes the status.
func (w *writer) WriteHeader(status int) {
	if !w.wrote {
		w.wrote, w.status = true, status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write gives a client the timeout for each write, not for all.
func (w *writer) Write(p []byte) (int, error) {
	if !w.wrote {
		w.wrote, w.status = true, http.StatusOK
	}
	w.extend()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err //nolint:wrapcheck // a writer
}
