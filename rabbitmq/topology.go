package rabbitmq

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// deadSuffix makes a queue's name that of its dead letters.
const deadSuffix = ".dead"

// deliveryLimit is how often the broker gives out a message again whose
// consumer died with it, before it is dead-lettered.
const deliveryLimit = 20

// A topologyError says that something on the broker is not what Salt needs and
// that waiting will not change it.
type topologyError struct {
	what string // `queue "orders"`
	fix  string
	err  error
}

func (e *topologyError) Error() string { return fmt.Sprintf("%s: %v; %s", e.what, e.err, e.fix) }
func (e *topologyError) Unwrap() error { return e.err }

// explain turns a refusal to declare into an error with its remedy. Other
// errors pass.
func explain(err error, what, fix string) error {
	ae, ok := errors.AsType[*amqp.Error](err)
	if !ok || !ae.Server {
		return err
	}
	switch ae.Code {
	case amqp.PreconditionFailed:
		return &topologyError{what: what + " exists with other properties", fix: fix, err: err}
	case amqp.AccessRefused:
		return &topologyError{what: what + " is not permitted to this user", err: err,
			fix: "grant configure, write and read permissions (rabbitmqctl set_permissions)"}
	}
	return fmt.Errorf("%s: %w", what, err)
}

func codeOf(err error) int {
	if ae, ok := errors.AsType[*amqp.Error](err); ok && ae.Server {
		return ae.Code
	}
	return 0
}

const remedyExchange = "Salt needs a durable topic exchange: delete it, or use another name (salt.Exchange)"

// declareExchange makes a durable topic exchange, or checks that it is one. A
// user who may publish but not configure passes if the exchange exists.
func declareExchange(ch *amqp.Channel, g *generation, name string) error {
	err := ch.ExchangeDeclare(name, amqp.ExchangeTopic, true, false, false, false, nil)
	if codeOf(err) == amqp.AccessRefused {
		again, openErr := g.conn.Channel() // the refusal closed ch
		if openErr != nil {
			return openErr
		}
		defer again.Close()
		if again.ExchangeDeclarePassive(name, amqp.ExchangeTopic, true, false, false, false, nil) == nil {
			return nil
		}
	}
	return explain(err, fmt.Sprintf("exchange %q", name), remedyExchange)
}

// quorumArgs are the arguments of a service's queue. They are fixed for the
// life of the queue: to change one is to break everybody who has the old ones.
func quorumArgs(name string) amqp.Table {
	return amqp.Table{
		"x-queue-type":              "quorum",
		"x-delivery-limit":          int64(deliveryLimit),
		"x-dead-letter-exchange":    "",
		"x-dead-letter-routing-key": name + deadSuffix,
		"x-dead-letter-strategy":    "at-least-once",
		"x-overflow":                "reject-publish", // what at-least-once requires
	}
}

// declareQueue makes the queue of q under the given name, its dead-letter
// queue, and its bindings.
func declareQueue(ch *amqp.Channel, g *generation, q *salt.Queue, name string) error {
	for _, b := range q.Bindings {
		if err := declareExchange(ch, g, exchangeOf(b)); err != nil {
			return err
		}
		if ch.IsClosed() { // declareExchange went on without it
			var err error
			if ch, err = g.conn.Channel(); err != nil {
				return err
			}
			defer ch.Close()
		}
	}
	kind := "a durable quorum queue with dead letters"
	if q.Requests {
		kind = "a durable classic queue without arguments"
	}
	remedy := fmt.Sprintf("Salt needs %s: use another name, or delete the queue when it is empty (rabbitmqctl delete_queue %s)", kind, name)
	what := fmt.Sprintf("queue %q", name)
	var err error
	switch {
	case q.Ephemeral:
		_, err = ch.QueueDeclare(name, false, true, true, false, nil)
	case q.Requests:
		_, err = ch.QueueDeclare(name, true, false, false, false, nil)
	default:
		dead := name + deadSuffix
		if _, err := ch.QueueDeclare(dead, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
			return explain(err, fmt.Sprintf("queue %q", dead), "Salt keeps dead letters in a durable quorum queue: "+
				"move its messages away and delete it")
		}
		_, err = ch.QueueDeclare(name, true, false, false, false, quorumArgs(name))
	}
	if err != nil {
		return explain(err, what, remedy)
	}
	for _, b := range q.Bindings {
		if err := ch.QueueBind(name, b.Pattern, exchangeOf(b), false, nil); err != nil {
			return explain(err, fmt.Sprintf("binding of queue %q to %q at exchange %q", name, b.Pattern, exchangeOf(b)),
				"see the broker's reason")
		}
	}
	return nil
}

func exchangeOf(b salt.Binding) string {
	if b.Exchange == "" {
		return salt.DefaultExchange
	}
	return b.Exchange
}

// inspectQueue asks for a queue without changing it.
func inspectQueue(ctx context.Context, g *generation, name string) (amqp.Queue, error) {
	var q amqp.Queue
	err := g.command(ctx, func(ch *amqp.Channel) (err error) {
		q, err = ch.QueueDeclarePassive(name, true, false, false, false, nil)
		return err
	})
	if err != nil {
		return amqp.Queue{}, err // q may still be written to
	}
	return q, nil
}
