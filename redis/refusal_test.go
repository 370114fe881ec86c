package redis_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt/redis"
)

// logged returns a logger and what it has written.
func logged() (*slog.Logger, *transcript) {
	out := new(transcript)
	return slog.New(slog.NewTextHandler(out, nil)), out
}

// connections is how many the server has had.
func connections(t *testing.T, s *server) int {
	t.Helper()
	for line := range strings.Lines(s.client().Info(patience(t), "stats").Val()) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "total_connections_received:"); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the server does not tell its connections")
	return 0
}

// TestForbiddenChannels: a user who may not listen, as those of Redis 7 are by
// default. Health says so before the first call, and the server is not stormed.
func TestForbiddenChannels(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		channel string
		healthy bool // at first
	}{
		"all":             {"resetchannels", false},
		"all but our own": {"&celery-task-meta-salt-hello", true}, // the backoff alone helps
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--user", "app", "on", ">pw", "~*", "resetchannels", tt.channel, "+@all")
			logger, out := logged()
			o := &redis.Options{Logger: logger, BackoffMin: 20 * time.Millisecond}
			r := open(t, "redis://app:pw@"+s.addr(), o)
			eventually(t, "the server has said something", func() bool {
				h := r.Health()
				return h == nil || !strings.Contains(h.Error(), "connecting")
			})
			if h := r.Health(); (h == nil) != tt.healthy || h != nil && !strings.Contains(h.Error(), "NOPERM") {
				t.Errorf("Health: %v, want it healthy: %v, or the server's refusal", h, tt.healthy)
			}
			before := connections(t, s)
			if _, err := r.Await(patience(t), "x"); err == nil || !strings.Contains(err.Error(), "NOPERM") {
				t.Errorf("Await: %v, want the server's refusal", err)
			}
			if n := connections(t, s) - before; n > 25 {
				t.Errorf("%d connections during one Await", n)
			}
			records := strings.Count(out.String(), "msg=")
			if !tt.healthy && records != 1 || records > 50 {
				t.Errorf("%d log records:\n%.2000s", records, out)
			}
		})
	}
}

// TestUnreadableKey: a key that can never be read is its caller's matter, and
// holds up nobody else.
func TestUnreadableKey(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--user", "app", "on", ">pw", "~*", "&*", "+@all", "-getrange", "--user", "default", "on", "nopass", "~*", "&*", "+@all")
	c := s.client()
	logger, out := logged()
	r := open(t, s.url(), &redis.Options{Logger: logger})
	bad, good := request(), request()
	if err := c.LPush(patience(t), "celery-task-meta-"+bad.ID, "x").Err(); err != nil {
		t.Fatal(err)
	}
	if err := r.Store(patience(t), good, answer(good, `1`)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, await(t, r, bad.ID), "WRONGTYPE")
	wantBody(t, await(t, r, good.ID), `1`)
	forbidden := open(t, "redis://app:pw@"+s.addr(), &redis.Options{Logger: logger})
	wantFault(t, await(t, forbidden, good.ID), "NOPERM")
	if out.String() != "" {
		t.Errorf("what the caller knows was logged:\n%s", out)
	}
}

// pipelines counts the reads of keys.
type pipelines struct{ atomic.Int64 }

func (p *pipelines) DialHook(next goredis.DialHook) goredis.DialHook          { return next }
func (p *pipelines) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }
func (p *pipelines) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		p.Add(1)
		return next(ctx, cmds)
	}
}

// TestFailedReadIsLogged: nobody else learns why a stored answer does not come.
func TestFailedReadIsLogged(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	logger, out := logged()
	o := hasty()
	o.Logger, o.RefreshInterval, o.CommandTimeout = logger, 50*time.Millisecond, 200*time.Millisecond
	client := goredis.NewClient(&goredis.Options{Addr: s.addr(), MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	var reads pipelines
	client.AddHook(&reads)
	r := redis.New(client, o)
	t.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	req := request()
	p := await(t, r, req.ID)
	got := make(chan error, 1)
	s.kill()
	go func() {
		_, err := p.Wait(patience(t))
		got <- err
	}()
	const text = "stored answers could not be read"
	eventually(t, "it fails again and again", func() bool { return reads.Load() >= 6 })
	eventually(t, "it is logged", func() bool { return strings.Contains(out.String(), text) })
	s.start()
	value := `{"status":"SUCCESS","result":1,"task_id":"` + req.ID + `"}`
	if err := s.client().Set(patience(t), "celery-task-meta-"+req.ID, value, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("Wait: %v", err)
	}
	if n := strings.Count(out.String(), text); n != 1 {
		t.Errorf("logged %d times:\n%s", n, out)
	}
}
