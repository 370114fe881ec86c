package registry_test

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

	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// childVariable makes the test binary a process that registers: "crash DIR ID"
// or "share DIR ID".
const childVariable = "SALT_TEST_REGISTRY_CHILD"

func TestMain(m *testing.M) {
	if job := strings.Fields(os.Getenv(childVariable)); len(job) == 3 {
		if err := child(job[0], job[1], job[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func startChild(t *testing.T, job, dir, id string) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childVariable+"="+job+" "+dir+" "+id)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// batchSize is how many specs a crashing child brings in one call.
const batchSize = 5

func child(job, dir, id string) error {
	r, err := registry.OpenFile(dir, &registry.FileOptions{LockTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer r.Close()
	ctx := salt.WithActor(context.Background(), "child "+id)
	if job == "crash" {
		for n := 0; ; n++ {
			var batch []*salt.Spec
			for k := range batchSize {
				batch = append(batch, event(fmt.Sprintf("p%s.n%d.k%d", id, n, k), "v1", "x"))
			}
			if err := r.Register(ctx, batch...); err != nil {
				return err
			}
			fmt.Fprintf(os.Stdout, "p%s.n%d\n", id, n) // acknowledged
		}
	}
	return share(ctx, r, id)
}

// share registers what other processes bring too, and half of the processes
// what contradicts the other half.
func share(ctx context.Context, r *registry.File, id string) error {
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for i := range 12 {
		wg.Go(func() {
			var mine []*salt.Spec
			for k := range 4 {
				topic := fmt.Sprintf("shared.%d", (i+k)%12)
				mine = append(mine, event(topic, "v1", "x"), event(topic, "v2", "x"))
			}
			if err := r.Register(ctx, mine...); err != nil {
				errs <- fmt.Errorf("shared: %w", err)
			}
			member := []string{"even", "odd"}[int(id[0])%2]
			err := r.Register(ctx, event("race", "v1", member), event(fmt.Sprintf("won.%s.%d", id, i), "v1", member))
			if _, conflict := errors.AsType[*salt.ConflictError](err); err != nil && !conflict {
				errs <- fmt.Errorf("race: %w", err)
			}
		})
	}
	wg.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func TestFileProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var children []*exec.Cmd
	for i := range 4 {
		cmd, _ := startChild(t, "share", dir, fmt.Sprint(i))
		children = append(children, cmd)
	}
	for _, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a process: %v", err)
		}
	}
	r := openFile(t, dir)
	numbers, winners, ids := map[string][]int{}, map[byte]int{}, map[string]int64{}
	for rec, err := range r.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		numbers[rec.Topic] = append(numbers[rec.Topic], rec.Number)
		if have := ids[rec.Schema.String()]; have != 0 && have != rec.SchemaID {
			t.Errorf("one text has the ids %d and %d", have, rec.SchemaID)
		}
		ids[rec.Schema.String()] = rec.SchemaID
		if strings.HasPrefix(rec.Topic, "won.") {
			winners[rec.Topic[4]%2]++
		}
	}
	for i := range 12 {
		if list := numbers[fmt.Sprintf("shared.%d", i)]; !slices.Equal(list, []int{1, 2}) && !slices.Equal(list, []int{2, 1}) {
			t.Errorf("numbers of shared.%d: %v", i, list)
		}
	}
	if len(winners) != 1 || winners['0'%2]+winners['1'%2] != 24 {
		t.Errorf("winners by schema: %v, want 24 of one", winners)
	}
	n := 0
	for _, err := range r.History(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if want := 24 + 1 + 24; n != want {
		t.Errorf("%d changes, want %d", n, want)
	}
}

// TestFileKilled kills processes while they write, again and again in one
// directory, with a witness that stays.
func TestFileKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	witness := openFile(t, dir)
	var acknowledged []string
	cut, journals := 0, 0
	for round := range 12 {
		cmd, out := startChild(t, "crash", dir, fmt.Sprint(round))
		lines := bufio.NewScanner(out)
		for range 1 + rand.IntN(4) {
			if lines.Scan() {
				acknowledged = append(acknowledged, lines.Text())
			}
		}
		time.Sleep(rand.N(8 * time.Millisecond)) // anywhere within a write
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
		}
		cmd.Wait()
		if _, err := os.Stat(dir + "/.journal"); err == nil {
			journals++
		}
		for _, r := range []*registry.File{openFile(t, dir), witness} {
			cut = checkBatches(t, r, acknowledged)
		}
		register(t, witness, event(fmt.Sprintf("witness.%d", round), "v1", "x"))
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d batches acknowledged, %d stored without, %d journals finished by others", len(acknowledged), cut, journals)
	if len(acknowledged) < 12 {
		t.Errorf("only %d batches were acknowledged, the test shows nothing", len(acknowledged))
	}
}

// checkBatches holds that every batch is whole, and there if it was
// acknowledged. It returns how many were stored without.
func checkBatches(t *testing.T, r *registry.File, acknowledged []string) (more int) {
	t.Helper()
	batches, changes := map[string]int{}, map[string]int{}
	for rec, err := range r.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if batch, _, ok := strings.Cut(rec.Topic, ".k"); ok {
			batches[batch]++
		}
	}
	for c, err := range r.History(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if batch, _, ok := strings.Cut(c.Topic, ".k"); ok {
			changes[batch]++
		}
	}
	for batch, n := range batches {
		if n != batchSize || changes[batch] != batchSize {
			t.Errorf("batch %s has %d of %d versions and %d changes", batch, n, batchSize, changes[batch])
		}
		if !slices.Contains(acknowledged, batch) {
			more++
		}
	}
	for _, batch := range acknowledged {
		if batches[batch] == 0 {
			t.Errorf("batch %s was acknowledged and is lost", batch)
		}
	}
	return more
}
