package confluent

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// An action answers a request with a value that becomes JSON, or with text.
type action func(*http.Request) (any, error)

// text is JSON already.
type text string

// The content types, the best first.
var contentTypes = []string{"application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json"}

// ServeHTTP answers a request. What no route fits gets an error in the form
// that clients parse, too.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, err := inContext(r)
	if err != nil {
		s.write(w, r, contentTypes[0], nil, err)
		return
	}
	if h, pattern := s.mux.Handler(r); pattern == "" {
		missing := probe{header: w.Header()} // Allow stays
		h.ServeHTTP(&missing, r)
		s.write(w, r, contentTypes[0], nil, fail(missing.status, "HTTP %d %s", missing.status, http.StatusText(missing.status)))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// inContext takes the one context and a last slash off the path.
func inContext(r *http.Request) (*http.Request, error) {
	p := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(p, "/contexts/"); ok {
		if name, inside, ok := strings.Cut(rest, "/"); ok && inside != "" {
			if plain, err := url.PathUnescape(name); err != nil || plain != "." && plain != ":.:" {
				return r, fail(codeBadSubject, `Salt has one context, "."; leave contexts out of the client's settings`)
			}
			p = "/" + inside
		}
	}
	if p != "/" {
		p = strings.TrimSuffix(p, "/")
	}
	plain, err := url.PathUnescape(p)
	if err != nil || path.Clean(p) != p { // the mux would redirect
		return r, fail(http.StatusNotFound, "HTTP 404 Not Found")
	}
	in := *r
	in.URL = &url.URL{Path: plain, RawPath: p, RawQuery: r.URL.RawQuery}
	return &in, nil
}

// Changes reports whether a request to a handler of [New] changes something, as
// far as its method and path tell: everything does but GET and HEAD, and the POSTs
// that look something up or check it. It is for those who let some clients read
// only.
func Changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return false
	case http.MethodPost:
	default:
		return true
	}
	r, err := inContext(r)
	if err != nil {
		return true // it will be refused
	}
	path := strings.Trim(r.URL.EscapedPath(), "/")
	lookup := strings.HasPrefix(path, "subjects/") && strings.Count(path, "/") == 1
	return !lookup && !strings.HasPrefix(path, "compatibility/")
}

// A probe learns the status with which the mux turns a request down.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header            { return p.header }
func (p *probe) Write(text []byte) (int, error) { return len(text), nil }
func (p *probe) WriteHeader(status int)         { p.status = status }

func (s *server) serve(f action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, s.opts.MaxBytes)
		contentType, err := negotiate(r)
		var answer any
		if err == nil {
			answer, err = f(r)
		}
		s.write(w, r, contentType, answer, err)
	})
}

// negotiate returns the content type of the answer.
func negotiate(r *http.Request) (string, error) {
	// A body without any may come from a web page that may not know of us.
	if sent := r.Header.Get("Content-Type"); (sent != "" || r.ContentLength != 0) && r.Method != http.MethodGet {
		kind, _, err := mime.ParseMediaType(sent)
		if err != nil || kind != "application/octet-stream" && !slices.Contains(contentTypes, kind) {
			return contentTypes[0], fail(http.StatusUnsupportedMediaType, "HTTP 415 content type %q is not supported; send %s", sent, contentTypes[0])
		}
	}
	accepted := strings.Join(r.Header.Values("Accept"), ",")
	if accepted == "" {
		return contentTypes[0], nil
	}
	best := len(contentTypes)
	for one := range strings.SplitSeq(accepted, ",") {
		kind, params, err := mime.ParseMediaType(one)
		switch {
		case err != nil || params["q"] == "0":
		case kind == "*/*" || kind == "application/*":
			best = 0
		default:
			if i := slices.Index(contentTypes, kind); i >= 0 {
				best = min(best, i)
			}
		}
	}
	if best == len(contentTypes) {
		return contentTypes[0], fail(http.StatusNotAcceptable, "HTTP 406 none of %q is spoken here; accept %s", accepted, contentTypes[0])
	}
	return contentTypes[best], nil
}

func (s *server) write(w http.ResponseWriter, r *http.Request, contentType string, answer any, err error) {
	status := http.StatusOK
	if err != nil {
		told := s.failure(r, err)
		answer, status = told, told.status()
	}
	body, ok := answer.(text)
	if !ok {
		made, err := json.Marshal(answer)
		if err != nil {
			s.opts.Logger.ErrorContext(r.Context(), "cannot write an answer", "path", r.URL.Path, "error", err)
			status, made = http.StatusInternalServerError, []byte(`{"error_code":500,"message":"HTTP 500 Internal Server Error"}`)
		}
		body = text(made)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // who does not wait for the answer need not get it
}
