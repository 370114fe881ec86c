package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
	"github.com/celerysalt/salt/schema"
)

// A counter sees every statement of a pool.
type counter struct {
	mu    sync.Mutex
	texts []string
	meet  func(text string) // called before each
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.mu.Lock()
	c.texts = append(c.texts, data.SQL)
	meet := c.meet
	c.mu.Unlock()
	if meet != nil {
		meet(data.SQL)
	}
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take returns the statements since the last take, and how many that is: what
// begins a transaction has four.
func (c *counter) take() (n int, texts []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	texts, c.texts = c.texts, nil
	return len(texts), texts
}

// counted opens a registry on a pool that counts.
func counted(t testing.TB, url string, o *postgres.Options) (*postgres.Registry, *counter) {
	t.Helper()
	if o == nil {
		o = quiet()
	}
	plain, name, _ := strings.Cut(url, "&salt_schema=")
	cfg, err := pgxpool.ParseConfig(plain)
	if err != nil {
		t.Fatal(err)
	}
	c := new(counter)
	cfg.ConnConfig.Tracer = c
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	o.Schema = name
	r, err := postgres.New(t.Context(), pool, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, c
}

// TestStatements counts: no call's statements grow with its specs.
func TestStatements(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r, c := counted(t, url, nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	many := func(name string, n int, rpc bool) (specs []*salt.Spec) {
		for i := range n {
			s := event(fmt.Sprintf("%s.%d", name, i), "v1", "string")
			if rpc {
				s.Mode, s.Response, s.Error = salt.ModeRPC, object("integer"), object("boolean")
			}
			specs = append(specs, s)
		}
		return specs
	}
	bare := many("rpc", 300, true)
	for _, s := range bare {
		s.Response, s.Error = nil, nil
	}
	bad := event("one.0", "v1", "integer")
	worse := event("one.0", "v2", "integer")
	refused := func(s *salt.Spec) func() error {
		return func() error {
			err := r.Register(patience(t), s)
			if _, ok := errors.AsType[*salt.ConflictError](err); !ok {
				return fmt.Errorf("want a conflict, got %w", err)
			}
			return nil
		}
	}
	register := func(specs []*salt.Spec) func() error {
		return func() error { return r.Register(patience(t), specs...) }
	}
	judge := func(action string, specs ...*salt.Spec) func() error {
		return func() error {
			verdicts, err := r.Judge(patience(t), specs...)
			if len(verdicts) != len(specs) {
				err = errors.Join(err, fmt.Errorf("%d verdicts of %d specs", len(verdicts), len(specs)))
			}
			for _, v := range verdicts {
				if v.Action != action {
					return fmt.Errorf("%s %s: %s, want %s", v.Topic, v.Version, v.Action, action)
				}
			}
			return err
		}
	}
	for _, step := range []struct {
		name string
		want int
		do   func() error
	}{
		{"nothing", 0, register(nil)},
		{"1 new", 10, register(many("one", 1, false))},
		{"300 new", 10, register(many("many", 300, false))},
		{"300 new requests", 10, register(bare)},
		{"300 completed", 10, register(many("rpc", 300, true))},
		{"new and completed", 11, func() error {
			if err := r.Register(patience(t), bareRequest("mixed")); err != nil {
				return err
			}
			c.take()
			return r.Register(patience(t), append(many("mixed", 1, true), event("mixed.new", "v1", "string"))...)
		}},
		{"1 known", 1, register(many("one", 1, false))},
		{"300 known", 1, register(many("many", 300, false))},
		{"600 known", 1, register(append(many("many", 300, false), many("rpc", 300, true)...))},
		{"300 known in other words", 1, register(reworded(many("many", 300, false)))},
		{"refused: different", 7, refused(bad)},
		{"refused: breaks", 7, refused(worse)},
		{"Judge of nothing", 0, judge(salt.ActionUnchanged)},
		{"Judge of 300 known", 4, judge(salt.ActionUnchanged, many("many", 300, false)...)},
		{"Judge of 300 new", 4, judge(salt.ActionCreate, many("judged", 300, false)...)},
		{"Judge of 300 refused", 5, judge(salt.ActionRefuse, differing(many("many", 300, false))...)},
		{"Lookup", 1, func() error { _, err := r.Lookup(patience(t), "many.7", "v1"); return err }},
		{"Lookup latest", 1, func() error { _, err := r.Lookup(patience(t), "many.7", salt.LatestVersion); return err }},
		{"SchemaByID", 1, func() error { _, err := r.SchemaByID(patience(t), 1); return err }},
		{"Policy", 1, func() error { _, err := r.Policy(patience(t), "many.7"); return err }},
		{"Policies", 1, func() error { _, err := r.Policies(patience(t)); return err }},
		{"Records of one", 1, func() error { return drain(r.Records(patience(t), "many.7")) }},
		{"Records of all", 7, func() error { return drain(r.Records(patience(t), "")) }}, // 603 by 100
		{"History", 1, func() error { return drain(r.History(patience(t), "")) }},
		{"SetPolicy", 7, func() error { return r.SetPolicy(patience(t), "many.7", salt.Policy{Owner: "us"}) }},
		{"SetPolicy again", 4, func() error { return r.SetPolicy(patience(t), "many.7", salt.Policy{Owner: "us"}) }},
		{"Deprecate", 7, func() error { return r.Deprecate(patience(t), "many.7", "v1", "old") }},
		{"See", 1, func() error {
			var seen []*salt.Participant
			for i := range 300 {
				seen = append(seen, &salt.Participant{Topic: "a", Host: fmt.Sprint(i)}, &salt.Participant{Topic: "a", Host: fmt.Sprint(i), Type: "T"})
			}
			return r.See(patience(t), seen...)
		}},
	} {
		c.take()
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if n, texts := c.take(); n != step.want {
			t.Errorf("%s: %d statements, want %d:\n%s", step.name, n, step.want, strings.Join(texts, "\n"))
		}
	}
}

// reworded returns equal specs with other texts.
func reworded(specs []*salt.Spec) []*salt.Spec {
	for _, s := range specs {
		s.Schema = schema.MustParse(strings.Replace(s.Schema.String(), `"title":"T"`, `"title":"Another"`, 1))
	}
	return specs
}

// differing returns other specs of the same versions.
func differing(specs []*salt.Spec) []*salt.Spec {
	for _, s := range specs {
		s.Schema = object("integer")
	}
	return specs
}

// TestOtherMeaning: hashes that another version of Salt has stored cost a look
// at the texts, and nothing else.
func TestOtherMeaning(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r := open(t, url, nil)
	if err := r.Register(patience(t), event("a", "v1", "string")); err != nil {
		t.Fatal(err)
	}
	if err := execute(t, url, fmt.Sprintf("alter table %[1]q.schemas disable trigger only_grows; update %[1]q.schemas set meaning = 'older'", name)); err != nil {
		t.Fatal(err)
	}
	if err := r.Register(patience(t), reworded([]*salt.Spec{event("a", "v1", "string")})...); err != nil {
		t.Errorf("Register of an equal schema: %v", err)
	}
	if n := query[int](t, url, fmt.Sprintf("select (select count(*) from %[1]q.schemas) + (select count(*) from %[1]q.versions) + (select count(*) from %[1]q.history)", name)); n != 3 {
		t.Errorf("%d rows, want 3: an equal schema was stored once more", n)
	}
}

func bareRequest(name string) *salt.Spec {
	s := event(name+".0", "v1", "string")
	s.Mode = salt.ModeRPC
	return s
}

func drain[T any](stream func(func(*T, error) bool)) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}
