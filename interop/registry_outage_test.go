package interop_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// TestRegistryOutage kills PostgreSQL under a server's clients: what was
// acknowledged stays, every failure is a 503 that says to come again, the server
// lives, and works as soon as PostgreSQL does.
func TestRegistryOutage(t *testing.T) {
	t.Parallel()
	db := startDatabase(t)
	serving := serveDatabase(t, db.url)
	o := &outage{statuses: map[int]int{}, acknowledged: map[string]bool{}}
	client, err := registry.NewHTTP(serving.url, &registry.HTTPOptions{Attempts: 1, Client: &http.Client{Transport: o}})
	if err != nil {
		t.Fatal(err)
	}
	o.client = client
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	for me := range 8 {
		wg.Go(func() { o.work(ctx, t, me) })
	}
	const kills = 3
	for i := range kills {
		o.await(t, "registrations", func() bool { return o.registered >= 40*(i+1) })
		failed := o.count(func() int { return o.failed })
		killed := time.Now()
		db.run("kill", "postgres")
		o.await(t, "failures", func() bool { return o.failed >= failed+16 })
		noticed := time.Since(killed)
		registered := o.count(func() int { o.first = time.Time{}; return o.registered })
		begun := time.Now()
		db.run("restart", "postgres")
		ready := time.Now()
		o.await(t, "registrations again", func() bool { return o.registered > registered })
		o.mu.Lock()
		t.Logf("kill %d: 16 failures within %v; after the restart began, the first registration succeeded after %v; pg_isready said yes after %v",
			i+1, noticed.Round(time.Millisecond), o.first.Sub(begun).Round(time.Millisecond), ready.Sub(begun).Round(time.Millisecond))
		o.mu.Unlock()
	}
	stop()
	wg.Wait()
	if err := serving.process.died(); err != nil {
		t.Fatal(err)
	}
	stored := map[string]string{}
	for r, err := range client.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		stored[r.Topic] += r.Version
	}
	for topic := range o.acknowledged {
		if stored[topic] == "" {
			t.Errorf("%s was acknowledged and is lost", topic)
		}
	}
	for topic, versions := range stored {
		if versions != "v1v2" {
			t.Errorf("%s was stored in part: %s", topic, versions)
		}
	}
	changes := map[string]int{}
	for c, err := range client.History(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		changes[c.Topic+c.Version]++
	}
	for name, n := range changes {
		if n != 1 {
			t.Errorf("%s has %d changes", name, n)
		}
	}
	if len(changes) != 2*len(stored) {
		t.Errorf("%d changes of %d versions", len(changes), 2*len(stored))
	}
	if statuses := slices.Sorted(maps.Keys(o.statuses)); len(statuses) != 2 || statuses[0] != http.StatusOK || statuses[1] != http.StatusServiceUnavailable {
		t.Errorf("answers by status: %v, want 200 and 503 alone", o.statuses)
	}
	if o.broken+o.silent > 0 {
		t.Errorf("%d requests had no answer, %d answers do not say when to come again", o.broken, o.silent)
	}
	t.Logf("%d pairs acknowledged, %d stored, answers by status %v, the slowest after %v", len(o.acknowledged), len(stored), o.statuses, o.slowest.Round(time.Millisecond))
	serving.end(t)
}

// An outage is the clients of a server whose store goes away, and what they met.
type outage struct {
	client *registry.HTTP

	mu                 sync.Mutex
	acknowledged       map[string]bool // topics
	registered, failed int             // calls
	first              time.Time       // registration since it was set to zero
	statuses           map[int]int
	broken             int // requests without an answer
	silent             int // answers of 503 that do not say when to come again
	slowest            time.Duration
}

// RoundTrip notes what the server answers.
func (o *outage) RoundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	answer, err := http.DefaultTransport.RoundTrip(r)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.slowest = max(o.slowest, time.Since(begun)); err != nil {
		o.broken++
		return nil, err
	}
	o.statuses[answer.StatusCode]++
	if answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
		o.silent++
	}
	return answer, nil
}

