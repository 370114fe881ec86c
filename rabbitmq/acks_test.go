package rabbitmq

import (
	"math/rand/v2"
	"testing"
)

// model is what a broker knows about the deliveries of a channel.
type model struct {
	t        *testing.T
	open     map[uint64]bool // delivered, not settled
	finished map[uint64]bool // what the consumer may acknowledge
	acked    int
}

func (m *model) ack(tag uint64, multiple bool) {
	m.t.Helper()
	if !m.open[tag] {
		m.t.Fatalf("acknowledged tag %d, which is not open: the broker closes the channel", tag)
	}
	for open := range m.open {
		if open != tag && (open > tag || !multiple) {
			continue
		}
		if !m.finished[open] {
			m.t.Fatalf("acknowledged tag %d although %d is not finished", tag, open)
		}
		delete(m.open, open)
		m.acked++
	}
}

func (m *model) flush(a *acks) {
	m.t.Helper()
	multiple, alone := a.take()
	if multiple > 0 {
		m.ack(multiple, true)
	}
	for _, tag := range alone {
		m.ack(tag, false)
	}
}

// Deliveries finish in every order, some by rejection, and acknowledgements are
// written whenever it pleases the acker.
func TestAcksNeverCoverTheUnfinished(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		a := newAcks()
		m := &model{t: t, open: map[uint64]bool{}, finished: map[uint64]bool{}}
		n, window := uint64(1+r.IntN(200)), 1+r.IntN(40)
		var running []uint64
		rejects := 0
		for next := uint64(1); next <= n || len(running) > 0; {
			if next <= n && len(running) < window && (len(running) == 0 || r.IntN(2) == 0) {
				m.open[next] = true
				running = append(running, next)
				next++
				continue
			}
			i := r.IntN(len(running))
			tag := running[i]
			running = append(running[:i], running[i+1:]...)
			if r.IntN(5) == 0 {
				delete(m.open, tag) // the rejection is written first
				rejects++
				a.settle(tag, written)
			} else {
				m.finished[tag] = true
				a.settle(tag, toAck)
			}
			if r.IntN(3) == 0 {
				m.flush(a)
			}
			if r.IntN(10) == 0 {
				// Nothing that is finished waits longer than two flushes,
				// whatever runs before it.
				m.flush(a)
				m.flush(a)
				if len(m.open) != len(running) || a.due() != 0 {
					t.Fatalf("seed %d: %d open at the broker, %d running, %d due", seed, len(m.open), len(running), a.due())
				}
			}
		}
		m.flush(a)
		m.flush(a)
		if len(m.open) != 0 || m.acked+rejects != int(n) {
			t.Fatalf("seed %d: %d open at the end, %d acknowledged and %d rejected of %d", seed, len(m.open), m.acked, rejects, n)
		}
		if a.due() != 0 || len(a.early) != 0 {
			t.Fatalf("seed %d: %d due, %d remembered", seed, a.due(), len(a.early))
		}
		if multiple, alone := a.take(); multiple != 0 || alone != nil {
			t.Fatalf("seed %d: something to acknowledge twice", seed)
		}
	}
}

// A run takes one acknowledgement.
func TestAcksBatch(t *testing.T) {
	t.Parallel()
	a := newAcks()
	for _, tag := range []uint64{3, 1, 2, 5, 4} {
		a.settle(tag, toAck)
	}
	if multiple, alone := a.take(); multiple != 5 || alone != nil {
		t.Errorf("acknowledge up to %d, and %v", multiple, alone)
	}
}

func BenchmarkAcks(b *testing.B) {
	a := newAcks()
	for tag := uint64(1); b.Loop(); tag++ {
		if a.settle(tag, toAck) >= 16 {
			a.take()
		}
	}
}
