//go:build big

package interop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/postgres"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/schema"
)

// wide is an event of 20 members.
type wide struct {
	A, B, C, D, E string
	F, G, H, I, J int
	K, L, M, N, O *float64
	P, Q, R, S, T []time.Time
}

const definitions = 200 // of one service

// TestOpenTimes measures how long a service of 200 definitions takes to open its
// bus: in a registry of its own, and in one of 10,000 topics of 5 versions.
func TestOpenTimes(t *testing.T) {
	url := chainDatabase(t)
	s := &stopwatch{url: url}
	store := s.open(t)
	t.Cleanup(func() { store.Close() })
	address := serveHandler(t, server.New(store, nil))
	s.measureOpen(t, "a registry of its own", address)
	begun := time.Now()
	const topics, versions = 10_000, 5
	if err := store.SetPolicy(t.Context(), "", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil { // comparing is schema's work
		t.Fatal(err)
	}
	for i := 0; i < topics; i += 500 {
		var specs []*salt.Spec
		for topic := range 500 {
			for v := range versions {
				specs = append(specs, filler(i+topic, v+1))
			}
		}
		if err := store.Register(t.Context(), specs...); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.SetPolicy(t.Context(), "", salt.Policy{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d versions registered in %v", topics*versions, time.Since(begun).Round(time.Second))
	s.measureOpen(t, "a registry of 50,000 versions", address)
	far, slow := clientOf(t, address), startClient(t, server.New(struct{ salt.RegistryStore }{store}, nil))
	for name, specs := range map[string][]*salt.Spec{"known": fillers(versions), "new versions": fillers(versions + 1)} {
		for way, judge := range map[string]judgingStore{"PostgreSQL": store, "HTTP": far, "HTTP, a store without Judge": slow} {
			s.measure(t, fmt.Sprintf("Judge of 200 %s, %s", name, way), 20, func(int) (func() error, func() error) {
				return func() error { _, err := judge.Judge(t.Context(), specs...); return err }, nil
			})
		}
	}
}

// filler is a version of a topic with texts of its own.
func filler(topic, version int) *salt.Spec {
	var members []string
	for i := range 20 + version {
		members = append(members, fmt.Sprintf(`"member_%d_of_%d":{"type":"string","title":"Member %d","description":"What it is, in a few words."}`, i, topic, i))
	}
	return &salt.Spec{
		Topic: fmt.Sprintf("filler.%d", topic), Version: fmt.Sprintf("v%d", version), Mode: salt.ModeEvent,
		Schema: schema.Trust(fmt.Appendf(nil, `{"type":"object","title":"T","properties":{%s}}`, strings.Join(members, ","))),
	}
}

// fillers are one version of each of a service's topics.
func fillers(version int) (specs []*salt.Spec) {
	for i := range definitions {
		specs = append(specs, filler(i, version))
	}
	return specs
}

// A stopwatch measures calls and counts their statements in PostgreSQL.
type stopwatch struct {
	url        string
	statements atomic.Int64
	services   int // that have been opened for the first time
}

// open is postgres.Open, counting.
func (s *stopwatch) open(t *testing.T) *ownPool {
	t.Helper()
	url, name, _ := strings.Cut(s.url, "&salt_schema=")
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ConnConfig.Tracer = s
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := postgres.New(t.Context(), pool, &postgres.Options{Schema: name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return &ownPool{r, pool}
}

// An ownPool closes its pool too.
type ownPool struct {
	*postgres.Registry
	pool *pgxpool.Pool
}

func (p *ownPool) Close() error {
	defer p.pool.Close()
	return p.Registry.Close()
}

func (s *stopwatch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.statements.Add(1)
	return ctx
}

func (*stopwatch) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// measureOpen opens services, as processes that start do: with connections and
// definitions of their own.
func (s *stopwatch) measureOpen(t *testing.T, where, url string) {
	t.Helper()
	for _, way := range []struct {
		name string
		open func() (salt.RegistryStore, error)
	}{
		{"PostgreSQL", func() (salt.RegistryStore, error) { return s.open(t), nil }},
		{"HTTP", func() (salt.RegistryStore, error) { return registry.NewHTTP(url, nil) }},
	} {
		opened := func(service int) (do, end func() error) {
			catalog := salt.NewCatalog()
			for i := range definitions {
				salt.DefineEvent[wide](fmt.Sprintf("service%d.topic%d", service, i), salt.In(catalog), salt.Doc(fmt.Sprintf("The topic %d of service %d.", i, service)))
			}
			var bus *salt.Bus
			var store salt.RegistryStore
			return func() (err error) {
					if store, err = way.open(); err != nil {
						return err
					}
					bus, err = salt.Open(t.Context(), inmem.New(), &salt.Options{Service: "shop", Catalog: catalog, Registry: store, Logger: slog.New(slog.DiscardHandler)})
					return err
				}, func() error {
					if n := bus.Health().Registry.Pending; n > 0 {
						return fmt.Errorf("%d definitions are pending", n)
					}
					return errors.Join(bus.Close(t.Context()), store.Close())
				}
		}
		s.measure(t, "Open, definitions new to "+where+", "+way.name, 50, func(int) (func() error, func() error) {
			s.services++
			return opened(s.services)
		})
		s.measure(t, "Open, definitions known to "+where+", "+way.name, 50, func(int) (func() error, func() error) { return opened(s.services) })
	}
}

// measure logs how long do takes of what prepare returns; its end is not measured.
func (s *stopwatch) measure(t *testing.T, what string, n int, prepare func(run int) (do, end func() error)) {
	t.Helper()
	times := make([]time.Duration, n)
	statements := int64(0)
	for i := range n {
		do, end := prepare(i)
		before, begun := s.statements.Load(), time.Now()
		err := do()
		times[i] = time.Since(begun)
		statements += s.statements.Load() - before
		if err == nil && end != nil {
			err = end()
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	slices.Sort(times)
	t.Logf("%-75s p50 %7.1f ms  p99 %7.1f ms  %.1f statements", what, times[n/2].Seconds()*1000, times[n*99/100].Seconds()*1000, float64(statements)/float64(n))
}
