package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

// TestCrash stops and kills the server under registrations and lookups: what
// was acknowledged stays, errors say that a retry may help, and the first call
// that the server can answer succeeds.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	t.Parallel()
	s := startServer(t)
	r := open(t, s.url, nil)
	var acknowledged sync.Map
	var count, failures atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	bad := func(what string, err error) {
		failures.Add(1)
		time.Sleep(2 * time.Millisecond) // the processor has better things to do
		if !salt.Retryable(err) || !strings.Contains(err.Error(), r.Name()) {
			t.Errorf("%s: %v, want an error that may be retried and names the server", what, err)
		}
	}
	for me := range 4 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				a, b := event(fmt.Sprintf("crash.%d.%d", me, i), "v1", "string"), event(fmt.Sprintf("crash.%d.%d", me, i), "v2", "string")
				call, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				if err := r.Register(call, a, b); err != nil {
					bad("Register", err)
				} else {
					acknowledged.Store(a.Topic, true)
					count.Add(1)
				}
				cancel()
			}
		})
		wg.Go(func() {
			for ctx.Err() == nil {
				topics := []string{}
				acknowledged.Range(func(k, _ any) bool { topics = append(topics, k.(string)); return len(topics) < 200 })
				if len(topics) == 0 {
					continue
				}
				call, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				if found, err := r.Lookup(call, topics[rand.IntN(len(topics))], salt.LatestVersion); err != nil {
					bad("Lookup", err)
				} else if found.Version != "v2" {
					t.Errorf("found %s of an acknowledged pair", found.Version)
				}
				cancel()
			}
		})
	}
	for name, end := range map[string]func(){"stopped at once": s.immediate, "killed": func() { s.run("kill", "postgres") }} {
		before := count.Load()
		eventually(t, "registrations", func() bool { return count.Load() > before+50 })
		end()
		broken := failures.Load()
		eventually(t, "failures", func() bool { return failures.Load() > broken })
		s.run("restart", "postgres")
		back, before := time.Now(), count.Load()
		eventually(t, "registrations again", func() bool { return count.Load() > before })
		t.Logf("%s: a registration succeeded %v after the server was ready", name, time.Since(back))
	}
	stop()
	wg.Wait()
	missing := 0
	acknowledged.Range(func(topic, _ any) bool {
		if found, err := r.Lookup(patience(t), topic.(string), salt.LatestVersion); err != nil || found.Version != "v2" {
			missing++
			t.Errorf("%v was acknowledged: %v", topic, err)
		}
		return missing < 5
	})
	if !query[bool](t, s.url, `select (select count(*) from salt.versions) = (select count(*) from salt.history)
		and (select count(*) from salt.versions) = 2 * (select count(distinct topic) from salt.versions)`) {
		t.Error("a registration was stored in part")
	}
	t.Logf("%d pairs acknowledged, %d calls failed", count.Load(), failures.Load())
}

// TestFrozen stops the server and its sessions without closing anything: every
// call ends with its context, and Close in its own time.
func TestFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	t.Parallel()
	s := startServer(t)
	busy, fresh := open(t, s.url, nil), open(t, s.url, nil)
	idle, err := postgres.Open(t.Context(), s.url, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(busy.Register(patience(t), event("a", "v1", "string")), idle.Ping(patience(t))); err != nil {
		t.Fatal(err)
	}
	s.freeze()
	thaw := sync.OnceFunc(s.thaw)
	defer thaw()
	for name, r := range map[string]*postgres.Registry{"connected before": busy, "new": fresh} {
		for call, do := range map[string]func(context.Context) error{
			"Register new":   func(ctx context.Context) error { return r.Register(ctx, event("b", "v1", "string")) },
			"Register known": func(ctx context.Context) error { return r.Register(ctx, event("a", "v1", "string")) },
			"Lookup":         func(ctx context.Context) error { _, err := r.Lookup(ctx, "a", "v1"); return err },
			"Records":        func(ctx context.Context) error { return drain(r.Records(ctx, "")) },
			"See":            func(ctx context.Context) error { return r.See(ctx, &salt.Participant{Topic: "a"}) },
			"Ping":           r.Ping,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			begun := time.Now()
			err := do(ctx)
			if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || !salt.Retryable(err) || took > 3*time.Second {
				t.Errorf("%s, %s: %v after %v, want its deadline", name, call, err, took)
			}
			cancel()
		}
	}
	begun := time.Now()
	err = errors.Join(idle.Close(), fresh.Close())
	if took := time.Since(begun); took > 11*time.Second {
		t.Errorf("two Close took %v (%v)", took, err)
	}
	t.Logf("Close beside a frozen server took %v: %v", time.Since(begun), err)
	thaw()
	if err := busy.Register(patience(t), event("b", "v1", "string")); err != nil {
		t.Errorf("Register after the thaw: %v", err)
	}
}

