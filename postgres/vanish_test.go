package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/celerysalt/salt/postgres"
)

// A cable is the network between a registry and the server, to be pulled.
type cable struct{ pulled atomic.Bool }

// A thread is one connection. Pulled, it looks open to both sides and carries
// nothing.
type thread struct {
	net.Conn
	cable *cable
}

func (c *cable) dial(t testing.TB) func(context.Context, string, string) (net.Conn, error) {
	t.Helper()
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if c.pulled.Load() {
			return nil, errors.New("pulled")
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { conn.Close() })
		return &thread{conn, c}, nil
	}
}

func (t *thread) Write(b []byte) (int, error) {
	if t.cable.pulled.Load() {
		return len(b), nil
	}
	return t.Conn.Write(b)
}

func (t *thread) Close() error {
	if t.cable.pulled.Load() {
		return nil // the server hears nothing of it
	}
	return t.Conn.Close()
}

// TestVanished: a program that is gone without a word leaves nothing behind
// that waits for a lock, or holds one: the server ends that by itself.
func TestVanished(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r := open(t, url, nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	cfg, err := pgxpool.ParseConfig(with(need(t, "SALT_TEST_POSTGRES_URL"), "application_name", name))
	if err != nil {
		t.Fatal(err)
	}
	line := new(cable)
	cfg.ConnConfig.DialFunc = line.dial(t)
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	o := quiet()
	o.Schema = name
	gone, err := postgres.New(t.Context(), pool, o)
	if err != nil {
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
	sessions := func(state string) int {
		return query[int](t, url, "select count(*) from pg_stat_activity where application_name = $1 and "+state, name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	outcome := make(chan error, 1)
	go func() { outcome <- gone.Register(ctx, event("a", "v1", "string")) }()
	eventually(t, "it waits", func() bool { return sessions("wait_event_type = 'Lock'") == 1 })
	line.pulled.Store(true)
	if err := <-outcome; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Register: %v, want its deadline", err)
	}
	eventually(t, "the server has given up", func() bool {
		return query[int](t, url, "select count(*) from pg_locks join pg_stat_activity using (pid) where application_name = $1 and locktype <> 'virtualxid'", name) == 0
	})
	if _, err := conn.Exec(patience(t), "commit"); err != nil {
		t.Fatal(err)
	}
	if err := r.Register(patience(t), event("a", "v1", "integer")); err != nil {
		t.Errorf("Register of another: %v", err)
	}
}
