package python_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
)

// A request is a module for testdata/driver.py.
type request struct {
	Name     string   `json:"name"`
	Source   string   `json:"source"`
	Payloads []string `json:"payloads"`
	Part     string   `json:"part"` // what the payloads are for: "" or response
}

// An answer is what celery-salt made of it.
type answer struct {
	Failure  string
	Warnings []string
	Events   []registered
	Payloads []tried
	Reserved []string
	Pwned    bool
}

// tried is what became of a payload: whether the model takes it, what a publisher
// sends, whether a subscription to the class takes it.
type tried struct{ Accepted, Sent, Subscribed verdict }

type registered struct {
	Topic, Version, Mode, Description, Exchange string
	Schema, Response, Error                     jsontext.Value
}

type verdict struct {
	OK    bool
	Value jsontext.Value
	Error string
}

// A driver is the one Python process of the tests: it is slow to start.
type driver struct {
	mu    sync.Mutex
	start sync.Once
	err   error
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	read  *os.File
	n     int
}

var theDriver driver

func TestMain(m *testing.M) {
	code := m.Run()
	if theDriver.cmd != nil {
		theDriver.in.Close()
		theDriver.read.Close()
		_ = theDriver.cmd.Wait() // its answers were all that counted
	}
	os.Exit(code)
}

func (d *driver) begin(interpreter string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer write.Close()
	cmd := exec.Command(interpreter, filepath.Join("testdata", "driver.py"))
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.ExtraFiles = []*os.File{write} // file descriptor 3
	cmd.Stderr = os.Stderr
	if d.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd, d.read, d.out = cmd, read, bufio.NewReader(read)
	return nil
}

// ask imports a module in Python. It fails the test if that fails or warns.
func ask(t *testing.T, source []byte, payloads ...string) *answer {
	t.Helper()
	return askAbout(t, request{Source: string(source), Payloads: payloads})
}

func askAbout(t *testing.T, r request) *answer {
	t.Helper()
	interpreter := need(t, "SALT_TEST_PYTHON")
	d := &theDriver
	d.mu.Lock()
	defer d.mu.Unlock()
	d.start.Do(func() { d.err = d.begin(interpreter) })
	if d.err != nil {
		t.Fatal(d.err)
	}
	d.n++
	r.Name = fmt.Sprintf("generated%d", d.n)
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := d.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the Python program has ended: %v", err)
	}
	a := &answer{}
	if err := json.Unmarshal(reply, a, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatalf("answer %s: %v", reply, err)
	}
	if a.Failure != "" {
		t.Fatalf("%s\n%s", a.Failure, numberedLines([]byte(r.Source)))
	}
	for _, w := range a.Warnings {
		t.Errorf("Python warns: %s", w)
	}
	return a
}

func numberedLines(source []byte) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(string(source)) {
		n++
		fmt.Fprintf(&b, "%4d %s", n, line)
	}
	return b.String()
}

// need is as in package interop: a skip without the variable, a failure where
// nothing may be skipped.
func need(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		const hint = "%s is not set; run `make test`, or see CONTRIBUTING.md"
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatalf(hint, name)
		}
		t.Skipf(hint, name)
	}
	return value
}

// event makes a contract of the schema of an event.
func event(t *testing.T, topic, schema string) *gen.Contract {
	t.Helper()
	return &gen.Contract{
		Topic: topic, Version: "v1", Mode: salt.ModeEvent, Exchange: salt.DefaultExchange,
		Payload: document(t, schema, topic+"/payload.json"), Origin: topic + "/payload.json",
	}
}

// rpc makes a contract of the schemas of a request, a response and an error.
func rpc(t *testing.T, topic, request, response, failure string) *gen.Contract {
	t.Helper()
	c := event(t, topic, request)
	c.Mode = salt.ModeRPC
	if response != "" {
		c.Response = document(t, response, topic+"/response.json")
	}
	if failure != "" {
		c.Error = document(t, failure, topic+"/error.json")
	}
	return c
}

func document(t *testing.T, schema, origin string) *gen.Document {
	t.Helper()
	d, err := gen.Parse([]byte(schema), origin)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func generate(t *testing.T, style string, contracts ...*gen.Contract) *gen.Output {
	t.Helper()
	out, err := python.Generate(contracts, python.Options{Style: style})
	if err != nil {
		t.Fatal(err)
	}
	again, err := python.Generate(contracts, python.Options{Style: style})
	if err != nil {
		t.Fatal(err)
	}
	if string(again.Source) != string(out.Source) {
		t.Error("a second run wrote another module")
	}
	return out
}
