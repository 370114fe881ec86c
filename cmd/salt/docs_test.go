package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	textdiff "github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

var updateDocs = flag.Bool("update-docs", false, "write the outputs of commands into the guides")

// A guide is a page whose Go blocks are compiled and whose commands are run, in
// a module of its own, in the order of the page:
//
//   - a Go block that begins with "// dir/file.go" becomes that file;
//   - a line "$ salt …" of a console block is run in this process, any other by a
//     shell, "$ echo $?" excepted; one that ends in "&" goes on until the end;
//   - "$ export NAME=VALUE" is all that the commands know of the environment, but
//     for SALT_ACTOR, which stands for the reader's name and machine;
//   - "go mod init PATH" of another block names the module;
//   - "<!-- seen: PARTICIPANT -->" is a service that was seen;
//   - a JSON block that begins with "//" is not looked at, nor are other languages.
type guide struct {
	cli

	text     string
	code     string // exit code of the last command
	token    string // the first that was printed
	replaced []string
	running  []*running
}

var (
	guideBlock = regexp.MustCompile("(?ms)^```(go|console)\n(.*?)^```$|^<!-- seen: (.*?) -->$")
	goFile     = regexp.MustCompile(`^// (\S+\.go)\n`)
	exported   = regexp.MustCompile(`^export ([A-Z_]+)=(\S+)$`)
	moduleInit = regexp.MustCompile(`(?m)^go mod init (\S+)$`)
	variable   = regexp.MustCompile(`^([A-Z_]+)=(\S+) (salt .*)$`)
	minutes    = regexp.MustCompile(`\b\d+m ago\b`)
	salted     = regexp.MustCompile(`salt_[A-Za-z0-9_-]{43}`)
	hashed     = regexp.MustCompile(`[0-9a-f]{64}`)
)

func TestEvolvingGuide(t *testing.T) { runGuide(t, "evolving-events.md") }

func TestRegistryGuide(t *testing.T) { runGuide(t, "running-the-registry.md") }

// runGuide runs a page, and compares what it shows with what was printed.
func runGuide(t *testing.T, name string) {
	t.Helper()
	page, err := filepath.Abs(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // not parallel: packages are named relative to it
	module := moduleInit.FindStringSubmatch(string(text))
	if module == nil {
		t.Fatal("the page does not say go mod init, so readers have no module")
	}
	writeModule(t, root, module[1])
	g := &guide{text: string(text)}
	g.env = map[string]string{"SALT_ACTOR": "ann@laptop"}
	defer g.end(t)
	commands := 0
	want := guideBlock.ReplaceAllStringFunc(g.text, func(block string) string {
		parts := guideBlock.FindStringSubmatch(block)
		switch {
		case parts[3] != "":
			g.see(t, parts[3])
		case parts[1] == "go":
			g.file(t, parts[2])
		default:
			commands++
			return "```console\n" + g.console(t, parts[2]) + "```"
		}
		return block
	})
	if out, err := exec.CommandContext(t.Context(), "go", "vet", "./...").CombinedOutput(); err != nil {
		t.Errorf("the page's programs: %v\n%s", err, out)
	}
	if commands < 3 {
		t.Errorf("%d blocks of commands, so this test would prove little", commands)
	}
	if *updateDocs {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := textdiff.Diff(want, g.text); diff != "" {
		t.Errorf("%s does not show what the commands print; go test ./cmd/salt -run Guide -update-docs writes it (-printed +page):\n%s", name, diff)
	}
}

// writeModule makes the working directory a module that requires this one.
func writeModule(t *testing.T, root, name string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mod := strings.Replace(string(text), "module github.com/celerysalt/salt", "module "+name, 1) +
		"\nrequire github.com/celerysalt/salt v0.0.0\n\nreplace github.com/celerysalt/salt => " + root + "\n"
	for name, text := range map[string]string{"go.mod": mod, "go.sum": string(sum)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (g *guide) see(t *testing.T, text string) {
	t.Helper()
	p := new(salt.Participant)
	if err := json.Unmarshal([]byte(text), p, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	store, err := salt.OpenRegistry(t.Context(), g.env["SALT_REGISTRY"])
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.See(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func (g *guide) file(t *testing.T, text string) {
	t.Helper()
	name := goFile.FindStringSubmatch(text)
	if name == nil {
		t.Errorf("a Go block names no file:\n%s", text)
		return
	}
	if err := os.MkdirAll(filepath.Dir(name[1]), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name[1], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// console runs the commands of a block and returns it with what they print.
func (g *guide) console(t *testing.T, block string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
		if !ok {
			continue
		}
		b.WriteString("$ " + command + "\n")
		out := g.command(t, command)
		if out != "" && !strings.HasSuffix(out, "\n") {
			out += "\n"
		}
		b.WriteString(out)
	}
	return b.String()
}

func (g *guide) command(t *testing.T, command string) string {
	t.Helper()
	if command == "echo $?" {
		return g.code + "\n"
	}
	line := strings.NewReplacer(g.replaced...).Replace(strings.ReplaceAll(command, "salt_EXAMPLE", cmp.Or(g.token, "salt_EXAMPLE")))
	if set := exported.FindStringSubmatch(line); set != nil {
		g.env[set[1]], g.code = set[2], "0"
		return ""
	}
	if set := variable.FindStringSubmatch(line); set != nil {
		t.Setenv(set[1], set[2])
		defer os.Unsetenv(set[1])
		line = set[3]
	}
	if at := regexp.MustCompile(`--listen (\S+)`).FindStringSubmatch(command); at != nil {
		free := freeAddress(t)
		g.replaced = append(g.replaced, at[1], free)
		line = strings.NewReplacer(g.replaced...).Replace(line)
	}
	args := words(line)
	switch {
	case args[0] != "salt":
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		_ = cmd.Run() // the page shows it
		g.code = fmt.Sprint(cmd.ProcessState.ExitCode())
		return g.stable(out.String())
	case args[len(args)-1] == "&":
		r := g.start(context.Background(), args[1:len(args)-1]...)
		g.running = append(g.running, r)
		r.err.wait(t, "\n", 1)
		return g.stable(r.err.String())
	}
	code, out, err := g.run(t, args[1:]...)
	g.code = fmt.Sprint(code)
	return g.stable(out + err)
}

// stable makes an output the same on every machine and day.
func (g *guide) stable(out string) string {
	g.token = cmp.Or(g.token, salted.FindString(out))
	var back []string
	for i := 0; i < len(g.replaced); i += 2 {
		back = append(back, g.replaced[i+1], g.replaced[i])
	}
	out = strings.NewReplacer(back...).Replace(out)
	out = timeText.ReplaceAllString(out, "2026-01-02 03:04:05")
	out = minutes.ReplaceAllString(out, "just now") // this machine is slow
	out = salted.ReplaceAllString(out, "salt_EXAMPLE")
	return hashed.ReplaceAllString(out, "0123…cdef")
}

func (g *guide) end(t *testing.T) {
	t.Helper()
	for _, r := range g.running {
		r.stop()
		if code, _, err := r.done(t); code != exitOK {
			t.Errorf("a command in the background: exit %d\n%s", code, err)
		}
	}
}

// words splits as a shell does, with single quotes and comments.
func words(line string) []string {
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		part, _, comment := strings.Cut(part, " # ")
		list = append(list, strings.Fields(part)...)
		if comment {
			break
		}
	}
	return list
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
