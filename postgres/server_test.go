package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server is a PostgreSQL of one test's own, to be mistreated.
type server struct {
	t      testing.TB
	script string
	dir    string // of the script's state
	url    string
}

func startServer(t testing.TB) *server {
	t.Helper()
	need(t, "SALT_TEST_POSTGRES_URL") // says that there is a PostgreSQL on this machine
	s := &server{t: t, script: os.Getenv("SALT_TEST_SERVICES"), dir: t.TempDir()}
	if s.script == "" {
		s.script, _ = filepath.Abs("../scripts/services")
	}
	if _, err := os.Stat(s.script); err != nil {
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("needs scripts/services to start a server of its own: ", err)
	}
	t.Cleanup(func() { s.run("stop") })
	s.run("start", "postgres")
	for line := range strings.Lines(s.run("env")) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "export SALT_TEST_POSTGRES_URL="); ok {
			s.url = strings.Trim(value, "'\"")
		}
	}
	if s.url == "" {
		t.Fatal("no server")
	}
	return s
}

func (s *server) run(args ...string) string {
	s.t.Helper()
	cmd := exec.Command(s.script, args...)
	cmd.Env = append(os.Environ(), "SALT_SERVICES_DIR="+s.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("services %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// pid is the server's own process.
func (s *server) pid() int {
	s.t.Helper()
	dir, err := os.ReadFile(filepath.Join(s.dir, "dir"))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "postgres", "pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

// immediate is pg_ctl stop -m immediate.
func (s *server) immediate() {
	s.t.Helper()
	pid := s.pid()
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the server has stopped", func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(state), ") Z ")
	})
}

// signal is for the server's process and for those of its sessions.
func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	pid := s.pid()
	for _, one := range append([]int{pid}, children(pid)...) {
		if err := syscall.Kill(one, sig); err != nil && one == pid {
			s.t.Fatal(err)
		}
	}
}

func (s *server) freeze() { s.t.Helper(); s.signal(syscall.SIGSTOP) }
func (s *server) thaw()   { s.t.Helper(); s.signal(syscall.SIGCONT) }

func children(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && fields[1] == strconv.Itoa(parent) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// eventually waits for a fact that nothing announces.
func eventually(t testing.TB, what string, fact func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-ctx.Done():
			t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}
