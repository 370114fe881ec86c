package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// collector receives everything on b, in order.
func collector(t *testing.T, b *inmem.Broker) <-chan *salt.Message {
	t.Helper()
	got := make(chan *salt.Message, 10_000)
	service(t, b, func(bus *salt.Bus) {
		salt.SubscribePattern(bus, "#", func(_ context.Context, m *salt.Message) error {
			got <- m
			return nil
		})
	})
	return got
}

func next(t *testing.T, from <-chan *salt.Message) *salt.Message {
	t.Helper()
	select {
	case m := <-from:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message")
		return nil
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	b := inmem.NewBroker()
	got := collector(t, b)
	out := inProcess(b).must(t, "publish", "order.paid", `{"order_id": 12345678901234567890, "note": "ä"}`,
		"--version", "v2", "--header", "tenant=acme", "--header", "a=b=c", "--priority", "7", "--correlation-id", "req-1",
		"--expires", "1h", "--id", "id-1", "--must-route")
	if out != "id-1\n" {
		t.Errorf("printed %q", out)
	}
	want := &salt.Message{
		ID: "id-1", Topic: "order.paid", Version: "v2", Exchange: salt.DefaultExchange, CorrelationID: "req-1", Priority: 7,
		Header: map[string]string{"tenant": "acme", "a": "b=c"},
		Body:   []byte(`{"order_id": 12345678901234567890, "note": "ä"}`), Attempt: 1, Dialect: salt.CelerySalt,
	}
	m := next(t, got)
	want.Exchange = m.Exchange
	if m.Exchange != "" && m.Exchange != salt.DefaultExchange { // which are the same
		t.Errorf("exchange %q", m.Exchange)
	}
	if diff := cmp.Diff(want, m, cmpopts.IgnoreUnexported(salt.Message{}), cmpopts.IgnoreFields(salt.Message{}, "Expires")); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if left := time.Until(m.Expires); left < 50*time.Minute || left > time.Hour {
		t.Errorf("expires in %v", left)
	}
}

func TestPublishFromStdin(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"publish", "a.b"}, {"publish", "a.b", "-"}, {"publish", "a.b", "--version", "", "--json"}} {
		b := inmem.NewBroker()
		got := collector(t, b)
		c := inProcess(b)
		c.stdin = strings.NewReader(" {\"n\": 1}\n")
		out := c.must(t, args...)
		m := next(t, got)
		if string(m.Body) != `{"n": 1}` || m.ID == "" {
			t.Errorf("salt %q: got %s", args, m.Body)
		}
		want, version := m.ID+"\n", "v1"
		if args[len(args)-1] == "--json" {
			want, version = fmt.Sprintf("{\"id\":%q,\"outcome\":\"confirmed\"}\n", m.ID), ""
		}
		if out != want || m.Version != version {
			t.Errorf("salt %q: printed %q, want %q; version %q", args, out, want, m.Version)
		}
	}
}

func TestPublishUnheard(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	code, out, err := c.run(t, "publish", "a.b", "{}")
	if code != exitOK || out == "" || !strings.Contains(err, `salt: note: no queue is bound for "a.b"`) {
		t.Errorf("exit %d, %q, %q", code, out, err)
	}
	code, out, err = c.run(t, "publish", "a.b", "{}", "--must-route")
	if code != exitFailed || out != "" || !strings.Contains(err, "unroutable") || !strings.Contains(err, "leave out --must-route") {
		t.Errorf("exit %d, %q, %q", code, out, err)
	}
	code, out, err = c.run(t, "publish", "a.b", "{}", "--must-route", "--json", "--id", "x")
	if code != exitFailed || !strings.HasPrefix(out, `{"id":"x","outcome":"refused","error":"`) || err == "" {
		t.Errorf("exit %d, %q, %q", code, out, err)
	}
}

func TestPublishTooLarge(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	c.stdin = strings.NewReader(`{"x":"` + strings.Repeat("x", 1<<20) + `"}`)
	if code, _, err := c.run(t, "publish", "a.b"); code != exitMisuse || !strings.Contains(err, "size") {
		t.Errorf("exit %d, %s", code, err)
	}
	c.stdin = strings.NewReader(strings.Repeat(" ", maxInput) + `{}`)
	if code, _, err := c.run(t, "publish", "a.b"); code != exitMisuse || !strings.Contains(err, "more than 16 MiB") {
		t.Errorf("exit %d, %s", code, err)
	}
}

