package redis_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

// TestTenThousand awaits ten thousand answers over one connection, without a
// goroutine for each, through a loss of that connection. It is not parallel,
// since it counts goroutines.
func TestTenThousand(t *testing.T) {
	const calls, callers = 10_000, 64
	s := startServer(t)
	r, look := open(t, s.url(), nil), s.client()
	eventually(t, "it is connected", func() bool { return r.Health() == nil })
	before := runtime.NumGoroutine()
	reqs, pending := make([]*salt.Message, calls), make([]salt.PendingResult, calls)
	each(callers, calls, func(i int) {
		reqs[i] = request()
		p, err := r.Await(patience(t), reqs[i].ID)
		if err != nil {
			t.Errorf("Await: %v", err)
			return
		}
		pending[i] = p
	})
	if t.Failed() {
		t.FailNow()
	}
	if n := runtime.NumGoroutine() - before; n > 10 {
		t.Errorf("%d goroutines more for %d pending calls", n, calls)
	}
	listeners := func() (n int, subscriptions string) {
		for line := range strings.Lines(look.ClientList(patience(t)).Val()) {
			if strings.Contains(line, "cmd=subscribe") || strings.Contains(line, "cmd=ping") || strings.Contains(line, "cmd=unsubscribe") {
				n++
				_, subscriptions, _ = strings.Cut(line, " sub=")
				subscriptions, _, _ = strings.Cut(subscriptions, " ")
			}
		}
		return n, subscriptions
	}
	if n, subscriptions := listeners(); n != 1 || subscriptions != fmt.Sprint(calls) {
		t.Errorf("%d connections listen, the last one to %s channels; want 1 and %d", n, subscriptions, calls)
	}
	half := calls / 2
	store := func(i int) {
		if err := r.Store(patience(t), reqs[i], answer(reqs[i], fmt.Sprint(i))); err != nil {
			t.Errorf("Store: %v", err)
		}
	}
	each(callers, half, store)
	if err := look.ClientKillByFilter(patience(t), "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
	each(callers, calls-half, func(i int) { store(half + i) })
	each(callers, calls, func(i int) {
		wantBody(t, pending[i], fmt.Sprint(i))
		pending[i].Stop()
	})
	eventually(t, "all subscriptions are gone", func() bool {
		_, subscriptions := listeners()
		return subscriptions == "0" || subscriptions == ""
	})
	if redis.Subjects(r) != 0 {
		t.Errorf("%d subjects are left", redis.Subjects(r))
	}
}

// each calls f for 0 to n-1, in so many goroutines.
func each(goroutines, n int, f func(int)) {
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < n; i += goroutines {
				f(i)
			}
		})
	}
	wg.Wait()
}
