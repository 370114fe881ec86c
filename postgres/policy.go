package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// policiesOf returns what was set for topics and, as that of "", for the whole
// registry.
func (r *Registry) policiesOf(ctx context.Context, q querier, topics []string) (map[string]salt.Policy, error) {
	return r.selectPolicies(ctx, q, "where topic = '' or topic = any($1::text[])", topics)
}

func (r *Registry) selectPolicies(ctx context.Context, q querier, where string, args ...any) (map[string]salt.Policy, error) {
	rows, err := q.Query(ctx, r.sql("select topic, compatibility, readers, owner from {salt}.policies "+where), args...)
	if err != nil {
		return nil, err
	}
	found := map[string]salt.Policy{}
	var topic string
	var p salt.Policy
	_, err = pgx.ForEachRow(rows, []any{&topic, &p.Compatibility, &p.Readers, &p.Owner}, func() error {
		found[topic] = p
		return nil
	})
	return found, err
}

// Policy returns what was set. See [salt.RegistryStore].
func (r *Registry) Policy(ctx context.Context, topic string) (p salt.Policy, err error) {
	if !storable(topic) {
		return p, nil // nothing can be set for it
	}
	err = r.do(ctx, "read the policy", func(ctx context.Context) error {
		found, err := r.policiesOf(ctx, r.pool, []string{topic})
		p = found[topic]
		return err
	})
	return p, err
}

// Policies returns what was set for each topic, and for the whole registry under
// the empty name, with one statement.
func (r *Registry) Policies(ctx context.Context) (all map[string]salt.Policy, err error) {
	err = r.do(ctx, "read the policies", func(ctx context.Context) (err error) {
		all, err = r.selectPolicies(ctx, r.pool, "")
		return err
	})
	return all, err
}

// SetPolicy sets the policy of a topic or of the registry. See
// [salt.RegistryStore]. A registration under way may still be judged by the
// registry's old one.
func (r *Registry) SetPolicy(ctx context.Context, topic string, p salt.Policy) error {
	if err := p.Check(); err != nil {
		return fmt.Errorf("set policy of %q: %w", topic, err)
	}
	if topic != "" {
		if err := salt.CheckTopic(topic); err != nil {
			return fmt.Errorf("set policy: %w", err)
		}
	}
	if err := checkText("owner", p.Owner, "actor", salt.Actor(ctx)); err != nil {
		return fmt.Errorf("set policy of %q: %w", topic, err)
	}
	return r.do(ctx, "set policy", func(ctx context.Context) error {
		return r.change(ctx, func(tx pgx.Tx) error {
			if err := r.lockTopics(ctx, tx, topic); err != nil {
				return err
			}
			found, err := r.policiesOf(ctx, tx, []string{topic})
			if err != nil || found[topic] == p {
				return err
			}
			_, err = tx.Exec(ctx, r.sql(`
				insert into {salt}.policies (topic, compatibility, readers, owner) values ($1, $2, $3, $4)
				on conflict (topic) do update set compatibility = excluded.compatibility, readers = excluded.readers, owner = excluded.owner`),
				topic, p.Compatibility, p.Readers, p.Owner)
			if err != nil {
				return err
			}
			return r.record(ctx, tx, &salt.Change{Kind: salt.ChangePolicy, Topic: topic, Detail: policyChange(found[topic], p)})
		})
	})
}

// record writes one entry of the history.
func (r *Registry) record(ctx context.Context, tx pgx.Tx, note *salt.Change) error {
	if err := r.lockLedger(ctx, tx); err != nil {
		return err
	}
	return r.writeHistory(ctx, tx, []*salt.Change{note})
}

// policyChange words a change of rules.
func policyChange(have, want salt.Policy) string {
	var parts []string
	for _, f := range [][3]string{
		{"compatibility", string(have.Compatibility), string(want.Compatibility)},
		{"readers", string(have.Readers), string(want.Readers)},
		{"owner", have.Owner, want.Owner},
	} {
		if f[1] != f[2] {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", f[0], cmp.Or(f[1], "(default)"), cmp.Or(f[2], "(default)")))
		}
	}
	return strings.Join(parts, ", ")
}

// Deprecate marks a version, which may be [salt.LatestVersion]. See
// [salt.RegistryStore].
func (r *Registry) Deprecate(ctx context.Context, topic, version, note string) error {
	missing := fmt.Errorf("deprecate: topic %q version %q: %w", topic, version, salt.ErrNotFound)
	if !storable(topic) || !storable(version) {
		return missing
	}
	if err := checkText("note", note, "actor", salt.Actor(ctx)); err != nil {
		return fmt.Errorf("deprecate %q %s: %w", topic, version, err)
	}
	return r.do(ctx, "deprecate", func(ctx context.Context) error {
		return r.change(ctx, func(tx pgx.Tx) error {
			if err := r.lockTopics(ctx, tx, topic); err != nil {
				return err
			}
			var found, have string
			err := tx.QueryRow(ctx, r.sql(`
				select version, deprecated from {salt}.versions
				where topic = $1 and (version = $2 or $2 = 'latest') order by parts desc limit 1`), topic, version).Scan(&found, &have)
			if errors.Is(err, pgx.ErrNoRows) {
				return missing
			}
			if err != nil || have == note {
				return err
			}
			if _, err := tx.Exec(ctx, r.sql("update {salt}.versions set deprecated = $3 where topic = $1 and version = $2"), topic, found, note); err != nil {
				return err
			}
			kind := salt.ChangeDeprecated
			if note == "" {
				kind = salt.ChangeRestored
			}
			return r.record(ctx, tx, &salt.Change{Kind: kind, Topic: topic, Version: found, Detail: note})
		})
	})
}
