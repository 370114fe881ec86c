package interop_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// A chaos is one run: a Python worker and a Go service that are killed, and
// publishers and callers on both sides that are not, but for the Go service's.
type chaos struct {
	prefix  string
	book    *book
	python  *side
	service *side
	drivers []*side
	bus     *salt.Bus
	raw     *rawPublisher
	ask     *salt.RPCType[load, loadAnswer, *salt.RPCError]
}

// A chaosPlan says how much of what.
type chaosPlan struct {
	each  int // messages of each of the four kinds
	kills int // of each side
	over  time.Duration
	acks  string // of the Python worker, early or late
	pool  string // of Celery
}

// TestChaos: nothing that is confirmed is lost when a Python worker and a Go
// service are killed at random, calls get their own answer or an error in time,
// and no worker ever ends by itself.
func TestChaos(t *testing.T) {
	t.Parallel()
	plan := chaosPlan{each: 250, kills: 2, over: 8 * time.Second, acks: "late", pool: "solo"}
	if fullInterop() {
		plan.each, plan.kills, plan.over = 2500, 30, 90*time.Second
	}
	c := startChaos(t, plan)
	begin := time.Now()
	c.run(t, plan, true)
	took := time.Since(begin)

	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	missing := c.book.missing()
	for _, token := range missing[:min(20, len(missing))] {
		step, _ := c.book.entries[token].lastStep()
		t.Errorf("%s was confirmed and never handled: %s", token, step)
	}
	for token, e := range c.book.entries {
		calls := strings.HasSuffix(e.kind, "ask")
		if calls && e.answered == "" {
			t.Errorf("call %s never ended", token)
		}
		if over := e.took - callTimeout; over > 5*time.Second {
			t.Errorf("call %s ended %v after its deadline", token, over)
		}
	}
	c.report(t, plan, took)
}

// TestChaosEarlyAcks measures what Celery itself loses with its default, where
// a task is acknowledged before it runs: an event that a killed worker had
// taken. Anything that is lost in another way is not Celery's.
func TestChaosEarlyAcks(t *testing.T) {
	t.Parallel()
	for _, pool := range []string{"solo", "prefork"} {
		t.Run(pool, func(t *testing.T) {
			plan := chaosPlan{each: 150, kills: 2, over: 3 * time.Second, acks: "early", pool: pool}
			if fullInterop() {
				plan.each, plan.kills, plan.over = 2000, 20, 15*time.Second
			}
			c := startChaos(t, plan)
			c.run(t, plan, false)
			c.book.mu.Lock()
			defer c.book.mu.Unlock()
			lost := map[string]int{}
			for _, token := range c.book.missing() {
				step, seen := c.book.entries[token].lastStep()
				if lost[step]++; !seen {
					t.Errorf("%s was confirmed and %s", token, step)
				}
			}
			t.Logf("early acks, %s pool: %d of %d confirmed events lost by Celery in %d kills, last %v",
				pool, len(c.book.missing()), c.book.count(wasSent, "event2", "event1"), c.python.kills, lost)
		})
	}
}

func wasSent(e *entry) bool { return e.outcome == "sent" }

