package interop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
	"github.com/celerysalt/salt/redis"
	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	celerySalt = "celery-salt"
	tchuTchu   = "tchu-tchu"

	newestEnv = "salt-newest" // scripts/python-requirements.txt in .venv
	oldestEnv = "salt-oldest"
	tchuEnv   = "tchu"

	configurationsAbreast = 3
	cellsAbreast          = 32
)

// purposes says what each environment of interop/envs is for.
var purposes = map[string]string{
	newestEnv:   "the newest celery-salt 1.5 on the newest Celery, with OpenTelemetry",
	"celery55":  "the same celery-salt on Celery 5.5",
	"celery54":  "the same celery-salt on Celery 5.4",
	"celery53":  "the same celery-salt on Celery 5.3, the oldest that it asks for",
	oldestEnv:   "celery-salt 1.0.0, its first release, on Celery 5.3 and Pydantic 2.5: simple style only, no versions",
	"salt-next": "celery-salt 1.6.0 on the newest Celery",
	tchuEnv:     "tchu-tchu 2.2.31 on the newest Celery",
}

// A setup is an environment with a kind of worker.
type setup struct {
	env     string
	pool    string // of the worker: solo, prefork, threads
	results string // the worker's result backend: rpc or redis
}

func (s *setup) name() string   { return s.env + "," + s.pool + "," + s.results }
func (s *setup) column() string { return s.pool + "/" + s.results }

func (s *setup) dialect() string {
	if s.env == tchuEnv {
		return tchuTchu
	}
	return celerySalt
}

// classes reports whether the Python side has the class style.
func (s *setup) classes() bool { return s.env != oldestEnv && s.env != tchuEnv }

// noClasses is an absent of cells with Python classes.
func noClasses(s *setup) string {
	if s.classes() {
		return ""
	}
	return "celery-salt 1.0.0 has no class style; it came with 1.1.0"
}

// coreSetups are what plain go test asks.
var coreSetups = []*setup{
	{newestEnv, "solo", "rpc"},
	{newestEnv, "threads", "redis"},
}

func fullSetups() []*setup {
	var all []*setup
	for _, env := range []string{newestEnv, "celery55", "celery54", "celery53", oldestEnv, "salt-next", tchuEnv} {
		for _, pool := range []string{"solo", "prefork", "threads"} {
			for _, results := range []string{"rpc", "redis"} {
				all = append(all, &setup{env, pool, results})
			}
		}
	}
	return all
}

// A config is a running setup: both sides, live, on a virtual host of their own.
type config struct {
	*setup
	url    string    // of the virtual host
	bus    *salt.Bus // with handlers and Redis
	worker *program
	broker *broker

	// drivers start when first asked for, by the caller's result backend.
	drivers map[string]func() *driver

	reports *inbox[report]        // of the Python worker
	sights  *inbox[sight]         // of the Go handlers
	dead    *inbox[amqp.Delivery] // in the Go service's dead-letter queue, by id

	gaveUp signals // the callers that wait no longer, by tag
}

// driver returns the Python publisher whose results are kept as the worker's.
func (c *config) driver() *driver { return c.drivers[c.results]() }

// saw is what every Go handler does first.
func (c *config) saw(ctx context.Context, handler string, value any, tag string) {
	info := *salt.Info(ctx)
	c.sights.add(sight{handler, info, value}, info.ID, tag)
}

func start(t *testing.T, s *setup, host string, tb *table) *config {
	t.Helper()
	url := virtualHost(t, host)
	c := &config{
		setup: s, url: url, broker: dialBroker(t, url), drivers: map[string]func() *driver{},
		reports: newInbox[report](), sights: newInbox[sight](), dead: newInbox[amqp.Delivery](),
	}
	interpreter := interpreterOf(t, s.env)
	env := func(results string) []string {
		return []string{"MATRIX_BROKER=" + url, "MATRIX_RESULTS=" + results}
	}
	for _, results := range []string{"rpc", "redis"} {
		c.drivers[results] = sync.OnceValue(func() *driver { return startDriver(t, interpreter, env(results)) })
	}
	pool := map[string][]string{"solo": {"-P", "solo"}, "prefork": {"-P", "prefork", "-c", "2"}, "threads": {"-P", "threads", "-c", "4"}}[s.pool]
	c.worker = startProgram(t, interpreter, "matrix.worker", pool, env(s.results), c.take, c.reports.end)
	c.startBus(t)
	c.broker.collectDead(t, service+".dead", c.dead) // a request has none: its caller gets a fault
	ready := c.reports.await(t, "ready", 1, "the worker to be ready", func(report) bool { return true })[0]
	var about struct{ Redis string }
	c.driver().decode(t, command{"do": "about"}, &about)
	maps.DeleteFunc(ready.Versions, func(_, v string) bool { return v == "" })
	tb.recordVersions(s.env, ready.Versions)
	tb.recordVersions(s.env, map[string]string{"RabbitMQ": c.broker.version, "Redis": about.Redis})
	return c
}

// service names the Go side's queues.
const service = "go"

// startBus opens the bus with the handlers of all groups.
func (c *config) startBus(t *testing.T) {
	t.Helper()
	c.bus = c.openBus(t, &salt.Options{Service: service, Results: c.openRedis(t)})
	for _, g := range groups {
		if g.handle != nil && (g.dialect == "" || g.dialect == c.dialect()) {
			g.handle(c)
		}
	}
	c.startConsuming(t, c.bus)
}

// openBus opens a bus on the configuration's virtual host and closes it at the
// end of the test: for cells that need another service or other options.
func (c *config) openBus(t *testing.T, o *salt.Options) *salt.Bus {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	transport, err := rabbitmq.Open(c.url, &rabbitmq.Options{Logger: o.Logger})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := salt.Open(t.Context(), transport, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := bus.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return bus
}

// startConsuming returns when the bus consumes.
func (*config) startConsuming(t *testing.T, bus *salt.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := bus.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// openRedis opens the result backend for a bus, which closes it.
func (*config) openRedis(t *testing.T) *redis.Results {
	t.Helper()
	results, err := redis.Open(need(t, "SALT_TEST_REDIS_URL"), &redis.Options{
		ConnectWait: patience / 4, CommandTimeout: patience / 2, // the machine may be busier than any server
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// take files a line of the worker.
func (c *config) take(line []byte) {
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		c.reports.end(fmt.Errorf("the worker's line %.200q: %w", line, err))
		return
	}
	if r.Kind == "ready" {
		c.reports.add(r, "ready")
		return
	}
	if os.Getenv("SALT_INTEROP_TRACE") != "" {
		fmt.Fprintf(os.Stderr, "%s: %s", c.name(), line)
	}
	c.reports.add(r, r.ID, r.Tag)
}
