package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

func TestListen(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	r := c.start(t.Context(), "listen", "user.*", "user.#", "--count", "3") // two patterns, one line a message
	r.err.wait(t, "listening to user.* user.# on amqp://guest@localhost:5672/, Ctrl-C ends\n", 1)
	c.must(t, "publish", "order.paid", "{}")
	c.must(t, "publish", "user.signup", `{ "name": "ä\u001b[2J", "x": [1, 2] }`, "--id", "one")
	c.must(t, "publish", "user", `{"evil": "`+"\u202e\u009b"+`"}`, "--id", "two", "--version", "")
	c.run(t, "call", "user.get", "{}", "--id", "three", "--timeout", "100ms") // seen, and answered by nobody
	code, out, err := r.done(t)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, err)
	}
	want := []string{
		`user.signup  v1  one  {"name":"ä\u001b[2J","x":[1,2]}`,
		`user  -  two  {"evil":"\u202e\u009b"}`,
		`user.get  v1  three  rpc  {}`,
	}
	var got []string
	clock := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}  `)
	for line := range strings.Lines(out) {
		if !clock.MatchString(line) {
			t.Errorf("no time in %q", line)
		}
		got = append(got, clock.ReplaceAllString(strings.TrimSuffix(line, "\n"), ""))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListenJSON(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	r := c.start(t.Context(), "listen", "#", "--json", "--count", "2")
	r.err.wait(t, "listening", 1)
	c.must(t, "publish", "user.signup", `{"n": 1}`, "--id", "one", "--header", "tenant=acme", "--priority", "3", "--expires", "1h", "--correlation-id", "c")
	c.must(t, "publish", "user.signup", `{}`, "--id", "two", "--version", "")
	code, out, err := r.done(t)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, err)
	}
	var got []map[string]any
	for line := range strings.Lines(out) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		for _, key := range []string{"time", "expires"} {
			if text, ok := m[key].(string); ok {
				if _, err := time.Parse(time.RFC3339Nano, text); err != nil {
					t.Errorf("%s: %v", key, err)
				}
				m[key] = "a time"
			}
		}
		got = append(got, m)
	}
	want := []map[string]any{
		{"time": "a time", "topic": "user.signup", "version": "v1", "id": "one", "rpc": false, "correlation_id": "c",
			"routing_key": "user.signup", "dialect": "celery-salt", "priority": 3.0, "expires": "a time",
			"header": map[string]any{"tenant": "acme"}, "payload": map[string]any{"n": 1.0}},
		{"time": "a time", "topic": "user.signup", "version": nil, "id": "two", "rpc": false, "correlation_id": nil,
			"routing_key": "user.signup", "dialect": "celery-salt", "payload": map[string]any{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Ctrl-C is a good end.
func TestListenInterrupted(t *testing.T) {
	t.Parallel()
	r := inProcess(inmem.NewBroker()).start(t.Context(), "listen", "#")
	r.err.wait(t, "listening", 1)
	r.stop()
	if code, out, err := r.done(t); code != exitOK || out != "" || strings.Count(err, "\n") != 1 {
		t.Errorf("exit %d, %q, %q", code, out, err)
	}
}

func TestListenOtherExchange(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	r := c.start(t.Context(), "listen", "#", "--exchange", "other", "--count", "1")
	r.err.wait(t, "listening", 1)
	c.must(t, "publish", "a", "{}")
	c.must(t, "publish", "b", "{}", "--exchange", "other")
	if code, out, _ := r.done(t); code != exitOK || !strings.Contains(out, "  b  v1  ") || strings.Contains(out, "  a  ") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestTidings(t *testing.T) {
	t.Parallel()
	var told tidings
	away := errors.New("connection refused.\n")
	var got []string
	for _, change := range []error{away, nil, away, away, nil, fmt.Errorf("end: %w", salt.ErrClosed)} {
		got = append(got, told.change("# on x", change))
	}
	want := []string{
		"not connected, trying again: connection refused",
		"listening to # on x, Ctrl-C ends",
		"connection lost, waiting for the broker: connection refused",
		"not connected, trying again: connection refused",
		"connected again, listening to # on x",
		"",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUndecodableLog(t *testing.T) {
	t.Parallel()
	for verbose, want := range map[bool]int{false: 0, true: 1} {
		var text strings.Builder
		e := newEar()
		inner := slog.DiscardHandler
		if verbose {
			inner = slog.NewTextHandler(io.MultiWriter(&text), nil)
		}
		log := slog.New(&undecodableLog{Handler: inner, ear: e}).With("a", 1).WithGroup("")
		log.Info("rabbitmq: connected again")
		log.Warn("rabbitmq: dropped", "reason", "undecodable", "error", "undecodable: not JSON")
		if got := <-e.undecodable; got != "undecodable: not JSON" {
			t.Errorf("caught %q", got)
		}
		for range 1000 {
			log.Warn("rabbitmq: dropped", "reason", "undecodable", "error", "x") // must not block
		}
		if n := strings.Count(text.String(), "\n"); n != want {
			t.Errorf("verbose %t: %d lines logged, want %d:\n%s", verbose, n, want, text.String())
		}
	}
}
