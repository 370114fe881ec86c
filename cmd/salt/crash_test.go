package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// privateBroker is a RabbitMQ that a test may kill.
type privateBroker struct {
	services, state, url string
}

func startPrivateBroker(t *testing.T) *privateBroker {
	t.Helper()
	services := os.Getenv("SALT_TEST_SERVICES")
	if services == "" {
		skip(t, "SALT_TEST_SERVICES is not set: start servers with make services")
	}
	b := &privateBroker{services: services, state: filepath.Join(t.TempDir(), "services")}
	t.Cleanup(func() { b.control(t, "stop") })
	b.control(t, "start", "rabbitmq")
	found := regexp.MustCompile(`SALT_TEST_AMQP_URL=(\S+)`).FindStringSubmatch(b.control(t, "env"))
	if found == nil {
		t.Fatal("the private broker has no URL")
	}
	b.url = found[1]
	return b
}

func (b *privateBroker) control(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.services, args...)
	cmd.Env = append(os.Environ(), "SALT_SERVICES_DIR="+b.state)
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		t.Fatalf("services %q: %v\n%s%s", args, err, out, failed.Stderr)
	}
	return string(out)
}

// elect makes sure that the collector's quorum queue has a leader. Who talks to
// a single node's quorum queue in the first moment after a restart can keep it
// from electing one, for ever: a fault of RabbitMQ 3.10 (rabbitmq-server issue
// 10070), under which nothing is lost and nothing is confirmed.
func (b *privateBroker) elect(t *testing.T, service *collected) {
	t.Helper()
	patience := time.Now().Add(15 * time.Second)
	for !service.bus.Health().Ready {
		if time.Now().Before(patience) {
			time.Sleep(50 * time.Millisecond) // polls another process
			continue
		}
		t.Log("the queue has no leader, as in rabbitmq-server issue 10070; triggering an election")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, b.state+"/rabbitmqctl", "eval", "ra:trigger_election({'%2F_collector', node()}).").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
}

// A process is the real program.
type process struct {
	*exec.Cmd
	out, err *screen
}

func startProcess(t *testing.T, binary, url string, stdin io.Reader, args ...string) *process {
	t.Helper()
	p := &process{exec.Command(binary, args...), newScreen(), newScreen()}
	p.Stdin, p.Stdout, p.Stderr = stdin, p.out, p.err
	p.Env = append(os.Environ(), "SALT_URL="+url)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // an error says that it has ended
	return p
}

