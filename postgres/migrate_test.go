package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

// TestMigrateOnce: the second program finds the tables and logs nothing.
func TestMigrateOnce(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	for i, want := range []int{1, 0} {
		var log bytes.Buffer
		r := open(t, url, &postgres.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), RequireServer: true})
		if err := r.Ping(patience(t)); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "migrated"); n != want {
			t.Errorf("program %d logged %d migrations, want %d:\n%s", i, n, want, &log)
		}
	}
	if n := query[int](t, url, fmt.Sprintf("select count(*) from %q.migrations", name)); n != 1 {
		t.Errorf("%d migrations are recorded, want 1", n)
	}
}

// TestForeignTables: a database of the future, and one of another program.
func TestForeignTables(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change string
		want   []string
	}{
		"newer":   {`insert into %q.migrations (version, name, checksum) values (7, 'of_tomorrow', 'x')`, []string{"version 7 (of_tomorrow)", "knows 1 (registry)", "update the program"}},
		"changed": {`update %q.migrations set checksum = 'x'`, []string{"migration 1 (registry)", "another program"}},
		"holes":   {`update %q.migrations set version = 0`, []string{"migration 0 (registry)", "another program"}},
		"more":    {`insert into %q.migrations (version, name, checksum) values (0, 'zero', 'x')`, []string{"migration 0 (zero)", "another program"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, schema := aside(t)
			if err := open(t, url, nil).Ping(patience(t)); err != nil {
				t.Fatal(err)
			}
			if err := execute(t, url, fmt.Sprintf(tt.change, schema)); err != nil {
				t.Fatal(err)
			}
			err := open(t, url, nil).Register(patience(t), event("a", "v1", "string"))
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Register: %v, want %q in it", err, want)
				}
			}
			if salt.Retryable(err) {
				t.Errorf("%v seems retryable", err)
			}
			o := quiet()
			o.RequireServer = true
			if r, err := postgres.Open(t.Context(), url, o); err == nil {
				r.Close()
				t.Error("Open with RequireServer accepts it")
			}
		})
	}
}

// TestFewRights: with the tables there, a user needs none but to use them, and
// nobody may rewrite the history.
func TestFewRights(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	if err := open(t, url, nil).Register(patience(t), event("a", "v1", "string")); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`create role "%[1]s"`, `grant usage on schema "%[1]s" to "%[1]s"`, `grant select on all tables in schema "%[1]s" to "%[1]s"`,
		`grant insert, update on "%[1]s".versions, "%[1]s".policies, "%[1]s".participants to "%[1]s"`,
		`grant insert on "%[1]s".schemas, "%[1]s".history to "%[1]s"`,
	} {
		if err := execute(t, url, fmt.Sprintf(text, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := execute(t, strings.Split(url, "&")[0], fmt.Sprintf(`drop owned by "%[1]s"; drop role "%[1]s"`, name)); err != nil {
			t.Error(err)
		}
	})
	humble := open(t, with(url, "role", name), nil)
	if err := humble.Register(patience(t), event("a", "v1", "string"), event("b", "v1", "integer")); err != nil {
		t.Errorf("Register: %v", err)
	}
	if err := errors.Join(humble.SetPolicy(patience(t), "a", salt.Policy{Owner: "us"}), humble.Deprecate(patience(t), "a", "v1", "old"),
		humble.See(patience(t), &salt.Participant{Topic: "a"})); err != nil {
		t.Error(err)
	}
	for _, text := range []string{
		"update %q.history set by = 'nobody'", "delete from %q.history", "truncate %q.history", "update %q.schemas set text = '{}'", "delete from %q.schemas where false",
	} {
		err := execute(t, url, fmt.Sprintf(text, name)) // as the owner
		if err == nil || !strings.Contains(err.Error(), "it only grows") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestEncoding: a database that cannot hold all texts is refused.
func TestEncoding(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	if err := execute(t, url, fmt.Sprintf(`create database %q encoding 'SQL_ASCII' template template0 locale 'C'`, name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(t, url, fmt.Sprintf(`drop database %q with (force)`, name)); err != nil {
			t.Error(err)
		}
	})
	err := open(t, strings.Replace(url, "/postgres?", "/"+name+"?", 1), nil).Ping(patience(t))
	if err == nil || !strings.Contains(err.Error(), "create one with encoding UTF8") {
		t.Errorf("Ping: %v", err)
	}
}
