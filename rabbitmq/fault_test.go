package rabbitmq

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// T6: the peer takes and says nothing. Every call ends with its context plus
// the write timeout, Close included.
func TestFrozenPeer(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	const write = 500 * time.Millisecond
	tr := open(t, url, &Options{WriteTimeout: write, Window: 1000, DrainGrace: 100 * time.Millisecond})
	got := new(received)
	_, stop := consume(t, tr, b.q(), got.handle)
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	p.shut(toBroker)
	p.shut(fromBroker)
	body := []byte(`{"x":"` + strings.Repeat("x", 100<<10) + `"}`)
	// Enough to fill every buffer on the way, so that writes block.
	const bound = 2*write + 2*time.Second // of a loaded machine's making
	var wg sync.WaitGroup
	for g := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			m := b.event()
			m.Body = body
			began := time.Now()
			var err error
			if g%4 == 0 {
				m.RPC = true
				_, err = tr.Request(ctx, m)
			} else {
				err = tr.Send(ctx, m)
			}
			if took := time.Since(began); took > 300*time.Millisecond+bound {
				t.Errorf("a call took %v", took)
			}
			if err == nil {
				t.Error("a frozen broker confirmed")
			}
		})
	}
	wg.Wait()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = tr.Close(ctx)
	if took := time.Since(began); took > 200*time.Millisecond+write+100*time.Millisecond+bound {
		t.Errorf("Close took %v", took)
	}
	stop()
	p.open(toBroker)
	p.open(fromBroker)
}

// A broker that goes silent in the handshake.
func TestSilentAtDial(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	p.shut(fromBroker)
	tr := open(t, url, &Options{DialTimeout: 200 * time.Millisecond})
	eventually(t, 5*time.Second, "reported", func() bool { return strings.Contains(tr.Health().Detail, "no answer within") })
	wantPublishError(t, tr.Send(within(t, 300*time.Millisecond), (&bed{topic: "x"}).event()), salt.Refused, salt.ErrUnavailable)
	p.open(fromBroker)
	eventually(t, 5*time.Second, "connected", func() bool { return tr.Health().Connected })
}

// Heartbeats find a peer that is gone without a word, also when nobody sends.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, url, &Options{Heartbeat: 2 * time.Second})
	got := new(received)
	status, _ := consume(t, tr, b.q(), got.handle)
	p.shut(fromBroker)
	eventually(t, 15*time.Second, "noticed", func() bool { return !tr.Health().Connected })
	p.open(fromBroker)
	p.cut()
	status.waitLive(t, 2)
	m := b.event()
	if err := tr.Send(within(t, 10*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "handled", func() bool { return got.has(m.ID) })
}

func TestBrokerDownAtStart(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	p.setDown(true)
	b := newBed(t, brokerURL(t))
	tr := open(t, url, nil)
	got := new(received)
	status := newStatusLog()
	q := b.q()
	q.Status = status.add
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Consume(ctx, q, got.handle) }()
	began := time.Now()
	err := tr.Send(t.Context(), b.event())
	wantPublishError(t, err, salt.Refused, salt.ErrUnavailable)
	if !salt.Retryable(err) {
		t.Error("not retryable")
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a refusal took %v", took)
	}
	if _, err := tr.Request(within(t, 5*time.Second), b.event()); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Request: %v", err)
	}
	if h := tr.Health(); h.Connected || h.Detail == "" {
		t.Errorf("health %+v", h)
	}
	eventually(t, 10*time.Second, "status told", func() bool {
		status.mu.Lock()
		defer status.mu.Unlock()
		return len(status.all) > 0 && errors.Is(status.all[0], salt.ErrUnavailable)
	})
	p.setDown(false)
	status.waitLive(t, 1)
	m := b.event()
	if err := tr.Send(within(t, 5*time.Second), m); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "handled", func() bool { return got.has(m.ID) })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
