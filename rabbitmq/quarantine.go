package rabbitmq

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// A quarantine sends replies to addresses that may cost the connection.
//
// A direct reply-to address is, in base64, the Erlang process of the caller's
// channel. Given one that is malformed, or whose node it does not know,
// RabbitMQ 3.10 closes the publisher's whole connection (541 INTERNAL_ERROR),
// and with it the unconfirmed messages of everybody else. Requests come from
// anybody. So an address is trusted once it is well-formed and another of the
// same node has been answered; until then the reply goes out alone, confirmed,
// on a connection that has nothing to lose.
type quarantine struct {
	t     *Transport
	link  *link
	start sync.Once
	turn  chan struct{} // one at a time: a lost connection is the fault of the one

	mu    sync.Mutex
	nodes map[string]bool // nodes whose addresses work
}

// maxNodes bounds what is remembered; a cluster has few nodes.
const maxNodes = 1000

func (q *quarantine) init(t *Transport) {
	q.t, q.turn, q.nodes = t, make(chan struct{}, 1), make(map[string]bool)
	q.link = newLink("quarantine", t.at, &t.opts, func(ctx context.Context) (*generation, error) {
		return t.dialPublish(ctx, "replies to new callers")
	})
}

// trusted reports whether a reply to address can not do harm.
func (q *quarantine) trusted(address string) bool {
	if !strings.HasPrefix(address, directReplyTo) {
		return true // a queue, there or not
	}
	node, ok := nodeOf(address)
	if !ok {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.nodes[node]
}

// send sends o alone and, if that goes well, trusts its caller's node.
func (q *quarantine) send(ctx context.Context, o *outgoing) error {
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return ended(ctx)
	}
	q.start.Do(func() { q.t.tasks.Go(func() { q.link.run(q.t.linking) }) })
	var f *inflight
	for f == nil {
		g, err := q.link.get(ctx, 0)
		if err != nil {
			return err
		}
		if f, err = g.publisher.start(ctx, o, true); err != nil && !errors.Is(err, errGone) { // gone: nothing was written
			return err
		}
	}
	v, err := f.wait(ctx)
	switch {
	case err != nil:
		return err
	case v == lost:
		return errors.New("the broker closed the connection over this reply address")
	case v == nacked:
		return fmt.Errorf("reply: %v", v)
	}
	if node, ok := nodeOf(o.key); ok {
		q.mu.Lock()
		defer q.mu.Unlock()
		if len(q.nodes) < maxNodes {
			q.nodes[node] = true
		}
	}
	return nil
}

// Tags of Erlang's external term format.
const (
	termVersion    = 131
	termPID        = 103
	termNewPID     = 88
	termAtom       = 100 // length of 2 bytes
	termAtomUTF8   = 118
	termSmallAtom  = 115 // length of 1 byte
	termSmallAtom8 = 119
)

// nodeOf returns the node in a well-formed direct reply-to address.
func nodeOf(address string) (node string, ok bool) {
	encoded, ok := strings.CutPrefix(address, directReplyTo+".")
	if !ok {
		return "", false
	}
	encoded, _, ok = strings.Cut(encoded, ".")
	if !ok {
		return "", false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(b) < 4 || b[0] != termVersion {
		return "", false
	}
	var tail int // id, serial, creation
	switch b[1] {
	case termPID:
		tail = 4 + 4 + 1
	case termNewPID:
		tail = 4 + 4 + 4
	default:
		return "", false
	}
	atom, rest := b[2], b[3:]
	var n int
	switch atom {
	case termAtom, termAtomUTF8:
		if len(rest) < 2 {
			return "", false
		}
		n, rest = int(binary.BigEndian.Uint16(rest)), rest[2:]
	case termSmallAtom, termSmallAtom8:
		n, rest = int(rest[0]), rest[1:]
	default:
		return "", false
	}
	if n == 0 || len(rest) != n+tail {
		return "", false
	}
	return string(b[1:3]) + string(rest[:n]), true
}
