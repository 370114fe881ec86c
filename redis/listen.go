package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// errSilent: the connection lives as far as the socket knows, and nobody
// answers: a frozen server, or a network that drops everything.
var errSilent = errors.New("the server does not answer")

// listen keeps one listening connection, session after session.
//
// The client's PubSub connects again by itself, but it does not tell, so nobody
// would know that publications were missed. Hence a new PubSub for each
// session, which any error ends.
func (r *Results) listen() {
	pause := backoff{min: r.opts.BackoffMin, max: r.opts.BackoffMax}
	lost := false
	for r.life.Err() == nil {
		var live time.Time
		err := r.session(func() {
			live = time.Now()
			if lost {
				r.opts.Logger.Info("connected again", "results", r.where)
			}
			lost = false
		})
		r.link.set(false, err)
		if r.life.Err() != nil {
			return
		}
		if !lost {
			r.opts.Logger.Warn("connection lost; trying to connect again", "results", r.where, "error", err)
		}
		lost = true
		// A server may take the connection and end each at once.
		if !live.IsZero() && time.Since(live) >= r.opts.BackoffMax {
			pause.failures = 0
		}
		sleep(r.life, pause.next())
	}
}

// A session is one listening connection.
type session struct {
	r     *Results
	ps    *goredis.PubSub
	ctx   context.Context
	kill  context.CancelCauseFunc
	heard atomic.Int64 // number of things received
}

// session listens until the connection breaks, and says why. It calls live once
// the server has answered.
func (r *Results) session(live func()) error {
	s := &session{r: r}
	s.ctx, s.kill = context.WithCancelCause(r.life)
	defer s.kill(nil)
	s.ps = r.client.Subscribe(s.ctx)
	// A blocked read ends with its connection, not with its context.
	closed := make(chan struct{})
	context.AfterFunc(s.ctx, func() {
		defer close(closed)
		_ = s.ps.Close() // it is being thrown away
	})
	defer func() { <-closed }()
	defer s.kill(nil)
	if err := s.hello(); err != nil {
		return err
	}
	r.renew()
	r.link.set(true, nil)
	live()
	var writing sync.WaitGroup
	writing.Go(func() { s.kill(s.write()) })
	err := s.receive()
	s.kill(err)
	writing.Wait()
	return context.Cause(s.ctx) // of several errors the first one
}

// hello makes the connection, waits for the server's first word, and subscribes
// to a channel under the prefix that nobody publishes on: whether the server lets
// us listen is known then, and not with the first call.
func (s *session) hello() error {
	ctx, cancel := context.WithTimeout(s.ctx, s.r.opts.CommandTimeout)
	defer cancel()
	// First a command without a channel: in a cluster, one with it would lead
	// everybody to the same node.
	if err := s.ps.Ping(ctx); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if _, err := s.ps.ReceiveTimeout(ctx, s.r.opts.CommandTimeout); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	channel := s.r.key(helloID)
	if err := s.ps.Subscribe(ctx, channel); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if _, err := s.ps.ReceiveTimeout(ctx, s.r.opts.CommandTimeout); err != nil {
		return fmt.Errorf("subscribe to %q: %w", channel, err)
	}
	if err := s.ps.Unsubscribe(ctx, channel); err != nil {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return nil
}

// helloID stands for an id in the name of the channel that each session
// subscribes to first.
const helloID = "salt-hello"

// receive takes what the server sends.
func (s *session) receive() error {
	for {
		received, err := s.ps.Receive(s.ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		s.heard.Add(1)
		switch m := received.(type) {
		case *goredis.Subscription:
			if m.Kind == "subscribe" {
				s.r.confirm(m.Channel)
			}
		case *goredis.Message:
			s.r.deliver(m.Channel, m.Payload)
		}
	}
}

// chunk bounds the channels of one command.
const chunk = 1000

// write tells the server what to publish to us, and asks whether it is there.
func (s *session) write() error {
	check := time.NewTicker(s.r.opts.CheckInterval)
	defer check.Stop()
	refresh := time.NewTicker(s.r.opts.RefreshInterval)
	defer refresh.Stop()
	asked := int64(-1)
	for {
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-s.r.wake:
			if err := s.change(); err != nil {
				return err
			}
		case <-refresh.C:
			s.r.refresh()
		case <-check.C:
			heard := s.heard.Load()
			if heard == asked {
				return errSilent
			}
			asked = heard
			if err := s.ps.Ping(s.ctx); err != nil {
				return fmt.Errorf("ping: %w", err)
			}
		}
	}
}

func (s *session) change() error {
	begin, end := s.r.changes()
	for channels := range slices.Chunk(begin, chunk) {
		if err := s.ps.Subscribe(s.ctx, channels...); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
	}
	for channels := range slices.Chunk(end, chunk) { // none would mean all
		if err := s.ps.Unsubscribe(s.ctx, channels...); err != nil {
			return fmt.Errorf("unsubscribe: %w", err)
		}
	}
	return nil
}
