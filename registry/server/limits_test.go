package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

// troubled is a store whose calls do what a test says.
type troubled struct {
	salt.RegistryStore

	policy  func(context.Context) error
	records func(yield func(*salt.Record, error) bool)
}

func (s troubled) Policy(ctx context.Context, _ string) (salt.Policy, error) {
	return salt.Policy{}, s.policy(ctx)
}

func (s troubled) Records(context.Context, string) iter.Seq2[*salt.Record, error] { return s.records }

func do(t *testing.T, h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	return doAs(t, h, method, path, body, nil)
}

// doAs is do with headers that differ from those of a good client.
func doAs(t *testing.T, h http.Handler, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "localhost:8081"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if host := header["Host"]; host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestBodies(t *testing.T) {
	t.Parallel()
	h := server.New(registry.NewMemory(), &server.Options{MaxBody: 1000})
	pad := func(n int) string { return strings.Repeat(" ", n) }
	for _, test := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/v1/policy", "{}" + pad(998), 200},
		{"PUT", "/v1/policy", "{}" + pad(999), 413},
		{"POST", "/v1/register", `{"specs":[]}` + pad(3980), 200},
		{"POST", "/v1/register", `{"specs":[]}` + pad(4000), 413},
		{"PUT", "/config", pad(1001), 413},
	} {
		if w := do(t, h, test.method, test.path, test.body); w.Code != test.want {
			t.Errorf("%s %s with %d bytes: %d %s, want %d", test.method, test.path, len(test.body), w.Code, w.Body, test.want)
		}
	}
}

// TestBusy: one request too many is told to come again; who asks for health is not.
func TestBusy(t *testing.T) {
	t.Parallel()
	arrived, done := make(chan struct{}), make(chan struct{})
	store := troubled{policy: func(context.Context) error { arrived <- struct{}{}; <-done; return nil }}
	h := server.New(store, &server.Options{MaxRequests: 2})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if w := do(t, h, "GET", "/v1/policy", ""); w.Code != http.StatusOK {
				t.Errorf("a request in time: %d", w.Code)
			}
		})
	}
	<-arrived
	<-arrived
	for _, path := range []string{"/v1/policy", "/subjects"} {
		if w := do(t, h, "GET", path, ""); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s when all are busy: %d, Retry-After %q", path, w.Code, w.Header().Get("Retry-After"))
		}
	}
	wg.Go(func() {
		if w := do(t, h, "GET", "/v1/health", ""); w.Code != http.StatusOK {
			t.Errorf("health: %d", w.Code)
		}
	})
	<-arrived
	close(done)
	wg.Wait()
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		policy func(context.Context) error
		want   int
	}{
		"fails":  {func(context.Context) error { return fmt.Errorf("dial db-7.internal: secret detail") }, 500},
		"away":   {func(context.Context) error { return registry.ErrAway }, 503},
		"panics": {func(context.Context) error { panic("secret detail") }, 500},
		"hangs":  {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := server.New(troubled{policy: test.policy}, &server.Options{StoreTimeout: 20 * time.Millisecond})
			for range 70 { // more than there are slots
				w := do(t, h, "GET", "/v1/policy", "")
				if w.Code != test.want || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "db-7") {
					t.Fatalf("%d %s, want %d and no details", w.Code, w.Body, test.want)
				}
			}
			if name == "hangs" {
				return // health waits two seconds
			}
			if w := do(t, h, "GET", "/v1/health", ""); w.Code < 500 {
				t.Errorf("health: %d", w.Code)
			}
		})
	}
}