func TestPublishLines(t *testing.T) {
	t.Parallel()
	b := inmem.NewBroker()
	got := collector(t, b)
	c := inProcess(b)
	const good = 3000
	var in strings.Builder
	for i := range good {
		fmt.Fprintf(&in, "{\"n\": %d}\r\n", i)
	}
	in.WriteString("\n   \n[1]\n{broken\n" + strings.Repeat("x", 2<<20) + "\n{\"n\": 3000}") // no newline at the end
	c.stdin = strings.NewReader(in.String())
	code, out, err := c.run(t, "publish", "a.b", "--lines")
	ids := strings.Fields(out)
	if code != exitFailed || len(ids) != good+1 {
		t.Errorf("exit %d, %d ids\n%s", code, len(ids), err)
	}
	for i := range good + 1 {
		if m := next(t, got); string(m.Body) != fmt.Sprintf(`{"n": %d}`, i) || m.ID != ids[i] {
			t.Fatalf("message %d is %s, id %s, printed %s", i, m.Body, m.ID, ids[i])
		}
	}
	for _, want := range []string{
		"salt: line 3003: the payload is JSON but no object", "salt: line 3004: the payload is not good JSON",
		"salt: line 3005: too large: the line is longer than 1048576 bytes", "salt: 3001 messages published, 3 failed, in ",
	} {
		if !strings.Contains(err, want) {
			t.Errorf("stderr lacks %q:\n%s", want, err)
		}
	}
	if strings.Count(err, "\n") != 4 {
		t.Errorf("stderr:\n%s", err)
	}
}

func TestPublishLinesJSON(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	c.stdin = strings.NewReader("{}\n{\"a\":1,\"a\":2}\n{}\n")
	code, out, err := c.run(t, "publish", "a.b", "--lines", "--must-route", "--json")
	if code != exitFailed || !strings.HasPrefix(err, "salt: 0 messages published, 3 failed") {
		t.Errorf("exit %d, %s", code, err)
	}
	want := []string{"1 refused", "2 refused", "3 refused"}
	if diff := cmp.Diff(want, outcomesOf(t, out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Count(out, `"id":`) != 2 || strings.Count(out, `"error":`) != 3 {
		t.Errorf("ids and errors:\n%s", out)
	}
}

// outcomesOf reads what --lines --json prints: "1 confirmed".
func outcomesOf(t *testing.T, out string) (outcomes []string) {
	t.Helper()
	for line := range strings.Lines(out) {
		var p published
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		outcomes = append(outcomes, fmt.Sprintf("%d %s", p.Line, p.Outcome))
	}
	return outcomes
}

// A line that has been read is sent at once, also while the next one is late,
// and Ctrl-C ends a command whose input hangs.
func TestPublishLinesAsTheyCome(t *testing.T) {
	t.Parallel()
	b := inmem.NewBroker()
	got := collector(t, b)
	c := inProcess(b)
	in, keyboard := io.Pipe()
	defer in.Close()
	c.stdin = in
	r := c.start(t.Context(), "publish", "a.b", "--lines")
	for i := range 3 {
		if _, err := fmt.Fprintf(keyboard, "{\"n\": %d}\n", i); err != nil {
			t.Fatal(err)
		}
		if m := next(t, got); string(m.Body) != fmt.Sprintf(`{"n": %d}`, i) {
			t.Errorf("got %s", m.Body)
		}
	}
	r.out.wait(t, "\n", 3)
	r.stop()
	if code, _, err := r.done(t); code != exitFailed || !strings.Contains(err, "stopped before the end of the input") {
		t.Errorf("exit %d: %s", code, err)
	}
}

func TestReadLinesFails(t *testing.T) {
	t.Parallel()
	lines := make(chan line, 8)
	readLines(t.Context(), io.MultiReader(strings.NewReader("{}\n{"), failing{}), lines)
	if l := <-lines; l.number != 1 || string(l.text) != "{}" || l.err != nil {
		t.Errorf("line 1: %+v", l)
	}
	if l := <-lines; l.number != 2 || !errors.Is(l.err, errDisk) {
		t.Errorf("line 2: %+v", l)
	}
	if _, more := <-lines; more {
		t.Error("reading went on after an error")
	}
}

type failing struct{}

var errDisk = errors.New("the disk is gone")

func (failing) Read([]byte) (int, error) { return 0, errDisk }

// readLine splits like strings.Split, whatever the buffer's size.
func FuzzReadLine(f *testing.F) {
	f.Add("a\nb\n\nc", 16)
	f.Add(strings.Repeat("x", 40)+"\n", 16)
	f.Fuzz(func(t *testing.T, text string, size int) {
		r := bufio.NewReaderSize(strings.NewReader(text), min(max(size, 16), 4096))
		var got []string
		for {
			l, err := readLine(r)
			got = append(got, strings.TrimSuffix(string(l), "\n"))
			if err != nil {
				break
			}
		}
		if diff := cmp.Diff(strings.Split(text, "\n"), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
