// Package server serves a registry over HTTP: Salt's own API, which registry.HTTP
// speaks and /openapi.json describes, and the surface of the Confluent Schema
// Registry beside it.
package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry/confluent"
)

// Options adjust a server. The zero value and nil are good, but let everybody in.
type Options struct {
	// Tokens say who may do what. Nil: everybody may do everything, which is
	// for loopback addresses and tests.
	Tokens *Tokens

	// AnyHost lets a server without tokens answer under any name. By default it
	// answers to localhost and loopback addresses only, because a web page can
	// have a name of its own resolved to a server that only its reader reaches.
	AnyHost bool

	// MaxBody bounds a request's body, in bytes; one that brings specs may be
	// four times as large. Default 1 MiB.
	MaxBody int64

	// MaxRequests is how many requests are worked on at once; one more is told
	// to come again (503). Default 64.
	MaxRequests int

	// IOTimeout is how long a client may take to send a body, and to take the
	// next 32 KiB of an answer. Default 15 seconds.
	IOTimeout time.Duration

	// StoreTimeout bounds what the store may take, but for streams. Default 30
	// seconds.
	StoreTimeout time.Duration

	// Logger hears of each request at debug, and of failures of the store at
	// error. No secrets are logged. Default: nobody.
	Logger *slog.Logger
}

// server answers from a store.
type server struct {
	opts      Options
	store     guard
	log       *slog.Logger
	mux       *http.ServeMux
	confluent http.Handler
	slots     chan struct{}
	probe     *probe
	origins   *http.CrossOriginProtection
	schemas   schemaCache
	openapi   []byte
}

// New returns the handler of a store, which it does not close. The handler
// keeps to its own limits and timeouts under any http.Server; see [Serve] for
// one that bounds the rest. Safe for concurrent use as far as the store is.
func New(store salt.RegistryStore, opts *Options) http.Handler {
	s := &server{store: guard{store}, mux: http.NewServeMux(), probe: newProbe(), origins: http.NewCrossOriginProtection()}
	if opts != nil {
		s.opts = *opts
	}
	s.opts.MaxBody = cmp.Or(s.opts.MaxBody, 1<<20)
	s.opts.MaxRequests = cmp.Or(s.opts.MaxRequests, 64)
	s.opts.IOTimeout = cmp.Or(s.opts.IOTimeout, 15*time.Second)
	s.opts.StoreTimeout = cmp.Or(s.opts.StoreTimeout, 30*time.Second)
	s.log = cmp.Or(s.opts.Logger, slog.New(slog.DiscardHandler))
	s.slots = make(chan struct{}, s.opts.MaxRequests)
	s.confluent = confluent.New(s.store, &confluent.Options{MaxBytes: s.opts.MaxBody, Logger: s.opts.Logger})
	all := routes()
	for i := range all {
		s.mux.Handle(all[i].method+" "+all[i].path, s.route(&all[i]))
	}
	s.openapi = describe(all)
	return s.around(http.HandlerFunc(s.choose))
}

// choose takes a request to Salt's API or to Confluent's, which lives at the root.
func (s *server) choose(w http.ResponseWriter, r *http.Request) {
	if err := s.trust(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	if confluents(r.URL.Path) {
		s.serveConfluent(w, r)
		return
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := *r
		other.Method = method
		if _, pattern := s.mux.Handler(&other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		for _, method := range allowed {
			w.Header().Add("Allow", method)
		}
		s.fail(w, r, statusError{http.StatusMethodNotAllowed, "this address does not take " + r.Method})
		return
	}
	s.fail(w, r, statusError{http.StatusNotFound, "there is nothing at this address; see /openapi.json"})
}

// route is a route with what all have in common.
func (s *server) route(rt *route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rt.public {
			var err error
			var release func()
			if r, release, err = s.admit(w, r, rt.write); err != nil {
				s.fail(w, r, err)
				return
			}
			defer release()
		}
		if err := s.takeBody(w, r, rt); err != nil {
			s.fail(w, r, err)
			return
		}
		if rt.lines == "" {
			ctx, cancel := context.WithTimeout(r.Context(), s.opts.StoreTimeout)
			defer cancel()
			r = r.WithContext(ctx)
		}
		if err := rt.serve(s, w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// takeBody reads the body of a request as its route wants it.
func (s *server) takeBody(w http.ResponseWriter, r *http.Request, rt *route) error {
	if rt.body == "" {
		return refuseBody(w, r)
	}
	if err := checkJSON(r); err != nil {
		return err
	}
	bound := s.opts.MaxBody
	if rt.body == "Specs" {
		bound *= 4
	}
	return s.readBody(w, r, bound)
}
