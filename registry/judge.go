package registry

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

// judged gives a verdict for each spec. It holds the store for as long as it takes
// to note what there is to judge by, since judging may take seconds.
func judged(ctx context.Context, read reader, specs []*salt.Spec) ([]*salt.Verdict, error) {
	for _, spec := range specs {
		if err := checkSpec(spec); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	var now *snapshot
	if err := read(ctx, "judge", func(s *state) error { now = s.snapshot(specs); return nil }); err != nil {
		return nil, err
	}
	j, verdicts := newJudge(now), make([]*salt.Verdict, len(specs))
	for i, spec := range specs {
		var err error
		if verdicts[i], _, err = j.see(ctx, spec); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	return verdicts, nil
}

// A view is what there is to judge specs by, of one moment. A state is one while
// it is locked.
type view interface {
	recordsOf(topic string) []*salt.Record // not to be altered
	policy(topic string) salt.Policy
	participants(topic string) []*salt.Participant
}

// A snapshot is a view of some topics that needs no lock.
type snapshot struct {
	topics   map[string][]*salt.Record
	policies map[string]salt.Policy
	seen     map[string][]*salt.Participant
}

var _, _ view = (*state)(nil), (*snapshot)(nil)

// snapshot notes what there is of the topics of specs. Nothing of it is copied:
// records and participants are replaced, never altered.
func (s *state) snapshot(specs []*salt.Spec) *snapshot {
	now := &snapshot{topics: map[string][]*salt.Record{}, policies: map[string]salt.Policy{}, seen: map[string][]*salt.Participant{}}
	for _, spec := range specs {
		if _, noted := now.policies[spec.Topic]; noted {
			continue
		}
		now.topics[spec.Topic], now.policies[spec.Topic] = s.recordsOf(spec.Topic), s.policy(spec.Topic)
	}
	for id, p := range s.seen {
		if _, noted := now.policies[id.topic]; noted {
			now.seen[id.topic] = append(now.seen[id.topic], p)
		}
	}
	for _, list := range now.seen {
		sortParticipants(list)
	}
	return now
}

func (s *snapshot) recordsOf(topic string) []*salt.Record         { return s.topics[topic] }
func (s *snapshot) policy(topic string) salt.Policy               { return s.policies[topic] }
func (s *snapshot) participants(topic string) []*salt.Participant { return s.seen[topic] }
