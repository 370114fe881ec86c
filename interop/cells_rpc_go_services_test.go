package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// gatedRequest is answered when the file Gate exists; at once if it names none.
type gatedRequest struct {
	Tag  string `json:"tag"`
	Gate string `json:"gate"`
}

func (q *gatedRequest) seen() string {
	return `{"tag": ` + jsonText(q.Tag) + `, "gate": ` + jsonText(q.Gate) + `}`
}

type gatedRPC = *salt.RPCType[gatedRequest, handlerName, *salt.RPCError]

var (
	bothIdle  = salt.DefineRPC[gatedRequest, handlerName, *salt.RPCError]("rpcgo.both.idle")
	bothBare  = salt.DefineRPC[gatedRequest, handlerName, *salt.RPCError]("rpcgo.both.bare")
	bothLate  = salt.DefineRPC[gatedRequest, handlerName, *salt.RPCError]("rpcgo.both.late")
	slowAlone = salt.DefineRPC[gatedRequest, handlerName, *salt.RPCError]("rpcgo.slow")
	unknown   = salt.DefineRPC[gatedRequest, handlerName, *salt.RPCError]("rpcgo.unknown")
)

// onlySolo is an absent of the cells that need a second service: another
// process each.
func onlySolo(s *setup) string {
	if s.pool == "solo" {
		return ""
	}
	return "asked with the solo pool: a pool does not decide which service answers first"
}

// A gate is a file that holds a Python handler until it is opened.
type gate string

func newGate(t *testing.T) gate { return gate(filepath.Join(t.TempDir(), "gate")) }

func (g gate) open(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(string(g), nil, 0o600); err != nil {
		t.Error(err)
	}
}

// A gatedOutcome is that of a call that runs beside the cell.
type gatedOutcome struct {
	got *handlerName
	err error
}

// beside begins a call, whose message id is its tag.
func beside(ctx context.Context, b *salt.Bus, of gatedRPC, q *gatedRequest) <-chan gatedOutcome {
	done := make(chan gatedOutcome, 1)
	go func() {
		got, err := of.Call(ctx, b, q, salt.MessageID(q.Tag))
		done <- gatedOutcome{got, err}
	}()
	return done
}

// A secondService is another Python worker, on a queue of its own.
type secondService struct{ reports *inbox[report] }

// startService starts python/matrix/rpc_go_service.py: "idle" knows no handlers,
// "bare" not even the dispatcher.
func (c *config) startService(t *testing.T, kind string, topics ...string) *secondService {
	t.Helper()
	s := &secondService{newInbox[report]()}
	env := []string{"MATRIX_BROKER=" + c.url, "MATRIX_RESULTS=" + c.results}
	node := kind + "-" + uuid.NewString()[:8] // Celery wants it for itself
	startProgram(t, interpreterOf(t, c.env), "matrix.rpc_go_service", append([]string{kind, node}, topics...), env, func(line []byte) {
		var r report
		if err := json.Unmarshal(line, &r); err != nil {
			s.reports.end(fmt.Errorf("the service's line %.200q: %w", line, err))
			return
		}
		s.reports.add(r, r.Kind, r.ID)
	}, s.reports.end)
	s.reports.await(t, "ready", 1, "the second service to be ready", func(report) bool { return true })
	return s
}

// answered waits until the service has answered.
func (s *secondService) answered(t *testing.T, id string) {
	t.Helper()
	s.reports.await(t, id, 1, "the second service's answer", func(r report) bool { return r.Kind == "answered" })
}

// serviceWithoutDispatcher: a Celery worker that does not know the dispatcher's
// task says so, which is passed over until the deadline, for a better answer.
func serviceWithoutDispatcher(t *testing.T, c *config) {
	s := c.startService(t, "bare", unknown.Spec().Topic, bothBare.Spec().Topic)
	for name, bus := range c.callers(t) {
		for limit := time.Second; ; limit *= 2 {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			id, begin := uuid.NewString(), time.Now()
			err := (<-beside(ctx, bus, unknown, &gatedRequest{Tag: id})).err
			took := time.Since(begin)
			cancel()
			remote, ok := errors.AsType[*salt.RemoteError](err)
			if !ok && errors.Is(err, context.DeadlineExceeded) && limit < patience/2 {
				continue // perhaps the machine is too busy for an answer in time
			}
			if !ok || remote.Kind != salt.FaultNotRegistered || !errors.Is(err, salt.ErrNoHandler) || took < limit-10*time.Millisecond {
				t.Errorf("%s: after %v: %v (%T), want at %v that the task is not registered", name, took, err, err, limit)
			}
			break
		}
	}
	c.firstOfTwo(t, s, bothBare)
}

