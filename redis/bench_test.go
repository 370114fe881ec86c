package redis_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// BenchmarkRoundTrip is one answer: Await, Store, Wait, Stop.
func BenchmarkRoundTrip(b *testing.B) {
	url := need(b, "SALT_TEST_REDIS_URL")
	body := `{"total": 1250, "currency": "EUR", "lines": ["one", "two", "three"]}`
	// Each goroutine takes a trip of its own.
	salted := func(b *testing.B) func() func() {
		b.Helper()
		r, ctx := open(b, url, nil), b.Context()
		return func() func() {
			return func() {
				req := request()
				p, err := r.Await(ctx, req.ID)
				if err != nil {
					b.Error(err)
					return
				}
				defer p.Stop()
				if err := r.Store(ctx, req, answer(req, body)); err != nil {
					b.Error(err)
				}
				if _, err := p.Wait(ctx); err != nil {
					b.Error(err)
				}
			}
		}
	}
	raw := func(b *testing.B) func() func() {
		b.Helper()
		c := plain(b, url)
		return func() func() {
			ps := c.Subscribe(b.Context())
			b.Cleanup(func() { ps.Close() })
			return func() { rawTrip(b, c, ps, body) }
		}
	}
	for _, tt := range []struct {
		name  string
		trips func(*testing.B) func() func()
	}{{"salt", salted}, {"raw", raw}} {
		b.Run("sequential/"+tt.name, func(b *testing.B) {
			trip := tt.trips(b)()
			trip()
			for b.Loop() {
				trip()
			}
		})
		b.Run("64 callers/"+tt.name, func(b *testing.B) {
			trips := tt.trips(b)
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(pb *testing.PB) {
				for trip := trips(); pb.Next(); {
					trip()
				}
			})
		})
	}
}

// rawTrip is the same with the client alone and none of Salt's promises: every
// caller has a connection that listens, nothing is looked up, the last answer
// counts.
func rawTrip(b *testing.B, c *goredis.Client, ps *goredis.PubSub, body string) {
	b.Helper()
	ctx, req := context.Background(), request()
	key, value, err := celery.EncodeResult(req, &salt.Reply{ID: req.ID, Body: []byte(body)}, time.Now())
	if err == nil {
		err = ps.Subscribe(ctx, key)
	}
	for confirmed := false; err == nil && !confirmed; {
		var received any
		received, err = ps.Receive(ctx)
		s, ok := received.(*goredis.Subscription)
		confirmed = ok && s.Kind == "subscribe"
	}
	if err == nil {
		_, err = c.TxPipelined(ctx, func(p goredis.Pipeliner) error {
			p.SetEx(ctx, key, value, 24*time.Hour)
			p.Publish(ctx, key, value)
			return nil
		})
	}
	if err == nil {
		var m *goredis.Message
		if m, err = ps.ReceiveMessage(ctx); err == nil {
			_, err = celery.DecodeResult([]byte(m.Payload))
		}
	}
	if err == nil {
		err = ps.Unsubscribe(ctx, key)
	}
	if err != nil {
		b.Error(err)
	}
}