func startChaos(t *testing.T, plan chaosPlan) *chaos {
	t.Helper()
	url := need(t, "SALT_TEST_AMQP_URL")
	need(t, "SALT_TEST_PYTHON")
	c := &chaos{prefix: "chaos" + strings.ReplaceAll(uuid.NewString()[:8], "-", ""), book: newBook()}
	binary := buildChaosService(t)
	env := []string{"INTEROP_PREFIX=" + c.prefix, "SALT_TEST_AMQP_URL=" + url, "CHAOS_ACKS=" + plan.acks}
	c.python = newSide("Python worker", c.book, func() (e, argv []string) {
		return env, pythonArgv("chaos_worker.py", "-P", plan.pool, "-c", "2")
	})
	c.service = newSide("Go service", c.book, func() (e, argv []string) {
		every := plan.over / time.Duration(plan.each)
		return append(slices.Clone(env), fmt.Sprintf("CHAOS_SCHEDULE=%d %d %d", c.nextNumber(), plan.each*4/5, every*5/4)), []string{binary}
	})

	in := salt.In(salt.NewCatalog())
	c.ask = salt.DefineRPC[load, loadAnswer, *salt.RPCError](c.prefix+".ask.python", in)
	transport, err := rabbitmq.Open(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.bus, err = salt.Open(t.Context(), transport, &salt.Options{
		Service: c.prefix + ".caller", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.bus.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	c.raw = openRaw(t)
	t.Cleanup(func() { // first of all
		for _, s := range append(c.drivers, c.python, c.service) {
			s.stop()
		}
		for _, fault := range c.book.faults[:min(20, len(c.book.faults))] {
			t.Error(fault)
		}
	})
	// The worker first: the Go service begins to publish at once.
	for _, s := range []*side{c.python, c.service} {
		if err := s.up(); err != nil {
			t.Fatal(err)
		}
	}
	for role, part := range map[string][2]int{"events": {0, plan.each}, "calls": {0, plan.each / 2}, "more calls": {plan.each / 2, plan.each}} {
		if plan.acks == "early" {
			break // they concern the Go service, which is not killed then
		}
		d := newSide("driver of "+role, c.book, func() (e, argv []string) {
			_, role, _ := strings.Cut(" "+role, " ")
			return env, pythonArgv("chaos_driver.py", strings.TrimPrefix(role, "more "),
				fmt.Sprint(part[0]), fmt.Sprint(part[1]), fmt.Sprint(plan.over.Seconds()))
		})
		c.drivers = append(c.drivers, d)
		if err := d.up(); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// nextNumber is where a new Go service goes on publishing.
func (c *chaos) nextNumber() (next int) {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	for token, e := range c.book.entries {
		if n := 0; e.kind == "event2" && e.tried {
			if _, err := fmt.Sscanf(token[strings.LastIndexByte(token, '-')+1:], "%d", &n); err == nil {
				next = max(next, n+1)
			}
		}
	}
	return next
}

// run lets everybody loose and returns when all is published and settled.
func (c *chaos) run(t *testing.T, plan chaosPlan, both bool) {
	t.Helper()
	seed := seedOf(t)
	var all sync.WaitGroup
	onPython := plan.each
	all.Go(func() {
		paced(t.Context(), plan.each/5, plan.over, 1, func(i int) { c.publishProtocol1(t.Context(), i) })
	})
	if both {
		onPython *= 2
		all.Go(func() { paced(t.Context(), plan.each, plan.over, 8, func(i int) { c.callPython(t.Context(), i) }) })
		random := rand.New(rand.NewPCG(seed, 2))
		all.Go(func() { c.service.torment(marks(random, plan.kills, 2*plan.each), random, t.Context().Done()) })
	}
	random := rand.New(rand.NewPCG(seed, 3))
	all.Go(func() { c.python.torment(marks(random, plan.kills, onPython), random, t.Context().Done()) })
	all.Wait()
	for _, s := range append(slices.Clone(c.drivers), c.service) {
		if !c.book.wait(s.done.Load, 2*plan.over+patience, t.Context().Done()) {
			t.Errorf("the %s has not published everything", s.name)
		}
	}
	if plan.acks == "late" {
		c.book.wait(func() bool { return len(c.book.missing()) == 0 }, patience, t.Context().Done())
	}
	c.settle(t)
}

// settle ends the worker when nothing is left for it: what it held
// unacknowledged is back in the queue then.
func (c *chaos) settle(t *testing.T) {
	t.Helper()
	queue, until := c.prefix+".python", time.Now().Add(2*patience)
	for {
		for quiet := 0; quiet < 10 && time.Now().Before(until); quiet++ {
			// Polls the broker. One look is not enough: between the dispatcher's
			// task and the handler's an event is in no queue for a moment.
			time.Sleep(20 * time.Millisecond)
			if c.waiting(t, queue) > 0 || !c.idle() {
				quiet = 0
			}
		}
		c.python.stop()
		left := c.waiting(t, queue)
		if left == 0 {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("%d messages are left for the worker", left)
		}
		if err := c.python.up(); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.waiting(t, c.prefix+".go.dead"); n > 0 {
		t.Errorf("the Go service has %d dead letters", n)
	}
}

// idle reports whether the worker is done with all that it has received.
func (c *chaos) idle() bool {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	worker := c.book.side(c.python.name)
	return worker.begun == worker.ended
}

// waiting returns how many messages of a queue nobody holds.
func (c *chaos) waiting(t *testing.T, queue string) int {
	t.Helper()
	q, err := c.raw.channel.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		t.Fatalf("queue %s: %v", queue, err)
	}
	return q.Messages
}
