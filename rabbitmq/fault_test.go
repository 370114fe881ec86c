package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// T6: the peer takes and says nothing. Every call ends with its context plus
// the write timeout, Close included.
func TestFrozenPeer(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	const write = 500 * time.Millisecond
	tr := open(t, url, &Options{WriteTimeout: write, Window: 1000, DrainGrace: 100 * time.Millisecond})
	got := new(received)
	_, stop := consume(t, tr, b.q(), got.handle)
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	p.shut(toBroker)
	p.shut(fromBroker)
	body := []byte(`{"x":"` + strings.Repeat("x", 100<<10) + `"}`)
	// Enough to fill every buffer on the way, so that writes block.
	const bound = write + 400*time.Millisecond // of the race detector's making
	var wg sync.WaitGroup
	for g := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			m := b.event()
			m.Body = body
			began := time.Now()
			var err error
			if g%4 == 0 {
				m.RPC = true
				_, err = tr.Request(ctx, m)
			} else {
				err = tr.Send(ctx, m)
			}
			if took := time.Since(began); took > 300*time.Millisecond+bound {
				t.Errorf("a call took %v", took)
			}
			if err == nil {
				t.Error("a frozen broker confirmed")
			}
		})
	}
	wg.Wait()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = tr.Close(ctx)
	if took := time.Since(began); took > 200*time.Millisecond+write+100*time.Millisecond+bound {
		t.Errorf("Close took %v", took)
	}
	stop()
	p.open(toBroker)
	p.open(fromBroker)
}

// A broker that goes silent in the handshake.
func TestSilentAtDial(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	p.shut(fromBroker)
	tr := open(t, url, &Options{DialTimeout: 200 * time.Millisecond})
	eventually(t, 5*time.Second, "reported", func() bool { return strings.Contains(tr.Health().Detail, "no answer within") })
	wantPublishError(t, tr.Send(within(t, 300*time.Millisecond), (&bed{topic: "x"}).event()), salt.Refused, salt.ErrUnavailable)
	p.open(fromBroker)
	eventually(t, 5*time.Second, "connected", func() bool { return tr.Health().Connected })
}

// Heartbeats find a peer that is gone without a word, also when nobody sends.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, url, &Options{Heartbeat: 2 * time.Second})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	p.shut(fromBroker)
	eventually(t, 15*time.Second, "noticed", func() bool { return !tr.Health().Connected })
	p.open(fromBroker)
	p.cut()
	status.waitLive(t, 2)
	m := b.event()
	if err := tr.Send(within(t, 10*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "handled", func() bool { return got.has(m.ID) })
}

