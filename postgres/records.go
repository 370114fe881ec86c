package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// selectRecords is the beginning of every statement that reads versions.
const selectRecords = `
	select v.topic, v.version, v.mode, v.doc, v.exchange, v.package, v.type, v.source, v.number,
		v.schema_id, v.response_id, v.error_id, p.text, a.text, e.text, v.registered_at, v.registered_by, v.deprecated
	from {salt}.versions v
	join {salt}.schemas p on p.id = v.schema_id
	left join {salt}.schemas a on a.id = v.response_id
	left join {salt}.schemas e on e.id = v.error_id
	`

func scanRecord(row pgx.CollectableRow) (*salt.Record, error) {
	r := new(salt.Record)
	var response, failure *int64
	var texts [3]*string
	err := row.Scan(&r.Topic, &r.Version, &r.Mode, &r.Doc, &r.Exchange, &r.Package, &r.Type, &r.Source, &r.Number,
		&r.SchemaID, &response, &failure, &texts[0], &texts[1], &texts[2], &r.RegisteredAt, &r.RegisteredBy, &r.Deprecated)
	if err != nil {
		return nil, err
	}
	if response != nil {
		r.ResponseID = *response
	}
	if failure != nil {
		r.ErrorID = *failure
	}
	r.Schema, r.Response, r.Error = trust(texts[0]), trust(texts[1]), trust(texts[2])
	r.RegisteredAt = r.RegisteredAt.UTC()
	return r, nil
}

// recordsOf returns the records of topics, each topic's by version order.
func (r *Registry) recordsOf(ctx context.Context, q querier, topics []string) (map[string][]*salt.Record, error) {
	rows, err := q.Query(ctx, r.sql(selectRecords+"where v.topic = any($1::text[]) order by v.topic, v.parts"), topics)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return nil, err
	}
	by := map[string][]*salt.Record{}
	for _, record := range all {
		by[record.Topic] = append(by[record.Topic], record)
	}
	return by, nil
}

// Lookup returns one spec, with one statement. See [salt.Registry].
func (r *Registry) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	missing := fmt.Errorf("topic %q version %q: %w", topic, version, salt.ErrNotFound)
	if !storable(topic) || !storable(version) {
		return nil, missing
	}
	query, args := "where v.topic = $1 and v.version = $2", []any{topic, version}
	if version == salt.LatestVersion {
		query, args = "where v.topic = $1 order by v.parts desc limit 1", args[:1]
	}
	var found *salt.Record
	err := r.do(ctx, "look up "+topic, func(ctx context.Context) error {
		rows, err := r.pool.Query(ctx, r.sql(selectRecords+query), args...)
		if err != nil {
			return err
		}
		if found, err = pgx.CollectExactlyOneRow(rows, scanRecord); errors.Is(err, pgx.ErrNoRows) {
			return missing
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &found.Spec, nil
}

// SchemaByID returns a schema. See [salt.RegistryStore].
func (r *Registry) SchemaByID(ctx context.Context, id int64) (*schema.Schema, error) {
	var text string
	err := r.do(ctx, "look up a schema", func(ctx context.Context) error {
		err := r.pool.QueryRow(ctx, r.sql("select text from {salt}.schemas where id = $1"), id).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("schema %d: %w", id, salt.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return schema.Trust([]byte(text)), nil
}

// trust is a stored schema, which was parsed before it was stored.
func trust(text *string) *schema.Schema {
	if text == nil {
		return nil
	}
	return schema.Trust([]byte(*text))
}
