package rabbitmq

import (
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

// returns remembers the messages which the broker gave back as unroutable,
// until their confirms ask for them.
//
// On the wire basic.return precedes the message's basic.ack. The library's one
// reading goroutine puts the return into the channel before it resolves the
// confirm, so whoever has seen the confirm and then empties the channel has
// seen the return. The channel holds as many as can be unconfirmed: a full one
// would make the library drop what does not fit.
type returns struct {
	mu   sync.Mutex
	in   <-chan amqp.Return
	seen map[string]int
}

func newReturns(ch *amqp.Channel, window int) *returns {
	return &returns{
		in:   ch.NotifyReturn(make(chan amqp.Return, window+1)),
		seen: make(map[string]int),
	}
}

// take reports whether the message was returned, and forgets it. To be called
// once for each message, after its confirm.
func (r *returns) take(ref string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.drain() {
	}
	n := r.seen[ref]
	switch n {
	case 0:
		return false
	case 1:
		delete(r.seen, ref)
	default:
		r.seen[ref] = n - 1
	}
	return true
}

// drain moves one return out of the channel.
func (r *returns) drain() bool {
	select {
	case ret, ok := <-r.in:
		if !ok {
			r.in = nil
			return false
		}
		if ref := refOf(ret.Headers); ref != "" {
			r.seen[ref]++
		}
		return true
	default:
		return false
	}
}

// refOf returns what identifies a message on its way: the id of the dead
// letter it is, or of the task. Replies have neither; whether they arrive is
// nobody's question.
func refOf(headers amqp.Table) string {
	if ref, ok := headers[headerDeadLetterID].(string); ok {
		return ref
	}
	ref, _ := headers["id"].(string)
	return ref
}
