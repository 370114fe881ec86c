package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

const doctorLong = `Look at the broker and say what is wrong and what to do about it: whether it can
be reached and lets us in, its version, whether the exchange is what Salt needs,
and, with --queue, whether a service's queue is there, how full it is, who
consumes it, and whether it has dead letters. Nothing is changed.

Exit code 0 when all is well, 1 when anything is wrong.`

// A finding is one thing that was looked at.
type finding struct {
	Check  string `json:"check"` // broker, version, exchange, queue, dead_letters
	OK     bool   `json:"ok"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitzero"`
}

// report is what --json prints.
type report struct {
	OK       bool      `json:"ok"`
	Broker   string    `json:"broker"` // without the password
	Product  string    `json:"product,omitzero"`
	Version  string    `json:"version,omitzero"`
	Findings []finding `json:"findings"`
}

type doctorFlags struct {
	exchange string
	queues   []string
}

func (a *app) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what is wrong with the broker, and the remedy",
		Long:    doctorLong,
		Example: "  salt doctor\n  salt doctor --queue mailer --queue orders --json",
		Args:    arguments(0, 0, "no arguments (queues go into --queue)"),
		RunE:    a.action(func(ctx context.Context, _ []string) error { return a.doctor(ctx, &f) }),
	}
	cmd.Flags().StringVar(&f.exchange, "exchange", salt.DefaultExchange, "topic exchange")
	cmd.Flags().StringArrayVar(&f.queues, "queue", nil, "look at this queue too; repeatable")
	return cmd
}

// deadSuffix makes a service queue's name that of its dead letters.
const deadSuffix = ".dead"

func (a *app) doctor(ctx context.Context, f *doctorFlags) error {
	var queues []string
	for _, name := range f.queues {
		if name == "" {
			return misusef("--queue has an empty name")
		}
		queues = append(queues, name)
		if !strings.HasSuffix(name, deadSuffix) {
			queues = append(queues, name+deadSuffix)
		}
	}
	opts := &rabbitmq.Options{Logger: a.logger(), ConnectionName: "salt (command line)", DialTimeout: dialTimeout}
	d, err := rabbitmq.Diagnose(ctx, a.brokerURL(), opts, []string{f.exchange}, queues)
	if err != nil && ctx.Err() == nil {
		return misuse{err}
	}
	if err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	r := examine(d, f.queues)
	if a.json {
		err = a.printJSON(r)
	} else {
		err = a.printReport(r)
	}
	if err == nil && !r.OK {
		err = errReported
	}
	return err
}

func (a *app) printReport(r *report) error {
	p := a.palette()
	for _, f := range r.Findings {
		mark := p.green("ok   ")
		if !f.OK {
			mark = p.red("WRONG")
		}
		text := mark + "  " + printable(f.Text)
		if f.Remedy != "" {
			text += "\n       " + p.bold("remedy: ") + printable(f.Remedy)
		}
		if err := a.print(text); err != nil {
			return err
		}
	}
	return nil
}

// examine turns what was seen into findings. asked are the queues that must be
// there; others may be absent.
func examine(d *rabbitmq.Diagnosis, asked []string) *report {
	r := &report{OK: true, Broker: d.Broker.URL, Product: d.Broker.Product, Version: d.Broker.Version}
	r.broker(&d.Broker)
	for i := range d.Exchanges {
		r.exchange(&d.Exchanges[i])
	}
	for i := range d.Queues {
		r.queue(&d.Queues[i], asked)
	}
	return r
}

func (r *report) add(f finding) {
	r.OK = r.OK && f.OK
	r.Findings = append(r.Findings, f)
}

func (r *report) broker(b *rabbitmq.BrokerDiagnosis) {
	if b.Problem != "" {
		text, _, _ := strings.Cut(b.Problem, "; is RabbitMQ") // the remedy below is more precise
		r.add(finding{Check: "broker", Text: text, Remedy: brokerRemedy(text)})
		return
	}
	text := fmt.Sprintf("broker: connected to %s in %v", b.URL, b.Connect.Round(1e5))
	if b.TLS {
		text += ", with TLS"
	}
	r.add(finding{Check: "broker", OK: true, Text: text})
	r.add(versionFinding(b))
}

