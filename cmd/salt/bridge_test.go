package main

import (
	"strings"
	"testing"

	"github.com/celerysalt/salt/inmem"
)

func TestBridgeCommand(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	ear := c.start(t.Context(), "listen", "#", "--json", "--count", "5")
	ear.err.wait(t, "listening", 1)
	b := c.start(t.Context(), "bridge", "order.#", "order.paid", "--both")
	b.err.wait(t, `through the queue "salt-bridge", Ctrl-C ends`, 1)
	c.must(t, "publish", "order.paid", `{"n": 1}`, "--id", "one", "--version", "v2")
	b.out.wait(t, "order.paid  -  one", 1) // tchu-tchu has no versions
	c.must(t, "publish", "order.sent", `{"n": 2}`, "--id", "two", "--dialect", "tchu-tchu")
	b.out.wait(t, "order.sent  v1  two", 1)
	c.must(t, "publish", "user.born", `{"n": 3}`, "--id", "three")
	if code, _, err := ear.done(t); code != exitOK {
		t.Fatalf("listen: exit %d: %s", code, err)
	}
	want := []string{
		`"version":"v2","id":"one"`, `"dialect":"celery-salt"`, "",
		`"version":null,"id":"one"`, `"dialect":"tchu-tchu"`, `"bridged_from":"celery-salt"`,
		`"version":null,"id":"two"`, `"dialect":"tchu-tchu"`, "",
		`"version":"v1","id":"two"`, `"dialect":"celery-salt"`, `"bridged_from":"tchu-tchu"`,
		`"version":"v1","id":"three"`, `"dialect":"celery-salt"`, "",
	}
	heard := strings.Split(strings.TrimSpace(ear.out.String()), "\n")
	for i, line := range heard {
		for _, part := range want[3*i : 3*i+3] {
			if !strings.Contains(line, part) || part == "" && strings.Contains(line, "bridged_from") {
				t.Errorf("line %d lacks %s: %s", i, part, line)
			}
		}
	}
	b.stop()
	if code, _, err := b.done(t); code != exitOK || !strings.Contains(err, "repeated 2 events") {
		t.Errorf("bridge: exit %d: %s", code, err)
	}
}

func TestBridgeMisuse(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"at least one PATTERN":       {"bridge"},
		"--from and --to are both":   {"bridge", "#", "--to", "tchu-tchu"},
		`unknown library "celery"`:   {"bridge", "#", "--to", "celery"},
		`--from: unknown library ""`: {"bridge", "#", "--from", ""},
		`"a..b"`:                     {"bridge", "a..b"},
		`--dialect: unknown library`: {"publish", "a", "{}", "--dialect", "x"},
	} {
		if code, _, err := inProcess(inmem.NewBroker()).run(t, args...); code != exitMisuse || !strings.Contains(err, want) {
			t.Errorf("%v: exit %d, %q; want 2 and %q", args, code, err, want)
		}
	}
}
