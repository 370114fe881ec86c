package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// A generation is one connection from its handshake to its end. All that was
// made on it (channels, deliveries, confirms) ends with it and never comes
// back; the [link] makes the next one.
type generation struct {
	conn    *amqp.Connection
	socket  *socket
	opts    *Options
	tasks   *sync.WaitGroup // goroutines the transport waits for at its end
	made    time.Time
	useful  atomic.Bool // something was confirmed or delivered
	blocked atomic.Pointer[blockade]

	// writing is a lock which a context can give up waiting for. Whoever holds
	// it may be stuck in a write for Options.WriteTimeout; the others are not.
	writing chan struct{}

	publisher *publisher // on the publishing link

	dead chan struct{}
	once sync.Once
	err  error // why; to be read after dead is closed
}

// A blockade is the time between connection.blocked and connection.unblocked.
type blockade struct {
	reason string
	over   chan struct{}
}

// connect makes a connection. Its errors never contain the password.
func connect(ctx context.Context, at address, o *Options, name string, tasks *sync.WaitGroup) (*generation, error) {
	ctx, cancel := context.WithTimeout(ctx, o.DialTimeout)
	defer cancel()
	var s *socket
	stop := func() bool { return true }
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(name)
	config := amqp.Config{
		Heartbeat:       o.Heartbeat,
		Locale:          "en_US",
		Properties:      properties,
		TLSClientConfig: tlsConfig(o.TLS),
		Dial: func(network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			s = &socket{Conn: c, timeout: o.WriteTimeout}
			stop = context.AfterFunc(ctx, func() { c.Close() })
			return s, nil
		},
	}
	conn, err := amqp.DialConfig(at.raw, config)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if s != nil {
			s.Conn.Close() // the library leaves it open after some refusals
		}
		return nil, explainDial(ctx, at, o, err)
	}
	g := &generation{
		conn: conn, socket: s, opts: o, tasks: tasks, made: time.Now(),
		writing: make(chan struct{}, 1), dead: make(chan struct{}),
	}
	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	blocks := conn.NotifyBlocked(make(chan amqp.Blocking, 16))
	tasks.Go(func() { g.watch(closed, blocks) })
	return g, nil
}

func tlsConfig(c *tls.Config) *tls.Config {
	if c == nil {
		return nil // the library then obeys the URL's cacertfile, certfile, keyfile
	}
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}

// errLogin is what a broker's refusal to let us in is wrapped in.
var errLogin = errors.New("login refused")

func explainDial(ctx context.Context, at address, o *Options, err error) error {
	if ae, ok := errors.AsType[*amqp.Error](err); ok && !errors.Is(ae, amqp.ErrClosed) {
		switch {
		case ae == amqp.ErrVhost || ae.Code == amqp.NotAllowed:
			return fmt.Errorf("connect to %s: %w: vhost %q does not exist or user %q may not use it: %w",
				at, errLogin, at.uri.Vhost, at.uri.Username, err)
		case ae.Code == amqp.AccessRefused:
			return fmt.Errorf("connect to %s: %w: check name and password of user %q: %w", at, errLogin, at.uri.Username, err)
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("connect to %s: no answer within %v: %w", at, o.DialTimeout, err)
	}
	return fmt.Errorf("connect to %s: %w", at, err)
}

// watch follows what the broker says about the connection, until its end.
func (g *generation) watch(closed <-chan *amqp.Error, blocks <-chan amqp.Blocking) {
	for {
		select {
		case err := <-closed:
			if err == nil {
				// The library tells no reason to who asks after the end: the
				// connection may have died before we could listen. Closing says
				// errClosing by itself, before this.
				g.kill(errGone)
			} else {
				g.kill(fmt.Errorf("connection lost: %w", err))
			}
			return
		case b, ok := <-blocks:
			old := g.blocked.Load()
			switch {
			case !ok:
				blocks = nil
			case b.Active && old == nil:
				g.blocked.Store(&blockade{reason: b.Reason, over: make(chan struct{})})
			case !b.Active && old != nil:
				g.blocked.Store(nil)
				close(old.over)
			}
		}
	}
}

// kill ends the generation; err says why. The socket is closed at once, which
// frees whoever is stuck in it.
func (g *generation) kill(err error) {
	g.once.Do(func() {
		g.err = err
		close(g.dead)
		g.socket.Conn.Close()
	})
}

// close ends the generation in AMQP's own way, as long as that takes less than
// bound: a blocked broker does not read our farewell.
func (g *generation) close(bound time.Duration) {
	cut := time.AfterFunc(bound, func() { g.socket.Conn.Close() })
	defer cut.Stop()
	_ = g.conn.Close() // whatever it says, the connection is gone
	g.kill(errClosing)
}

func (g *generation) isDead() bool {
	select {
	case <-g.dead:
		return true
	default:
		return false
	}
}

// lock takes the right to write. It fails when ctx or the generation ends.
func (g *generation) lock(ctx context.Context) error {
	select {
	case g.writing <- struct{}{}:
		return nil
	default:
	}
	select {
	case g.writing <- struct{}{}:
		return nil
	case <-g.dead:
		return errGone
	case <-ctx.Done():
		return ended(ctx)
	}
}

func (g *generation) unlock() { <-g.writing }

// waitUnblocked waits while the broker accepts no messages.
func (g *generation) waitUnblocked(ctx context.Context) error {
	b := g.blocked.Load()
	if b == nil {
		return nil
	}
	select {
	case <-b.over:
		return nil
	case <-g.dead:
		return errGone
	case <-ctx.Done():
		return fmt.Errorf("%w: %s: %w", salt.ErrBlocked, b.reason, ended(ctx))
	}
}

// command runs f, which exchanges words with the broker, on a channel of its
// own: a refusal closes the channel it happened on. It returns early when ctx
// ends, and f then goes on alone. A broker that does not answer within
// Options.CommandTimeout costs the generation its life.
func (g *generation) command(ctx context.Context, f func(*amqp.Channel) error) error {
	done := make(chan error, 1)
	g.tasks.Go(func() {
		defer g.patience()()
		ch, err := g.conn.Channel()
		if err == nil {
			err = f(ch)
			_ = ch.Close() // closed already if f was refused
		}
		done <- err
	})
	select {
	case err := <-done:
		return err
	case <-g.dead:
		return errGone
	case <-ctx.Done():
		return ended(ctx)
	}
}

// patience kills the generation unless the returned function is called in time.
func (g *generation) patience() (stop func() bool) {
	return time.AfterFunc(g.opts.CommandTimeout, func() {
		g.kill(fmt.Errorf("the broker did not answer within %v", g.opts.CommandTimeout))
	}).Stop
}

// errGone says that a generation ended before anything was sent on it.
var errGone = errors.New("connection lost")

// errClosing is the end of a generation, and of contexts, by Close.
var errClosing = fmt.Errorf("rabbitmq transport: %w", salt.ErrClosed)
