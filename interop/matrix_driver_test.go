package interop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A command is one line for python/matrix/driver.py: "do" and what that needs.
type command map[string]any

// An answer is what the driver says to a command.
type answer struct {
	N       int
	ID      string          // of what was published
	Type    string          // of what a call returned, beneath its wrapper
	Wrapper string          // SaltResponse for class-style calls
	Result  json.RawMessage // what a call returned, as values.py writes it
	Span    string          // the current span's id

	Exception, Text string // what was raised instead
}

// A driver publishes and calls from Python, any number of things at once.
type driver struct {
	*program
	mu      sync.Mutex
	last    int
	answers *inbox[answer]
	raw     *inbox[json.RawMessage]
}

func startDriver(t *testing.T, interpreter string, env []string) *driver {
	t.Helper()
	d := &driver{answers: newInbox[answer](), raw: newInbox[json.RawMessage]()}
	d.program = startProgram(t, interpreter, "matrix.driver", nil, env, func(line []byte) {
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			d.answers.end(fmt.Errorf("the driver's line %.200q: %w", line, err))
			return
		}
		d.raw.add(line, strconv.Itoa(a.N))
		d.answers.add(a, strconv.Itoa(a.N))
	}, d.answers.end)
	return d
}

// do gives a command and waits for its answer, an exception included.
func (d *driver) do(t *testing.T, c command) answer {
	t.Helper()
	return d.begin(t, c)()
}

// begin gives a command; the function it returns waits for the answer.
func (d *driver) begin(t *testing.T, c command) func() answer {
	t.Helper()
	d.mu.Lock()
	d.last++
	n := d.last
	c["n"] = n
	line, err := json.Marshal(c)
	if err == nil {
		_, err = d.in.Write(append(line, '\n'))
	}
	d.mu.Unlock()
	if err != nil {
		t.Fatalf("command %v: %v", c["do"], errors.Join(err, d.fateNow()))
	}
	return func() answer {
		t.Helper()
		key := strconv.Itoa(n)
		return d.answers.await(t, key, 1, fmt.Sprintf("the answer to the command %v", c["do"]), func(answer) bool { return true })[0]
	}
}

// must is do for commands that must not raise.
func (d *driver) must(t *testing.T, c command) answer {
	t.Helper()
	a := d.do(t, c)
	if a.Exception != "" {
		t.Fatalf("Python: %v: %s: %s", c["do"], a.Exception, a.Text)
	}
	return a
}

// decode does a command and decodes its whole answer, for commands of a
// group's own.
func (d *driver) decode(t *testing.T, c command, into any) {
	t.Helper()
	a := d.must(t, c)
	if err := json.Unmarshal(d.raw.all(strconv.Itoa(a.N), func(json.RawMessage) bool { return true })[0], into); err != nil {
		t.Fatal(err)
	}
}

// fateNow tells why the program has ended, if it has.
func (p *program) fateNow() error {
	select {
	case <-p.ended:
		return p.fate
	case <-time.After(time.Second):
		return nil
	}
}
