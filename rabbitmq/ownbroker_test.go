package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// services runs scripts/services for a broker of the test's own, which may be
// starved, frozen and killed.
type services struct {
	t      *testing.T
	script string
	dir    string
	env    map[string]string
}

func ownBroker(t *testing.T) *services {
	t.Helper()
	brokerURL(t) // the same conditions as the other integration tests
	script := os.Getenv("SALT_TEST_SERVICES")
	if script == "" {
		script, _ = filepath.Abs("../scripts/services")
	}
	if _, err := os.Stat(script); err != nil {
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, NOT TESTED: needs scripts/services to start a broker of its own: ", err)
	}
	s := &services{t: t, script: script, dir: t.TempDir(), env: map[string]string{}}
	s.run("start", "rabbitmq")
	t.Cleanup(func() { s.run("stop") })
	for line := range strings.Lines(s.run("env")) {
		if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "="); ok {
			s.env[name] = strings.Trim(value, "'\"")
		}
	}
	if s.env["SALT_TEST_AMQP_URL"] == "" {
		t.Fatalf("no broker: %v", s.env)
	}
	return s
}

func (s *services) run(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.script, args...)
	cmd.Env = append(os.Environ(), "SALT_SERVICES_DIR="+s.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("services %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *services) url() string { return s.env["SALT_TEST_AMQP_URL"] }

func (s *services) ctl(args ...string) {
	s.t.Helper()
	if out, err := exec.Command(s.env["SALT_TEST_RABBITMQCTL"], args...).CombinedOutput(); err != nil {
		s.t.Fatalf("rabbitmqctl %v: %v\n%s", args, err, out)
	}
}

// What only a broker of one's own can suffer: a memory alarm, SIGSTOP, kill -9,
// and its operator closing all connections.
func TestBrokerSuffers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a broker")
	}
	s := ownBroker(t)
	url := s.url()
	b := newBed(t, url)
	tr := open(t, url, &Options{WriteTimeout: time.Second, Heartbeat: 2 * time.Second})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	must := func() {
		t.Helper()
		m := b.event()
		if err := tr.Send(within(t, 20*time.Second), m); err != nil {
			t.Fatal(err)
		}
		eventually(t, 20*time.Second, "handled", func() bool { return got.has(m.ID) })
	}
	must()

	// Blocked: the publishers are told, consumers and Close go on.
	s.ctl("set_vm_memory_high_watermark", "absolute", "1000000")
	var first error
	for range 3 { // the broker tells a connection after it has published
		first = tr.Send(within(t, 500*time.Millisecond), b.event())
	}
	if !errors.Is(first, salt.ErrBlocked) || !strings.Contains(first.Error(), "memory") {
		t.Errorf("blocked: %v", first)
	}
	wantPublishError(t, first, salt.Refused, salt.ErrBlocked, context.DeadlineExceeded)
	if _, err := tr.Request(within(t, 300*time.Millisecond), b.event()); !errors.Is(err, salt.ErrBlocked) {
		t.Errorf("blocked Request: %v", err)
	}
	if h := tr.Health(); h.Connected || !strings.Contains(h.Detail, "memory") {
		t.Errorf("blocked: health %+v", h)
	}
	other := open(t, url, &Options{WriteTimeout: time.Second})
	_ = other.Send(within(t, 300*time.Millisecond), b.event())
	began := time.Now()
	if err := other.Close(within(t, 5*time.Second)); err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("Close on a blocked broker: %v after %v", err, time.Since(began))
	}
	s.ctl("set_vm_memory_high_watermark", "absolute", "2GiB")
	eventually(t, 10*time.Second, "unblocked", func() bool { return tr.Health().Connected })
	must()

	// Connections closed by the operator.
	n := tr.Health().Reconnects
	s.ctl("close_all_connections", "by the test")
	eventually(t, 20*time.Second, "both connections again", func() bool { h := tr.Health(); return h.Connected && h.Reconnects >= n+2 })
	must()

	// And again every second, under 20,000 events.
	publishThrough(t, b, tr, got, 20_000, time.Second, func() { s.ctl("close_all_connections", "by the test") })

	// Frozen.
	must()
	s.run("freeze", "rabbitmq")
	began = time.Now()
	err := tr.Send(within(t, 500*time.Millisecond), b.event())
	wantPublishError(t, err, salt.Unknown, salt.ErrNotConfirmed)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("frozen: took %v", took)
	}
	eventually(t, 15*time.Second, "heartbeats notice", func() bool { return !tr.Health().Connected })
	wantPublishError(t, tr.Send(t.Context(), b.event()), salt.Refused, salt.ErrUnavailable)
	s.run("thaw", "rabbitmq")
	eventually(t, 30*time.Second, "back", func() bool { return tr.Health().Connected })
	must()

	// Killed: a typed error while it is away, nothing confirmed is missing.
	lives := func() (n int) {
		status.mu.Lock()
		defer status.mu.Unlock()
		for _, err := range status.all {
			if err == nil {
				n++
			}
		}
		return n
	}
	before := lives()
	var l ledger
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m := b.event()
				l.record(m.ID, tr.Send(context.Background(), m))
			}
		})
	}
	eventually(t, 10*time.Second, "publishing", func() bool { return l.confirmedN.Load() > 100 })
	s.run("kill", "rabbitmq")
	eventually(t, 10*time.Second, "refusals", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.refused > 0 })
	s.run("restart", "rabbitmq")
	status.waitLive(t, before+1)
	again := l.confirmedN.Load()
	eventually(t, 30*time.Second, "publishing again", func() bool { return l.confirmedN.Load() > again })
	close(stop)
	wg.Wait()
	l.check(t, got)
	if fmt.Sprint(l.surprises) != "[]" {
		t.Error(l.surprises)
	}
}
