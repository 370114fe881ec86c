package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// An event is one line of `go test -json` (go doc test2json), or of the build
// that came before it (go help buildjson).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A test is named by its package and its own name.
type test struct{ pkg, name string }

// A skip is a test that did not run and why.
type skip struct {
	test
	reason string
}

// A summary is what became of a run.
type summary struct {
	packages, passed int
	failed           []test // name is empty for a package that failed as a whole
	skipped          []skip
}

// summarize reads events until the end of in and copies to out what a reader
// of plain `go test` would see. Lines that are no events are copied as they
// are: go prints some of its errors so.
func summarize(in io.Reader, out io.Writer) (*summary, error) {
	r := &run{out: out, output: map[test]*strings.Builder{}, s: &summary{}}
	lines := bufio.NewReader(in) // no limit on the length of a line
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				fmt.Fprintf(out, "%s", line)
			} else {
				r.take(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return r.s, nil
		}
		if err != nil {
			return r.s, err
		}
	}
}

// A run holds the output of tests that have not ended yet.
type run struct {
	out    io.Writer
	output map[test]*strings.Builder
	s      *summary
}

func (r *run) take(e event) {
	id := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.keep(id, e.Output)
	case "pass":
		if e.Test == "" {
			r.s.packages++
		} else {
			r.s.passed++
		}
		r.drop(id)
	case "skip":
		// A package without test files "skips" too; that is no skipped test.
		if e.Test != "" {
			r.s.skipped = append(r.s.skipped, skip{id, reason(r.text(id))})
		}
		r.drop(id)
	case "fail":
		r.fail(id)
	}
}

// keep stores a test's output until its end is known. Of a package's own
// output the closing line is printed at once.
func (r *run) keep(id test, text string) {
	if id.name == "" && closing(text) {
		fmt.Fprint(r.out, text)
		return
	}
	b := r.output[id]
	if b == nil {
		b = new(strings.Builder)
		r.output[id] = b
	}
	b.WriteString(text)
}

func (r *run) text(id test) string {
	if b := r.output[id]; b != nil {
		return b.String()
	}
	return ""
}

func (r *run) drop(id test) { delete(r.output, id) }

// fail prints what a failed test said. When a package fails, the tests that
// never ended (a panic, a timeout) are printed with it.
func (r *run) fail(id test) {
	if id.name == "" {
		r.s.packages++
		var open []test
		for other := range r.output {
			if other.pkg == id.pkg && other.name != "" {
				open = append(open, other)
			}
		}
		slices.SortFunc(open, func(a, b test) int { return strings.Compare(a.name, b.name) })
		for _, other := range open {
			r.s.failed = append(r.s.failed, other)
			fmt.Fprint(r.out, r.text(other))
			r.drop(other)
		}
	}
	r.s.failed = append(r.s.failed, id)
	fmt.Fprint(r.out, r.text(id))
	r.drop(id)
}

// closing reports whether a line of a package's output is the one by which go
// test closes it.
func closing(line string) bool {
	for _, start := range []string{"ok  \t", "FAIL\t", "?   \t", "---\t"} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return strings.HasPrefix(line, "\t") && strings.Contains(line, "coverage: ")
}

// reason finds what a test gave to Skip in its output.
func reason(output string) string {
	var said []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

func (s *summary) ok(requireAll bool) bool {
	return len(s.failed) == 0 && s.packages > 0 && (!requireAll || len(s.skipped) == 0)
}

func (s *summary) print(out io.Writer, requireAll bool) {
	failedTests := 0
	for _, f := range s.failed {
		if f.name != "" {
			failedTests++
		}
	}
	fmt.Fprintf(out, "\n== tests: %d passed, %d failed, %d SKIPPED, in %d packages\n", s.passed, failedTests, len(s.skipped), s.packages)
	for _, f := range s.failed {
		if f.name == "" {
			fmt.Fprintf(out, "   FAILED  %s\n", f.pkg)
		} else {
			fmt.Fprintf(out, "   FAILED  %s %s\n", f.pkg, f.name)
		}
	}
	for _, k := range s.skipped {
		fmt.Fprintf(out, "   SKIPPED %s %s: %s\n", k.pkg, k.name, k.reason)
	}
	if s.packages == 0 {
		fmt.Fprintln(out, "   FAILED  no package was tested")
	}
	if requireAll && len(s.skipped) > 0 {
		fmt.Fprintln(out, "   SALT_REQUIRE_ALL=1: a skip is a failure")
	}
}
