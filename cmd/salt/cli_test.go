package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/rabbitmq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is a password that must never be printed.
const canary = `Canary-7f/3"x`

// cli runs command lines in this process.
type cli struct {
	stdin  io.Reader
	env    map[string]string
	broker *inmem.Broker // nil: RabbitMQ

	transport salt.Transport // instead of either
}

// inProcess is a command line whose broker, wherever it is told to be, is b.
func inProcess(b *inmem.Broker) cli { return cli{broker: b} }

// A running command.
type running struct {
	stop     context.CancelFunc
	out, err *screen
	code     chan int
}

func (c cli) start(ctx context.Context, args ...string) *running {
	ctx, stop := context.WithCancel(ctx)
	r := &running{stop: stop, out: newScreen(), err: newScreen(), code: make(chan int, 1)}
	a := &app{
		in: c.stdin, out: r.out, err: r.err,
		env: func(name string) string { return c.env[name] },
		open: func(url string, o *rabbitmq.Options) (salt.Transport, error) {
			if c.transport != nil {
				return c.transport, nil
			}
			if c.broker != nil {
				return c.broker.Open(), nil
			}
			return rabbitmq.Open(url, o)
		},
	}
	if a.in == nil {
		a.in = strings.NewReader("")
	}
	go func() { r.code <- a.run(ctx, args) }()
	return r
}

// done waits for the end of the command.
func (r *running) done(t testing.TB) (code int, out, err string) {
	t.Helper()
	defer r.stop()
	select {
	case code := <-r.code:
		return code, r.out.String(), r.err.String()
	case <-time.After(2 * time.Minute):
		t.Fatalf("the command does not end\nstdout:\n%s\nstderr:\n%s", r.out, r.err)
		return 0, "", ""
	}
}

func (c cli) run(t testing.TB, args ...string) (code int, out, err string) {
	t.Helper()
	return c.start(t.Context(), args...).done(t)
}

// must runs a command that has to succeed, and returns its stdout.
func (c cli) must(t testing.TB, args ...string) string {
	t.Helper()
	code, out, err := c.run(t, args...)
	if code != exitOK {
		t.Fatalf("salt %s: exit %d\nstdout:\n%s\nstderr:\n%s", strings.Join(args, " "), code, out, err)
	}
	return out
}

// A screen is a stream one can wait on.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(p), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until the text holds want n times.
func (s *screen) wait(t testing.TB, want string, n int) {
	t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		have, changed := strings.Count(s.text.String(), want), s.changed
		s.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			text := s.String()
			t.Fatalf("%q is there %d times after 2 minutes, want %d; the end of %d bytes:\n%s", want, have, n, len(text), text[max(0, len(text)-1000):])
		}
	}
}

// realBroker returns the URL of a RabbitMQ, or skips.
func realBroker(t testing.TB) string {
	t.Helper()
	url := os.Getenv("SALT_TEST_AMQP_URL")
	if url == "" {
		skip(t, "SALT_TEST_AMQP_URL is not set: start servers with make services")
	}
	return url
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("SALT_REQUIRE_ALL") == "1" {
		t.Fatal("SALT_REQUIRE_ALL=1, and " + why)
	}
	t.Skip(why)
}

// service runs a bus on b until the end of the test. It handles one message
// after the other.
func service(t testing.TB, b *inmem.Broker, subscribe func(*salt.Bus)) *salt.Bus {
	t.Helper()
	bus, err := salt.Open(t.Context(), b.Open(), &salt.Options{Catalog: salt.NewCatalog(), Service: "service", Concurrency: 1,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	subscribe(bus)
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return bus
}
