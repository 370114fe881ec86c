package rabbitmq

import "sync"

// acks turns deliveries settled in any order into as few acknowledgements as
// possible: one acknowledgement with "multiple" for a run of finished
// deliveries. Delivery tags are those of one channel with one consumer: 1, 2, 3…
//
// It never covers a delivery that is not finished, and the tag it names is one
// that the broker still holds open: naming one that is settled already closes
// the channel. Safe for concurrent use.
type acks struct {
	mu    sync.Mutex
	next  uint64             // lowest tag not settled; all below are
	early map[uint64]settled // settled tags from next on
	ready uint64             // highest tag below next to be acknowledged
	sent  uint64             // highest tag acknowledged
	count int                // acknowledgements that ready stands for
}

type settled bool

const (
	toAck    settled = true  // to be acknowledged
	rejected settled = false // rejected on its own, and already written
)

func newAcks() *acks { return &acks{next: 1, early: make(map[uint64]settled)} }

// settle records that a delivery is finished, and returns how many
// acknowledgements could be sent now. A rejected delivery is recorded after its
// rejection was written.
func (a *acks) settle(tag uint64, how settled) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if tag != a.next {
		a.early[tag] = how
		return a.count
	}
	for ok := true; ok; how, ok = a.early[a.next] {
		delete(a.early, a.next)
		if how == toAck {
			a.ready = a.next
			a.count++
		}
		a.next++
	}
	return a.count
}

// take returns the tag to acknowledge with "multiple", if there is one.
func (a *acks) take() (tag uint64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ready == a.sent {
		return 0, false
	}
	a.sent, a.count = a.ready, 0
	return a.sent, true
}

// pending returns how many acknowledgements take would cover.
func (a *acks) pending() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}
