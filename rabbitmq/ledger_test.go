package rabbitmq

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// ledger is what publishers know about their messages.
type ledger struct {
	mu               sync.Mutex
	confirmed        []string
	refused, unknown int
	surprises        []error
	confirmedN       atomic.Int64
}

func (l *ledger) record(id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pe, ok := errors.AsType[*salt.PublishError](err)
	switch {
	case err == nil:
		l.confirmed = append(l.confirmed, id)
		l.confirmedN.Add(1)
	case !ok || pe.ID != id:
		l.surprises = append(l.surprises, err)
	case pe.Outcome == salt.Refused:
		l.refused++
	case pe.Outcome == salt.Unknown && errors.Is(err, salt.ErrNotConfirmed):
		l.unknown++
	default:
		l.surprises = append(l.surprises, err)
	}
}

// check fails the test for every confirmed message that was not handled.
func (l *ledger) check(t *testing.T, got *received) {
	t.Helper()
	lost := func() (n int) {
		for _, id := range l.confirmed {
			if !got.has(id) {
				n++
			}
		}
		return n
	}
	late := time.Now().Add(60 * time.Second)
	for lost() > 0 && time.Now().Before(late) {
		time.Sleep(50 * time.Millisecond)
	}
	if n := lost(); n > 0 {
		t.Errorf("%d confirmed messages are lost", n)
	}
	for _, err := range l.surprises {
		t.Errorf("not a typed error: %v", err)
	}
	t.Logf("confirmed %d, refused %d, unknown %d, handled %d times", len(l.confirmed), l.refused, l.unknown, got.n.Load())
}

// T5: the connection breaks at random points between publish and confirm, in
// every way a connection can.
func TestCutBetweenPublishAndConfirm(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	got := new(received)
	consume(t, open(t, brokerURL(t), nil), b.q(), got.handle)
	tr := open(t, url, nil)
	var l ledger
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m := b.event()
				if rand.N(4) == 0 {
					m.Body = []byte(`{"x":"` + strings.Repeat("x", rand.N(60<<10)) + `"}`) // to be cut inside
				}
				l.record(m.ID, tr.Send(context.Background(), m))
			}
		})
	}
	for range 60 {
		before := l.confirmedN.Load()
		eventually(t, 20*time.Second, "publishing goes on", func() bool { return l.confirmedN.Load() > before })
		time.Sleep(rand.N(10 * time.Millisecond))
		if d := rand.N(3); d > 0 { // first let one direction go silent for a moment
			p.shut(d == 1)
			time.Sleep(rand.N(10 * time.Millisecond))
		}
		p.cut()
		p.open(toBroker)
		p.open(fromBroker)
	}
	close(stop)
	wg.Wait()
	l.check(t, got)
	if l.unknown == 0 {
		t.Error("no cut hit a message between publish and confirm; the test tests nothing")
	}
}

// publishThrough publishes n events from 32 goroutines, again and again until
// each is confirmed, while breakConnections is called at every interval; more
// events where the machine is so fast that n see fewer than three breaks.
func publishThrough(t *testing.T, b *bed, tr *Transport, got *received, n int, every time.Duration, breakConnections func()) {
	t.Helper()
	var l ledger
	var wg sync.WaitGroup
	var left, breaks atomic.Int64
	left.Store(int64(n))
	for range 32 {
		wg.Go(func() {
			for left.Add(-1) >= 0 || breaks.Load() < 3 {
				m := b.event()
				for try := range 100 {
					err := tr.Send(context.Background(), m)
					l.record(m.ID, err)
					if err == nil {
						break
					}
					if !salt.Retryable(err) || try == 99 {
						t.Errorf("given up: %v", err)
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	var closer sync.WaitGroup
	closer.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				breakConnections()
				breaks.Add(1)
			}
		}
	})
	wg.Wait()
	close(stop)
	closer.Wait()
	l.check(t, got)
	if got := len(l.confirmed); got < n {
		t.Errorf("%d confirmed, want at least %d", got, n)
	}
	if n := tr.Health().Reconnects; n < 2 {
		t.Errorf("only %d reconnects", n)
	}
	eventually(t, 20*time.Second, "queue empty", func() bool { n, _ := count(t, b.url, b.queue); return n == 0 })
}

// The same with the operator's closing: TestBrokerSuffers.
func TestPublishThroughCuts(t *testing.T) {
	t.Parallel()
	p, via := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, via, nil)
	got := new(received)
	q := b.q()
	q.Prefetch = 256
	consume(t, tr, q, got.handle)
	publishThrough(t, b, tr, got, 4_000, 200*time.Millisecond, p.cut)
}
