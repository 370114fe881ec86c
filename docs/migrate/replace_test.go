package migrate_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// numbered is what both services handle.
type numbered struct {
	N int `json:"n"`
}

// TestReplace follows the guide's plan on RabbitMQ while events keep coming: the
// real Python worker, a shadow, the switch, the drain, and the way back. No
// event may be without a handler.
func TestReplace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	name := "guide-replace-" + rand.Text()
	event := salt.DefineEvent[numbered](name, salt.In(salt.NewCatalog()))
	handled := &record{seen: map[int]int{}, changed: make(chan struct{}, 1)}
	old := startOld(t, name+"-python", name, handled)

	publisher := openOn(ctx, t, name+"-publisher")
	sent := 0
	publish := func() {
		t.Helper()
		for range 20 {
			if _, err := event.Publish(ctx, publisher, &numbered{N: sent}, salt.MustRoute()); err != nil {
				t.Fatal(err)
			}
			sent++
		}
	}
	start := func(shadow bool) *salt.Bus {
		t.Helper()
		bus := openOn(ctx, t, name+"-go")
		event.Subscribe(bus, func(_ context.Context, v *numbered) error {
			if !shadow {
				handled.add(v.N)
			}
			return nil
		})
		if err := bus.Start(ctx); err != nil {
			t.Fatal(err)
		}
		return bus
	}
	stop := func(bus *salt.Bus) {
		t.Helper()
		if err := bus.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}

	shadow := start(true)
	publish()
	stop(shadow) // its queue goes on collecting
	publish()
	old.do(t, "unbind")
	publish()
	service := start(false)
	publish()
	handled.all(ctx, t, sent)

	old.do(t, "bind") // the way back
	publish()
	stop(service)
	publish()
	handled.all(ctx, t, sent)
	handled.mu.Lock()
	defer handled.mu.Unlock()
	for n, times := range handled.seen {
		if times > 2 {
			t.Errorf("event %d was handled %d times", n, times)
		}
	}
}

func openOn(ctx context.Context, t *testing.T, service string) *salt.Bus {
	t.Helper()
	transport, err := rabbitmq.Open(need(t, "SALT_TEST_AMQP_URL"), nil)
	if err != nil {
		t.Fatal(err)
	}
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: service, Catalog: salt.NewCatalog()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close(context.Background()) }) // closing twice is harmless
	return bus
}

// A record is what either service handled, and how often.
type record struct {
	mu      sync.Mutex
	seen    map[int]int
	changed chan struct{}
}

func (r *record) add(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[n]++
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// all waits until each of the first n events was handled.
func (r *record) all(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	for {
		r.mu.Lock()
		got := len(r.seen)
		r.mu.Unlock()
		if got == n {
			return
		}
		select {
		case <-r.changed:
		case <-ctx.Done():
			t.Fatalf("%d of %d events were handled", got, n)
		}
	}
}

// An oldService is replace.py.
type oldService struct {
	in   io.Writer
	done chan struct{} // a command was obeyed
}

func startOld(t *testing.T, queue, topic string, handled *record) *oldService {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need(t, "SALT_TEST_PYTHON"), "replace.py")
	cmd.Env = append(os.Environ(), "GUIDE_QUEUE="+queue, "GUIDE_TOPIC="+topic,
		"SALT_TEST_AMQP_URL="+need(t, "SALT_TEST_AMQP_URL"), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var noise bytes.Buffer
	cmd.Stderr = &noise
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &oldService{in: in, done: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			switch word, number, _ := strings.Cut(lines.Text(), " "); word {
			case "handled":
				n, _ := strconv.Atoi(number)
				handled.add(n)
			case "ready", "done":
				p.done <- struct{}{} // somebody waits for it
			} // anything else is Celery's
		}
	}()
	t.Cleanup(func() { // after t.Context has ended
		<-ended
		_ = cmd.Wait() // killed by our own signal
		if t.Failed() {
			t.Logf("replace.py said:\n%s", noise.String())
		}
	})
	p.wait(t, "ready")
	return p
}

// do gives a command and waits until it was obeyed.
func (p *oldService) do(t *testing.T, command string) {
	t.Helper()
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		t.Fatal(err)
	}
	p.wait(t, command)
}

func (p *oldService) wait(t *testing.T, what string) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		t.Fatalf("the Python service is not through with %q after a minute", what)
	}
}
