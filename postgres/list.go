package postgres

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// Lists are read in pages, each from where the one before it ended, so that no
// connection is held while the caller works. What changes meanwhile is seen or
// not; nothing is seen twice, and nothing that was there is left out.
const (
	recordsPage      = 100 // a record can hold three schemas of 256 KiB
	participantsPage = 1000
	changesPage      = 1000
)

// pages yields what query finds after last, which is nil at first. The page's
// size becomes the query's last argument.
func pages[T any](ctx context.Context, r *Registry, what, topic string, size int, scan pgx.RowToFunc[*T], query func(last *T) (string, []any)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if !storable(topic) {
			return
		}
		var last *T
		for {
			var page []*T
			err := r.do(ctx, what, func(ctx context.Context) error {
				sql, args := query(last)
				rows, err := r.pool.Query(ctx, r.sql(sql), append(args, size)...)
				if err != nil {
					return err
				}
				page, err = pgx.CollectRows(rows, scan)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, one := range page {
				if err := ctx.Err(); err != nil {
					yield(nil, r.explain(ctx, what, err))
					return
				}
				if !yield(one, nil) {
					return
				}
			}
			if len(page) < size {
				return
			}
			last = page[len(page)-1]
		}
	}
}

// Specs yields all specs, like [Registry.Records].
func (r *Registry) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] {
	return func(yield func(*salt.Spec, error) bool) {
		for record, err := range r.Records(ctx, "") {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&record.Spec, nil) {
				return
			}
		}
	}
}

// Records yields records, one statement for 100. See [salt.RegistryStore].
func (r *Registry) Records(ctx context.Context, topic string) iter.Seq2[*salt.Record, error] {
	return pages(ctx, r, "list", topic, recordsPage, scanRecord, func(last *salt.Record) (string, []any) {
		afterTopic, afterParts := topic, "{}" // before all versions
		if last != nil {
			afterTopic, afterParts = last.Topic, orderKey(last.Version)
		}
		if topic != "" {
			return selectRecords + "where v.topic = $1 and v.parts > $2::text::integer[] order by v.parts limit $3", []any{topic, afterParts}
		}
		return selectRecords + "where (v.topic, v.parts) > ($1, $2::text::integer[]) order by v.topic, v.parts limit $3", []any{afterTopic, afterParts}
	})
}

// History yields the changes, one statement for 1000. See [salt.RegistryStore].
func (r *Registry) History(ctx context.Context, topic string) iter.Seq2[*salt.Change, error] {
	return pages(ctx, r, "read the history", topic, changesPage, scanChange, func(last *salt.Change) (string, []any) {
		var after int64
		if last != nil {
			after = last.Seq
		}
		if topic != "" {
			return selectHistory + "where topic = $1 and seq > $2 order by seq limit $3", []any{topic, after}
		}
		return selectHistory + "where seq > $1 order by seq limit $2", []any{after}
	})
}

const selectHistory = "select seq, at, by, kind, topic, version, detail from {salt}.history "

func scanChange(row pgx.CollectableRow) (*salt.Change, error) {
	c := new(salt.Change)
	if err := row.Scan(&c.Seq, &c.At, &c.By, &c.Kind, &c.Topic, &c.Version, &c.Detail); err != nil {
		return nil, err
	}
	c.At = c.At.UTC()
	return c, nil
}
