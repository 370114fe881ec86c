package redis_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

func request() *salt.Message {
	return &salt.Message{ID: rand.Text(), Topic: "test.ask", Version: "v1", RPC: true, Dialect: salt.CelerySalt, Body: []byte(`{}`)}
}

func answer(req *salt.Message, body string) *salt.Reply {
	return &salt.Reply{ID: req.ID, Body: []byte(body)}
}

func nobody(req *salt.Message) *salt.Reply {
	return &salt.Reply{ID: req.ID, Fault: &salt.RemoteError{Kind: salt.FaultNoHandler, Topic: req.Topic}}
}

// TestStoreAsCeleryDoes looks at what a store leaves on the server with a plain
// client: PROTOCOL.md, section 6.4.
func TestStoreAsCeleryDoes(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	c := plain(t, url)
	for _, tt := range []struct {
		name   string
		opts   *redis.Options
		prefix string
		ttl    time.Duration
	}{
		{"defaults", nil, "", 24 * time.Hour},
		{"prefix", &redis.Options{KeyPrefix: "shop"}, "shop_", 24 * time.Hour},
		{"prefix with its end", &redis.Options{KeyPrefix: "shop:"}, "shop:", 24 * time.Hour},
		{"ttl", &redis.Options{TTL: 90*time.Second + time.Millisecond}, "", 90 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := request()
			key := tt.prefix + "celery-task-meta-" + req.ID
			ps := c.Subscribe(patience(t), key)
			t.Cleanup(func() { ps.Close() })
			if _, err := ps.Receive(patience(t)); err != nil {
				t.Fatal(err)
			}
			r := open(t, url, tt.opts)
			if err := r.Store(patience(t), req, answer(req, `{"total": 7}`)); err != nil {
				t.Fatal(err)
			}
			m, err := ps.ReceiveMessage(patience(t))
			if err != nil {
				t.Fatal(err)
			}
			stored, err := c.Get(patience(t), key).Result()
			if err != nil || stored != m.Payload {
				t.Errorf("stored %q (%v), published %q", stored, err, m.Payload)
			}
			if ttl := c.TTL(patience(t), key).Val(); ttl > tt.ttl || ttl < tt.ttl-20*time.Second {
				t.Errorf("TTL %v, want %v", ttl, tt.ttl)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(stored), &got); err != nil {
				t.Fatal(err)
			}
			if done, _ := got["date_done"].(string); done == "" {
				t.Errorf("no date_done in %s", stored)
			}
			delete(got, "date_done")
			want := map[string]any{
				"status": "SUCCESS", "traceback": nil, "children": []any{}, "task_id": req.ID,
				"result": map[string]any{
					"status": "completed", "routing_key": "test.ask", "is_rpc": true, "handlers_executed": 1.0,
					"results": []any{map[string]any{"handler": "validated_handler", "status": "success", "result": map[string]any{"total": 7.0}}},
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStoreReplaces is about what stands there already.
func TestStoreReplaces(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	c, r := plain(t, url), open(t, url, nil)
	for name, tt := range map[string]struct {
		there    string // ID stands for the id
		replaced bool
	}{
		"real":            {`{"status":"SUCCESS","result":{"status":"completed","results":[{"status":"success","result":1}]},"task_id":"ID"}`, false},
		"handler failed":  {`{"status":"SUCCESS","result":{"status":"completed","results":[{"status":"error","error":"x"}]},"task_id":"ID"}`, false},
		"task failed":     {`{"status":"FAILURE","result":{"exc_type":"ValueError","exc_message":["x"]},"task_id":"ID"}`, false},
		"no handlers":     {`{"status":"SUCCESS","result":{"status":"no_handlers","routing_key":"t"},"task_id":"ID"}`, true},
		"not registered":  {`{"status":"FAILURE","result":{"exc_type":"NotRegistered","exc_message":["x"]},"task_id":"ID"}`, true},
		"progress":        {`{"status":"STARTED","result":{"pid":1},"task_id":"ID"}`, true},
		"another's":       {`{"status":"SUCCESS","result":1,"task_id":"another"}`, true},
		"unreadable":      {`not JSON`, true},
		"nothing, a hole": {``, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request()
			key, there := "celery-task-meta-"+req.ID, strings.ReplaceAll(tt.there, "ID", req.ID)
			if err := c.Set(patience(t), key, there, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
			if err := r.Store(patience(t), req, nobody(req)); err != nil {
				t.Fatal(err)
			}
			if got := c.Get(patience(t), key).Val(); got != there {
				t.Errorf("nobody's answer has replaced what was there by %s", got)
			}
			if err := r.Store(patience(t), req, answer(req, `"new"`)); err != nil {
				t.Fatal(err)
			}
			got := c.Get(patience(t), key).Val()
			if replaced := strings.Contains(got, `"new"`); replaced != tt.replaced || (!replaced && got != there) {
				t.Errorf("now there is %s, want it replaced: %v", got, tt.replaced)
			}
			if ttl := c.TTL(patience(t), key).Val(); tt.replaced && ttl < 2*time.Hour {
				t.Errorf("TTL %v of the new value is the old one's", ttl)
			}
		})
	}
}

// TestStoreLeavesOut: callers on direct reply-to, and nobody's answers.
func TestStoreLeavesOut(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	c, r := plain(t, url), open(t, url, nil)
	direct := request()
	direct.ReplyTo = "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM=.x==" + "\ncorrelation"
	none := request()
	for req, reply := range map[*salt.Message]*salt.Reply{direct: answer(direct, `1`), none: nobody(none)} {
		ps := c.Subscribe(patience(t), "celery-task-meta-"+req.ID)
		t.Cleanup(func() { ps.Close() })
		if _, err := ps.Receive(patience(t)); err != nil {
			t.Fatal(err)
		}
		if err := r.Store(patience(t), req, reply); err != nil {
			t.Fatal(err)
		}
		if n := c.Exists(patience(t), "celery-task-meta-"+req.ID).Val(); n != 0 {
			t.Errorf("the answer %+v was stored", reply)
		}
		// Something behind it shows whether it was published.
		c.Publish(patience(t), "celery-task-meta-"+req.ID, "end")
		m, err := ps.ReceiveMessage(patience(t))
		if err != nil {
			t.Fatal(err)
		}
		if published := m.Payload != "end"; published != (req == none) {
			t.Errorf("published %s for %+v", m.Payload, reply)
		}
	}
}

// TestStoreForBothWays: a caller on direct reply-to who says so is not left out,
// and what nobody asks for late is not kept for a day.
func TestStoreForBothWays(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	r, c := open(t, url, nil), plain(t, url)
	for name, tt := range map[string]struct {
		expires time.Duration // 0: never
		ttl     time.Duration // at most, and not below half of it
	}{
		"with a deadline":    {40 * time.Second, 41 * time.Second},
		"without":            {0, 24 * time.Hour},
		"a long one":         {48 * time.Hour, 24 * time.Hour},
		"expired as it came": {-time.Second, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, replaced := range []bool{false, true} {
				req := request()
				req.ReplyTo, req.AwaitsStored = "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM=.x==", true
				if tt.expires != 0 {
					req.Expires = time.Now().Add(tt.expires)
				}
				key := "celery-task-meta-" + req.ID
				if replaced {
					c.Set(patience(t), key, "no answer", 0)
				}
				p := await(t, r, req.ID)
				if err := r.Store(patience(t), req, answer(req, `1`)); err != nil {
					t.Fatal(err)
				}
				if ttl := c.PTTL(patience(t), key).Val(); ttl > tt.ttl || ttl < tt.ttl/2 {
					t.Errorf("TTL %v, want up to %v (in place of another value: %v)", ttl, tt.ttl, replaced)
				}
				wantBody(t, p, `1`)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	small, large := open(t, url, &redis.Options{MaxBytes: 2000}), open(t, url, nil)
	req := request()
	body := `"` + strings.Repeat("x", 3000) + `"`
	if err := small.Store(patience(t), req, answer(req, body)); !errors.Is(err, salt.ErrTooLarge) {
		t.Errorf("Store: %v, want salt.ErrTooLarge", err)
	}
	published := await(t, small, req.ID)
	if err := large.Store(patience(t), req, answer(req, body)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, published, "MaxBytes")
	wantFault(t, await(t, open(t, url, &redis.Options{MaxBytes: 2000}), req.ID), "MaxBytes") // read
}

func await(t testing.TB, r *redis.Results, id string) salt.PendingResult {
	t.Helper()
	p, err := r.Await(patience(t), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func wantFault(t *testing.T, p salt.PendingResult, text string) {
	t.Helper()
	reply, err := p.Wait(patience(t))
	if err != nil || reply.Fault == nil || reply.Fault.Kind != salt.FaultDispatcher || !strings.Contains(reply.Fault.Message, text) {
		t.Errorf("Wait: %+v, %v; want a fault that mentions %q", reply, err, text)
	}
}

func wantBody(t testing.TB, p salt.PendingResult, body string) {
	t.Helper()
	reply, err := p.Wait(patience(t))
	if err != nil || reply.Fault != nil || string(reply.Body) != body {
		t.Errorf("Wait: %+v, %v; want %s", reply, err, body)
	}
}

// TestStrangeValues publishes, and stores, what is no answer.
func TestStrangeValues(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	c, r := plain(t, url), open(t, url, nil)
	for name, tt := range map[string]struct {
		value string
		fault string // empty: passed over
	}{
		"not JSON":         {`{"status"`, "cannot be read"},
		"no task id":       {`{"status":"SUCCESS","result":1}`, "task_id"},
		"compressed":       {"\x00celery-compressed\x00application/x-gzip\x00x\x9c", "result_compression"},
		"progress":         {`{"status":"STARTED","result":null,"task_id":"ID"}`, ""},
		"another's":        {`{"status":"SUCCESS","result":1,"task_id":"another"}`, ""},
		"nobody's, Celery": {`{"status":"SUCCESS","result":{"status":"no_handlers","routing_key":"t"},"task_id":"ID"}`, ""},
	} {
		for _, way := range []string{"published", "stored"} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				req := request()
				value, key := strings.ReplaceAll(tt.value, "ID", req.ID), "celery-task-meta-"+req.ID
				if way == "stored" {
					c.Set(patience(t), key, value, time.Hour)
				}
				p := await(t, r, req.ID)
				if way == "published" {
					c.Publish(patience(t), key, value)
				}
				if tt.fault != "" {
					wantFault(t, p, tt.fault)
					return
				}
				if err := r.Store(patience(t), req, answer(req, `"real"`)); err != nil {
					t.Fatal(err)
				}
				wantBody(t, p, `"real"`)
			})
		}
	}
}
