package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/celerysalt/salt"
)

// maxActor bounds what a client may call itself.
const maxActor = 200

// admit lets a request in: its token, and a slot. The context knows what it may
// do and who it is.
func (s *server) admit(w http.ResponseWriter, r *http.Request, write bool) (*http.Request, func(), error) {
	a := &access{}
	if s.opts.Tokens != nil {
		secret := bearer(r)
		a.token = s.opts.Tokens.find(secret)
		switch {
		case a.token == nil && secret == "":
			w.Header().Set("WWW-Authenticate", `Bearer realm="salt registry", Basic realm="salt registry"`)
			return r, nil, statusError{http.StatusUnauthorized, "the request has no token"}
		case a.token == nil:
			w.Header().Set("WWW-Authenticate", `Bearer realm="salt registry", error="invalid_token"`)
			return r, nil, statusError{http.StatusUnauthorized, "the token is unknown"}
		case write && !a.token.Write:
			return r, nil, statusError{http.StatusForbidden, fmt.Sprintf("the token %q may not change anything", a.token.Name)}
		}
	}
	select {
	case s.slots <- struct{}{}:
	default:
		w.Header().Set("Retry-After", "1")
		return r, nil, statusError{http.StatusServiceUnavailable, fmt.Sprintf("%d requests are being worked on, come again", cap(s.slots))}
	}
	ctx := context.WithValue(r.Context(), accessKey{}, a)
	if actor := actorOf(a.token, r.Header.Get("X-Salt-Actor")); actor != "" {
		ctx = salt.WithActor(ctx, actor)
	}
	if l := logOf(ctx); l != nil && a.token != nil {
		l.token = a.token.Name
	}
	return r.WithContext(ctx), func() { <-s.slots }, nil
}

// actorOf names who makes a change: the token, and what the client calls itself.
func actorOf(t *token, header string) string {
	if plain, err := url.PathUnescape(header); err == nil {
		header = plain
	}
	clean := func(c rune) rune {
		if c < ' ' || c == 0x7f || c == utf8.RuneError {
			return -1
		}
		return c
	}
	header = strings.TrimSpace(strings.Map(clean, header))
	for len(header) > maxActor {
		_, size := utf8.DecodeLastRuneInString(header)
		header = header[:len(header)-size]
	}
	switch {
	case t == nil:
		return header
	case header == "":
		return t.Name
	}
	return t.Name + "/" + header
}

// bearer returns the token of a request: a bearer's, or the password of a
// Confluent client, which knows users only.
func bearer(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(value)
	case strings.EqualFold(scheme, "Basic"):
		if pair, err := base64.StdEncoding.DecodeString(value); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			return password
		}
	}
	return ""
}

// refuseBody answers for a route that takes no body. It reads nothing of one.
func refuseBody(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength == 0 {
		return nil
	}
	w.Header().Set("Connection", "close")
	return statusError{http.StatusRequestEntityTooLarge, "this address takes no body"}
}

// readBody reads a request's body within its bound and the deadline that around
// has set, so that handlers never wait for a client. Then there is no deadline
// any more: one that passes would cancel the request.
func (s *server) readBody(w http.ResponseWriter, r *http.Request, bound int64) error {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bound))
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case large:
		return statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", bound)}
	case err != nil:
		w.Header().Set("Connection", "close")
		return statusError{http.StatusRequestTimeout, "the request did not come in time, or not whole"}
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{}) //nolint:errcheck // not every writer has a connection
	r.Body = io.NopCloser(bytes.NewReader(text))
	return nil
}