// TestHalfAList: a stream that fails in the middle does not look like a whole one.
func TestHalfAList(t *testing.T) {
	t.Parallel()
	failing := func(after int) salt.RegistryStore {
		return troubled{records: func(yield func(*salt.Record, error) bool) {
			for range after {
				if !yield(&salt.Record{Spec: *event("a", "v1", "x"), Number: 1, SchemaID: 1}, nil) {
					return
				}
			}
			yield(nil, fmt.Errorf("cursor lost"))
		}}
	}
	for after, want := range map[int]int{0: 0, 1: 0, 3000: 1} { // the first lines are not sent alone
		c := client(t, failing(after), nil, "")
		n, last := 0, error(nil)
		for _, err := range c.Records(t.Context(), "") {
			if last = err; err == nil {
				n++
			}
		}
		if last == nil || n < want || n > after {
			t.Errorf("failing after %d: %d records, then %v", after, n, last)
		}
	}
}

// serve runs Serve on a free port until the test ends.
func serve(t *testing.T, h http.Handler, config *tls.Config) (address string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener, h, config) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { stop() })
	return listener.Addr().String(), stop
}

// TestSlowClients: neither a body that drips nor an answer that nobody takes
// holds a slot for long.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	big := event("a", "v1", "x")
	big.Doc = strings.Repeat("x", 64<<10)
	ended := make(chan struct{}, 1)
	store := troubled{
		policy: func(context.Context) error { return nil },
		records: func(yield func(*salt.Record, error) bool) {
			defer func() { ended <- struct{}{} }()
			for yield(&salt.Record{Spec: *big, Number: 1, SchemaID: 1}, nil) {
			}
		},
	}
	h := server.New(store, &server.Options{MaxRequests: 1, IOTimeout: 100 * time.Millisecond})
	address, _ := serve(t, h, nil)

	drip, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer drip.Close()
	fmt.Fprintf(drip, "PUT /v1/policy HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	resp, err := http.ReadResponse(bufio.NewReader(drip), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a body that drips: %v", resp.Status)
	}

	refused, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	fmt.Fprintf(refused, "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
	refused.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(refused); err != nil {
		t.Errorf("a body that nobody wants drips on: %v", err)
	}

	deaf, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	fmt.Fprintf(deaf, "GET /v1/records HTTP/1.1\r\nHost: localhost\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("a client that reads nothing is still served")
	}
	for end := time.Now().Add(20 * time.Second); do(t, h, "PUT", "/v1/policy", "{}").Code == http.StatusServiceUnavailable; {
		if time.Now().After(end) { // the handler returns a little after the list has ended
			t.Fatal("the slot is still taken")
		}
	}
}

// TestSlowloris: headers that drip end the connection. It takes the five
// seconds of Serve.
func TestSlowloris(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, server.New(registry.NewMemory(), nil), nil)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX-Drip: ")
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
	big, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer big.Close()
	go fmt.Fprintf(big, "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX-Big: %s\r\n\r\n", strings.Repeat("x", 1<<20))
	big.SetReadDeadline(time.Now().Add(20 * time.Second))
	resp, err := http.ReadResponse(bufio.NewReader(big), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("1 MiB of headers: %v", resp.Status)
	}
}

// TestServe: over TLS, and what runs when the context ends is finished.
func TestServe(t *testing.T) {
	t.Parallel()
	arrived, done := make(chan struct{}), make(chan struct{})
	h := server.New(troubled{policy: func(ctx context.Context) error { arrived <- struct{}{}; <-done; return ctx.Err() }}, nil)
	certs := httptest.NewUnstartedServer(nil)
	certs.StartTLS()
	defer certs.Close()
	address, stop := serve(t, h, &tls.Config{Certificates: certs.TLS.Certificates})
	c, err := registry.NewHTTP("https://"+address, &registry.HTTPOptions{TLS: certs.Client().Transport.(*http.Transport).TLSClientConfig})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := make(chan error, 1)
	go func() { _, err := c.Policy(t.Context(), ""); answer <- err }()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // the listener closes first
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			break
		}
		c.Close()
	}
	close(done)
	if err := <-answer; err != nil {
		t.Errorf("a request that ran when the server stopped: %v", err)
	}
	c.Close()
	if err := <-stopped; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
