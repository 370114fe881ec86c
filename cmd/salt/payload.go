package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// maxInput bounds what is read at once, from a file or from stdin.
const maxInput = 16 << 20

// stdinName is the argument that stands for standard input.
const stdinName = "-"

// payload returns the JSON of a message: the argument itself, or what stdin
// holds when the argument is "-", or is missing and stdin is no terminal.
func (a *app) payload(arg []string) ([]byte, error) {
	if len(arg) > 0 && arg[0] != stdinName {
		return checkPayload([]byte(arg[0]))
	}
	if len(arg) == 0 && isTerminal(a.in) {
		return nil, misusef(`no payload: give a JSON object as an argument, or "-" and pipe it in`)
	}
	text, err := readBounded(a.in, "stdin")
	if err != nil {
		return nil, err
	}
	return checkPayload(text)
}

// checkPayload refuses what no transport would take, before anything is tried.
func checkPayload(text []byte) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, misusef(`the payload is empty: give a JSON object, "{}" if there is nothing to say`)
	}
	if err := schema.Check(text, schema.DefaultLimits); err != nil {
		hint := ""
		if text[0] != '{' {
			hint = "; a file is given as - <FILE"
		}
		return nil, misusef("the payload is not good JSON: %w%s", err, hint)
	}
	if jsontext.Value(text).Kind() != jsontext.KindBeginObject {
		return nil, misusef("the payload is JSON but no object: wrap it, as in {\"value\": …}")
	}
	return text, nil
}

// document reads what a command looks at: a file, stdin, or, with inline, JSON
// given as the argument itself.
func (a *app) document(arg []string, what string, inline bool) ([]byte, error) {
	if len(arg) == 0 || arg[0] == stdinName {
		if len(arg) == 0 && isTerminal(a.in) {
			return nil, misusef(`no %s: name a file, or "-" and pipe it in`, what)
		}
		return readBounded(a.in, "stdin")
	}
	f, err := os.Open(arg[0])
	if err != nil && inline && looksLikeJSON(arg[0]) {
		return []byte(arg[0]), nil
	}
	if err != nil {
		return nil, misusef("read the %s: %w", what, err)
	}
	defer f.Close()
	return readBounded(f, arg[0])
}

// looksLikeJSON tells JSON from the name of a file that does not exist.
func looksLikeJSON(text string) bool {
	text = strings.TrimSpace(text)
	switch text {
	case "":
		return false
	case "true", "false", "null":
		return true
	}
	return strings.IndexByte(`{["-0123456789`, text[0]) >= 0
}

func readBounded(r io.Reader, name string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	switch {
	case err != nil:
		return nil, misusef("read %s: %w", name, err)
	case len(text) > maxInput:
		return nil, misusef("%s holds more than %d MiB", name, maxInput>>20)
	}
	return text, nil
}

// printJSON writes v as one line, or for a person on several.
func (a *app) printJSON(v any) error {
	var opts []json.Options
	if isTerminal(a.out) && !a.json {
		opts = append(opts, jsontext.WithIndent("  "))
	}
	text, err := json.Marshal(v, opts...)
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	if !isTerminal(a.out) {
		return a.print(string(text))
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return a.print(strings.Join(lines, "\n"))
}

// print writes a line to stdout; output that cannot be written is a failure.
func (a *app) print(line string) error {
	if _, err := fmt.Fprintln(a.out, line); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}
