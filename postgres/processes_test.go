package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

const (
	jobVariable = "SALT_POSTGRES_TEST_JOB" // "migrate" or "register N"
	jobURL      = "SALT_POSTGRES_TEST_URL"
	registrars  = 13 // of each process
)

// work is what a process of a test does when its input ends. It writes a line
// for each outcome.
func work(job string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := postgres.Open(ctx, os.Getenv(jobURL), quiet())
	if err != nil {
		fmt.Fprintln(os.Stdout, "open:", err)
		return 1
	}
	defer r.Close()
	fmt.Fprintln(os.Stdout, "ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	var process int
	if n, _ := fmt.Sscanf(job, "register %d", &process); n == 0 {
		if err := r.Ping(ctx); err != nil {
			fmt.Fprintln(os.Stdout, "ping:", err)
			return 1
		}
		return 0
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range registrars {
		me := process*registrars + i
		wg.Go(func() {
			outcome := "stored"
			if err := r.Register(salt.WithActor(ctx, fmt.Sprint(me)), workload(me)...); err != nil {
				outcome = err.Error()
				if _, conflict := errors.AsType[*salt.ConflictError](err); conflict {
					outcome = "conflict"
				}
			}
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintf(os.Stdout, "%d %q\n", me, outcome)
		})
	}
	wg.Wait()
	return 0
}

// workload is what one registrar of all processes brings: things of its own,
// things that all agree on, and a few of which there are two opinions.
func workload(me int) []*salt.Spec {
	random := rand.New(rand.NewPCG(uint64(me), 7))
	opinion := []string{"string", "integer"}[random.IntN(2)]
	specs := []*salt.Spec{event(fmt.Sprintf("own.%d", me), "v1", "string")}
	for range 20 {
		specs = append(specs, event(fmt.Sprintf("agreed.%d", random.IntN(30)), fmt.Sprintf("v%d", random.IntN(4)), "string"))
	}
	for range random.IntN(3) {
		specs = append(specs, event(fmt.Sprintf("contested.%d", random.IntN(12)), "v1", opinion))
	}
	random.Shuffle(len(specs), func(i, k int) { specs[i], specs[k] = specs[k], specs[i] })
	return specs
}

// run starts processes and lets them go at once. It returns their lines.
func run(t *testing.T, url string, jobs ...string) (lines []string) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	starts := make([]io.Closer, 0, len(jobs))
	for _, job := range jobs {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), jobVariable+"="+job, jobURL+"="+url)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		starts = append(starts, in)
		ready := make(chan struct{})
		wg.Go(func() {
			scanner := bufio.NewScanner(out)
			if scanner.Scan(); scanner.Text() != "ready" {
				t.Errorf("%s: %s", job, scanner.Text())
			}
			close(ready)
			for scanner.Scan() {
				mu.Lock()
				lines = append(lines, scanner.Text())
				mu.Unlock()
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%s: %v", job, err)
			}
		})
		<-ready
	}
	for _, start := range starts {
		start.Close()
	}
	wg.Wait()
	return lines
}

func TestMigrationRace(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	if lines := run(t, url, slices.Repeat([]string{"migrate"}, 8)...); len(lines) > 0 {
		t.Errorf("processes said:\n%s", strings.Join(lines, "\n"))
	}
	if n := query[int](t, url, fmt.Sprintf("select count(*) from %q.migrations", name)); n != 1 {
		t.Errorf("%d migrations are recorded, want 1", n)
	}
}

func TestRegistrarsOfProcesses(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	begun := time.Now()
	lines := run(t, url, "register 0", "register 1", "register 2", "register 3")
	took := time.Since(begun)
	r := open(t, url, nil)
	stored, numbers := map[string]*salt.Record{}, map[string][]int{}
	for record, err := range r.Records(patience(t), "") {
		if err != nil {
			t.Fatal(err)
		}
		stored[record.Topic+" "+record.Version] = record
		numbers[record.Topic] = append(numbers[record.Topic], record.Number)
	}
	won, lost := 0, 0
	for _, line := range lines {
		var me int
		var outcome string
		if _, err := fmt.Sscanf(line, "%d %q", &me, &outcome); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		differs := 0
		for _, s := range workload(me) {
			have := stored[s.Topic+" "+s.Version]
			if have != nil && have.Schema.String() != s.Schema.String() {
				differs++
			}
			if outcome == "stored" && have == nil {
				t.Errorf("%d was told that %s %s is stored", me, s.Topic, s.Version)
			}
		}
		own := stored[fmt.Sprintf("own.%d v1", me)] != nil
		switch outcome {
		case "stored":
			if won++; differs > 0 || !own {
				t.Errorf("%d succeeded and %d of its specs differ, its own is there: %t", me, differs, own)
			}
		case "conflict":
			if lost++; differs == 0 && !inItself(workload(me)) || own {
				t.Errorf("%d was refused: %d of its specs differ, its own is there: %t", me, differs, own)
			}
		default:
			t.Errorf("registrar %d: %s", me, outcome)
		}
	}
	if won+lost != 4*registrars || won == 0 || lost == 0 {
		t.Errorf("%d succeeded, %d were refused, of %d; the test wants both", won, lost, 4*registrars)
	}
	for topic, list := range numbers {
		slices.Sort(list)
		for i, n := range list {
			if n != i+1 {
				t.Errorf("numbers of %s: %v", topic, list)
				break
			}
		}
	}
	for what, text := range map[string]string{
		"schema ids have gaps":         "select max(id) = count(*) from %q.schemas",
		"changes have gaps":            "select max(seq) = count(*) from %q.history",
		"changes are not in order":     "select coalesce(bool_and(ok), true) from (select at >= lag(at) over (order by seq) as ok from %q.history) x",
		"changes are not one a record": "select (select count(*) from %[1]q.history) = (select count(*) from %[1]q.versions)",
	} {
		if !query[bool](t, url, fmt.Sprintf(text, name)) {
			t.Error(what)
		}
	}
	t.Logf("%d registrars of 4 processes in %v: %d stored, %d refused, %d versions", won+lost, took, won, lost, len(stored))
}

// inItself reports whether a workload contradicts itself.
func inItself(specs []*salt.Spec) bool {
	texts := map[string]string{}
	for _, s := range specs {
		key := s.Topic + " " + s.Version
		if have, ok := texts[key]; ok && have != s.Schema.String() {
			return true
		}
		texts[key] = s.Schema.String()
	}
	return false
}
