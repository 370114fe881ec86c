package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

// A session is one subscription on one channel of one generation. Deliveries
// are settled on the session they came from or not at all: on another channel
// their tags mean other messages.
type session struct {
	c     *consumer
	g     *generation
	ch    *amqp.Channel
	queue string

	acks  *acks
	batch int           // acknowledgements worth a write at once
	kick  chan struct{} // tells the acker that there is something

	open atomic.Int64  // unsettled deliveries being handled, plus 1 until the end
	idle chan struct{} // closed when open is 0
	over chan struct{} // closed when the acker is through: nothing can be settled now
}

// Ends of a session.
var (
	errRefresh   = errors.New("subscribing anew")
	errCancelled = errors.New("the broker cancelled the consumer: the queue was deleted or its node is down")
	errDeaf      = errors.New("the broker does not know this consumer any more")
)

// ackDelay is how long an acknowledgement waits for company.
const ackDelay = 2 * time.Millisecond

// session subscribes on g and receives until ctx ends or the subscription does.
func (c *consumer) session(ctx context.Context, g *generation) error {
	s := &session{
		c: c, g: g, queue: c.queueName(), acks: newAcks(),
		batch: min(max(c.q.Prefetch/4, 1), 64),
		kick:  make(chan struct{}, 1),
		idle:  make(chan struct{}), over: make(chan struct{}),
	}
	s.open.Store(1)
	err := g.command(ctx, func(ch *amqp.Channel) error { return declareQueue(ch, g, &c.q, s.queue) })
	if err != nil {
		return err
	}
	in, err := s.subscribe()
	if err != nil {
		return err
	}
	defer c.t.attach(s.queue)()
	c.settling.Go(s.acknowledge)
	c.tell(nil)
	err = s.receive(ctx, in)
	s.stop(in)
	s.release() // handlers may go on, on their healthy channel
	return err
}

// incoming is what the library tells about a subscription.
type incoming struct {
	tag        string
	deliveries <-chan amqp.Delivery
	cancelled  <-chan string
	closed     <-chan *amqp.Error
}

func (s *session) subscribe() (*incoming, error) {
	defer s.g.patience()()
	ch, err := s.g.conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	s.ch = ch
	in := &incoming{
		tag:       "salt-" + uuid.NewString(),
		cancelled: ch.NotifyCancel(make(chan string, 1)),
		closed:    ch.NotifyClose(make(chan *amqp.Error, 1)),
	}
	if err := ch.Qos(s.c.q.Prefetch, 0, false); err != nil {
		return nil, fmt.Errorf("set prefetch: %w", err)
	}
	if in.deliveries, err = ch.Consume(s.queue, in.tag, false, false, false, false, nil); err != nil {
		_ = ch.Close()
		return nil, fmt.Errorf("consume: %w", err)
	}
	return in, nil
}

// receive starts a handler for each delivery, as far as there are slots.
func (s *session) receive(ctx context.Context, in *incoming) error {
	var (
		waiting *amqp.Delivery // for a slot
		watch   = newWatch(s)
	)
	defer watch.timer.Stop()
	defer func() {
		if waiting != nil && !s.stale() {
			s.giveBack(waiting)
		}
	}()
	for {
		deliveries, slots := in.deliveries, s.c.slots
		if waiting != nil {
			deliveries = nil
		} else {
			slots = nil
		}
		select {
		case d, ok := <-deliveries:
			if !ok {
				return s.lost(in)
			}
			watch.delivered()
			waiting = &d
		case slots <- struct{}{}:
			s.open.Add(1)
			d := waiting
			waiting = nil
			s.c.running.Go(func() { s.handle(d) })
		case <-in.cancelled:
			return s.lost(in)
		case <-s.g.dead:
			return s.g.err
		case err := <-in.closed:
			return s.closed(err)
		case <-watch.timer.C:
			watch.ask(ctx)
		case a := <-watch.answers:
			if err := watch.heed(a); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lost says why the deliveries ended.
func (s *session) lost(in *incoming) error {
	if s.g.isDead() {
		return s.g.err
	}
	select {
	case err := <-in.closed:
		return s.closed(err)
	default:
		return errCancelled
	}
}

func (s *session) closed(err *amqp.Error) error {
	if err == nil {
		return errGone
	}
	return fmt.Errorf("the broker closed the consumer's channel: %w", err)
}

// stop ends the subscription and gives back what no handler has seen: other
// consumers need not wait for the handlers that run.
func (s *session) stop(in *incoming) {
	if s.g.isDead() || s.ch.IsClosed() {
		return // and everything goes back by itself
	}
	stopped := s.g.patience()
	err := s.ch.Cancel(in.tag, false)
	stopped()
	if err != nil {
		return
	}
	for d := range in.deliveries {
		s.giveBack(&d)
	}
}

func (s *session) giveBack(d *amqp.Delivery) {
	if s.ch.Nack(d.DeliveryTag, false, true) == nil {
		s.settled(d.DeliveryTag, written)
	}
}

// release ends one hold on the session.
func (s *session) release() {
	if s.open.Add(-1) == 0 {
		close(s.idle)
	}
}

// stale reports whether deliveries of this session can not be settled any
// more. They are somebody else's now, or will be.
func (s *session) stale() bool {
	select {
	case <-s.over:
		return true
	default:
		return s.g.isDead() || s.ch.IsClosed()
	}
}

// settled records a finished delivery, and wakes the acker when that begins or
// fills a batch.
func (s *session) settled(tag uint64, how settled) {
	if n := s.acks.settle(tag, how); n == 1 || n >= s.batch {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
}

// acknowledge writes acknowledgements until the session is idle after its end,
// its consumer is over, or its generation dead. It is the only goroutine that
// writes them, so they cannot overtake each other.
func (s *session) acknowledge() {
	defer close(s.over)
	delay := time.NewTimer(ackDelay)
	defer delay.Stop()
	for {
		select {
		case <-s.kick:
			if s.acks.due() >= s.batch {
				s.flush()
			}
		case <-delay.C:
			s.flush()
		case <-s.idle:
			s.finish()
			return
		case <-s.c.over:
			s.finish()
			return
		case <-s.g.dead:
			return
		}
		if s.acks.due() > 0 {
			delay.Reset(ackDelay)
		}
	}
}

// flush acknowledges what is finished. It can fail only together with the
// channel, and then the broker gives the messages out again.
func (s *session) flush() {
	tag, alone := s.acks.take()
	if tag > 0 {
		_ = s.ch.Ack(tag, true)
	}
	for _, tag := range alone {
		_ = s.ch.Ack(tag, false)
	}
}

// finish closes the channel, which gives back what is still open.
func (s *session) finish() {
	defer s.g.patience()()
	s.flush()
	s.flush() // those that finished behind slower ones
	_ = s.ch.Close()
}
