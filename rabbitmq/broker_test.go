package rabbitmq

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brokerURL returns the real broker that integration tests run against.
func brokerURL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("SALT_TEST_AMQP_URL")
	if url == "" {
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatal("SALT_TEST_AMQP_URL is not set, and SALT_REQUIRE_ALL=1 says that it must be: make services")
		}
		t.Skip("SKIPPED, NOT TESTED: needs a RabbitMQ at SALT_TEST_AMQP_URL; make services starts one")
	}
	return url
}

// logBuffer is a log that tests can search.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// open returns a transport that is closed, and proven to have closed, at the
// test's end.
func open(t testing.TB, url string, o *Options) *Transport {
	t.Helper()
	var c Options
	if o != nil {
		c = *o
	}
	if c.Logger == nil {
		c.Logger = (&logBuffer{}).logger()
	}
	c.BackoffMin = or(c.BackoffMin, 10*time.Millisecond)
	c.BackoffMax = or(c.BackoffMax, 200*time.Millisecond)
	tr, err := Open(url, &c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := tr.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return tr
}

// raw returns a plain connection for looking at the broker from outside.
func raw(t testing.TB, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// fresh returns a name nobody else uses.
func fresh(what string) string { return "test." + what + "." + uuid.NewString()[:8] }

// bed is a queue with its topic, both of one test, removed afterwards.
type bed struct {
	url, queue, topic string
	ch                *amqp.Channel
}

func newBed(t testing.TB, url string) *bed {
	t.Helper()
	b := &bed{url: url, queue: fresh("queue"), topic: fresh("topic"), ch: raw(t, url)}
	t.Cleanup(func() {
		for _, name := range []string{b.queue, b.queue + deadSuffix} {
			_, _ = b.ch.QueueDelete(name, false, false, false)
		}
	})
	return b
}

func (b *bed) q() salt.Queue {
	return salt.Queue{Name: b.queue, Bindings: []salt.Binding{{Pattern: b.topic}}, Drain: 5 * time.Second}
}

func (b *bed) event() *salt.Message {
	return &salt.Message{ID: uuid.NewString(), Topic: b.topic, Version: "v1", Body: []byte(`{"n": 1}`)}
}

// count returns the ready messages and consumers of a queue, -1 if it is absent.
func count(t testing.TB, url, queue string) (messages, consumers int) {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		return -1, -1
	}
	return q.Messages, q.Consumers
}

// eventually waits for a condition on another process, which has no channel to
// wait on.
func eventually(t testing.TB, within time.Duration, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// consume runs Consume until the test ends, and returns when it is live.
func consume(t testing.TB, tr *Transport, q salt.Queue, h salt.Handler) (statuses *statusLog, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	statuses = newStatusLog()
	q.Status = statuses.add
	ended := make(chan error, 1)
	go func() { ended <- tr.Consume(ctx, q, h) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("Consume: %v", err)
				}
			case <-time.After(60 * time.Second):
				t.Error("Consume did not return")
			}
		})
	}
	t.Cleanup(stop)
	statuses.waitLive(t, 1)
	return statuses, stop
}

// statusLog records what Queue.Status is told.
type statusLog struct {
	mu     sync.Mutex
	all    []error
	change chan struct{}
}

func newStatusLog() *statusLog { return &statusLog{change: make(chan struct{})} }

func (l *statusLog) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, err)
	close(l.change)
	l.change = make(chan struct{})
}

// waitLive waits until the queue was reported live n times.
func (l *statusLog) waitLive(t testing.TB, n int) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		l.mu.Lock()
		lives, all, change := 0, fmt.Sprint(l.all), l.change
		for _, err := range l.all {
			if err == nil {
				lives++
			}
		}
		l.mu.Unlock()
		if lives >= n {
			return
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("live %d times, want %d; told: %s", lives, n, all)
		}
	}
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// received collects the ids a handler saw.
type received struct {
	mu  sync.Mutex
	ids map[string]int
	n   atomic.Int64
}

func (r *received) handle(_ context.Context, m *salt.Message) (*salt.Reply, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		r.ids = map[string]int{}
	}
	r.ids[m.ID]++
	r.n.Add(1)
	return nil, nil
}

func (r *received) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[id] > 0
}

func withPassword(url, password string) string {
	at := strings.Index(url, "://")
	host := url[at+3:]
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	return url[:at+3] + "guest:" + password + "@" + host
}