// serviceWithoutHandlerFirst is the same with the answer "no handlers".
func serviceWithoutHandlerFirst(t *testing.T, c *config) {
	c.firstOfTwo(t, c.startService(t, "idle", bothIdle.Spec().Topic), bothIdle)
}

// firstOfTwo: the other service answers before the worker has an answer.
func (c *config) firstOfTwo(t *testing.T, s *secondService, of gatedRPC) {
	t.Helper()
	for name, bus := range c.callers(t) {
		g, id := newGate(t), uuid.NewString()
		q := gatedRequest{id, string(g)}
		done := beside(bounded(t), bus, of, &q)
		s.answered(t, id)
		c.seenByPython(t, id, of.Spec().Topic, q.seen())
		g.open(t)
		got := <-done
		if got.err != nil || got.got.Handler != of.Spec().Topic {
			t.Errorf("%s: %+v, %v", name, got.got, got.err)
		}
		c.dispatchedByPython(t, id, 1)
	}
	c.pythonTakesTheFirst(t, of)
}

// pythonTakesTheFirst asserts that a Python caller fails with the first answer.
func (c *config) pythonTakesTheFirst(t *testing.T, of gatedRPC) {
	t.Helper()
	g := newGate(t)
	a := c.driver().do(t, command{"do": "request", "topic": of.Spec().Topic, "timeout": 10,
		"payload": map[string]any{"tag": uuid.NewString(), "gate": string(g)}})
	g.open(t)
	text := "No handlers found"
	if of == bothBare {
		text = "celery_salt.dispatch_event" // NotRegistered says the task's name
	}
	if a.Exception != "PublishError" || !strings.Contains(a.Text, text) {
		t.Errorf("a Python caller got %s, %q: %q; want %q", a.Result, a.Exception, a.Text, text)
	}
}

// serviceWithoutHandlerLast: the answer is there, and then a service says that
// it has none. Nobody is harmed.
func serviceWithoutHandlerLast(t *testing.T, c *config) {
	s := c.startService(t, "idle", bothLate.Spec().Topic)
	for name, bus := range c.callers(t) {
		g, id := newGate(t), uuid.NewString()
		got := <-beside(bounded(t), bus, bothLate, &gatedRequest{id, string(g)})
		if got.err != nil || got.got.Handler != "rpcgo.both.late" {
			t.Errorf("%s: %+v, %v", name, got.got, got.err)
		}
		g.open(t)
		s.answered(t, id)
		next := <-beside(bounded(t), bus, slowAlone, &gatedRequest{Tag: uuid.NewString()})
		if next.err != nil || next.got.Handler != "rpcgo.slow" {
			t.Errorf("%s: the next call: %+v, %v", name, next.got, next.err)
		}
	}
}

func firstSuccessStays(s *setup) string {
	if s.results == "rpc" {
		return ""
	}
	return "Celery's Redis backend keeps the first SUCCESS of an id, which \"no handlers\" is: the real answer after it is neither stored nor published, for any caller"
}

func realAnswerIsLost(t *testing.T, c *config) {
	s := c.startService(t, "idle", bothIdle.Spec().Topic)
	for limit := 4 * time.Second; ; limit *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		g, id := newGate(t), uuid.NewString()
		q := gatedRequest{id, string(g)}
		done := beside(ctx, c.bus, bothIdle, &q)
		s.answered(t, id)
		g.open(t)
		got := <-done
		cancel()
		ran := c.reports.all(id, func(r report) bool { return r.Kind == "answered" })
		if (len(ran) == 0 || !errors.Is(got.err, salt.ErrNoHandler)) && limit < patience/2 {
			continue // too busy to run it in time, or to say so
		}
		if !errors.Is(got.err, salt.ErrNoHandler) {
			t.Errorf("the Go caller got %+v, %v; want ErrNoHandler", got.got, got.err)
		}
		c.seenByPython(t, id, "rpcgo.both.idle", q.seen())
		c.dispatchedByPython(t, id, 1) // so its result is where it ever will be
		pending, err := c.openAwait(t, id)
		if err != nil {
			t.Fatal(err)
		}
		short, stop := context.WithTimeout(t.Context(), patience/2)
		stored, err := pending.Wait(short)
		stop()
		if err != nil || stored.Fault == nil || stored.Fault.Kind != salt.FaultNoHandler {
			t.Errorf("in Redis: %+v, %v; want \"no handlers\"", stored, err)
		}
		break
	}
	c.pythonTakesTheFirst(t, bothIdle)
}