// versionFinding checks for what Salt's queues need: quorum queues that
// dead-letter at least once came with 3.10.
func versionFinding(b *rabbitmq.BrokerDiagnosis) finding {
	f := finding{Check: "version", Text: fmt.Sprintf("version: %s %s", b.Product, b.Version)}
	if b.Cluster != "" {
		f.Text += ", cluster " + b.Cluster
	}
	switch {
	case b.Product != "RabbitMQ":
		f.Remedy = "use RabbitMQ; Salt relies on its quorum queues and its direct reply-to"
	case salt.CompareVersions(b.Version, "3.10") < 0:
		f.Remedy = "update RabbitMQ to 3.10 or newer: Salt's queues dead-letter at least once, which older ones cannot"
	default:
		f.OK = true
	}
	return f
}

// brokerRemedy says what to do, by what the system or the broker answered.
func brokerRemedy(problem string) string {
	for _, known := range []struct{ sign, remedy string }{
		{"check name and password", "correct user and password in --url or SALT_URL, percent-encoding special characters; " +
			"guest may log in from the broker's own machine only"},
		{"does not exist or user", "name another vhost at the end of the URL, or make it: rabbitmqctl add_vhost NAME, rabbitmqctl set_permissions -p NAME USER '.*' '.*' '.*'"},
		{"connection refused", "nothing listens there: start RabbitMQ, or correct host and port (AMQP is 5672, with TLS 5671; 15672 is the web page)"},
		{"no such host", "the host's name is unknown: correct it in --url or SALT_URL"},
		{"certificate", "the broker's certificate is not trusted: install its authority, or name the host as the certificate does"},
		{"first record does not look like a TLS handshake", "this port speaks no TLS: use amqp:// instead of amqps://, or the TLS port (5671)"},
		{"no answer within", "the host does not answer as a broker: check address, port and firewall"},
		{"i/o timeout", "the host does not answer: check address, port and firewall"},
	} {
		if strings.Contains(problem, known.sign) {
			return known.remedy
		}
	}
	return "check host, port and scheme in --url or SALT_URL (AMQP is 5672, with TLS 5671)"
}

func (r *report) exchange(e *rabbitmq.ExchangeDiagnosis) {
	f := finding{Check: "exchange", OK: e.Problem == ""}
	switch {
	case e.Problem != "":
		f.Text, f.Remedy = e.Problem, "see the broker's reason"
		if i := strings.LastIndex(e.Problem, "; "); i > 0 {
			f.Text, f.Remedy = e.Problem[:i], e.Problem[i+2:]
		}
	case !e.Exists:
		f.Text = fmt.Sprintf("exchange %q does not exist yet; Salt makes it when it is first needed", e.Name)
	case e.Type == "":
		f.Text = fmt.Sprintf("exchange %q exists; this user may not see its type", e.Name)
	default:
		f.Text = fmt.Sprintf("exchange %q is a durable %s exchange", e.Name, e.Type)
	}
	r.add(f)
}

func (r *report) queue(q *rabbitmq.QueueDiagnosis, asked []string) {
	if strings.HasSuffix(q.Name, deadSuffix) && q.Exists && q.Messages > 0 {
		r.add(finding{Check: "dead_letters", Text: fmt.Sprintf("queue %q holds %s", q.Name, count(q.Messages, "dead letter")),
			Remedy: "look at their x-salt-reason and x-salt-error headers, mend the cause, and publish again what still matters"})
		return
	}
	required := false
	for _, name := range asked {
		required = required || name == q.Name
	}
	if !required {
		return // nobody asked, and it has nothing to tell
	}
	f := finding{Check: "queue"}
	switch {
	case !q.Exists && q.Problem == "":
		q.Problem = errAbsentQueue.Error()
		fallthrough
	case !q.Exists:
		f.Text = q.Problem
		f.Remedy = "start its service, or correct the name: a service's queue is salt.Options.Service, its requests' that and \".rpc\""
	case q.Consumers == 0 && !strings.HasSuffix(q.Name, deadSuffix):
		f.Text = fmt.Sprintf("queue %q (%s) has %s waiting and no consumer", q.Name, cmp.Or(q.Type, "type unknown"), count(q.Messages, "message"))
		f.Remedy = "start its service"
	case q.Problem != "":
		f.Text, f.Remedy = q.Problem, "see the broker's reason"
	default:
		f.OK = true
		f.Text = fmt.Sprintf("queue %q (%s) has %s and %s waiting", q.Name, cmp.Or(q.Type, "type unknown"),
			count(q.Consumers, "consumer"), count(q.Messages, "message"))
	}
	r.add(f)
}

var errAbsentQueue = errors.New("the queue does not exist")
