package interop_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A side is a process that is killed and started again.
type side struct {
	name  string
	argv  func() (env, argv []string) // of the next start
	book  *book
	kills int

	mu      sync.Mutex
	current *child
	done    atomic.Bool // it said that it has published all
}

func newSide(name string, b *book, argv func() (env, argv []string)) *side {
	return &side{name: name, book: b, argv: argv}
}

// up starts the process and waits until it is ready.
func (s *side) up() error {
	ready := make(chan struct{})
	env, argv := s.argv()
	c, err := launch(s.name, func(line []byte) {
		switch word, _, _ := strings.Cut(string(line), " "); word {
		case "ready":
			s.book.note(s.name, string(line))
			close(ready)
		case "published":
			s.done.Store(true)
			s.book.wake()
		default:
			s.book.note(s.name, string(line))
		}
	}, env, argv...)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.mu.Lock()
	s.current = c
	s.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-c.ended:
		return errors.Join(fmt.Errorf("%s was not ready", s.name), c.died())
	case <-time.After(patience):
		return fmt.Errorf("%s is not ready after %v:\n%s", s.name, patience, c.said)
	}
}

// stop kills the process for good, and notes if it had ended before.
func (s *side) stop() {
	s.mu.Lock()
	c := s.current
	s.mu.Unlock()
	if c == nil {
		return
	}
	if err := c.died(); err != nil {
		s.book.fault("%v", err)
	}
	c.kill()
}

// torment kills and restarts the process each time it has handled as much as
// one of the marks says.
func (s *side) torment(marks []int, random *rand.Rand, ended <-chan struct{}) {
	for _, mark := range marks {
		if !s.book.wait(func() bool { return s.book.side(s.name).handled >= mark }, 2*patience, ended) {
			return // what is missing then is found elsewhere
		}
		pause(random, 20*time.Millisecond, ended) // into the next message
		s.stop()
		s.kills++
		pause(random, time.Second, ended)
		if err := s.up(); err != nil {
			s.book.fault("%v", err)
			return
		}
	}
}

// pause lasts a random part of a time.
func pause(random *rand.Rand, atMost time.Duration, ended <-chan struct{}) {
	timer := time.NewTimer(time.Duration(random.Int64N(int64(atMost))))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ended:
	}
}

// marks returns n random numbers of handled messages, in order, before the
// last of total.
func marks(random *rand.Rand, n, total int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = 1 + random.IntN(max(1, total*8/10))
	}
	slices.Sort(all)
	return all
}

// buildChaosService builds the Go service and returns its path.
func buildChaosService(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chaosservice")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./chaosservice")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build chaosservice: %v\n%s", err, out)
	}
	return path
}

// pythonArgv returns how to start a program of python/.
func pythonArgv(script string, args ...string) []string {
	return append([]string{os.Getenv("SALT_TEST_PYTHON"), filepath.Join("python", script)}, args...)
}