// code waits for the end.
func (p *process) code(t *testing.T) int {
	t.Helper()
	late := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
	defer late.Stop()
	if err := p.Wait(); err != nil && p.ProcessState == nil {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// collected is what a service with a durable queue received.
type collected struct {
	bus *salt.Bus
	mu  sync.Mutex
	ids map[string]bool
}

func (c *collected) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ids[id]
}

func collect(t *testing.T, url string) *collected {
	t.Helper()
	c := &collected{ids: map[string]bool{}}
	tr, err := rabbitmq.Open(url, &rabbitmq.Options{Logger: slog.New(slog.DiscardHandler), BackoffMax: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := salt.Open(t.Context(), tr, &salt.Options{Catalog: salt.NewCatalog(), Service: "collector", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c.bus = bus
	salt.SubscribePattern(bus, "#", func(_ context.Context, m *salt.Message) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ids[m.ID] = true
		return nil
	})
	start, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := bus.Start(start); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBrokerKilled is the promise of the command line on a bad day: the broker
// is killed (SIGKILL) under a listener and a publisher, and comes back. The
// listener goes on, the publisher's errors are typed, and a service has every
// message that was confirmed and none that was refused.
func TestBrokerKilled(t *testing.T) {
	t.Parallel()
	broker := startPrivateBroker(t)
	binary := filepath.Join(t.TempDir(), "salt")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	service := collect(t, broker.url)
	listener := startProcess(t, binary, broker.url, nil, "listen", "#", "--json")
	listener.err.wait(t, "listening to #", 1)

	// The publisher gets a line every few milliseconds, all the time.
	stdin, feed := io.Pipe()
	publisher := startProcess(t, binary, broker.url, stdin, "publish", "crash.test", "--lines", "--json", "--timeout", "1m")
	stop, fed := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		defer feed.Close()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
				if _, err := fmt.Fprintf(feed, "{\"n\": %d}\n", n); err != nil {
					fed <- n
					return
				}
			case <-stop:
				fed <- n
				return
			}
		}
	}()
	publisher.out.wait(t, `"outcome":"confirmed"`, 200)
	listener.out.wait(t, `"topic":"crash.test"`, 200)

	broker.control(t, "kill", "rabbitmq")
	listener.err.wait(t, "connection lost, waiting for the broker", 1)
	publisher.err.wait(t, "waiting for the broker, up to 1m0s", 1)
	away := startProcess(t, binary, broker.url, nil, "publish", "crash.away", "{}")
	if code := away.code(t); code != exitFailed || away.out.String() != "" ||
		!strings.Contains(away.err.String(), "outcome refused: broker unavailable") || !strings.Contains(away.err.String(), "salt doctor") {
		t.Errorf("publish without a broker: exit %d, %s%s", code, away.out, away.err)
	}

	broker.control(t, "restart", "rabbitmq")
	broker.elect(t, service)
	listener.err.wait(t, "connected again", 1)
	confirmed := strings.Count(publisher.out.String(), `"outcome":"confirmed"`)
	publisher.out.wait(t, `"outcome":"confirmed"`, confirmed+200)
	back := startProcess(t, binary, broker.url, nil, "publish", "crash.back", `{"back": true}`, "--must-route")
	if code := back.code(t); code != exitOK {
		t.Errorf("publish after the restart: exit %d, %s", code, back.err)
	}
	listener.out.wait(t, strings.TrimSpace(back.out.String()), 1)
	close(stop)
	lines := <-fed
	// Mostly something is on its way when the broker dies, but it need not be.
	code, want := publisher.code(t), exitOK
	if strings.Count(publisher.out.String(), `"outcome":"confirmed"`) < lines {
		want = exitFailed
	}
	if code != want {
		t.Errorf("publisher: exit %d, want %d, %s", code, want, publisher.err)
	}
	if err := listener.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	if code := listener.code(t); code != exitOK {
		t.Errorf("listener: exit %d, %s", code, listener.err)
	}
	t.Logf("publisher: %slistener:\n%s", publisher.err, listener.err)
	checkOutcomes(t, publisher.out.String(), lines, service)
}

// checkOutcomes holds what the publisher was told against what the service has.
func checkOutcomes(t *testing.T, report string, lines int, service *collected) {
	t.Helper()
	outcomes := map[string]int{}
	deadline := time.Now().Add(time.Minute)
	missing := 0
	for text := range strings.Lines(report) {
		var p published
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		outcomes[p.Outcome]++
		switch p.Outcome {
		case "confirmed":
			for !service.has(p.ID) && time.Now().Before(deadline) {
				time.Sleep(20 * time.Millisecond) // polls another process; the deadline decides
			}
			if !service.has(p.ID) {
				missing++
			}
		case "refused":
			if service.has(p.ID) {
				t.Errorf("line %d was refused and is there: %s", p.Line, p.Error)
			}
		case "unknown":
			if !strings.Contains(p.Error, "not confirmed") {
				t.Errorf("line %d is unknown without a type: %s", p.Line, p.Error)
			}
		}
	}
	if total := outcomes["confirmed"] + outcomes["refused"] + outcomes["unknown"]; missing > 0 || total != lines {
		t.Errorf("%d of the confirmed messages are missing; %d lines, outcomes %v", missing, lines, outcomes)
	}
	t.Logf("%d lines: %v, none of the confirmed missing", lines, outcomes)
}
