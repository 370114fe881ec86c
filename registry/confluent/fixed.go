package confluent

import (
	"net/http"
	"slices"
	"strings"
)

// What is always the same here, and what is always refused.

const readWrite = "READWRITE"

type mode struct {
	Mode string `json:"mode"`
}

// getMode answers GET and DELETE of /mode and /mode/{subject}.
func (s *server) getMode(r *http.Request) (any, error) {
	if name := r.PathValue("subject"); name != "" {
		if _, err := plainName(name); err != nil {
			return nil, err
		}
	}
	return mode{readWrite}, nil
}

// putMode answers PUT /mode and /mode/{subject}.
func (s *server) putMode(r *http.Request) (any, error) {
	sent, err := body(r)
	if err != nil {
		return nil, err
	}
	var asked mode
	if err := decode(sent, &asked); err != nil {
		return nil, err
	}
	asked.Mode = strings.ToUpper(asked.Mode)
	if !slices.Contains([]string{readWrite, "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD"}, asked.Mode) {
		return nil, fail(codeBadMode, "mode %q does not exist", asked.Mode)
	}
	if asked.Mode != readWrite {
		return nil, fail(codeNotPermitted, "Salt's registry is always READWRITE; to keep others from writing, give them tokens that may only read")
	}
	return s.getMode(r)
}

// deleteSubject answers DELETE /subjects/{subject}.
func (s *server) deleteSubject(r *http.Request) (any, error) {
	sub, err := s.existing(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	return nil, fail(codeNotPermitted, "registered schemas are immutable, messages may still need them: deprecate the versions of %q instead", sub.topic)
}

// deleteVersion answers DELETE /subjects/{subject}/versions/{version}.
func (s *server) deleteVersion(r *http.Request) (any, error) {
	e, err := s.pathEntry(r)
	if err != nil {
		return nil, err
	}
	return nil, fail(codeNotPermitted, "registered schemas are immutable, messages may still need them: deprecate %s of %q instead, then nothing is compared with it",
		e.record.Version, e.record.Topic)
}

// contexts answers GET /contexts.
func (s *server) contexts(*http.Request) (any, error) { return []string{"."}, nil }

// deleteContext answers DELETE /contexts/{context}.
func (s *server) deleteContext(*http.Request) (any, error) {
	return nil, fail(codeNotPermitted, `Salt has one context, "."; it stays`)
}

// root answers GET /, which clients use to see whether somebody is there.
func (s *server) root(*http.Request) (any, error) { return struct{}{}, nil }

// metadataVersion answers GET /v1/metadata/version.
func (s *server) metadataVersion(*http.Request) (any, error) {
	return struct {
		Version string `json:"version"`
		Commit  string `json:"commitId"`
	}{s.opts.Version, ""}, nil
}

// metadataID answers GET /v1/metadata/id: there is no cluster of Kafka behind it.
func (s *server) metadataID(*http.Request) (any, error) {
	type scope struct {
		Path     []string          `json:"path"`
		Clusters map[string]string `json:"clusters"`
	}
	return struct {
		Scope scope  `json:"scope"`
		ID    string `json:"id"`
	}{scope{[]string{}, map[string]string{"schema-registry-cluster": "salt"}}, ""}, nil
}
