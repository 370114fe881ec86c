package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// TestModes: a pooler in front of the server may allow no prepared statements,
// a pool may have one connection only, and a database other defaults.
func TestModes(t *testing.T) {
	t.Parallel()
	for _, parameter := range []string{
		"default_query_exec_mode=simple_protocol", "default_query_exec_mode=exec", "default_query_exec_mode=cache_describe", "pool_max_conns=1",
		"default_transaction_isolation=serializable", "search_path=nowhere", "timezone=Asia/Tokyo", "datestyle=German",
	} {
		t.Run(parameter, func(t *testing.T) {
			t.Parallel()
			url, _ := aside(t)
			name, value, _ := strings.Cut(parameter, "=")
			r := open(t, with(url, name, value), nil)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					s := event("shared", fmt.Sprintf("v%d", i), "string")
					full := event("rpc", "v1", "string")
					s.Doc, full.Mode = `it's "{quoted}", \ and 日本`, salt.ModeRPC
					if i > 3 {
						full.Response, full.Error = object("string"), object("boolean")
					}
					if err := r.Register(patience(t), s, full, event(fmt.Sprintf("own.%d", i), "v1", "integer")); err != nil {
						t.Errorf("Register: %v", err)
					}
				})
			}
			wg.Wait()
			if err := errors.Join(r.See(patience(t), &salt.Participant{Topic: "rpc", Service: `it's {"quoted",}`}), r.SetPolicy(patience(t), "rpc", salt.Policy{Owner: "us"}),
				r.Deprecate(patience(t), "rpc", "v1", "old"), drain(r.History(patience(t), "")), drain(r.Participants(patience(t), ""))); err != nil {
				t.Error(err)
			}
			n := 0
			for record, err := range r.Records(patience(t), "") {
				if err != nil {
					t.Fatal(err)
				}
				if n++; record.Topic == "shared" && record.Doc != `it's "{quoted}", \ and 日本` || record.RegisteredAt.IsZero() {
					t.Errorf("record %+v", record)
				}
				if record.Topic == "rpc" && (record.Response == nil || record.Error == nil) {
					t.Errorf("request %+v lacks its answers", record)
				}
			}
			if n != 17 {
				t.Errorf("%d records, want 17", n)
			}
		})
	}
}

// TestDeadlock: the server ends a registration that waits in a circle with a
// foreign transaction; it is made once more.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r, c := counted(t, with2(url, "application_name", name), nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(patience(t), need(t, "SALT_TEST_POSTGRES_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	// The other one waits longer before it looks for a circle.
	if _, err := conn.Exec(patience(t), fmt.Sprintf("begin; set local deadlock_timeout = '20s'; lock table %q.history", name)); err != nil {
		t.Fatal(err)
	}
	outcome := make(chan error, 1)
	go func() { outcome <- r.Register(patience(t), event("a", "v1", "string")) }()
	eventually(t, "it waits", func() bool {
		return query[int](t, url, "select count(*) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'", name) == 1
	})
	if _, err := conn.Exec(patience(t), fmt.Sprintf("lock table %q.versions", name)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(patience(t), "commit"); err != nil {
		t.Fatal(err)
	}
	if err := <-outcome; err != nil {
		t.Errorf("Register: %v", err)
	}
	_, texts := c.take()
	begins := 0
	for _, text := range texts {
		if strings.HasPrefix(text, "begin") {
			begins++
		}
	}
	if begins != 2+1 { // the first is of the migration
		t.Errorf("%d transactions, want 3:\n%s", begins, strings.Join(texts, "\n"))
	}
}

// with2 adds a parameter before the last one.
func with2(url, name, value string) string {
	head, tail, _ := strings.Cut(url, "&salt_schema=")
	return with(head, name, value) + "&salt_schema=" + tail
}
