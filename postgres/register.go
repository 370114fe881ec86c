package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// Register stores specs, all or none. See [salt.Registry]. What is there already
// costs one statement however many specs there are, anything new at most 12. A
// call whose connection was lost is safe to repeat.
func (r *Registry) Register(ctx context.Context, specs ...*salt.Spec) error {
	for _, s := range specs {
		if err := checkSpec(s); err != nil {
			return fmt.Errorf("register: %w", err)
		}
	}
	if err := checkText("actor", salt.Actor(ctx)); err != nil {
		return err
	}
	return r.do(ctx, "register", func(ctx context.Context) error {
		// What is found unchanged stays so: nothing of a version is ever replaced.
		open, err := r.unsettled(ctx, specs)
		if err != nil || len(open) == 0 {
			return err
		}
		return r.change(ctx, func(tx pgx.Tx) error { return r.registerLocked(ctx, tx, open) })
	})
}

// unsettled returns the specs that are not all there yet, or differ. It takes no
// locks, and reads no texts: the hash of an equal schema in other words, as
// Python writes it, is the same.
func (r *Registry) unsettled(ctx context.Context, specs []*salt.Spec) ([]*salt.Spec, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	var topics, versions []string
	for _, s := range specs {
		topics, versions = append(topics, s.Topic), append(versions, s.Version)
	}
	rows, err := r.pool.Query(ctx, r.sql(`
		select w.i, v.mode, p.sha256, p.meaning, a.sha256, a.meaning, e.sha256, e.meaning
		from unnest($1::text[], $2::text[]) with ordinality as w(topic, version, i)
		join {salt}.versions v on v.topic = w.topic and v.version = w.version
		join {salt}.schemas p on p.id = v.schema_id
		left join {salt}.schemas a on a.id = v.response_id
		left join {salt}.schemas e on e.id = v.error_id`), topics, versions)
	if err != nil {
		return nil, err
	}
	settled := make([]bool, len(specs))
	var i int
	var mode salt.Mode
	var payload, response, failure stored
	_, err = pgx.ForEachRow(rows, []any{&i, &mode, &payload.sha256, &payload.meaning, &response.sha256, &response.meaning, &failure.sha256, &failure.meaning}, func() error {
		want := specs[i-1]
		settled[i-1] = mode == want.Mode && payload.has(want.Schema) && response.has(want.Response) && failure.has(want.Error)
		return nil
	})
	if err != nil {
		return nil, err
	}
	open := make([]*salt.Spec, 0, len(specs))
	for i, s := range specs {
		if !settled[i] {
			open = append(open, s)
		}
	}
	return open, nil
}

// stored is how a schema in the database is recognised, nil for none.
type stored struct {
	sha256  []byte
	meaning *string // schema.Hash
}

// has reports whether a schema need not be stored.
func (s *stored) has(want *schema.Schema) bool {
	return want == nil || bytes.Equal(s.sha256, hash(want)) || s.meaning != nil && *s.meaning == want.Hash()
}

// hash is nil for no schema, which is NULL in an array.
func hash(s *schema.Schema) []byte {
	if s == nil {
		return nil
	}
	sum := sha256.Sum256(s.JSON())
	return sum[:]
}
