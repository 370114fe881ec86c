package server_test

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

func specsOf(n int, format string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i+1)
	}
	return `{"specs":[` + strings.Join(list, ",") + `]}`
}

// TestVersionsOfOneTopic are bounded in a request, topics are not.
func TestVersionsOfOneTopic(t *testing.T) {
	t.Parallel()
	const one, each = `{"topic":"a","version":"v%d","mode":"event","schema":{"type":"object"}}`, `{"topic":"a%d","version":"v1","mode":"event","schema":{"type":"object"}}`
	h := server.New(registry.NewMemory(), nil)
	for _, path := range []string{"/v1/check", "/v1/register"} {
		if w := do(t, h, "POST", path, specsOf(101, one)); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "100 versions") {
			t.Errorf("%s of 101 versions: %d %.200s", path, w.Code, w.Body)
		}
		for _, body := range []string{specsOf(100, one), specsOf(1000, each)} {
			if w := do(t, h, "POST", path, body); w.Code != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
			}
		}
	}
}

// TestTooMuchJudging is refused as too large, and what is not has a short answer.
func TestTooMuchJudging(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	if err := store.SetPolicy(t.Context(), "", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
		t.Fatal(err)
	}
	for i := range 900 {
		if err := store.Register(t.Context(), event("a", fmt.Sprintf("v%d", i+1), "x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.SetPolicy(t.Context(), "", salt.Policy{Compatibility: salt.FullCompatibilityAlways}); err != nil {
		t.Fatal(err)
	}
	c := client(t, store, nil, "")
	check := func(n int, member string) (string, int) {
		format := `{"topic":"a","version":"v9%d","mode":"event","schema":{"type":"object","properties":{"` + member + `":{"type":"string"}},"required":["` + member + `"]}}`
		w := do(t, server.New(store, nil), "POST", "/v1/check", strings.ReplaceAll(specsOf(n, format), `"v9`, `"v9000`))
		return w.Body.String(), w.Code
	}
	if text, code := check(100, "x"); code != http.StatusRequestEntityTooLarge || !strings.Contains(text, "fewer") {
		t.Errorf("180,000 comparisons: %d %.200s", code, text)
	}
	if text, code := check(5, "x"); code != http.StatusOK || strings.Contains(text, "checks") || len(text) > 2000 {
		t.Errorf("5 versions that fit: %d, %d bytes: %.200s", code, len(text), text)
	}
	text, code := check(1, "y")
	var answer struct {
		Verdicts []*salt.Verdict `json:"verdicts"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || code != http.StatusOK || len(answer.Verdicts) != 1 {
		t.Fatalf("%d %.200s, %v", code, text, err)
	}
	if v := answer.Verdicts[0]; v.Action != salt.ActionRefuse || v.Conflict == nil || len(v.Checks) != 20 || len(v.Checks[0].Breaks) == 0 {
		t.Errorf("%s with %d checks", v.Action, len(v.Checks))
	}
	if _, err := c.Judge(t.Context(), event("a", "v9999", "y")); err != nil {
		t.Errorf("the client: %v", err)
	}
}

// TestGenericJudgeGivesUp: a store that cannot judge is no reason to go on for
// nobody.
func TestGenericJudgeGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	store := tireless{troubled{
		policy:  func(context.Context) error { return nil },
		records: func(func(*salt.Record, error) bool) { cancel() },
	}}
	r := newRequest(specsOf(50, `{"topic":"a","version":"v%d","mode":"event","schema":{"type":"object"}}`))
	if w := serveRequest(server.New(store, nil), r.WithContext(ctx)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d %.200s", w.Code, w.Body)
	}
}

// tireless is a store that does not look at contexts.
type tireless struct{ troubled }

func (tireless) Participants(context.Context, string) iter.Seq2[*salt.Participant, error] {
	return func(func(*salt.Participant, error) bool) {}
}

// TestUnwantedBodies: routes without a body read none, whoever asks.
func TestUnwantedBodies(t *testing.T) {
	t.Parallel()
	h := server.New(registry.NewMemory(), &server.Options{Tokens: tokens(t), IOTimeout: 20 * time.Second})
	address, _ := serve(t, h, nil)
	for _, framing := range []string{"Content-Length: 1048576", "Transfer-Encoding: chunked"} {
		for _, path := range []string{"/v1/health", "/openapi.json", "/v1/policy"} {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetReadDeadline(time.Now().Add(10 * time.Second)) // less than it would wait for a body
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer viewer-secret\r\n%s\r\n\r\n", path, framing)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Errorf("%s with %s: %v", path, framing, err)
				continue
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s with %s: %v", path, framing, resp.Status)
			}
		}
	}
}

// TestHealthIsShared: many who ask for health at once ask the store once.
func TestHealthIsShared(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	arrived, release := make(chan struct{}, 50), make(chan struct{})
	h := server.New(troubled{policy: func(context.Context) error { calls.Add(1); arrived <- struct{}{}; <-release; return nil }}, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if w := do(t, h, "GET", "/v1/health", ""); w.Code != http.StatusOK {
				t.Errorf("health: %d %s", w.Code, w.Body)
			}
		})
	}
	<-arrived
	close(release)
	wg.Wait()
	if n := calls.Load(); n > 10 { // the answer holds for a second
		t.Errorf("the store was asked %d times", n)
	}
}

func newRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/check", strings.NewReader(body))
	r.Host = "localhost"
	r.Header.Set("Content-Type", "application/json")
	return r
}

func serveRequest(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
