package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
)

func (s *server) health(w http.ResponseWriter, r *http.Request) error {
	err := s.probe.ask(r.Context(), func(ctx context.Context) error {
		_, err := s.store.store.Policy(ctx, "")
		return err
	})
	if err != nil {
		if l := logOf(r.Context()); l != nil {
			l.err = err
		}
		return statusError{http.StatusServiceUnavailable, "the registry's store does not answer"}
	}
	s.answer(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

func (s *server) register(w http.ResponseWriter, r *http.Request) error {
	specs, err := s.specs(r)
	if err != nil {
		return err
	}
	results := []result{}
	if !strings.Contains(r.Header.Get("Prefer"), "return=minimal") {
		verdicts, err := s.store.judge(r.Context(), specs)
		if err != nil {
			return err
		}
		for _, v := range verdicts {
			results = append(results, result{v.Topic, v.Version, v.Action})
		}
	}
	if err := s.store.Register(r.Context(), specs...); err != nil {
		return err
	}
	s.answer(w, http.StatusOK, map[string][]result{"results": results})
	return nil
}

// A result says what registering did. Where two register one version at once,
// both may be told that they created it.
type result struct {
	Topic   string `json:"topic"`
	Version string `json:"version"`
	Action  string `json:"action"`
}

func (s *server) check(w http.ResponseWriter, r *http.Request) error {
	specs, err := s.specs(r)
	if err != nil {
		return err
	}
	verdicts, err := s.store.judge(r.Context(), specs)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		verdicts[i] = brief(v)
	}
	s.answer(w, http.StatusOK, map[string][]*salt.Verdict{"verdicts": verdicts})
	return nil
}

// maxChecks bounds the checks of a verdict in an answer.
const maxChecks = 20

// brief is a verdict without the checks that say nothing: under a transitive
// policy there is one for every version.
func brief(v *salt.Verdict) *salt.Verdict {
	short := *v
	short.Checks = nil
	for _, c := range v.Checks {
		if len(c.Breaks) > 0 && len(short.Checks) < maxChecks {
			short.Checks = append(short.Checks, c)
		}
	}
	return &short
}

func (s *server) records(w http.ResponseWriter, r *http.Request) error {
	return lines(w, r, s.store.Records(r.Context(), r.FormValue("topic")))
}

func (s *server) participants(w http.ResponseWriter, r *http.Request) error {
	return lines(w, r, s.store.Participants(r.Context(), r.FormValue("topic")))
}

func (s *server) history(w http.ResponseWriter, r *http.Request) error {
	return lines(w, r, s.store.History(r.Context(), r.FormValue("topic")))
}

// A topicEntry is a topic in a list.
type topicEntry struct {
	Topic         string             `json:"topic"`
	Mode          salt.Mode          `json:"mode"`
	Versions      []string           `json:"versions"`
	Latest        string             `json:"latest"`
	Owner         string             `json:"owner"`
	Compatibility salt.Compatibility `json:"compatibility"`
	Deprecated    []string           `json:"deprecated"`
}

func (s *server) topics(w http.ResponseWriter, r *http.Request) error {
	policy, err := s.store.policies(r.Context())
	if err != nil {
		return err
	}
	list, prefix := []*topicEntry{}, r.FormValue("prefix")
	for rec, err := range s.store.Records(r.Context(), "") {
		if err != nil {
			return err
		}
		if !strings.HasPrefix(rec.Topic, prefix) {
			continue
		}
		if len(list) == 0 || list[len(list)-1].Topic != rec.Topic {
			list = append(list, &topicEntry{Topic: rec.Topic, Versions: []string{}, Deprecated: []string{}})
		}
		t := list[len(list)-1]
		t.Mode, t.Latest, t.Versions = rec.Mode, rec.Version, append(t.Versions, rec.Version)
		if rec.Deprecated != "" {
			t.Deprecated = append(t.Deprecated, rec.Version)
		}
	}
	for _, t := range list { // after the stream: a store may have one connection only
		p, err := policy(t.Topic)
		if err != nil {
			return err
		}
		t.Owner, t.Compatibility = p.Owner, p.Compatibility
	}
	s.answer(w, http.StatusOK, list)
	return nil
}

func (s *server) version(w http.ResponseWriter, r *http.Request) error {
	topic, err := topicOf(r)
	if err != nil {
		return err
	}
	version := r.PathValue("version")
	if version != salt.LatestVersion {
		if err := salt.CheckVersion(version); err != nil {
			return badRequest("%w", err)
		}
	}
	if err := may(r.Context(), topic, false); err != nil {
		return err
	}
	var all []*salt.Record
	for rec, err := range s.store.Records(r.Context(), topic) {
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	at := slices.IndexFunc(all, func(rec *salt.Record) bool { return rec.Version == version })
	if version == salt.LatestVersion {
		at = len(all) - 1
	}
	if at < 0 {
		return fmt.Errorf("topic %q version %q: %w", topic, version, salt.ErrNotFound)
	}
	s.answer(w, http.StatusOK, all[at])
	return nil
}

func (s *server) schema(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return badRequest("the id %.40q is no whole number", r.PathValue("id"))
	}
	found, err := s.store.SchemaByID(r.Context(), id)
	if err != nil {
		return err
	}
	s.answer(w, http.StatusOK, jsontext.Value(found.JSON()))
	return nil
}

// policyTopic returns whose policy a request is about, "" for the registry's.
func policyTopic(r *http.Request) (string, error) {
	if r.PathValue("topic") == "" && !strings.HasPrefix(r.URL.Path, "/v1/topics/") {
		return "", nil
	}
	return topicOf(r)
}

func (s *server) policy(w http.ResponseWriter, r *http.Request) error {
	topic, err := policyTopic(r)
	if err != nil {
		return err
	}
	p, err := s.store.Policy(r.Context(), topic)
	if err != nil {
		return err
	}
	if effective := r.FormValue("effective"); effective == "true" {
		whole, err := s.store.Policy(r.Context(), "")
		if err != nil {
			return err
		}
		p = p.Over(whole)
	}
	s.answer(w, http.StatusOK, p)
	return nil
}

func (s *server) setPolicy(w http.ResponseWriter, r *http.Request) error {
	topic, err := policyTopic(r)
	if err != nil {
		return err
	}
	var p salt.Policy
	if err := s.decode(r, &p); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return badRequest("%w", err)
	}
	if err := s.store.SetPolicy(r.Context(), topic, p); err != nil {
		return err
	}
	s.answer(w, http.StatusOK, p)
	return nil
}

