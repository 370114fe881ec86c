package rabbitmq

import (
	"sync"
	"time"
)

// nacksInRow is the number of refusals, without a confirm between them, that
// makes a connection suspect: after the loss of a queue's leader, RabbitMQ 3.10
// may refuse everything on one connection for minutes and confirm at once on
// another. See DESIGN.md.
const nacksInRow = 3

// A nackPolicy keeps refusals from costing more than they are worth: a queue
// that is simply full refuses as well, and a new connection does not help. Each
// reopening in vain doubles the time to the next. Safe for concurrent use.
type nackPolicy struct {
	mu   sync.Mutex
	vain int
	next time.Time
}

const maxNackPause = time.Minute

// mayReopen reports whether to try another connection now.
func (n *nackPolicy) mayReopen(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Before(n.next) {
		return false
	}
	pause := maxNackPause
	if n.vain < 6 {
		pause = time.Second << n.vain
	}
	n.vain++
	n.next = now.Add(pause)
	return true
}

// reset is called for each confirm.
func (n *nackPolicy) reset() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.vain, n.next = 0, time.Time{}
}
