package rabbitmq

import "sync"

// acks turns deliveries settled in any order into few acknowledgements: one,
// with "multiple", for a run of finished deliveries. A delivery that finished
// behind a slower one waits for it only from one flush to the next and is then
// acknowledged alone: one slow handler must not use up the prefetch window.
//
// Delivery tags are those of one channel with one consumer: 1, 2, 3… It never
// covers a delivery that is not finished, and the tags it names are ones that
// the broker still holds open: naming one that is settled already closes the
// channel. Safe for concurrent use.
type acks struct {
	mu      sync.Mutex
	next    uint64 // lowest tag not settled; all below are
	early   map[uint64]finished
	ready   uint64 // highest tag below next to be acknowledged
	sent    uint64 // highest tag acknowledged with "multiple"
	run     int    // acknowledgements that ready stands for
	waiting int    // those in early
	round   uint64 // of flushes
}

// finished is a settled delivery above an unsettled one.
type finished struct {
	how   settled
	round uint64 // in which it came
}

type settled bool

const (
	toAck   settled = true  // to be acknowledged
	written settled = false // rejected or acknowledged alone: the broker has been told
)

func newAcks() *acks { return &acks{next: 1, early: make(map[uint64]finished)} }

// settle records that a delivery is finished, and returns how many
// acknowledgements are due. A rejected delivery is recorded after its
// rejection was written.
func (a *acks) settle(tag uint64, how settled) (due int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if tag != a.next {
		a.early[tag] = finished{how, a.round}
		if how == toAck {
			a.waiting++
		}
		return a.run + a.waiting
	}
	a.pass(how)
	for len(a.early) > 0 {
		f, ok := a.early[a.next]
		if !ok {
			break
		}
		delete(a.early, a.next)
		if f.how == toAck {
			a.waiting--
		}
		a.pass(f.how)
	}
	return a.run + a.waiting
}

// pass moves next over a settled tag.
func (a *acks) pass(how settled) {
	if how == toAck {
		a.ready = a.next
		a.run++
	}
	a.next++
}

// take returns the tag to acknowledge with "multiple", 0 for none, and those to
// acknowledge alone.
func (a *acks) take() (multiple uint64, alone []uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ready != a.sent {
		multiple = a.ready
		a.sent, a.run = a.ready, 0
	}
	if a.waiting > 0 {
		for tag, f := range a.early {
			if f.how == toAck && f.round < a.round {
				alone = append(alone, tag)
				a.early[tag] = finished{how: written}
			}
		}
		a.waiting -= len(alone)
	}
	a.round++
	return multiple, alone
}

// due returns how many acknowledgements are to be written.
func (a *acks) due() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.run + a.waiting
}
