package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	_ "github.com/celerysalt/salt/registry" // file:
	"github.com/celerysalt/salt/registry/server"
)

// A registryServer is a registry over a directory, which a test may kill and
// start again at the same address.
type registryServer struct {
	url    string
	dir    string
	tokens string             // see server.ParseTokens; "" lets everybody in
	store  salt.RegistryStore // of the running server
	http   *http.Server
	done   chan struct{}

	registered, seen chan struct{} // such a request was answered
}

func startRegistry(t *testing.T, tokens ...string) *registryServer {
	t.Helper()
	s := &registryServer{dir: t.TempDir(), tokens: strings.Join(tokens, "\n"), registered: make(chan struct{}, 10_000), seen: make(chan struct{}, 10_000)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listener.Addr().String()
	s.serve(t, listener)
	t.Cleanup(func() { s.kill(t) })
	return s
}

func (s *registryServer) serve(t *testing.T, listener net.Listener) {
	t.Helper()
	var err error
	if s.store, err = salt.OpenRegistry(t.Context(), "file://"+s.dir); err != nil {
		t.Fatal(err)
	}
	opts := &server.Options{}
	if s.tokens != "" {
		if opts.Tokens, err = server.ParseTokens([]byte(s.tokens)); err != nil {
			t.Fatal(err)
		}
	}
	handler := server.New(s.store, opts)
	s.http, s.done = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		switch r.URL.Path {
		case "/v1/register":
			s.registered <- struct{}{}
		case "/v1/seen":
			s.seen <- struct{}{}
		}
	})}, make(chan struct{})
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
}

// kill cuts all connections, whatever is on its way.
func (s *registryServer) kill(t *testing.T) {
	t.Helper()
	if s.http == nil {
		return
	}
	s.http.Close()
	<-s.done
	if err := s.store.Close(); err != nil {
		t.Error(err)
	}
	s.http = nil
}

func (s *registryServer) again(t *testing.T) {
	t.Helper()
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", s.url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, listener)
}

// records are what the registry holds, by topic and version.
func (s *registryServer) records(t *testing.T) map[string]*salt.Record {
	t.Helper()
	all := map[string]*salt.Record{}
	for r, err := range s.store.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all[r.Topic+" "+r.Version] = r
	}
	return all
}

// client is a Go program's registry.
func (s *registryServer) client(t *testing.T) salt.RegistryStore {
	t.Helper()
	client, err := salt.OpenRegistry(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// A registryProgram is python/registry_program.py: a Python service that does
// what it is told.
type registryProgram struct {
	*program
	mu      sync.Mutex
	n       int
	waiting map[int]chan registryAnswer
	lost    chan struct{}
}

type registryAnswer struct {
	N      int
	Result json.RawMessage
	Error  string
}

// adapterEnv lets Python find salt_registry.
func adapterEnv(t *testing.T) []string {
	t.Helper()
	source, err := filepath.Abs("../python/src")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PYTHONPATH=" + source}
}

func startRegistryProgram(t *testing.T, url string, env ...string) *registryProgram {
	t.Helper()
	p := &registryProgram{waiting: map[int]chan registryAnswer{}, lost: make(chan struct{})}
	take := func(line []byte) {
		var a registryAnswer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Errorf("%s: %v", line, err)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waiting[a.N] <- a
	}
	p.program = startProgram(t, need(t, "SALT_TEST_PYTHON"), "registry_program", []string{url}, append(adapterEnv(t), env...), take,
		func(err error) {
			t.Error(err)
			close(p.lost)
		})
	return p
}

// begin gives an order. The answer comes through the channel.
func (p *registryProgram) begin(t *testing.T, do string, more map[string]any) <-chan registryAnswer {
	t.Helper()
	answer := make(chan registryAnswer, 1)
	p.mu.Lock()
	p.n++
	order := map[string]any{"n": p.n, "do": do}
	p.waiting[p.n] = answer
	p.mu.Unlock()
	maps.Copy(order, more)
	line, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	return answer
}

// try gives an order and returns the Python error, "" if there was none.
func (p *registryProgram) try(t *testing.T, do string, more map[string]any, result any) string {
	t.Helper()
	return p.wait(t, p.begin(t, do, more), result)
}

func (p *registryProgram) wait(t *testing.T, answer <-chan registryAnswer, result any) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	select {
	case a := <-answer:
		if a.Error == "" && result != nil {
			if err := json.Unmarshal(a.Result, result); err != nil {
				t.Fatal(err)
			}
		}
		return a.Error
	case <-p.lost:
		t.FailNow()
	case <-ctx.Done():
		t.Fatal("the Python program does not answer")
	}
	return ""
}

// do gives an order that must succeed.
func (p *registryProgram) do(t *testing.T, do string, more map[string]any, result any) {
	t.Helper()
	if err := p.try(t, do, more, result); err != "" {
		t.Fatalf("%s: %s", do, err)
	}
}

// A pythonHealth is what SaltRegistry.health tells.
type pythonHealth struct {
	Available                    bool
	Registered, Pending, Refused int
	Conflicts                    []string
	LastError                    string `json:"last_error"`
}

func (p *registryProgram) health(t *testing.T) pythonHealth {
	t.Helper()
	var h pythonHealth
	p.do(t, "health", nil, &h)
	return h
}

// flush waits until nothing is pending in Python.
func (p *registryProgram) flush(t *testing.T) {
	t.Helper()
	var done bool
	p.do(t, "flush", map[string]any{"seconds": patience / time.Second}, &done)
	if !done {
		t.Fatalf("Python still has something pending: %+v", p.health(t))
	}
}