// TestAbsent: without a server calls fail at once, and Open does not.
func TestAbsent(t *testing.T) {
	t.Parallel()
	const url = "postgres://salt@127.0.0.1:1/nowhere?sslmode=disable"
	r := open(t, url, nil)
	if err := r.Register(patience(t), event("a", "v1", "string")); !errors.Is(err, salt.ErrUnavailable) || !salt.Retryable(err) || !strings.Contains(err.Error(), "127.0.0.1:1/nowhere") {
		t.Errorf("Register: %v", err)
	}
	if _, err := postgres.Open(patience(t), url, &postgres.Options{RequireServer: true}); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Open with RequireServer: %v", err)
	}
}

// TestLockedOut: somebody holds the tables. The call ends in time, and leaves no
// session behind that goes on waiting.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r := open(t, with(url, "application_name", name), nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(patience(t), need(t, "SALT_TEST_POSTGRES_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	tx, err := conn.Begin(patience(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(patience(t), fmt.Sprintf("lock table %q.history", name)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err = r.Register(ctx, event("a", "v1", "string"))
	if took := time.Since(begun); err == nil || !salt.Retryable(err) || took > 3*time.Second {
		t.Errorf("Register: %v after %v", err, took)
	}
	eventually(t, "nobody waits", func() bool {
		return query[int](t, url, "select count(*) from pg_stat_activity where application_name = $1 and state <> 'idle'", name) == 0
	})
	if err := tx.Rollback(patience(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Lookup(patience(t), "a", "v1"); !errors.Is(err, salt.ErrNotFound) {
		t.Errorf("the refused registration is there: %v", err)
	}
	if err := r.Register(patience(t), event("a", "v1", "string")); err != nil {
		t.Error(err)
	}
}

// TestSleeper: a program that is stopped in the middle of a registration does
// not keep the others from theirs for longer than its own call could take.
func TestSleeper(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	sleepy, c := counted(t, url, nil)
	if err := sleepy.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	asleep, wake := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.mu.Lock()
	c.meet = func(text string) {
		if strings.Contains(text, ".policies") { // the topics are locked
			once.Do(func() { close(asleep); <-wake })
		}
	}
	c.mu.Unlock()
	outcome := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		outcome <- sleepy.Register(ctx, event("a", "v1", "string"))
	}()
	<-asleep
	begun := time.Now()
	if err := open(t, url, nil).Register(patience(t), event("a", "v1", "integer")); err != nil {
		t.Errorf("Register beside a sleeper: %v", err)
	}
	if took := time.Since(begun); took < 100*time.Millisecond || took > 15*time.Second {
		t.Errorf("Register took %v beside a sleeper, whose locks last 1.5 s", took)
	}
	close(wake)
	if err := <-outcome; err == nil {
		t.Error("the sleeper's registration succeeded")
	}
	if found, err := sleepy.Lookup(patience(t), "a", "v1"); err != nil || !strings.Contains(found.Schema.String(), "integer") {
		t.Errorf("stored: %v (%v)", found, err)
	}
}

// TestClosed: every call after Close says so, also where the pool lives on.
func TestClosed(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r, _ := counted(t, url, nil)
	own := open(t, url, nil)
	if err := errors.Join(r.Ping(patience(t)), own.Ping(patience(t)), r.Close(), own.Close()); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := r.Ping(patience(t)); !errors.Is(err, salt.ErrClosed) || salt.Retryable(err) {
			t.Fatalf("Ping: %v, want salt.ErrClosed", err)
		}
		if err := own.Ping(patience(t)); !errors.Is(err, salt.ErrClosed) || salt.Retryable(err) {
			t.Fatalf("Ping without a pool: %v, want salt.ErrClosed", err)
		}
	}
}

// TestCloseEndsCalls: Close does not wait for a call that waits for a lock.
func TestCloseEndsCalls(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r := open(t, with(url, "application_name", name), nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(patience(t), need(t, "SALT_TEST_POSTGRES_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	if _, err := conn.Exec(patience(t), fmt.Sprintf("begin; lock table %q.history", name)); err != nil {
		t.Fatal(err)
	}
	outcome := make(chan error, 1)
	go func() { outcome <- r.Register(patience(t), event("a", "v1", "string")) }()
	eventually(t, "it waits", func() bool {
		return query[int](t, url, "select count(*) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'", name) == 1
	})
	begun := time.Now()
	if err := r.Close(); err != nil || time.Since(begun) > 4*time.Second {
		t.Errorf("Close: %v after %v", err, time.Since(begun))
	}
	if err := <-outcome; !errors.Is(err, salt.ErrClosed) {
		t.Errorf("Register: %v, want salt.ErrClosed", err)
	}
	if _, err := r.Lookup(patience(t), "a", "v1"); !errors.Is(err, salt.ErrClosed) {
		t.Errorf("Lookup: %v, want salt.ErrClosed", err)
	}
}
