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

func (m *model) ack(tag uint64) {
	if !m.open[tag] {
		m.t.Fatalf("acknowledged tag %d, which is not open: the broker closes the channel", tag)
	}
	for open := range m.open {
		if open > tag {
			continue
		}
		if !m.finished[open] {
			m.t.Fatalf("acknowledged tag %d although %d is not finished", tag, open)
		}
		delete(m.open, open)
		m.acked++
	}
}

// Deliveries finish in every order, some by rejection, and acknowledgements are
// written whenever it pleases the acker.
func TestAcksNeverCoverTheUnfinished(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		a := newAcks()
		m := &model{t: t, open: map[uint64]bool{}, finished: map[uint64]bool{}}
		n, window := uint64(1+r.IntN(200)), 1+r.IntN(40)
		var running []uint64
		rejects := 0
		flush := func() {
			if tag, ok := a.take(); ok {
				m.ack(tag)
			}
		}
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
				a.settle(tag, rejected)
			} else {
				m.finished[tag] = true
				a.settle(tag, toAck)
			}
			if r.IntN(3) == 0 {
				flush()
			}
		}
		flush()
		if len(m.open) != 0 || m.acked+rejects != int(n) {
			t.Fatalf("seed %d: %d open at the end, %d acknowledged and %d rejected of %d", seed, len(m.open), m.acked, rejects, n)
		}
		if a.pending() != 0 || len(a.early) != 0 {
			t.Fatalf("seed %d: %d pending, %d remembered", seed, a.pending(), len(a.early))
		}
		if _, ok := a.take(); ok {
			t.Fatalf("seed %d: something to acknowledge twice", seed)
		}
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
