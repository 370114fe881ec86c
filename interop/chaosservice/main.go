// Command chaosservice is the Go service that the chaos test of package interop
// kills and starts again: it handles events and calls from Python, and
// publishes events to it. What it does it writes, before and after, as lines
// "word token detail" to file descriptor 3, which outlives it.
package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// A load is the payload of all events and requests of the test.
type load struct {
	Token string `json:"token"`
	Sum   int64  `json:"sum"` // CRC-32 of the blob
	Blob  string `json:"blob"`
	Fail  bool   `json:"fail" salt:"default=false"`
}

func (l *load) intact() bool { return int64(crc32.ChecksumIEEE([]byte(l.Blob))) == l.Sum }

type answer struct {
	Token string `json:"token"`
	Sum   int64  `json:"sum"`
}

func main() {
	fmt.Fprintln(os.Stderr, "chaosservice:", run(context.Background()))
	os.Exit(1)
}

// run serves until it is killed, or returns why it can not.
func run(ctx context.Context) error {
	go func() { // a test that was killed itself has closed the pipe
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	prefix := os.Getenv("INTEROP_PREFIX")
	in := salt.In(salt.NewCatalog())
	toGo := salt.DefineEvent[load](prefix+".to.go", in)
	toPython := salt.DefineEvent[load](prefix+".to.python", in)
	ask := salt.DefineRPC[load, answer, *salt.RPCError](prefix+".ask.go", in)

	transport, err := rabbitmq.Open(os.Getenv("SALT_TEST_AMQP_URL"), nil)
	if err != nil {
		return err
	}
	bus, err := salt.Open(ctx, transport, &salt.Options{
		Service: prefix + ".go", Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	ledger := os.NewFile(3, "ledger")
	note := func(word, token, detail string) {
		// One write: a line is there as a whole, or not at all.
		if _, err := ledger.WriteString(word + " " + token + " " + strings.ReplaceAll(detail, "\n", " ") + "\n"); err != nil {
			os.Exit(4) // nobody reads any more
		}
	}
	toGo.Subscribe(bus, func(ctx context.Context, l *load) error {
		work()
		note("handled", l.Token, strconv.FormatBool(l.intact()))
		return nil
	})
	ask.Handle(bus, func(ctx context.Context, l *load) (*answer, error) {
		work()
		note("answering", l.Token, strconv.FormatBool(l.intact()))
		if l.Fail {
			return nil, salt.NewRPCError("ASKED_FOR", "%s", l.Token)
		}
		return &answer{Token: l.Token, Sum: l.Sum}, nil
	})
	if err := bus.Start(ctx); err != nil {
		return err
	}
	note("ready", "-", "")

	var s schedule
	if err := s.read(os.Getenv("CHAOS_SCHEDULE")); err != nil {
		return err
	}
	var publishing sync.WaitGroup
	for range 4 { // so that a kill meets several at once
		publishing.Go(func() {
			for i, ok := s.next(); ok; i, ok = s.next() {
				token := fmt.Sprintf("%s-event2-%06d", prefix, i)
				note("try", token, "")
				l := newLoad(token, i)
				_, err := toPython.Publish(ctx, bus, l, salt.MessageID(token), salt.MustRoute())
				failed, ok := errors.AsType[*salt.PublishError](err)
				switch {
				case err == nil:
					note("sent", token, "")
				case ok:
					note(failed.Outcome.String(), token, err.Error())
				default:
					note("refused", token, err.Error())
				}
			}
		})
	}
	publishing.Wait()
	note("published", "-", "")
	select {} // until it is killed
}

// work is what a handler does: a kill should meet it now and then.
func work() { time.Sleep(rand.N(4 * time.Millisecond)) }

// newLoad makes a payload of one of several sizes, small ones most often.
func newLoad(token string, i int) *load {
	size := [...]int{0, 40, 40, 40, 2 << 10, 2 << 10, 2 << 10, 20 << 10, 40, 2 << 10}[i%10]
	if i%100 == 50 {
		size = 200 << 10
	}
	blob := strings.Repeat("Grüße 🚀 ", size/14)
	return &load{Token: token, Blob: blob, Sum: int64(crc32.ChecksumIEEE([]byte(blob)))}
}

// A schedule hands out numbers, each not before its time.
type schedule struct {
	mu      sync.Mutex
	at, end int
	begin   time.Time
	every   time.Duration
}

// read takes "first end nanoseconds": the numbers from first to end, one every
// so often.
func (s *schedule) read(text string) error {
	var every int64
	if _, err := fmt.Sscan(text, &s.at, &s.end, &every); err != nil {
		return fmt.Errorf("CHAOS_SCHEDULE %q: %w", text, err)
	}
	s.begin, s.every = time.Now().Add(-time.Duration(s.at)*time.Duration(every)), time.Duration(every)
	return nil
}

func (s *schedule) next() (i int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at >= s.end {
		return 0, false
	}
	i = s.at
	s.at++
	time.Sleep(time.Until(s.begin.Add(time.Duration(i) * s.every)))
	return i, true
}
