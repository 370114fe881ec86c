package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt/inmem"
)

// everyCommand yields the command lines of all commands that people see.
func everyCommand(cmd *cobra.Command, yield func(path []string, cmd *cobra.Command)) {
	var path []string
	if words := strings.Fields(cmd.CommandPath()); len(words) > 1 {
		path = words[1:]
	}
	yield(path, cmd)
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			everyCommand(sub, yield)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	seen := 0
	everyCommand((&app{env: os.Getenv}).rootCommand(), func(path []string, cmd *cobra.Command) {
		seen++
		if cmd.Example == "" || cmd.Short == "" {
			t.Errorf("%s: no example or no description", cmd.CommandPath())
		}
		byFlag := c.must(t, append(path, "--help")...)
		if byWord := c.must(t, append([]string{"help"}, path...)...); byWord != byFlag {
			t.Errorf("help %v differs from --help:\n%s\n%s", path, byWord, byFlag)
		}
		if !strings.Contains(byFlag, "Examples:\n"+strings.TrimRight(cmd.Example, "\n")) {
			t.Errorf("%s --help shows no example:\n%s", cmd.CommandPath(), byFlag)
		}
	})
	if seen < 11 {
		t.Errorf("only %d commands have help", seen)
	}
	root := c.must(t)
	for _, want := range []string{"Exit codes:", "0  it worked", "1  the operation failed", "2  misuse", "SALT_URL", "NO_COLOR", "publish", "listen", "doctor"} {
		if !strings.Contains(root, want) {
			t.Errorf("the help does not mention %q:\n%s", want, root)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	c := inProcess(inmem.NewBroker())
	long := c.must(t, "version")
	if !strings.HasPrefix(long, "salt ") || !strings.Contains(long, "go1.") || long != c.must(t, "--version") {
		t.Errorf("version %q, --version %q", long, c.must(t, "--version"))
	}
	if got := c.must(t, "version", "--json"); !strings.HasPrefix(got, `{"version":"`) {
		t.Errorf("version --json: %s", got)
	}
}

// Misuse is exit code 2 and one line on stderr, which names the remedy.
func TestMisuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad := file("good.json", `{"type":"object"}`), file("bad.json", `{"type":"objet"}`)
	notJSON, table := file("not.json", "hello"), file("table.json", `{"kind":"table","rows":[]}`)
	for _, tt := range []struct {
		args []string
		want string // in stderr
	}{
		{[]string{"publsh"}, `no command "publsh"; the nearest is publish; see salt --help`},
		{[]string{"help", "publsh"}, `no command "publsh"`},
		{[]string{"amqp://me:" + canary + "@host/"}, "--url or SALT_URL"},
		{[]string{"wire", "encode"}, `no command "encode"; the nearest is decode; see salt wire --help`},
		{[]string{"--nosuch"}, "unknown flag: --nosuch; see salt --help"},
		{[]string{"publish"}, "salt: publish needs TOPIC"},
		{[]string{"publish", "t", "{}", "{}"}, "got 3 arguments"},
		{[]string{"publish", "t"}, "the payload is empty"},
		{[]string{"publish", "t", "[1]"}, "no object"},
		{[]string{"publish", "t", `{"a":1,"a":2}`}, "not good JSON"},
		{[]string{"publish", "t", `{"a":NaN}`}, "not good JSON"},
		{[]string{"publish", "", "{}"}, "topic is empty"},
		{[]string{"publish", "a.#", "{}"}, "wildcard"},
		{[]string{"publish", strings.Repeat("x", 256), "{}"}, "256 bytes long"},
		{[]string{"publish", "t", "{}", "--priority", "11"}, "priority 11 is not in 0 to 10"},
		{[]string{"publish", "t", "{}", "--priority", "high"}, "--priority"},
		{[]string{"publish", "t", "{}", "--expires", "1us"}, "expiry 1µs is below 1ms"},
		{[]string{"publish", "t", "{}", "--header", "naked"}, "NAME=VALUE"},
		{[]string{"publish", "t", "{}", "--header", "x-salt-a=b"}, "reserved"},
		{[]string{"publish", "t", "{}", "--version", "second"}, `version "second"`},
		{[]string{"publish", "t", "{}", "--timeout", "0s"}, "--timeout"},
		{[]string{"publish", "t", "{}", "--lines"}, "--lines reads stdin"},
		{[]string{"publish", "t", "--lines", "--id", "x"}, "--id is for one message"},
		{[]string{"publish", "t", "{}", "--url", "http://me:" + canary + "@host/"}, "cannot be parsed"},
		{[]string{"call"}, "call needs TOPIC"},
		{[]string{"call", "t", "7"}, "no object"},
		{[]string{"call", "t", "{}", "--timeout", "-1s"}, "--timeout"},
		{[]string{"listen"}, "needs at least one PATTERN"},
		{[]string{"listen", "user.cre*"}, "make it a word of its own"},
		{[]string{"listen", "#", "--count", "-1"}, "--count"},
		{[]string{"wire", "decode", filepath.Join(dir, "absent")}, "no such file"},
		{[]string{"wire", "decode", dir}, "is a directory"},
		{[]string{"wire", "decode", notJSON}, "read vector"},
		{[]string{"wire", "decode", table}, "no body"},
		{[]string{"schema", "validate", "{}"}, "--schema FILE is missing"},
		{[]string{"schema", "validate", "--schema", "-"}, "both"},
		{[]string{"schema", "validate", "--schema", filepath.Join(dir, "absent"), "{}"}, "no such file"},
		{[]string{"schema", "validate", "--schema", bad, "{}"}, "at /type"},
		{[]string{"schema", "validate", "--schema", notJSON, "{}"}, "not.json"},
		{[]string{"schema", "validate", "--schema", good, filepath.Join(dir, "absent")}, "no such file"},
		{[]string{"demo", "fast"}, "no arguments"},
		{[]string{"demo", "--url", "nonsense"}, "cannot be parsed"},
		{[]string{"doctor", "--url", "nonsense"}, "cannot be parsed"},
	} {
		c := cli{}
		code, out, err := c.run(t, tt.args...)
		if code != exitMisuse || out != "" || !strings.Contains(err, tt.want) {
			t.Errorf("salt %q: exit %d\nstdout: %s\nstderr: %s\nwant exit 2 and %q", tt.args, code, out, err, tt.want)
		}
		if !strings.HasPrefix(err, "salt: ") || strings.Count(err, "\n") != 1 || !strings.Contains(err, " --help\n") {
			t.Errorf("salt %q: not one sentence with the way to help: %s", tt.args, err)
		}
	}
}

// Whatever fails, and however broken the URL is, the password stays inside.
func TestPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	urls := []string{
		"amqp://me:" + canary + "@127.0.0.1:1/",
		"amqp://me:Canary-7f%2F3%22x@127.0.0.1:1/",
		"amqp://me:" + canary + "@127.0.0.1:notaport/",
		"ampq://me:" + canary + "@host",
		"amqp://me:" + canary + "@[::1/%zz",
		"amqp://me:" + canary + "@",
	}
	lines := [][]string{
		{"publish", "t", "{}", "--timeout", "1s"}, {"publish", "t", "{}", "--timeout", "1s", "--json", "--verbose"},
		{"publish", "t", "--lines", "--timeout", "1s"}, {"call", "t", "{}", "--timeout", "1s"}, {"call", "t", "{}", "--timeout", "1s", "--json"},
		{"listen", "#"}, {"listen", "#", "--json", "--verbose"}, {"doctor"}, {"doctor", "--json", "--queue", "q"}, {"--help"}, {"publish", "--help"},
		{"version"}, {"publsh"}, {"publish"}, {"schema", "validate", "--schema", "nosuch"},
	}
	for _, url := range urls {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup // they mostly wait
			defer all.Wait()
			silent := func(env map[string]string, args ...string) {
				all.Go(func() { checkSilent(t, env, args) })
			}
			for _, args := range lines {
				silent(map[string]string{"SALT_URL": url}, args...)
				silent(nil, append(slices.Clone(args), "--url", url)...)
			}
			for _, args := range [][]string{{url}, {"help", url}, {"publish", url, "{}", "x"}, {"listen", url + " "}, {"demo", "--url", url}} {
				silent(nil, args...)
			}
		})
	}
}

func checkSilent(t *testing.T, env map[string]string, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	_, out, err := cli{env: env, stdin: strings.NewReader("{}\n")}.start(ctx, args...).done(t)
	if strings.Contains(out+err, "Canary") {
		t.Errorf("with %v salt %q printed the password:\n%s\n%s", env, args, out, err)
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("me", "secret", "host/")
	f.Add("", canary, "")
	f.Add("a:b", "c:d@e", "x")
	f.Fuzz(func(t *testing.T, user, password, rest string) {
		if len(password) < minSecret || strings.ContainsAny(user, ":@") || password == user || strings.Contains(rest, "@") {
			return
		}
		if strings.Contains("salt has no command "+user+rest+"xxxxx", password) {
			return // innocent text that looks like the password
		}
		url := "amqp://" + user + ":" + password + "@" + rest
		hide := newRedactor(url)
		if got := hide.text("salt has no command " + url); strings.Contains(got, password) {
			t.Errorf("%q is in %q", password, got)
		}
	})
}
