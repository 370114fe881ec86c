package confluent

import (
	"context"
	"net/http"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// config is a policy as clients get it. Some read the level of an answer to
// PUT and DELETE under the other name.
type config struct {
	Level  salt.Compatibility `json:"compatibilityLevel,omitempty"`
	Update salt.Compatibility `json:"compatibility,omitempty"`
	Policy string             `json:"compatibilityPolicy,omitempty"`
}

func newConfig(p salt.Policy) config {
	return config{Level: p.Compatibility, Policy: strings.ToUpper(string(p.Readers))}
}

// ruled is the topic whose policy the path asks for: "" for the whole
// registry, and for a sibling its topic.
func (s *server) ruled(r *http.Request) (topic string, sibling bool, err error) {
	name := r.PathValue("subject")
	if name == "" {
		return "", false, nil
	}
	sub, err := s.resolve(r.Context(), name)
	if err != nil {
		return "", false, err
	}
	return sub.topic, sub.part != payload, nil
}

// getConfig answers GET /config and /config/{subject}.
func (s *server) getConfig(r *http.Request) (any, error) {
	topic, _, err := s.ruled(r)
	if err != nil {
		return nil, err
	}
	if topic == "" || r.URL.Query().Get("defaultToGlobal") == "true" {
		p, err := s.effective(r.Context(), topic)
		return newConfig(p), err
	}
	own, err := s.store.Policy(r.Context(), topic)
	if err != nil {
		return nil, err
	}
	if own.Compatibility == "" && own.Readers == "" {
		return nil, fail(codeNoConfig, "subject %q has no compatibility of its own; ask with defaultToGlobal=true for what holds", topic)
	}
	return newConfig(own), nil
}

// A change is what PUT /config asks for.
type change struct {
	level   salt.Compatibility
	readers schema.ReaderPolicy
}

// parseChange refuses settings that Salt would not keep.
func parseChange(body []byte) (change, error) {
	var sent struct {
		Level     string `json:"compatibility"`
		LevelTwin string `json:"compatibilityLevel"`
		Policy    string `json:"compatibilityPolicy"`

		Alias            any `json:"alias"`
		Group            any `json:"compatibilityGroup"`
		DefaultMetadata  any `json:"defaultMetadata"`
		OverrideMetadata any `json:"overrideMetadata"`
		DefaultRuleSet   any `json:"defaultRuleSet"`
		OverrideRuleSet  any `json:"overrideRuleSet"`
	}
	if err := decode(body, &sent); err != nil {
		return change{}, err
	}
	switch {
	case meant(sent.Alias):
		return change{}, fail(codeNotPermitted, "Salt has no aliases of subjects")
	case meant(sent.Group), meant(sent.DefaultMetadata), meant(sent.OverrideMetadata):
		return change{}, fail(codeNotPermitted, "Salt keeps no metadata beside schemas, so it has no compatibility groups and no default metadata")
	case meant(sent.DefaultRuleSet), meant(sent.OverrideRuleSet):
		return change{}, fail(codeBadRules, "Salt runs no rules, so it keeps none")
	}
	if sent.Level == "" {
		sent.Level = sent.LevelTwin
	}
	asked := change{
		level:   salt.Compatibility(strings.ToUpper(sent.Level)),
		readers: schema.ReaderPolicy(strings.ToLower(sent.Policy)),
	}
	if asked == (change{}) {
		return asked, fail(codeBadLevel, "send a compatibility: NONE, BACKWARD, FORWARD, FULL, or one of the last three with _TRANSITIVE")
	}
	if err := (salt.Policy{Compatibility: asked.level, Readers: asked.readers}).Check(); err != nil {
		return asked, fail(codeBadLevel, "invalid compatibility: %v", err)
	}
	return asked, nil
}

// putConfig answers PUT /config and /config/{subject}. What is not sent stays.
func (s *server) putConfig(r *http.Request) (any, error) {
	sent, err := body(r)
	if err != nil {
		return nil, err
	}
	asked, err := parseChange(sent)
	if err != nil {
		return nil, err
	}
	_, _, err = s.changeConfig(r, func(p salt.Policy) salt.Policy {
		if asked.level != "" {
			p.Compatibility = asked.level
		}
		if asked.readers != "" {
			p.Readers = asked.readers
		}
		return p
	})
	return config{Update: asked.level, Policy: strings.ToUpper(string(asked.readers))}, err
}

// deleteConfig answers DELETE /config and /config/{subject}: back to what holds
// otherwise. The answer is what held. The owner stays.
func (s *server) deleteConfig(r *http.Request) (any, error) {
	topic, had, err := s.changeConfig(r, func(p salt.Policy) salt.Policy { return salt.Policy{Owner: p.Owner} })
	if err != nil {
		return nil, err
	}
	if topic != "" && had.Compatibility == "" && had.Readers == "" {
		return nil, fail(codeSubject, "subject %q has no compatibility of its own", topic)
	}
	if topic == "" {
		had = had.Over(salt.Policy{})
	}
	answer := newConfig(had)
	answer.Update = answer.Level
	return answer, nil
}

// changeConfig replaces the policy that the path is about, and returns what it
// was. Two programs that change one policy at once can still lose a change.
func (s *server) changeConfig(r *http.Request, f func(salt.Policy) salt.Policy) (string, salt.Policy, error) {
	topic, sibling, err := s.ruled(r)
	if err != nil {
		return topic, salt.Policy{}, err
	}
	if sibling {
		return topic, salt.Policy{}, fail(codeNotPermitted, "the rules of %q are those of %q; set them there", r.PathValue("subject"), topic)
	}
	s.config.Lock()
	defer s.config.Unlock()
	had, err := s.store.Policy(r.Context(), topic)
	if err != nil {
		return topic, had, err
	}
	return topic, had, s.set(r.Context(), topic, had, f(had))
}

func (s *server) set(ctx context.Context, topic string, had, want salt.Policy) error {
	if had == want {
		return nil
	}
	return s.store.SetPolicy(ctx, topic, want)
}
