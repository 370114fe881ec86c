package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/celerysalt/salt"
)

func init() {
	open := func(ctx context.Context, url string) (salt.RegistryStore, error) { return Open(ctx, url, nil) }
	salt.RegistryScheme("postgres", open)
	salt.RegistryScheme("postgresql", open)
}

// errURL says nothing about the URL it refuses: the parser's own errors quote
// it, and a broken URL may have its password in any part.
var errURL = errors.New("postgres: the server's URL cannot be parsed: want postgres://user:password@host:5432/database?sslmode=…, " +
	"with reserved characters of user and password percent-encoded (url.UserPassword does that)")

// A Registry keeps specs in a PostgreSQL database. Safe for concurrent use, by
// any number of processes. Make one with [Open] or [New].
type Registry struct {
	pool    *pgxpool.Pool
	own     bool // the pool is closed with the registry
	log     *slog.Logger
	schema  string
	name    string // of server and database, without credentials
	timeout time.Duration

	life context.Context // ends with Close
	end  context.CancelCauseFunc

	migrating chan struct{} // held by who looks at the tables
	migrated  atomic.Bool
	forgetAt  atomic.Int64 // when old participants are forgotten again, in Unix nanoseconds
}

var _ salt.RegistryStore = (*Registry)(nil)

// Open makes a registry with a pool of connections of its own. url is what pgx
// reads: a URL or a string of keywords, with the pool_ parameters of pgxpool;
// what it leaves out comes from the PG… environment variables. The server need
// not be there, see [Options]. Connections are closed after a minute without
// work, since a service needs its registry seldom. Errors never contain the
// password.
func Open(ctx context.Context, url string, o *Options) (*Registry, error) {
	cfg, err := pgxpool.ParseConfig(url)
	var file *fs.PathError
	switch {
	case errors.As(err, &file): // of a certificate or a password file, and quotes nothing else
		return nil, fmt.Errorf("read what the server's URL names: %w", file)
	case err != nil && strings.Contains(err.Error(), "sslmode is invalid"):
		return nil, errors.New("the server's URL has an sslmode that does not exist")
	case err != nil || strings.Contains(cfg.ConnConfig.Database, "@"): // the end of a password with a "/"
		return nil, errURL
	}
	var set Options
	if o != nil {
		set = *o
	}
	if named := cfg.ConnConfig.RuntimeParams["salt_schema"]; named != "" && set.Schema == "" {
		set.Schema = named
	}
	delete(cfg.ConnConfig.RuntimeParams, "salt_schema") // the server does not know it
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.PingTimeout == 0 {
		cfg.PingTimeout = pingTimeout
	}
	if cfg.MaxConnIdleTime == pgxIdleTime {
		cfg.MaxConnIdleTime = idleTime
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "salt registry"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, errURL
	}
	r, err := New(ctx, pool, &set)
	if err != nil {
		pool.Close()
		return nil, err
	}
	r.own = true
	return r, nil
}

// New makes a registry on a pool of the program's own, which Close leaves open.
// Give the pool a PingTimeout: without one a call may spend all its time on a
// connection that has died. A program with a *sql.DB can have both on one pool,
// with OpenDBFromPool of pgx's package stdlib.
func New(ctx context.Context, pool *pgxpool.Pool, o *Options) (*Registry, error) {
	set, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Registry{
		pool: pool, log: set.Logger, schema: set.Schema, timeout: set.Timeout,
		name: place(pool.Config().ConnConfig), migrating: make(chan struct{}, 1),
	}
	r.life, r.end = context.WithCancelCause(context.WithoutCancel(ctx))
	if set.RequireServer {
		if err := r.Ping(ctx); err != nil {
			return nil, err
		}
	}
	r.forgetAt.Store(time.Now().Add(forgetEvery).UnixNano())
	return r, nil
}

// place names servers and database for messages.
func place(cfg *pgx.ConnConfig) string {
	hosts := []string{hostPort(cfg.Host, cfg.Port)}
	for _, f := range cfg.Fallbacks {
		if more := hostPort(f.Host, f.Port); more != hosts[len(hosts)-1] { // one host with and without TLS
			hosts = append(hosts, more)
		}
	}
	return strings.Join(hosts, ",") + "/" + cfg.Database
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// Ping reports whether the server answers and the tables are up to date.
func (r *Registry) Ping(ctx context.Context) error {
	return r.do(ctx, "ping", func(ctx context.Context) error {
		_, err := r.pool.Exec(ctx, "select 1")
		return err
	})
}

// Close ends what is under way and closes the connections that [Open] made. It
// waits at most 5 s, for a server that does not answer.
func (r *Registry) Close() error {
	r.end(errClosed)
	if !r.own {
		return nil
	}
	closed := make(chan struct{})
	go func() { r.pool.Close(); close(closed) }()
	select {
	case <-closed:
		return nil
	case <-time.After(closePatience):
		return fmt.Errorf("close: postgres %s: the server does not answer, its connections are left to end by themselves", r.name)
	}
}

// sql puts the name of the database schema where {salt} stands.
func (r *Registry) sql(text string) string {
	return strings.ReplaceAll(text, "{salt}", `"`+r.schema+`"`)
}
