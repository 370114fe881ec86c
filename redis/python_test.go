package redis_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

// A peer is a Python program with Celery's own result backend.
type peer struct {
	t    *testing.T
	in   io.WriteCloser
	out  *bufio.Reader
	said *transcript
}

func startPeer(t *testing.T, options string) *peer {
	t.Helper()
	interpreter, url := need(t, "SALT_TEST_PYTHON"), need(t, "SALT_TEST_REDIS_URL")
	p := &peer{t: t, said: new(transcript)}
	cmd := exec.CommandContext(t.Context(), interpreter, filepath.Join("testdata", "peer.py"))
	cmd.Env = append(os.Environ(), "SALT_TEST_REDIS_URL="+url, "PEER_OPTIONS="+options, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stderr = p.said
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // killed at the end of the test's context, at the latest
		if t.Failed() {
			t.Logf("Python:\n%s", p.said)
		}
	})
	t.Cleanup(func() { p.in.Close() })
	return p
}

// tell gives an order without waiting.
func (p *peer) tell(order map[string]any) {
	p.t.Helper()
	line, err := json.Marshal(order)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatalf("%v; Python said:\n%s", err, p.said)
	}
}

// hear returns the outcome of the oldest order.
func (p *peer) hear() (v any) {
	p.t.Helper()
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("%v; Python said:\n%s", err, p.said)
	}
	if err := json.Unmarshal(line, &v); err != nil {
		p.t.Fatal(err)
	}
	return v
}

func (p *peer) do(order map[string]any) any {
	p.t.Helper()
	p.tell(order)
	return p.hear()
}

// TestPythonReads: Celery receives what Store wrote, waiting and late.
func TestPythonReads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options string
		opts    *redis.Options
	}{
		"plain":  {`{}`, nil},
		"prefix": {`{"global_keyprefix": "shop"}`, &redis.Options{KeyPrefix: "shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startPeer(t, tt.options)
			r := open(t, need(t, "SALT_TEST_REDIS_URL"), tt.opts)
			dispatched := func(status, member string, v any) any {
				return map[string]any{
					"status": "completed", "routing_key": "test.ask", "is_rpc": true, "handlers_executed": 1.0,
					"results": []any{map[string]any{"handler": "validated_handler", "status": status, member: v}},
				}
			}
			for _, tt := range []struct {
				reply salt.Reply
				want  any
			}{
				{salt.Reply{Body: []byte(`{"total": 7, "text": "ünï ✓"}`)}, dispatched("success", "result", map[string]any{"total": 7.0, "text": "ünï ✓"})},
				{salt.Reply{Fault: &salt.RemoteError{Kind: salt.FaultHandler, Message: "broke"}}, dispatched("error", "error", "broke")},
				{salt.Reply{Fault: &salt.RemoteError{Kind: salt.FaultDispatcher, Type: "ValueError", Message: "broke"}}, map[string]any{"exception": "ValueError", "text": "broke"}},
			} {
				waiting, late := request(), request()
				p.do(map[string]any{"do": "subscribe", "id": waiting.ID})
				p.tell(map[string]any{"do": "get", "id": waiting.ID})
				for _, req := range []*salt.Message{waiting, late} {
					tt.reply.ID = req.ID
					if err := r.Store(patience(t), req, &tt.reply); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(tt.want, p.hear()); diff != "" {
					t.Errorf("the waiting caller (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.want, p.do(map[string]any{"do": "get", "id": late.ID})); diff != "" {
					t.Errorf("the late reader (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestPythonPublished: without a value under the key, so that only the
// publication can have reached Celery's waiting caller.
func TestPythonPublished(t *testing.T) {
	t.Parallel()
	p, url := startPeer(t, `{}`), need(t, "SALT_TEST_REDIS_URL")
	r, c := open(t, url, nil), plain(t, url)
	req := request()
	p.do(map[string]any{"do": "subscribe", "id": req.ID})
	if err := r.Store(patience(t), req, nobody(req)); err != nil { // published only
		t.Fatal(err)
	}
	if n := c.Exists(patience(t), "celery-task-meta-"+req.ID).Val(); n != 0 {
		t.Fatal("it was stored")
	}
	want := map[string]any{"status": "no_handlers", "routing_key": "test.ask"}
	if diff := cmp.Diff(any(want), p.do(map[string]any{"do": "get", "id": req.ID})); diff != "" {
		t.Errorf("the caller got (-want +got):\n%s", diff)
	}
}

// TestPythonWrites: Await and Wait receive what Celery's worker stores.
func TestPythonWrites(t *testing.T) {
	t.Parallel()
	p, r := startPeer(t, `{"global_keyprefix": "shop"}`), open(t, need(t, "SALT_TEST_REDIS_URL"), &redis.Options{KeyPrefix: "shop"})
	type order = map[string]any
	success := order{"status": "completed", "results": []any{order{"handler": "h", "status": "success", "result": order{"total": 7}}}}
	for name, tt := range map[string]struct {
		orders []order
		want   salt.Reply
	}{
		"success": {[]order{{"state": "SUCCESS", "result": success}}, salt.Reply{Body: []byte(`{"total": 7}`)}},
		"progress first": {
			[]order{{"state": "STARTED", "result": order{"pid": 1}}, {"state": "SUCCESS", "result": success}},
			salt.Reply{Body: []byte(`{"total": 7}`)},
		},
		"not an object": {[]order{{"state": "SUCCESS", "result": []int{1, 2}}}, salt.Reply{Body: []byte(`[1, 2]`)}},
		"failure": {
			[]order{{"state": "FAILURE", "exception": "broke"}},
			salt.Reply{Fault: &salt.RemoteError{Kind: salt.FaultDispatcher, Type: "ValueError", Message: "broke"}},
		},
	} {
		waiting, late := request(), request()
		pending := await(t, r, waiting.ID)
		for _, req := range []*salt.Message{waiting, late} {
			for _, o := range tt.orders {
				o["do"], o["id"] = "store", req.ID
				p.do(o)
			}
		}
		for _, wait := range []struct {
			id string
			p  salt.PendingResult
		}{{waiting.ID, pending}, {late.ID, await(t, r, late.ID)}} {
			got, err := wait.p.Wait(patience(t))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := tt.want
			want.ID = wait.id
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

// TestPythonLeavesRealAnswers: Celery's worker does not overwrite a SUCCESS of
// ours, and we do not overwrite its own.
func TestPythonLeavesRealAnswers(t *testing.T) {
	t.Parallel()
	p, r := startPeer(t, `{}`), open(t, need(t, "SALT_TEST_REDIS_URL"), nil)
	ours, theirs := request(), request()
	if err := r.Store(patience(t), ours, answer(ours, `"Go"`)); err != nil {
		t.Fatal(err)
	}
	p.do(map[string]any{"do": "store", "id": ours.ID, "state": "SUCCESS", "result": "Python"})
	p.do(map[string]any{"do": "store", "id": theirs.ID, "state": "SUCCESS", "result": "Python"})
	if err := r.Store(patience(t), theirs, answer(theirs, `"Go"`)); err != nil {
		t.Fatal(err)
	}
	wantBody(t, await(t, r, ours.ID), `"Go"`)
	wantBody(t, await(t, r, theirs.ID), `"Python"`)

	// An answer of nobody must not keep Celery from storing its own.
	passed := request()
	if err := r.Store(patience(t), passed, nobody(passed)); err != nil {
		t.Fatal(err)
	}
	p.do(map[string]any{"do": "store", "id": passed.ID, "state": "SUCCESS", "result": "Python"})
	wantBody(t, await(t, r, passed.ID), `"Python"`)
}