func TestBrokerDownAtStart(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	p.setDown(true)
	b := newBed(t, brokerURL(t))
	tr := open(t, url, nil)
	got := new(received)
	status := newStatusLog()
	q := b.q()
	q.Status = status.add
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Consume(ctx, q, got.handle) }()
	began := time.Now()
	err := tr.Send(t.Context(), b.event())
	wantPublishError(t, err, salt.Refused, salt.ErrUnavailable)
	if !salt.Retryable(err) {
		t.Error("not retryable")
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a refusal took %v", took)
	}
	if _, err := tr.Request(within(t, 5*time.Second), b.event()); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Request: %v", err)
	}
	if h := tr.Health(); h.Connected || h.Detail == "" {
		t.Errorf("health %+v", h)
	}
	eventually(t, 10*time.Second, "status told", func() bool {
		status.mu.Lock()
		defer status.mu.Unlock()
		return len(status.all) > 0 && errors.Is(status.all[0], salt.ErrUnavailable)
	})
	p.setDown(false)
	status.waitLive(t, 1)
	m := b.event()
	if err := tr.Send(within(t, 5*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// ledger is what publishers know about their messages.
type ledger struct {
	mu                 sync.Mutex
	confirmed          []string
	refused, unknown   int
	surprises          []error
	confirmedN, faults atomic.Int64
}

func (l *ledger) record(id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pe, ok := errors.AsType[*salt.PublishError](err)
	switch {
	case err == nil:
		l.confirmed = append(l.confirmed, id)
		l.confirmedN.Add(1)
	case !ok || pe.ID != id:
		l.surprises = append(l.surprises, err)
	case pe.Outcome == salt.Refused:
		l.refused++
	case pe.Outcome == salt.Unknown && errors.Is(err, salt.ErrNotConfirmed):
		l.unknown++
	default:
		l.surprises = append(l.surprises, err)
	}
}

// check fails the test for every confirmed message that was not handled.
func (l *ledger) check(t *testing.T, got *received) {
	t.Helper()
	lost := func() (n int) {
		for _, id := range l.confirmed {
			if !got.has(id) {
				n++
			}
		}
		return n
	}
	late := time.Now().Add(60 * time.Second)
	for lost() > 0 && time.Now().Before(late) {
		time.Sleep(50 * time.Millisecond)
	}
	if n := lost(); n > 0 {
		t.Errorf("%d confirmed messages are lost", n)
	}
	for _, err := range l.surprises {
		t.Errorf("not a typed error: %v", err)
	}
	t.Logf("confirmed %d, refused %d, unknown %d, handled %d times", len(l.confirmed), l.refused, l.unknown, got.n.Load())
}

// T5: the connection breaks at random points between publish and confirm, in
// every way a connection can.
func TestCutBetweenPublishAndConfirm(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	got := new(received)
	consume(t, open(t, brokerURL(t), nil), b.q(), got.handle)
	tr := open(t, url, nil)
	var l ledger
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m := b.event()
				if rand.N(4) == 0 {
					m.Body = []byte(`{"x":"` + strings.Repeat("x", rand.N(60<<10)) + `"}`) // to be cut inside
				}
				l.record(m.ID, tr.Send(context.Background(), m))
			}
		})
	}
	for range 60 {
		before := l.confirmedN.Load()
		eventually(t, 20*time.Second, "publishing goes on", func() bool { return l.confirmedN.Load() > before })
		time.Sleep(rand.N(10 * time.Millisecond))
		if d := rand.N(3); d > 0 { // first let one direction go silent for a moment
			p.shut(d == 1)
			time.Sleep(rand.N(10 * time.Millisecond))
		}
		p.cut()
		p.open(toBroker)
		p.open(fromBroker)
	}
	close(stop)
	wg.Wait()
	l.check(t, got)
	if l.unknown == 0 {
		t.Error("no cut hit a message between publish and confirm; the test tests nothing")
	}
}

// publishThrough publishes n events from 32 goroutines, again and again until
// each is confirmed, while breakConnections is called every second.
func publishThrough(t *testing.T, b *bed, tr *Transport, got *received, n int, breakConnections func()) {
	t.Helper()
	var l ledger
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	for range 32 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				m := b.event()
				for try := range 100 {
					err := tr.Send(context.Background(), m)
					l.record(m.ID, err)
					if err == nil {
						break
					}
					if !salt.Retryable(err) || try == 99 {
						t.Errorf("given up: %v", err)
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	var closer sync.WaitGroup
	closer.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				breakConnections()
			}
		}
	})
	wg.Wait()
	close(stop)
	closer.Wait()
	l.check(t, got)
	if got := len(l.confirmed); got != n {
		t.Errorf("%d confirmed, want %d", got, n)
	}
	if n := tr.Health().Reconnects; n < 2 {
		t.Errorf("only %d reconnects", n)
	}
	eventually(t, 20*time.Second, "queue empty", func() bool { n, _ := count(t, b.url, b.queue); return n == 0 })
}

// The same with the operator's closing: TestBrokerSuffers.
func TestPublishThroughCuts(t *testing.T) {
	t.Parallel()
	p, via := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, via, nil)
	got := new(received)
	q := b.q()
	q.Prefetch = 256
	consume(t, tr, q, got.handle)
	publishThrough(t, b, tr, got, 4_000, p.cut)
}

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
	publishThrough(t, b, tr, got, 20_000, func() { s.ctl("close_all_connections", "by the test") })

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