func (o *outage) CloseIdleConnections() {
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// work registers two versions of a topic, and looks up what is there, in turn.
func (o *outage) work(ctx context.Context, t *testing.T, me int) {
	t.Helper()
	var mine []string
	for i := 0; ctx.Err() == nil; i++ {
		topic := fmt.Sprintf("outage.%d.%d", me, i)
		err := o.call(ctx, func(ctx context.Context) error {
			return o.client.Register(ctx, specOf[placed](t, topic, "v1"), specOf[placed](t, topic, "v2"))
		})
		o.note(t, "Register", err)
		if err == nil {
			mine = append(mine, topic)
			o.mu.Lock()
			o.acknowledged[topic] = true
			o.registered++
			if o.first.IsZero() {
				o.first = time.Now()
			}
			o.mu.Unlock()
		}
		if len(mine) == 0 {
			continue
		}
		err = o.call(ctx, func(ctx context.Context) error {
			found, err := o.client.Lookup(ctx, mine[i%len(mine)], salt.LatestVersion) // which is not kept by the client
			if err == nil && found.Version != "v2" {
				t.Errorf("found %s of an acknowledged pair", found.Version)
			}
			return err
		})
		o.note(t, "Lookup", err)
	}
}

// call bounds a call, which the end of the test does not cut.
func (*outage) call(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return do(ctx)
}

func (o *outage) note(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if !salt.Retryable(err) || !strings.Contains(err.Error(), "the registry's store does not answer") {
		t.Errorf("%s: %v, want an error that may be retried", what, err)
	}
	o.mu.Lock()
	o.failed++
	o.mu.Unlock()
	time.Sleep(2 * time.Millisecond) // the processor has better things to do
}

func (o *outage) count(of func() int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return of()
}

// await waits for a fact that nothing announces.
func (o *outage) await(t *testing.T, what string, fact func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		o.mu.Lock()
		yes := fact()
		o.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-deadline:
			t.Fatal("not in time: " + what)
		case <-tick.C:
		}
	}
}

// A database is a PostgreSQL of one test's own, to be mistreated.
type database struct {
	t           *testing.T
	script, dir string
	url         string
}

func startDatabase(t *testing.T) *database {
	t.Helper()
	need(t, "SALT_TEST_POSTGRES_URL") // says that there is a PostgreSQL on this machine
	d := &database{t: t, script: os.Getenv("SALT_TEST_SERVICES"), dir: t.TempDir()}
	if d.script == "" {
		d.script = "../scripts/services"
	}
	t.Cleanup(func() { d.run("stop") })
	d.run("start", "postgres")
	found := regexp.MustCompile(`SALT_TEST_POSTGRES_URL='?([^'\s]+)`).FindStringSubmatch(d.run("env"))
	if found == nil {
		t.Fatal("no PostgreSQL")
	}
	d.url = found[1]
	return d
}

func (d *database) run(args ...string) string {
	d.t.Helper()
	cmd := exec.Command(d.script, args...)
	cmd.Env = append(os.Environ(), "SALT_SERVICES_DIR="+d.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("services %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// A serving is a process of salt registry serve.
type serving struct {
	process *child
	url     string
}

func serveDatabase(t *testing.T, store string) *serving {
	t.Helper()
	path := filepath.Join(t.TempDir(), "salt")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../cmd/salt")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build salt: %v\n%s", err, out)
	}
	process, err := launch("salt registry serve", func([]byte) {}, []string{"SALT_REGISTRY=" + store}, path, "registry", "serve", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.kill)
	address := regexp.MustCompile(`on (http://127\.0\.0\.1:\d+)\n`)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		if found := address.FindStringSubmatch(process.said.String()); found != nil {
			return &serving{process, found[1]}
		}
		if err := process.died(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-deadline:
			t.Fatalf("the server does not start:\n%s", process.said)
		case <-tick.C:
		}
	}
}

// end asks the process to end, and expects that it does so in peace.
func (s *serving) end(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(s.process.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.process.ended:
		if !s.process.cmd.ProcessState.Success() {
			t.Errorf("the server ended: %v\n%s", s.process.cmd.ProcessState, s.process.said)
		}
	case <-time.After(patience):
		t.Error("the server does not end")
	}
}
