package interop_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the other side. A Celery worker takes a few
// seconds to start on a busy machine.
const patience = 60 * time.Second

// need returns an environment variable, and skips or, where nothing may be
// skipped, fails the test without it.
func need(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		const hint = "%s is not set; run `make test`, or see CONTRIBUTING.md"
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatalf(hint, name)
		}
		t.Skipf(hint, name)
	}
	return value
}

// A python is a running program of interop/python. It reports JSON lines on
// its file descriptor 3 and reads them on its standard input.
type python struct {
	in      io.WriteCloser
	reports chan []byte
	said    *transcript
}

// startPython starts a program with the topic prefix, and stops it at the end
// of the test.
func startPython(t *testing.T, script, prefix string) *python {
	t.Helper()
	interpreter, url := need(t, "SALT_TEST_PYTHON"), need(t, "SALT_TEST_AMQP_URL")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &python{reports: make(chan []byte, 64), said: new(transcript)}
	cmd := exec.CommandContext(t.Context(), interpreter, filepath.Join("python", script))
	cmd.Env = append(os.Environ(), "INTEROP_PREFIX="+prefix, "SALT_TEST_AMQP_URL="+url, "PYTHONDONTWRITEBYTECODE=1")
	cmd.ExtraFiles = []*os.File{write} // file descriptor 3
	cmd.Stdout, cmd.Stderr = p.said, p.said
	// A warm shutdown first; the worker that does not hear it is killed.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close() // the child has its own

	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(p.reports)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			p.reports <- bytes.Clone(lines.Bytes())
		}
	})
	t.Cleanup(func() { // after t.Context has ended
		_ = cmd.Wait() // killed by our own signal
		for range p.reports {
		}
		reading.Wait()
		read.Close()
		if t.Failed() {
			t.Logf("%s said:\n%s", script, p.said)
		}
	})
	return p
}

// next waits for the next report and decodes it.
func (p *python) next(t *testing.T, into any) {
	t.Helper()
	select {
	case line, ok := <-p.reports:
		if !ok {
			t.Fatalf("the Python program has ended")
		}
		if err := json.Unmarshal(line, into); err != nil {
			t.Fatalf("report %s: %v", line, err)
		}
	case <-time.After(patience):
		t.Fatalf("nothing from Python within %v", patience)
	}
}

// do gives a command to driver.py and decodes its answer.
func (p *python) do(t *testing.T, command string, fields, into any) {
	t.Helper()
	line, err := json.Marshal(map[string]any{"do": command, "fields": fields})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	p.next(t, into)
}

// A transcript collects what a program prints.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
