package rabbitmq

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// A connection that died before anybody could listen to its end must not look
// like a transport that was closed: Consume would return for good.
func TestLostBeforeAnybodyListened(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	g := &generation{socket: &socket{Conn: ours}, dead: make(chan struct{}), tasks: new(sync.WaitGroup), opts: new(Options)}
	closed := make(chan *amqp.Error)
	close(closed) // what the library does then: no reason
	g.watch(closed, make(chan amqp.Blocking))
	if !g.isDead() || errors.Is(g.err, salt.ErrClosed) {
		t.Errorf("the generation ended with %v", g.err)
	}
}

// Long handlers that hold every slot across a lost connection must not make
// the idle check give the prefetched deliveries back again and again: each time
// counts towards the delivery limit.
func TestBusySlotsAreNotIdle(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	b := newBed(t, brokerURL(t))
	tr := open(t, url, &Options{CheckInterval: 100 * time.Millisecond, BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond})
	q := b.q()
	q.Prefetch, q.Concurrency = 4, 1
	began, release := make(chan struct{}, 20), make(chan struct{})
	var mu sync.Mutex
	most := 0
	status, _ := consume(t, tr, q, func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		mu.Lock()
		most = max(most, m.Attempt)
		mu.Unlock()
		began <- struct{}{}
		<-release
		return nil, nil
	})
	for range 12 {
		if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
			t.Fatal(err)
		}
	}
	<-began
	p.cut()
	status.waitLive(t, 2)
	time.Sleep(2 * time.Second) // twenty checks, of which none may refresh
	close(release)
	eventually(t, 20*time.Second, "queue empty", func() bool { n, _ := count(t, brokerURL(t), b.queue); return n == 0 })
	mu.Lock()
	defer mu.Unlock()
	if most > 3 {
		t.Errorf("a message was delivered %d times across one lost connection", most)
	}
}
