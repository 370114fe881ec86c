package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// state is a whole registry in memory, without any lock. Memory keeps nothing
// else; File reads and writes it. Changes are planned as a [delta] and then
// applied, so that File can write one in between.
type state struct {
	topics   map[string][]*salt.Record // by version order; records are replaced, never altered
	policies map[string]salt.Policy    // as set; "" is the whole registry's
	seen     map[identity]*salt.Participant
	history  []*salt.Change

	texts map[int64]*schema.Schema
	ids   map[string]int64 // by text
	last  int64            // the highest id
}

// identity is what makes a participant one.
type identity struct {
	topic, version string
	role           salt.Role
	service, host  string
	handler        string
}

func newState() *state {
	return &state{
		topics: map[string][]*salt.Record{}, policies: map[string]salt.Policy{}, seen: map[identity]*salt.Participant{},
		texts: map[int64]*schema.Schema{}, ids: map[string]int64{},
	}
}

// now is the time that stores write down.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// apply carries out a plan.
func (s *state) apply(d *delta) {
	for _, r := range d.records {
		s.put(r)
	}
	maps.Copy(s.policies, d.policies)
	for _, p := range d.seen {
		s.seen[identityOf(p)] = p
	}
	for _, c := range d.history {
		c.Seq = int64(len(s.history)) + 1
		s.history = append(s.history, c)
	}
}

// put stores a record, in the place of one of the same version.
func (s *state) put(r *salt.Record) {
	s.topics[r.Topic] = put(slices.Clone(s.topics[r.Topic]), r)
	s.know(r.SchemaID, r.Schema)
	s.know(r.ResponseID, r.Response)
	s.know(r.ErrorID, r.Error)
}

// put returns the list, which is the caller's own, with r in its place.
func put(list []*salt.Record, r *salt.Record) []*salt.Record {
	i, found := slices.BinarySearchFunc(list, r, byVersion)
	if found {
		list[i] = r
		return list
	}
	return slices.Insert(list, i, r)
}

func byVersion(a, b *salt.Record) int { return salt.CompareVersions(a.Version, b.Version) }

// know remembers the text of an id.
func (s *state) know(id int64, text *schema.Schema) {
	if id == 0 {
		return
	}
	s.texts[id], s.last = text, max(s.last, id)
	if have, ok := s.ids[text.String()]; !ok || id < have {
		s.ids[text.String()] = id
	}
}

// lookup finds one record.
func (s *state) lookup(topic, version string) (*salt.Record, error) {
	list := s.topics[topic]
	if version == salt.LatestVersion && len(list) > 0 {
		return list[len(list)-1], nil
	}
	for _, r := range list {
		if r.Version == version {
			return r, nil
		}
	}
	return nil, fmt.Errorf("topic %q version %q: %w", topic, version, salt.ErrNotFound)
}

// recordsOf returns the list of one topic. It is replaced, never altered.
func (s *state) recordsOf(topic string) []*salt.Record { return s.topics[topic] }

// records lists one topic, or all.
func (s *state) records(topic string) []*salt.Record {
	if topic != "" {
		return slices.Clone(s.topics[topic])
	}
	var all []*salt.Record
	for _, name := range slices.Sorted(maps.Keys(s.topics)) {
		all = append(all, s.topics[name]...)
	}
	return all
}

// text finds a schema by its id.
func (s *state) text(id int64) (*schema.Schema, error) {
	if found := s.texts[id]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("schema %d: %w", id, salt.ErrNotFound)
}

// policy returns the effective policy of a topic.
func (s *state) policy(topic string) salt.Policy { return s.policies[topic].Over(s.policies[""]) }

// participants lists those of one topic, or all.
func (s *state) participants(topic string) []*salt.Participant {
	var found []*salt.Participant
	for id, p := range s.seen {
		if topic == "" || id.topic == topic {
			found = append(found, p)
		}
	}
	sortParticipants(found)
	return found
}

// sortParticipants puts them into the order of lists.
func sortParticipants(list []*salt.Participant) {
	slices.SortFunc(list, func(a, b *salt.Participant) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), strings.Compare(string(a.Role), string(b.Role)), strings.Compare(a.Service, b.Service),
			strings.Compare(a.Host, b.Host), strings.Compare(a.Handler, b.Handler), strings.Compare(a.Version, b.Version))
	})
}

// changes lists the history of one topic, or all.
func (s *state) changes(topic string) []*salt.Change {
	if topic == "" {
		return slices.Clone(s.history)
	}
	var found []*salt.Change
	for _, c := range s.history {
		if c.Topic == topic {
			found = append(found, c)
		}
	}
	return found
}
