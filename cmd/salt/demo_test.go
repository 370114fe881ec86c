package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// stable takes out of the demo's output what differs between runs.
func stable(text string) string {
	for _, r := range []struct{ pattern, with string }{
		{`demo-[0-9a-f]{6}`, "demo-RUN"},
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}`, "UUID"},
		{`\d+(\.\d+)?m?s\b`, "TIME"},
		{`demo_(events|parts)\.go:\d+`, "demo_$1.go:LINE"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	return text
}

func checkDemo(t *testing.T, out, where string) {
	t.Helper()
	got := stable(out)
	for _, want := range []string{
		"Salt " + where + `. All topics begin with "demo-RUN.".` + "\n",
		"1. An event in one line\n", "published id UUID, confirmed\n", "handled   user 7, ann@example.com, plan pro\n",
		"exchange tchu_events, routing key demo-RUN.user.signup\n", "task=celery_salt.dispatch_event lang=go id=UUID",
		`\"_tchu_meta\": {\"is_rpc\": false, \"version\": \"v1\"}`,
		"2. An event as a class, with a hook\n", `handled   risk 7 by "system", level "severe"; its method Severe() says true`,
		"3. Inheritance\n", `handled   risk 8 by "ann" to "cro", level "normal"`, "refused   nobody escalates to themselves\n",
		"4. Two versions side by side\n", "v1 got    v1 and v2\n", "v2 got    v2\n",
		"5. A request with a typed error\n", "answer    risk 7 has score 9.5\n", "error     a *main.RiskError with code NOT_FOUND: there is no risk 404\n",
		"6. What does not fit its schema is not sent\n", "/email: format", "/plan: enum", "/user_id: minimum",
		"7. Two schemas for one version are refused\n", "has two different schemas\n", "main.RiskCreated at salt/demo_events.go:LINE\n", "main.RiskCreated at salt/demo_parts.go:LINE\n", "… of 6 differences\n",
		"All 7 parts did what they say in TIME.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the demo lacks %q", want)
		}
	}
	if n := strings.Count(got, "\n   ok\n"); n != 7 {
		t.Errorf("%d parts are ok, want 7", n)
	}
	for line := range strings.Lines(out) {
		if len(line) > 240 || strings.HasSuffix(line, " \n") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	if t.Failed() {
		t.Logf("the demo:\n%s", out)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	began := time.Now()
	c := cli{env: map[string]string{"SALT_URL": "amqp://127.0.0.1:1/"}} // not used: the demo needs no server
	checkDemo(t, c.must(t, "demo"), "in this process, without any server")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the demo took %v", took)
	}
	if out := c.must(t, "demo", "--json"); strings.Count(out, `"ok":true}`) != 7 || strings.Count(out, "\n") != 7 {
		t.Errorf("demo --json:\n%s", out)
	}
}

func TestDemoOnRabbitMQ(t *testing.T) {
	t.Parallel()
	url := realBroker(t)
	began := time.Now()
	checkDemo(t, cli{}.must(t, "demo", "--url", url), "on "+shownURL(url))
	t.Logf("took %v", time.Since(began))
}

func TestDemoWithoutItsBroker(t *testing.T) {
	t.Parallel()
	code, out, err := cli{}.run(t, "demo", "--url", "amqp://127.0.0.1:1/")
	if code != exitFailed || out != "" || !strings.Contains(err, "salt: demo: broker unavailable: ") || !strings.Contains(err, "connection refused") {
		t.Errorf("exit %d\n%s\n%s", code, out, err)
	}
}

// A demo that shows something else than it says must say so, and fail: here
// its bus loses every event and answers no request.
func TestDemoChecksItself(t *testing.T) {
	t.Parallel()
	d := &demo{registry: registry.NewMemory()}
	failures := 0
	a := &app{out: newScreen(), env: func(string) string { return "" }}
	if err := d.open(t.Context(), silent{}, a); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	parts := d.parts()
	for i, p := range parts[:5] {
		err := d.run(ctx, p)
		if err != nil {
			failures++
		}
		if err := a.printPart(d, i+1, p.title, err); err != nil {
			t.Fatal(err)
		}
	}
	if out := fmt.Sprint(a.out); failures != 5 || strings.Count(out, "FAILED: ") != 5 {
		t.Errorf("%d of 5 parts failed on a bus that carries nothing:\n%s", failures, out)
	}
	if err := d.bus.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// silent takes everything and delivers nothing.
type silent struct{}

func (silent) Send(context.Context, *salt.Message) error { return nil }
func (silent) Request(context.Context, *salt.Message) (*salt.Reply, error) {
	return nil, errors.New("nobody is there")
}
func (silent) Consume(ctx context.Context, q salt.Queue, _ salt.Handler) error {
	q.Status(nil)
	<-ctx.Done()
	return nil
}
func (silent) Health() salt.TransportHealth { return salt.TransportHealth{Connected: true} }
func (silent) Close(context.Context) error  { return nil }
