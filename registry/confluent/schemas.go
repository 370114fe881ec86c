package confluent

import (
	"context"
	"net/http"
	"strconv"

	"github.com/celerysalt/salt/schema"
)

// A place is where a schema is used.
type place struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// listSchemas answers GET /schemas.
func (s *server) listSchemas(r *http.Request) (any, error) {
	query := r.URL.Query()
	subjects, err := s.everything(r.Context())
	if err != nil {
		return nil, err
	}
	all := []*entry{}
	for _, sub := range withPrefix(subjects, query) {
		entries := sub.entries()
		if query.Get("latestOnly") == "true" {
			entries = entries[len(entries)-1:]
		}
		all = append(all, entries...)
	}
	return page(all, query)
}

// listTypes answers GET /schemas/types.
func (s *server) listTypes(*http.Request) (any, error) { return []string{jsonType}, nil }

// byID is the schema whose id stands in the path.
func (s *server) byID(r *http.Request) (int64, *schema.Schema, error) {
	asked := r.PathValue("id")
	id, err := strconv.ParseInt(asked, 10, 64)
	if err != nil || id < 1 {
		return 0, nil, fail(codeSchema, "schema %q not found: ids are numbers from 1", asked)
	}
	found, err := s.store.SchemaByID(r.Context(), id)
	return id, found, err
}

// schema answers GET /schemas/ids/{id}.
func (s *server) schema(r *http.Request) (any, error) {
	_, found, err := s.byID(r)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Type   string `json:"schemaType"`
		Schema string `json:"schema"`
		GUID   string `json:"guid"`
		MaxID  int64  `json:"maxId,omitzero"`
	}{jsonType, found.String(), guid(found), 0}
	if r.URL.Query().Get("fetchMaxId") == "true" {
		all, err := s.usages(r.Context(), func(*entry) bool { return true })
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			answer.MaxID = max(answer.MaxID, e.ID)
		}
	}
	return answer, nil
}

// schemaText answers GET /schemas/ids/{id}/schema.
func (s *server) schemaText(r *http.Request) (any, error) {
	_, found, err := s.byID(r)
	if err != nil {
		return nil, err
	}
	return text(found.String()), nil
}

// usages lists the entries of all subjects that are wanted.
func (s *server) usages(ctx context.Context, want func(*entry) bool) ([]*entry, error) {
	subjects, err := s.everything(ctx)
	if err != nil {
		return nil, err
	}
	var found []*entry
	for _, sub := range subjects {
		for _, e := range sub.entries() {
			if want(e) {
				found = append(found, e)
			}
		}
	}
	return found, nil
}

// places lists where the schema of the path is used.
func (s *server) places(r *http.Request) ([]place, error) {
	id, _, err := s.byID(r)
	if err != nil {
		return nil, err
	}
	only := r.URL.Query().Get("subject")
	if only != "" {
		if only, err = plainName(only); err != nil {
			return nil, err
		}
	}
	used, err := s.usages(r.Context(), func(e *entry) bool { return e.ID == id && (only == "" || e.Subject == only) })
	places := []place{}
	for _, e := range used {
		places = append(places, place{e.Subject, e.Version})
	}
	return places, err
}

// schemaVersions answers GET /schemas/ids/{id}/versions.
func (s *server) schemaVersions(r *http.Request) (any, error) { return s.places(r) }

// schemaSubjects answers GET /schemas/ids/{id}/subjects.
func (s *server) schemaSubjects(r *http.Request) (any, error) {
	places, err := s.places(r)
	names := []string{}
	for _, p := range places {
		if len(names) == 0 || names[len(names)-1] != p.Subject {
			names = append(names, p.Subject)
		}
	}
	return names, err
}

// byGUID finds a use of the schema whose GUID stands in the path.
func (s *server) byGUID(r *http.Request) (*entry, error) {
	asked := r.PathValue("guid")
	found, err := s.usages(r.Context(), func(e *entry) bool { return e.GUID == asked })
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fail(codeSchema, "schema %q not found", asked)
	}
	return found[0], nil
}

// schemaByGUID answers GET /schemas/guids/{guid}.
func (s *server) schemaByGUID(r *http.Request) (any, error) {
	found, err := s.byGUID(r)
	if err != nil {
		return nil, err
	}
	return struct {
		Type   string `json:"schemaType"`
		Schema string `json:"schema"`
		GUID   string `json:"guid"`
	}{found.Type, found.Schema, found.GUID}, nil
}

// idsByGUID answers GET /schemas/guids/{guid}/ids.
func (s *server) idsByGUID(r *http.Request) (any, error) {
	found, err := s.byGUID(r)
	if err != nil {
		return nil, err
	}
	type contextID struct {
		Context string `json:"context"`
		ID      int64  `json:"id"`
	}
	return []contextID{{".", found.ID}}, nil
}
