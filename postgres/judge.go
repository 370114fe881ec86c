package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// changes are what a registration writes.
type changes struct {
	fresh map[*salt.Record]bool // records to insert; the others are completed
	order []*salt.Record
	notes []*salt.Change
}

// registerLocked judges specs by what their topics have, under the topics'
// locks, and writes what they bring.
func (r *Registry) registerLocked(ctx context.Context, tx pgx.Tx, specs []*salt.Spec) error {
	topics := topicsOf(specs)
	if err := r.lockTopics(ctx, tx, topics...); err != nil {
		return err
	}
	have, err := r.recordsOf(ctx, tx, topics)
	if err != nil {
		return err
	}
	policies, err := r.policiesOf(ctx, tx, topics)
	if err != nil {
		return err
	}
	todo := changes{fresh: map[*salt.Record]bool{}}
	for _, want := range specs {
		policy := policies[want.Topic].Over(policies[""])
		verdict := salt.Judge(policy, have[want.Topic], want, nil)
		if verdict.Action == salt.ActionRefuse {
			return r.refuse(ctx, tx, policy, have[want.Topic], want)
		}
		have[want.Topic] = todo.add(verdict.Action, have[want.Topic], want)
	}
	if len(todo.notes) == 0 {
		return nil // somebody else was quicker
	}
	return r.write(ctx, tx, &todo)
}

// refuse judges once more, with those who would be hit: they are many, and few
// registrations need them.
func (r *Registry) refuse(ctx context.Context, tx pgx.Tx, p salt.Policy, have []*salt.Record, want *salt.Spec) error {
	seen, err := r.participantsOf(ctx, tx, []string{want.Topic})
	if err != nil {
		return err
	}
	return salt.Judge(p, have, want, seen[want.Topic]).Err()
}

// add notes what becomes of one spec and returns the topic's records after it.
func (c *changes) add(action string, list []*salt.Record, want *salt.Spec) []*salt.Record {
	switch action {
	case salt.ActionCreate:
		number := 0
		for _, have := range list {
			number = max(number, have.Number)
		}
		made := &salt.Record{Spec: *want, Number: number + 1}
		c.fresh[made] = true
		c.order = append(c.order, made)
		c.note(salt.ChangeRegistered, want, "")
		list = append(list, made)
		slices.SortFunc(list, func(a, b *salt.Record) int { return salt.CompareVersions(a.Version, b.Version) })
	case salt.ActionComplete:
		i := slices.IndexFunc(list, func(have *salt.Record) bool { return have.Version == want.Version })
		have := list[i]
		c.note(salt.ChangeCompleted, want, completed(&have.Spec, want))
		if !slices.Contains(c.order, have) {
			c.order = append(c.order, have)
		}
		have.Spec = *have.Merge(want) // of this call alone, nobody else has seen it
	}
	return list
}

func (c *changes) note(kind string, s *salt.Spec, detail string) {
	c.notes = append(c.notes, &salt.Change{Kind: kind, Topic: s.Topic, Version: s.Version, Detail: detail})
}

// completed words what a merge adds.
func completed(have, more *salt.Spec) string {
	var added []string
	if have.Response == nil && more.Response != nil {
		added = append(added, "response")
	}
	if have.Error == nil && more.Error != nil {
		added = append(added, "error")
	}
	return strings.Join(added, " and ") + " added"
}
