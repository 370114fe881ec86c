package interop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A program is a running Python program. It writes JSON lines on its file
// descriptor 3.
type program struct {
	name     string
	in       io.WriteCloser
	said     *transcript
	stopping chan struct{} // closed before we end it
	ended    chan struct{} // closed when it has ended and all its lines were taken
	fate     error         // after ended: why, nil if we ended it
}

// startProgram starts a module of python/matrix with an environment's
// interpreter, hands each of its lines to take, and stops it at the end of the
// test. An end that the test did not cause is told to lost.
func startProgram(t *testing.T, interpreter, module string, args, env []string, take func(line []byte), lost func(error)) *program {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{name: module, said: new(transcript), stopping: make(chan struct{}), ended: make(chan struct{})}
	cmd := exec.Command(interpreter, append([]string{"-m", module}, args...)...)
	cmd.Dir = "python"
	cmd.Env = slices.Concat(os.Environ(), env, []string{"PYTHONDONTWRITEBYTECODE=1", "OTEL_SDK_DISABLED=false"})
	cmd.ExtraFiles = []*os.File{write} // file descriptor 3
	cmd.Stdout, cmd.Stderr = p.said, p.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // prefork children end with their parent
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close() // the child has its own

	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewReader(read); ; {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			take(line)
		}
	})
	go func() {
		defer close(p.ended)
		err := cmd.Wait()
		select {
		case <-p.stopping:
		default:
			p.fate = fmt.Errorf("%s has ended by itself: %v", module, err) //nolint:errorlint // err may be nil
			lost(p.fate)
		}
		reading.Wait()
		read.Close()
	}()
	t.Cleanup(func() {
		close(p.stopping)
		p.in.Close()
		// A warm shutdown first; what does not hear it is killed, with its
		// children.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-p.ended
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", module, p.said)
		}
	})
	return p
}

// alarms are what a Celery worker prints when a message does it harm.
var alarms = []string{"Unrecoverable error", "Received and deleted unknown message", "Can't decode message body", "Received invalid task", "WorkerLostError"}

// alarming returns the lines of the transcript that should not be there.
func (p *program) alarming() []string {
	var found []string
	for line := range strings.Lines(p.said.String()) {
		if slices.ContainsFunc(alarms, func(a string) bool { return strings.Contains(line, a) }) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// interpreterOf returns the interpreter of an environment, which must be
// current.
func interpreterOf(t *testing.T, name string) string {
	t.Helper()
	if name == newestEnv {
		return need(t, "SALT_TEST_PYTHON")
	}
	want, err := os.ReadFile(filepath.Join("envs", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(filepath.Join("..", ".venvs", name))
	if err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile(filepath.Join(dir, "requirements.installed")); err != nil || !bytes.Equal(have, want) {
		t.Fatalf("the Python environment %s is not there or not current; run scripts/python-envs", name)
	}
	return filepath.Join(dir, "bin", "python")
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
