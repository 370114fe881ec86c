package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A file that was released is never changed: the checksums of what a database
// has are compared with it.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// A migration is one step from an empty database to what this program wants.
type migration struct {
	version  int
	name     string
	checksum string
	text     string
}

// migrations are numbered from 1 without gaps.
var migrations = readMigrations()

func readMigrations() []migration {
	entries, err := migrationFiles.ReadDir("migrations") // sorted by name
	if err != nil {
		panic(err)
	}
	var all []migration
	for i, e := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			panic(err)
		}
		number, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			panic("migrations are not numbered from 1 without gaps: " + e.Name())
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{i + 1, name, hex.EncodeToString(sum[:]), string(text)})
	}
	return all
}

// ready makes sure, once, that the tables are those that this program knows.
func (r *Registry) ready(ctx context.Context) error {
	if r.migrated.Load() {
		return nil
	}
	select {
	case r.migrating <- struct{}{}:
		defer func() { <-r.migrating }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if r.migrated.Load() {
		return nil
	}
	// A database that is up to date needs no rights but to use the tables.
	missing, err := r.missing(ctx, r.pool)
	if c := code(err); c == "42P01" || c == "3F000" { // no such table, no such schema
		missing, err = migrations, nil
	}
	if err == nil && len(missing) > 0 {
		err = r.migrate(ctx)
	}
	if err != nil {
		return err
	}
	r.migrated.Store(true)
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// missing returns the migrations that the database lacks, and refuses a database
// of another history.
func (r *Registry) missing(ctx context.Context, q querier) ([]migration, error) {
	rows, err := q.Query(ctx, r.sql("select version, name, checksum from {salt}.migrations order by version"))
	if err != nil {
		return nil, err
	}
	have, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m migration, err error) {
		return m, row.Scan(&m.version, &m.name, &m.checksum)
	})
	if err != nil {
		return nil, err
	}
	if n := len(have); n > 0 && have[n-1].version > len(migrations) {
		return nil, badState("the database's schema %q has version %d (%s) and this program knows %d (%s): update the program, or give it a schema of its own",
			r.schema, have[n-1].version, have[n-1].name, len(migrations), migrations[len(migrations)-1].name)
	}
	for i, m := range have {
		if want := migrations[min(i, len(migrations)-1)]; m.version != want.version || m.checksum != want.checksum {
			return nil, badState("migration %d (%s) of the database's schema %q is not this program's %d (%s): another program made these tables, give this one a schema of its own",
				m.version, m.name, r.schema, want.version, want.name)
		}
	}
	return migrations[len(have):], nil
}

// migrate applies what is missing, all or nothing. Others wait for the lock and
// then find it done.
func (r *Registry) migrate(ctx context.Context) error {
	var applied []migration
	err := r.change(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1::bigint)", r.lockKey("migrations")); err != nil {
			return err
		}
		var encoding string
		var there bool
		const look = "select current_setting('server_encoding'), exists (select from pg_namespace where nspname = $1)"
		if err := tx.QueryRow(ctx, look, r.schema).Scan(&encoding, &there); err != nil {
			return err
		}
		if encoding != "UTF8" {
			return badState("the database's encoding is %s; create one with encoding UTF8", encoding)
		}
		if !there { // "if not exists" would want the right to create one all the same
			if _, err := tx.Exec(ctx, r.sql("create schema {salt}")); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, r.sql(`create table if not exists {salt}.migrations (
			version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`)); err != nil {
			return err
		}
		var err error
		if applied, err = r.missing(ctx, tx); err != nil {
			return err
		}
		for _, m := range applied {
			if _, err := tx.Exec(ctx, r.sql(m.text)); err != nil {
				return fmt.Errorf("migration %d (%s): %w", m.version, m.name, err)
			}
			if _, err := tx.Exec(ctx, r.sql("insert into {salt}.migrations (version, name, checksum) values ($1, $2, $3)"), m.version, m.name, m.checksum); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range applied {
		r.log.Info("salt: the registry's tables were migrated", "database", r.name, "schema", r.schema, "version", m.version, "name", m.name)
	}
	return nil
}
