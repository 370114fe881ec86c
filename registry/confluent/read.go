package confluent

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listSubjects answers GET /subjects.
func (s *server) listSubjects(r *http.Request) (any, error) {
	query := r.URL.Query()
	names := []string{}
	if query.Get("deletedOnly") == "true" {
		return names, nil // nothing ever is
	}
	all, err := s.everything(r.Context())
	if err != nil {
		return nil, err
	}
	for _, sub := range withPrefix(all, query) {
		names = append(names, sub.name)
	}
	return page(names, query)
}

// withPrefix keeps the subjects that subjectPrefix asks for. ":.:" and ":*:"
// before it are the one and all contexts.
func withPrefix(all []*subject, query url.Values) []*subject {
	prefix := query.Get("subjectPrefix")
	prefix = strings.TrimPrefix(strings.TrimPrefix(prefix, ":.:"), ":*:")
	return slices.DeleteFunc(all, func(sub *subject) bool { return !strings.HasPrefix(sub.name, prefix) })
}

// page cuts a list to offset and limit; no limit, or one below 1, is none.
func page[T any](list []T, query url.Values) ([]T, error) {
	var bounds [2]int
	for i, name := range []string{"offset", "limit"} {
		if asked := query.Get(name); asked != "" {
			n, err := strconv.Atoi(asked)
			if err != nil {
				return nil, fail(http.StatusUnprocessableEntity, "%s %q is not a number", name, asked)
			}
			bounds[i] = n
		}
	}
	list = list[min(max(0, bounds[0]), len(list)):]
	if bounds[1] > 0 {
		list = list[:min(bounds[1], len(list))]
	}
	return list, nil
}

// listVersions answers GET /subjects/{subject}/versions: numbers, ascending.
func (s *server) listVersions(r *http.Request) (any, error) {
	query := r.URL.Query()
	sub, err := s.existing(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	numbers := []int{}
	if query.Get("deletedOnly") == "true" {
		return numbers, nil
	}
	for _, e := range sub.entries() {
		numbers = append(numbers, e.Version)
	}
	slices.Sort(numbers)
	return page(numbers, query)
}

// pathEntry is the entry that a path names.
func (s *server) pathEntry(r *http.Request) (*entry, error) {
	version := r.PathValue("version")
	if _, err := parseVersion(version); err != nil {
		return nil, err
	}
	sub, err := s.existing(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	return sub.at(version)
}

// version answers GET /subjects/{subject}/versions/{version}.
func (s *server) version(r *http.Request) (any, error) { return s.pathEntry(r) }

// versionText answers …/versions/{version}/schema: the schema alone.
func (s *server) versionText(r *http.Request) (any, error) {
	e, err := s.pathEntry(r)
	if err != nil {
		return nil, err
	}
	return text(e.Schema), nil
}

// referencedBy answers …/versions/{version}/referencedby: nobody.
func (s *server) referencedBy(r *http.Request) (any, error) {
	if _, err := s.pathEntry(r); err != nil {
		return nil, err
	}
	return []int{}, nil
}

// findSchema answers POST /subjects/{subject}: is this schema registered?
func (s *server) findSchema(r *http.Request) (any, error) {
	want, err := readCandidate(r)
	if err != nil {
		return nil, err
	}
	sub, err := s.existing(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	found := sub.find(want.schema)
	if found == nil {
		return nil, fail(codeSchema, "schema not found: no version of %q means the same", sub.name)
	}
	return found, nil
}

// latestWith answers GET /subjects/{subject}/metadata: the latest version that
// has certain metadata, which none has.
func (s *server) latestWith(r *http.Request) (any, error) {
	sub, err := s.existing(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	if len(r.URL.Query()["key"]) > 0 {
		return nil, fail(codeVersion, "no version of %q has that metadata; Salt keeps none", sub.name)
	}
	return sub.at("latest")
}
