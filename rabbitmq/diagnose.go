package rabbitmq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// A Diagnosis is what [Diagnose] found.
type Diagnosis struct {
	Broker    BrokerDiagnosis     `json:"broker"`
	Exchanges []ExchangeDiagnosis `json:"exchanges,omitzero"`
	Queues    []QueueDiagnosis    `json:"queues,omitzero"`
}

// BrokerDiagnosis is what the broker says about itself.
type BrokerDiagnosis struct {
	URL     string        `json:"url"`              // without the password
	Product string        `json:"product,omitzero"` // "RabbitMQ"
	Version string        `json:"version,omitzero"`
	Cluster string        `json:"cluster,omitzero"` // its name
	TLS     bool          `json:"tls"`
	Connect time.Duration `json:"-"`                // time for TCP, TLS and handshake
	Problem string        `json:"problem,omitzero"` // what is wrong and the remedy; empty when nothing is
}

// ExchangeDiagnosis tells whether an exchange is what Salt needs.
type ExchangeDiagnosis struct {
	Name    string `json:"name"`
	Exists  bool   `json:"exists"`
	Type    string `json:"type,omitzero"` // "topic" is right
	Problem string `json:"problem,omitzero"`
}

// QueueDiagnosis tells about a queue. Of a quorum queue's messages, those on
// their way to a dead-letter queue that does not exist are in no number.
type QueueDiagnosis struct {
	Name      string `json:"name"`
	Exists    bool   `json:"exists"`
	Type      string `json:"type,omitzero"` // "quorum" or "classic"; empty when it can not be told
	Messages  int    `json:"messages"`      // ready, without those being handled
	Consumers int    `json:"consumers"`
	Problem   string `json:"problem,omitzero"`
}

// Diagnose looks at a broker over a connection of its own and changes nothing:
// whether it can be reached and lets us in, whether the exchanges (default:
// [salt.DefaultExchange]) are durable topic exchanges, and what is in the queues
// and behind them. What is wrong stands in the Problem fields; the error is for
// a malformed URL and for ctx only. It returns within ctx or
// [Options.DialTimeout] plus [Options.CommandTimeout].
func Diagnose(ctx context.Context, rawURL string, opts *Options, exchanges, queues []string) (*Diagnosis, error) {
	at, err := parseAddress(rawURL)
	if err != nil {
		return nil, err
	}
	o := opts.withDefaults()
	d := &Diagnosis{Broker: BrokerDiagnosis{URL: at.String(), TLS: at.uri.Scheme == "amqps"}}
	var tasks sync.WaitGroup
	defer tasks.Wait()
	began := time.Now()
	g, err := connect(ctx, at, &o, o.ConnectionName+" (diagnose)", &tasks)
	d.Broker.Connect = time.Since(began)
	if err != nil {
		d.Broker.Problem = err.Error()
		if ctx.Err() == nil && !errors.Is(err, errLogin) {
			d.Broker.Problem += "; is RabbitMQ running there, and is this its AMQP port?"
		}
		return d, ctx.Err()
	}
	defer g.close(o.WriteTimeout)
	properties := g.conn.Properties
	d.Broker.Product, _ = properties["product"].(string)
	d.Broker.Version, _ = properties["version"].(string)
	d.Broker.Cluster, _ = properties["cluster_name"].(string)
	if len(exchanges) == 0 {
		exchanges = []string{salt.DefaultExchange}
	}
	for _, name := range exchanges {
		d.Exchanges = append(d.Exchanges, diagnoseExchange(ctx, g, name))
	}
	for _, name := range queues {
		d.Queues = append(d.Queues, diagnoseQueue(ctx, g, name))
	}
	return d, ctx.Err()
}

var currentType = regexp.MustCompile(`arg 'type' .* current is '([^']+)'`)

func diagnoseExchange(ctx context.Context, g *generation, name string) ExchangeDiagnosis {
	d := ExchangeDiagnosis{Name: name}
	err := g.command(ctx, func(ch *amqp.Channel) error {
		return ch.ExchangeDeclarePassive(name, amqp.ExchangeTopic, true, false, false, false, nil)
	})
	switch {
	case codeOf(err) == amqp.NotFound:
		return d // Salt makes it before it publishes
	case err != nil:
		d.Problem = err.Error()
		return d
	}
	d.Exists = true
	// A passive declare does not look at the type, an active one does, and
	// changes nothing about an exchange that exists.
	err = g.command(ctx, func(ch *amqp.Channel) error {
		return ch.ExchangeDeclare(name, amqp.ExchangeTopic, true, false, false, false, nil)
	})
	switch {
	case err == nil:
		d.Type = amqp.ExchangeTopic
	case codeOf(err) == amqp.AccessRefused:
		// May not declare: publishing works, but what type it is cannot be seen.
	default:
		if m := currentType.FindStringSubmatch(err.Error()); m != nil {
			d.Type = m[1]
		}
		d.Problem = explain(err, fmt.Sprintf("exchange %q", name), remedyExchange).Error()
	}
	return d
}

func diagnoseQueue(ctx context.Context, g *generation, name string) QueueDiagnosis {
	d := QueueDiagnosis{Name: name}
	q, err := inspectQueue(ctx, g, name)
	switch {
	case codeOf(err) == amqp.NotFound:
		d.Problem = fmt.Sprintf("queue %q does not exist: the service that consumes it has not run yet, or it was deleted; events for it are lost meanwhile", name)
	case err != nil:
		d.Problem = err.Error()
	default:
		d.Exists, d.Messages, d.Consumers = true, q.Messages, q.Consumers
		d.Type = queueType(ctx, g, name)
		if q.Consumers == 0 && q.Messages > 0 {
			d.Problem = fmt.Sprintf("queue %q has %d messages and no consumer: start its service", name, q.Messages)
		}
	}
	return d
}

// queueType finds out the type of a queue. No command tells it, but the refusal
// of another type does; a type that no broker has can create nothing, should the
// queue have gone meanwhile. The broker names the first argument that differs,
// so the others are given as Salt declares them; "" means that they are not so.
func queueType(ctx context.Context, g *generation, name string) string {
	for _, args := range []amqp.Table{quorumArgs(name), {}} {
		args["x-queue-type"] = "salt-probe"
		err := g.command(ctx, func(ch *amqp.Channel) error {
			_, err := ch.QueueDeclare(name, true, false, false, false, args)
			return err
		})
		if err == nil || codeOf(err) != amqp.PreconditionFailed {
			return ""
		}
		if m := currentQueueType.FindStringSubmatch(err.Error()); m != nil {
			return cmp.Or(m[1], "classic") // "none": declared without a type
		}
	}
	return ""
}

var currentQueueType = regexp.MustCompile(`inequivalent arg 'x-queue-type' .* but current is (?:none|'([a-z]+)')`)
