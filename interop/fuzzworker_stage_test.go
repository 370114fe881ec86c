package interop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// A fuzzStage is a real worker, a bus, and the book of what is between them.
type fuzzStage struct {
	prefix string
	worker *child
	bus    *salt.Bus
	raw    *rawPublisher

	mu      sync.Mutex
	open    map[string]*parcel // by message id
	changed chan struct{}      // closed and replaced when open shrinks
	faults  []string
	handled int
}

// A parcel is one message on its way.
type parcel struct {
	message *salt.Message
	text    string // the payload, for the report of a failure
	topic   string // as the dispatcher must see it
	digest  string // of what the handler must see
	begun   bool
}

// A workerReport is a line of python/fuzz_worker.py.
type workerReport struct {
	Kind, ID, Topic, Digest, Seen, Error string
}

func startFuzzWorker(t *testing.T) *fuzzStage {
	t.Helper()
	url, interpreter := need(t, "SALT_TEST_AMQP_URL"), need(t, "SALT_TEST_PYTHON")
	s := &fuzzStage{
		prefix: "fuzz-" + uuid.NewString()[:8],
		open:   make(map[string]*parcel), changed: make(chan struct{}),
	}
	ready := make(chan struct{})
	var err error
	s.worker, err = launch("fuzz_worker.py", func(line []byte) { s.read(line, ready) },
		[]string{"INTEROP_PREFIX=" + s.prefix, "SALT_TEST_AMQP_URL=" + url}, interpreter, filepath.Join("python", "fuzz_worker.py"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.worker.died(); err != nil {
			t.Error(err)
		} else if t.Failed() {
			t.Logf("the worker said:\n%s", s.worker.said)
		}
		s.worker.kill()
	})
	transport, err := rabbitmq.Open(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.bus, err = salt.Open(t.Context(), transport, &salt.Options{
		Service: s.prefix + ".go", Catalog: salt.NewCatalog(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.bus.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s.raw = openRaw(t)

	select {
	case <-ready:
	case <-s.worker.ended:
		t.FailNow() // the cleanup tells why
	case <-time.After(patience):
		t.Fatalf("the worker is not ready within %v", patience)
	}
	return s
}

// read enters one report.
func (s *fuzzStage) read(line []byte, ready chan<- struct{}) {
	var r workerReport
	switch err := json.Unmarshal(line, &r); {
	case err != nil:
		s.fault("report %.200s: %v", line, err)
	case r.Kind == "ready":
		close(ready)
	default:
		s.account(&r)
	}
}

func (s *fuzzStage) account(r *workerReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.ID
	p := s.open[id]
	if p == nil { // the task of a handler has an id of its own
		if at := strings.LastIndex(id, ":handler_"); at >= 0 {
			id = id[:at]
			p = s.open[id]
		}
	}
	if p == nil {
		s.faultLocked("the worker %s a message that nobody sent: id %q, %s", r.Kind, r.ID, r.Error)
		return
	}
	switch r.Kind {
	case "begun":
		p.begun = true
		if r.Topic != p.topic {
			s.faultLocked("%s: the dispatcher saw topic %q, want %q", p, r.Topic, p.topic)
		}
		return
	case "handled":
		s.handled++
		if r.Digest != p.digest {
			s.faultLocked("%s: the handler saw something else:\n%.2000s", p, r.Seen)
		}
	default:
		s.faultLocked("%s: %s: %s", p, r.Kind, r.Error)
	}
	delete(s.open, id)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *fuzzStage) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultLocked(format, args...)
}

func (s *fuzzStage) faultLocked(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// expect enters m, which is about to be sent, and waits until no more than
// window messages are on their way.
func (s *fuzzStage) expect(ctx context.Context, m *salt.Message, window int) error {
	tokens, err := whole(m)
	if err != nil {
		return fmt.Errorf("the generator made no JSON: %w\n%.500s", err, m.Body)
	}
	p := &parcel{message: m, text: string(m.Body), topic: m.Topic, digest: digest(tokens)}
	if err := s.settle(ctx, window-1); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[m.ID] = p
	return nil
}

// forget takes back what was not sent after all.
func (s *fuzzStage) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
}

// settle waits until at most most messages are on their way.
func (s *fuzzStage) settle(ctx context.Context, most int) error {
	for {
		s.mu.Lock()
		left, changed := len(s.open), s.changed
		s.mu.Unlock()
		if left <= most {
			return nil
		}
		select {
		case <-changed:
		case <-s.worker.ended:
			return fmt.Errorf("the worker has ended with %d messages on their way", left)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience):
			return fmt.Errorf("nothing was handled for %v, %d messages are on their way", patience, left)
		}
	}
}

// check reports what went wrong so far, and what is still on its way.
func (s *fuzzStage) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults[:min(len(s.faults), 20)] {
		t.Error(f)
	}
	if more := len(s.faults) - 20; more > 0 {
		t.Errorf("and %d faults more", more)
	}
	shown := 0
	for _, p := range s.open {
		if shown++; shown <= 20 {
			t.Errorf("never handled (dispatcher begun: %t): %s", p.begun, p)
		}
	}
}

func (p *parcel) String() string {
	return fmt.Sprintf("id %q topic %q header %q trace %q version %q payload %.500s",
		p.message.ID, p.topic, p.message.Header, p.message.Trace, p.message.Version, p.text)
}

func fullInterop() bool { return os.Getenv("SALT_INTEROP") == "full" }
