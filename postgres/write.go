package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// write stores changes with one statement for each table, under the ledger's
// lock.
func (r *Registry) write(ctx context.Context, tx pgx.Tx, c *changes) error {
	if err := r.lockLedger(ctx, tx); err != nil {
		return err
	}
	if err := r.writeSchemas(ctx, tx, c.order); err != nil {
		return err
	}
	var fresh, full []*salt.Record
	for _, record := range c.order {
		if c.fresh[record] {
			fresh = append(fresh, record)
		} else {
			full = append(full, record)
		}
	}
	if err := r.insertVersions(ctx, tx, fresh); err != nil {
		return err
	}
	if err := r.completeVersions(ctx, tx, full); err != nil {
		return err
	}
	return r.writeHistory(ctx, tx, c.notes)
}

// writeSchemas stores the texts that are new and numbers them on.
func (r *Registry) writeSchemas(ctx context.Context, tx pgx.Tx, records []*salt.Record) error {
	var hashes [][]byte
	var texts, meanings []string
	seen := map[string]bool{}
	for _, record := range records {
		for _, s := range []*schema.Schema{record.Schema, record.Response, record.Error} {
			if s == nil || seen[s.String()] {
				continue
			}
			seen[s.String()] = true
			hashes, texts, meanings = append(hashes, hash(s)), append(texts, s.String()), append(meanings, s.Hash())
		}
	}
	_, err := tx.Exec(ctx, r.sql(`
		insert into {salt}.schemas (id, sha256, meaning, text)
		select (select coalesce(max(id), 0) from {salt}.schemas) + row_number() over (order by w.i), w.sha256, w.meaning, w.text
		from unnest($1::bytea[], $2::text[], $3::text[]) with ordinality as w(sha256, meaning, text, i)
		where not exists (select from {salt}.schemas s where s.sha256 = w.sha256)`), hashes, meanings, texts)
	return err
}

func (r *Registry) insertVersions(ctx context.Context, tx pgx.Tx, fresh []*salt.Record) error {
	if len(fresh) == 0 {
		return nil
	}
	var numbers []int32
	var payloads, responses, failures [][]byte
	columns := make([][]string, 9)
	for _, v := range fresh {
		numbers = append(numbers, int32(v.Number))
		payloads, responses, failures = append(payloads, hash(v.Schema)), append(responses, hash(v.Response)), append(failures, hash(v.Error))
		for i, text := range []string{v.Topic, v.Version, orderKey(v.Version), string(v.Mode), v.Doc, v.Exchange, v.Package, v.Type, v.Source} {
			columns[i] = append(columns[i], text)
		}
	}
	args := []any{salt.Actor(ctx), numbers, payloads, responses, failures}
	for _, column := range columns {
		args = append(args, column)
	}
	tag, err := tx.Exec(ctx, r.sql(`
		insert into {salt}.versions (number, schema_id, response_id, error_id, registered_at, registered_by,
			topic, version, parts, mode, doc, exchange, package, type, source)
		select w.number, p.id, a.id, e.id, clock_timestamp(), $1,
			w.topic, w.version, w.parts::integer[], w.mode, w.doc, w.exchange, w.package, w.type, w.source
		from unnest($2::integer[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::text[],
			$10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
			as w(number, payload, response, failure, topic, version, parts, mode, doc, exchange, package, type, source)
		join {salt}.schemas p on p.sha256 = w.payload
		left join {salt}.schemas a on a.sha256 = w.response
		left join {salt}.schemas e on e.sha256 = w.failure`), args...)
	if err == nil && tag.RowsAffected() != int64(len(fresh)) {
		return badState("%d of %d versions were stored: something else writes to the tables", tag.RowsAffected(), len(fresh))
	}
	return err
}

// completeVersions adds responses and errors to versions that lacked them.
func (r *Registry) completeVersions(ctx context.Context, tx pgx.Tx, full []*salt.Record) error {
	if len(full) == 0 {
		return nil
	}
	var topics, versions []string
	var responses, failures [][]byte
	for _, v := range full {
		topics, versions = append(topics, v.Topic), append(versions, v.Version)
		responses, failures = append(responses, hash(v.Response)), append(failures, hash(v.Error))
	}
	_, err := tx.Exec(ctx, r.sql(`
		update {salt}.versions v set response_id = coalesce(v.response_id, a.id), error_id = coalesce(v.error_id, e.id)
		from unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) as w(topic, version, response, failure)
		left join {salt}.schemas a on a.sha256 = w.response
		left join {salt}.schemas e on e.sha256 = w.failure
		where v.topic = w.topic and v.version = w.version`), topics, versions, responses, failures)
	return err
}

// writeHistory adds entries, numbered on. The caller holds the ledger's lock.
func (r *Registry) writeHistory(ctx context.Context, tx pgx.Tx, notes []*salt.Change) error {
	var kinds, topics, versions, details []string
	for _, n := range notes {
		kinds, topics = append(kinds, n.Kind), append(topics, n.Topic)
		versions, details = append(versions, n.Version), append(details, n.Detail)
	}
	_, err := tx.Exec(ctx, r.sql(`
		insert into {salt}.history (seq, at, by, kind, topic, version, detail)
		select (select coalesce(max(seq), 0) from {salt}.history) + w.i, clock_timestamp(), $1, w.kind, w.topic, w.version, w.detail
		from unnest($2::text[], $3::text[], $4::text[], $5::text[]) with ordinality as w(kind, topic, version, detail, i)`),
		salt.Actor(ctx), kinds, topics, versions, details)
	if err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}
