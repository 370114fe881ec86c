package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A server is a redis-server of one test's own, to be mistreated.
type server struct {
	t    testing.TB
	port int
	args []string
	cmd  *exec.Cmd
	out  *transcript
}

// transcript keeps a server's output for a failure's sake.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// freePort returns a port nobody uses now. Below the ephemeral ports, a client's
// connection cannot take it in the meantime; above 10000 for a cluster's bus
// would be past the last port.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 11000 + int(time.Now().UnixNano()/1000%20000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		bus, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+10000))
		if err != nil {
			continue
		}
		bus.Close()
		return port
	}
	t.Fatal("no free port")
	return 0
}

// startServer starts a redis-server with these arguments beside the usual ones.
// SALT_TEST_REDIS_URL says that there is a Redis on this machine.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	need(t, "SALT_TEST_REDIS_URL")
	s := &server{t: t, port: freePort(t), out: new(transcript)}
	if i := slices.Index(args, "--tls-port"); i >= 0 {
		s.port, _ = strconv.Atoi(args[i+1])
	} else {
		args = append(args, "--port", strconv.Itoa(s.port))
	}
	s.args = append([]string{"--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no"}, args...)
	return s.run()
}

// startSentinel starts a Sentinel with a file that it may rewrite.
func startSentinel(t testing.TB, conf string) *server {
	t.Helper()
	s := &server{t: t, port: freePort(t), out: new(transcript)}
	s.args = []string{conf, "--sentinel", "--bind", "127.0.0.1", "--port", strconv.Itoa(s.port)}
	return s.run()
}

func (s *server) run() *server {
	s.t.Helper()
	s.start()
	t := s.t
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("redis-server on port %d:\n%s", s.port, s.out)
		}
	})
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the server accepts connections", func() bool {
		c, err := net.Dial("tcp", s.addr())
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
func (s *server) url() string  { return "redis://" + s.addr() + "/0" }

// kill is kill -9.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) freeze() { s.t.Helper(); s.signal(syscall.SIGSTOP) }
func (s *server) thaw()   { s.t.Helper(); s.signal(syscall.SIGCONT) }

// client is a plain client to look with.
func (s *server) client() *goredis.Client { return plain(s.t, s.url()) }

func plain(t testing.TB, url string) *goredis.Client {
	t.Helper()
	o, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := goredis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// eventually waits for a fact that nothing announces.
func eventually(t testing.TB, what string, fact func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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

// patience bounds a wait of a test.
func patience(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
