package rabbitmq

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// A proxy stands between a transport and the broker and misbehaves as a test
// wants it to.
type proxy struct {
	ln     net.Listener
	target string

	mu    sync.Mutex
	pairs map[*pair]bool
	gates map[direction]chan struct{} // closed channels are open gates
	down  bool
	wg    sync.WaitGroup
}

type direction bool

const (
	toBroker   direction = true
	fromBroker direction = false
)

type pair struct{ client, broker net.Conn }

// newProxy returns a proxy and the URL that leads through it.
func newProxy(t testing.TB, brokerURL string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(brokerURL)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, target: u.Host, pairs: map[*pair]bool{}, gates: map[direction]chan struct{}{}}
	for _, d := range []direction{toBroker, fromBroker} {
		p.gates[d] = make(chan struct{})
		close(p.gates[d])
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		ln.Close()
		p.setDown(true)
		p.open(toBroker)
		p.open(fromBroker)
		p.wg.Wait()
	})
	u.Host = ln.Addr().String()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			c.Close()
			continue
		}
		b, err := net.Dial("tcp", p.target)
		if err != nil {
			c.Close()
			continue
		}
		// Small buffers, so that a gate that shuts is soon felt.
		_ = c.(*net.TCPConn).SetReadBuffer(8 << 10)
		x := &pair{client: c, broker: b}
		p.mu.Lock()
		p.pairs[x] = true
		p.mu.Unlock()
		p.wg.Go(func() { p.pump(x, c, b, toBroker) })
		p.wg.Go(func() { p.pump(x, b, c, fromBroker) })
	}
}

func (p *proxy) pump(x *pair, from, to net.Conn, d direction) {
	defer p.drop(x)
	buf := make([]byte, 16<<10)
	for {
		p.mu.Lock()
		gate := p.gates[d]
		p.mu.Unlock()
		<-gate
		n, err := from.Read(buf)
		if n > 0 {
			p.mu.Lock()
			gate := p.gates[d]
			p.mu.Unlock()
			<-gate // shut while we read: what we have stays here
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) drop(x *pair) {
	x.client.Close()
	x.broker.Close()
	p.mu.Lock()
	delete(p.pairs, x)
	p.mu.Unlock()
}

// cut breaks every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for x := range p.pairs {
		x.client.Close()
		x.broker.Close()
	}
}

// shut stops reading in one direction: the sender feels back-pressure, the
// receiver silence.
func (p *proxy) shut(d direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gates[d] = make(chan struct{})
}

func (p *proxy) open(d direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gates[d]:
	default:
		close(p.gates[d])
	}
}

// setDown cuts everything and accepts nothing, or accepts again.
func (p *proxy) setDown(down bool) {
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	if down {
		p.cut()
	}
}