func (s *server) deprecate(w http.ResponseWriter, r *http.Request) error {
	topic, version, err := versionOf(r)
	if err != nil {
		return err
	}
	var body struct {
		Note string `json:"note"`
	}
	if r.Method == http.MethodPut {
		if err := s.decode(r, &body); err != nil {
			return err
		}
		if strings.TrimSpace(body.Note) == "" {
			return badRequest("the note is empty; say what to use instead, or send DELETE to lift the mark")
		}
	}
	if err := s.store.Deprecate(r.Context(), topic, version, body.Note); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxName bounds what a participant says of itself.
const maxName = 1024

func (s *server) see(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Participants []*salt.Participant `json:"participants"`
	}
	if err := s.decode(r, &body); err != nil {
		return err
	}
	for i, p := range body.Participants {
		switch {
		case p == nil:
			return badRequest("participant %d is null", i)
		case salt.CheckPattern(p.Topic) != nil:
			return badRequest("participant %d: %w", i, salt.CheckPattern(p.Topic))
		case p.Version != "" && p.Version != salt.LatestVersion && salt.CheckVersion(p.Version) != nil:
			return badRequest("participant %d: version %.40q is not of the form v1 or v1.2.3", i, p.Version)
		case max(len(p.Service), len(p.Host), len(p.Handler), len(p.Type), len(p.Source), len(p.Language)) > maxName:
			return badRequest("participant %d: a name of more than %d bytes", i, maxName)
		case !slices.Contains([]salt.Role{salt.RolePublisher, salt.RoleSubscriber, salt.RoleCaller, salt.RoleServer}, p.Role):
			return badRequest("participant %d: role %.40q is none of publisher, subscriber, caller, server", i, p.Role)
		}
	}
	if err := s.store.See(r.Context(), body.Participants...); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) document(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	w.Write(s.openapi) //nolint:errcheck // a client that has gone needs no answer
	return nil
}
