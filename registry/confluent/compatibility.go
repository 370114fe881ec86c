package confluent

import (
	"context"
	"fmt"
	"net/http"

	"github.com/celerysalt/salt"
)

// verdict is the answer of a check. Messages come with ?verbose=true.
type verdict struct {
	Compatible bool     `json:"is_compatible"`
	Messages   []string `json:"messages,omitempty"`
}

// compatible answers POST /compatibility/subjects/{subject}/versions, as the
// level asks for, and …/{version}, against that one version. With nothing to
// compare with everything is compatible, unless a version was named by number. A
// response or error that no version can take any more is not.
func (s *server) compatible(r *http.Request) (any, error) {
	version := r.PathValue("version") // "" for all
	if version != "" {
		if _, err := parseVersion(version); err != nil {
			return nil, err
		}
	}
	want, err := readCandidate(r)
	if err != nil {
		return nil, err
	}
	sub, err := s.resolve(r.Context(), r.PathValue("subject"))
	if err != nil {
		return nil, err
	}
	if len(sub.entries()) == 0 && (version == "" || version == "latest" || version == "-1") {
		return verdict{Compatible: true}, nil
	}
	policy, err := s.effective(r.Context(), sub.topic)
	if err != nil {
		return nil, err
	}
	if byNumber := version != "" && version != "latest" && version != "-1"; !byNumber && sub.part != payload {
		if why := sub.occupied(sub.latest(), want); why != "" { // registering would say so too
			return trimmed(r, verdict{Messages: []string{why}}), nil
		}
	}
	spec, have := sub.trial(want), sub.records
	if version != "" {
		e, err := sub.at(version)
		if err != nil {
			return nil, err
		}
		one := *e.record
		one.Deprecated = "" // it was asked for by name
		have = []*salt.Record{&one}
		if one.Version == spec.Version {
			spec = sub.nextTrial(want)
		}
	}
	return trimmed(r, sub.verdict(salt.Judge(policy, have, spec, nil))), nil
}

// trimmed is an answer as the client wants it.
func trimmed(r *http.Request, answer verdict) verdict {
	if r.URL.Query().Get("verbose") != "true" {
		answer.Messages = nil
	}
	return answer
}

// effective is the policy that holds for a topic.
func (s *server) effective(ctx context.Context, topic string) (salt.Policy, error) {
	own, err := s.store.Policy(ctx, topic)
	if err != nil {
		return own, err
	}
	whole, err := s.store.Policy(ctx, "")
	return own.Over(whole), err
}

// trial is the spec that registering would make.
func (s *subject) trial(want *candidate) *salt.Spec {
	if latest := s.latest(); s.part != payload {
		if have, _ := s.part.schema(latest); have == nil {
			return s.completed(latest, want.schema)
		}
	}
	return s.nextTrial(want)
}

// nextTrial is a next version that differs from the latest in one part.
func (s *subject) nextTrial(want *candidate) *salt.Spec {
	if s.part == payload {
		return s.next(want.schema)
	}
	spec := s.next(s.latest().Schema)
	s.part.set(spec, want.schema)
	return spec
}

// verdict keeps of a judgement what concerns the subject's part.
func (s *subject) verdict(v *salt.Verdict) verdict {
	answer := verdict{Compatible: true}
	for _, check := range v.Checks {
		if check.Part != s.part.name || len(check.Breaks) == 0 {
			continue
		}
		answer.Compatible = false
		for _, b := range check.Breaks {
			answer.Messages = append(answer.Messages, fmt.Sprintf("%s: what %s writes can be refused by readers of %s: %s",
				v.Policy.Compatibility, check.Writer, check.Reader, b))
		}
	}
	return answer
}
