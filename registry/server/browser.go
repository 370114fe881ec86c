package server

import (
	"mime"
	"net"
	"net/http"
	"strings"
)

// Web pages can make a browser send requests that its user knows nothing of, to
// addresses that only his machine reaches. So a request that another site's page
// has made changes nothing, bodies say that they are JSON, which forms cannot, and
// a server without tokens answers to no name that somebody else's DNS may point
// at it.

// trust refuses what a web page may have made a browser send.
func (s *server) trust(r *http.Request) error {
	if err := s.origins.Check(r); err != nil {
		return statusError{http.StatusForbidden, "a page of another site may not change anything here"}
	}
	if s.opts.Tokens == nil && !s.opts.AnyHost && !local(r.Host) {
		return statusError{http.StatusForbidden, "without tokens the registry is served under the names of this machine alone, as localhost"}
	}
	return nil
}

// local reports whether a Host is one that always means the machine itself.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// checkJSON insists on a content type.
func checkJSON(r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return statusError{http.StatusUnsupportedMediaType, "the body's Content-Type is not application/json"}
	}
	return nil
}
