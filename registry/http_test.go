package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

const recordText = `{"topic":"a","version":"v1","mode":"event","schema":{"type":"object"},"number":1,"schema_id":1,"registered_at":"2026-01-01T00:00:00Z","registered_by":"x"}`

// against returns a client of a server that answers as told.
func against(t *testing.T, answer http.HandlerFunc) *registry.HTTP {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	c, err := registry.NewHTTP(srv.URL, &registry.HTTPOptions{Token: "canary-secret", Actor: "tester"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestHTTPRetries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status   int
		attempts int64 // until the server gives up being so; 0: it never does
		want     int64 // requests
		ok       bool
	}{
		"busy, then well":     {http.StatusServiceUnavailable, 2, 3, true},
		"too many, then well": {http.StatusTooManyRequests, 1, 2, true},
		"bad gateway":         {http.StatusBadGateway, 3, 4, true},
		"busy for ever":       {http.StatusServiceUnavailable, 0, 4, false},
		"refused":             {http.StatusBadRequest, 0, 1, false},
		"broken":              {http.StatusInternalServerError, 0, 1, false},
		"unauthorized":        {http.StatusUnauthorized, 0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			c := against(t, func(w http.ResponseWriter, r *http.Request) {
				if i := n.Add(1); test.attempts == 0 || i <= test.attempts {
					w.WriteHeader(test.status)
					return
				}
				fmt.Fprint(w, `{}`)
			})
			err := c.Register(t.Context(), event("a", "v1", "x"))
			if (err == nil) != test.ok || n.Load() != test.want {
				t.Errorf("error %v after %d requests, want success %v after %d", err, n.Load(), test.ok, test.want)
			}
		})
	}
}

// TestHTTPBroken: a connection that breaks is tried again before the answer,
// and an error within it.
func TestHTTPBroken(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/policy" && n.Add(1) > 2 {
			fmt.Fprint(w, `{"owner":"o"}`)
			return
		}
		if r.URL.Path != "/v1/policy" {
			fmt.Fprintln(w, recordText)
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	})
	if p, err := c.Policy(t.Context(), ""); err != nil || p.Owner != "o" {
		t.Errorf("Policy: %+v, %v", p, err)
	}
	records, last := 0, error(nil)
	for _, err := range c.Records(t.Context(), "") {
		if last = err; err == nil {
			records++
		}
	}
	if records != 1 || last == nil {
		t.Errorf("%d records and then %v; half a list must end in an error", records, last)
	}
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"no JSON":        {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "decode the answer"},
		"null":           {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "null") }, "no schema"},
		"endless":        {endless, "larger than"},
		"another server": {http.NotFound, "no Salt registry at this address"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://example.org/", http.StatusFound)
		}, "redirects"},
		"endless refusal": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadRequest); endless(w, r) }, "400"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := against(t, test.answer)
			_, err := c.Lookup(t.Context(), "a", "v1")
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, salt.ErrNotFound) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error has the token: %v", err)
			}
		})
	}
	t.Run("endless line", func(t *testing.T) {
		t.Parallel()
		c := against(t, endless)
		for _, err := range c.History(t.Context(), "") {
			if err == nil || !strings.Contains(err.Error(), "larger than") {
				t.Errorf("error %v", err)
			}
		}
	})
}

// endless answers until the client has had enough.
func endless(w http.ResponseWriter, _ *http.Request) {
	chunk := []byte(strings.Repeat(" ", 64<<10))
	for range 1 << 10 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func TestHTTPContext(t *testing.T) {
	t.Parallel()
	arrived, done := make(chan struct{}, 10), make(chan struct{})
	c := against(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-done
	})
	t.Cleanup(func() { close(done) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := c.Policy(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := c.Register(ctx, event("a", "v1", "x")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a late call: %v", err)
	}
}

func TestHTTPCache(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1/schemas/"):
			fmt.Fprint(w, `{"type":"object"}`)
		case strings.Contains(r.URL.Path, "/rpc/"):
			fmt.Fprint(w, strings.ReplaceAll(recordText, "event", "rpc"))
		default:
			fmt.Fprint(w, recordText)
		}
	})
	for _, test := range []struct {
		topic, version string
		want           int64
	}{{"a", "v1", 1}, {"a", salt.LatestVersion, 3}, {"rpc", "v1", 3}} {
		n.Store(0)
		for range 3 {
			if _, err := c.Lookup(t.Context(), test.topic, test.version); err != nil {
				t.Fatal(err)
			}
		}
		if n.Load() != test.want {
			t.Errorf("3 lookups of %s %s made %d requests, want %d", test.topic, test.version, n.Load(), test.want)
		}
	}
	n.Store(0)
	for range 3 {
		if _, err := c.SchemaByID(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
	if n.Load() != 1 {
		t.Errorf("3 lookups of a schema made %d requests, want 1", n.Load())
	}
}

func TestHTTPSecrets(t *testing.T) {
	for _, url := range []string{
		"http://user:canary@127.0.0.1:1/", "http://:canary@127.0.0.1:1", "https://x:canary@[::1", "http://a:canary@/x",
		"http://127.0.0.1:1/?token=canary", "ftp://u:canary@h", "http://u:canary@127.0.0.1:1/%zz", "https://u:canary\n@h",
	} {
		store, err := salt.OpenRegistry(t.Context(), url)
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, err = store.Lookup(ctx, "a", "v1")
			cancel()
			store.Close()
		}
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", url, err)
		}
	}
	var got atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Store(r.Header.Get("Authorization") + " | " + r.Header.Get("X-Salt-Actor") + " | " + r.URL.EscapedPath())
		fmt.Fprint(w, recordText)
	}))
	defer srv.Close()
	t.Setenv(registry.TokenVariable, "from-environment")
	for url, want := range map[string]string{
		srv.URL: "Bearer from-environment | ci%2Fb%C3%B6b | /v1/topics/a%2Fb.%3Fc/versions/v1",
		strings.Replace(srv.URL, "://", "://user:from-url@", 1) + "/base/": "Bearer from-url | ci%2Fb%C3%B6b | /base/v1/topics/a%2Fb.%3Fc/versions/v1",
	} {
		store, err := salt.OpenRegistry(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Lookup(salt.WithActor(t.Context(), "ci/böb"), "a/b.?c", "v1"); err != nil {
			t.Error(err)
		}
		store.Close()
		if got.Load() != want {
			t.Errorf("the server got %q, want %q", got.Load(), want)
		}
	}
}
