package interop_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// A cell is one question to both sides. It is asked in every configuration of
// its dialect, at the same time as the others, and asserts what each side got.
type cell struct {
	name  string // unique in its group
	group string // set from the cellGroup

	run func(t *testing.T, c *config)

	// absent returns why the cell does not apply to a configuration, or "".
	absent func(s *setup) string

	// limit returns what upstream cannot do in a configuration, or "". Then
	// shown runs instead of run: it must see the failure from Go and, in the
	// same manner, from Python to Python.
	limit func(s *setup) string
	shown func(t *testing.T, c *config)
}

func (c *cell) id() string { return c.group + ": " + c.name }

// A cellGroup is the cells of a file, with the Go handlers that they need.
type cellGroup struct {
	name    string // the heading in the table: direction and kind
	dialect string // celerySalt or tchuTchu: the Python package of the environment
	handle  func(c *config)
	cells   []cell
}

// groups is the whole matrix. Every file of cells has its line here.
var groups = []cellGroup{
	eventsToPython,
	eventsFromPython,
	kindsToPython,
	kindsFromPython,
	deliveryToPython,
	deliveryFromPython,
	routing,
	refusals,
	callsToPython,
	requestsToPython,
	edgesToPython,
	callsFromPython,
	echoesFromPython,
	answersToPython,
	requestsFromPython,
	tchuEvents,
	tchuCalls,
	workerUnharmed, // the last: it looks at what the others left
}

const otherDialect = "a cell of the other Python package"

// allCells lists the cells with their groups filled in.
func allCells() []cell {
	var all []cell
	for _, g := range groups {
		for _, c := range g.cells {
			c.group = g.name
			inner, dialect := c.absent, g.dialect
			c.absent = func(s *setup) string {
				if dialect != "" && dialect != s.dialect() {
					return otherDialect
				}
				if inner == nil {
					return ""
				}
				return inner(s)
			}
			all = append(all, c)
		}
	}
	return all
}

// TestMatrix asks every cell in every configuration: a few in plain go test,
// all of them with SALT_INTEROP=full, as `make interop` does. The table goes to
// the log and, with SALT_INTEROP_TABLE, to that file.
func TestMatrix(t *testing.T) {
	t.Parallel()
	need(t, "SALT_TEST_AMQP_URL")
	need(t, "SALT_TEST_REDIS_URL")
	need(t, "SALT_TEST_PYTHON")
	configs, cells, tb := coreSetups, allCells(), newTable()
	if os.Getenv("SALT_INTEROP") == "full" {
		configs = fullSetups()
	}
	run := uuid.NewString()[:8]
	hosts := make([]string, len(configs))
	for i := range configs {
		hosts[i] = fmt.Sprintf("matrix-%s-%d", run, i)
	}
	makeVirtualHosts(t, hosts)

	// Run blocks until the subtest has ended, and may be called by several
	// goroutines: unlike t.Parallel this is not bound to the number of cores,
	// which is right for tests that mostly wait.
	abreast := make(chan struct{}, configurationsAbreast)
	var running sync.WaitGroup
	for i, s := range configs {
		running.Go(func() {
			abreast <- struct{}{}
			defer func() { <-abreast }()
			t.Run(s.name(), func(t *testing.T) { runSetup(t, s, hosts[i], cells, tb) })
		})
	}
	running.Wait()

	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") {
		t.Log("with -run …/… the table is not complete")
	} else if missing := tb.missing(configs, cells); len(missing) > 0 {
		t.Errorf("%d cells were not asked:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	text := tb.text(configs, cells)
	t.Log("\n" + text)
	if file := os.Getenv("SALT_INTEROP_TABLE"); file != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// runSetup starts both sides and asks all cells.
func runSetup(t *testing.T, s *setup, host string, cells []cell, tb *table) {
	defer func() { // also after a failed start
		for _, c := range cells {
			tb.mu.Lock()
			asked := tb.outcomes[s.name()][c.id()].mark != ""
			tb.mu.Unlock()
			if !asked && t.Failed() {
				tb.record(s.name(), c.id(), outcome{markFail, "the configuration broke before the cell was asked"})
			}
		}
	}()
	c := start(t, s, host, tb)
	abreast := make(chan struct{}, cellsAbreast)
	var running sync.WaitGroup
	for i := range cells {
		if cells[i].group == workerUnharmed.name {
			running.Wait()
		}
		running.Go(func() {
			abreast <- struct{}{}
			defer func() { <-abreast }()
			ask(t, &cells[i], c, tb)
		})
	}
	running.Wait()
}

// ask asks one cell and records the outcome.
func ask(t *testing.T, cl *cell, c *config, tb *table) {
	if why := cl.absent(c.setup); why != "" {
		tb.record(c.name(), cl.id(), outcome{markAbsent, why})
		return
	}
	run, good := cl.run, outcome{mark: markOK}
	if cl.limit != nil {
		if what := cl.limit(c.setup); what != "" {
			run, good = cl.shown, outcome{markLimit, what}
		}
	}
	t.Run(cl.id(), func(t *testing.T) {
		defer func() {
			if t.Failed() || t.Skipped() {
				good = outcome{mark: markFail}
			}
			tb.record(c.name(), cl.id(), good)
		}()
		run(t, c)
	})
}

// workerUnharmed looks at the worker when all cells have been asked.
var workerUnharmed = cellGroup{name: "the Python worker", cells: []cell{{
	name: "lives, and complained of no message",
	run: func(t *testing.T, c *config) {
		select {
		case <-c.worker.ended:
			t.Errorf("%v", c.worker.fate)
		default:
		}
		for _, line := range c.worker.alarming() {
			t.Errorf("the worker said: %s", line)
		}
	},
}}}
