package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/rabbitmq"
	"github.com/celerysalt/salt/registry"
)

const demoLong = `Show what Salt does in one page, and check it while showing.

Runs in this process, without any server, whatever SALT_URL says. With --url it
runs the very same on RabbitMQ: under topics of its own and through private
queues that vanish at the end, so that no other traffic is touched.

Exit code 1 if any part does not do what it says.`

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "demo",
		Short:   "What Salt does, in one page, without any server",
		Long:    demoLong,
		Example: "  salt demo\n  salt demo --url amqp://guest:guest@localhost:5672/",
		Args:    arguments(0, 0, "no arguments"),
		RunE:    a.action(func(ctx context.Context, _ []string) error { return a.demo(ctx) }),
	}
}

// demoPatience is how long a part of the demo waits for its messages.
const demoPatience = 10 * time.Second

// A demo is one run on one bus.
type demo struct {
	p        palette
	text     bytes.Buffer // of the part being run
	bus      *salt.Bus
	registry *registry.Memory
	got      deliveries

	mu   sync.Mutex
	sent []*salt.Message
}

// shown is the JSON of one part.
type shown struct {
	Part  string `json:"part"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitzero"`
}

func (a *app) demo(ctx context.Context) error {
	began := time.Now()
	d := &demo{p: a.palette(), registry: registry.NewMemory()}
	where, t := "in this process, without any server", salt.Transport(inmem.New())
	if a.url != "" {
		var err error
		if t, err = a.transport(a.url, a.logger()); err != nil {
			return err
		}
		if err := a.reachable(ctx); err != nil {
			return errors.Join(fmt.Errorf("demo: %w", err), t.Close(ctx))
		}
		where = "on " + shownURL(a.url)
	}
	if err := d.open(ctx, t, a); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if !a.json {
		if err := a.print(fmt.Sprintf("%s %s. All topics begin with %q.\n", d.p.bold("Salt"), where, demoRun+".")); err != nil {
			return err
		}
	}
	parts := d.parts()
	failed := 0
	for i, part := range parts {
		failure := d.run(ctx, part)
		if failure != nil {
			failed++
		}
		if err := a.printPart(d, i+1, part.title, failure); err != nil {
			return err
		}
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	if err := d.bus.Close(end); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if failed > 0 {
		return fmt.Errorf("demo: %d of %d parts did not do what they say", failed, len(parts))
	}
	if a.json {
		return nil
	}
	return a.print(fmt.Sprintf("%s in %v. Next: examples/ in the repository, and salt --help.",
		d.p.green(fmt.Sprintf("All %d parts did what they say", len(parts))), time.Since(began).Round(time.Millisecond)))
}

// reachable asks before the demo begins: a bus would wait for its broker.
func (a *app) reachable(ctx context.Context) error {
	d, err := rabbitmq.Diagnose(ctx, a.url, &rabbitmq.Options{Logger: a.logger(), DialTimeout: dialTimeout}, nil, nil)
	switch {
	case err != nil:
		return err
	case d.Broker.Problem != "":
		return fmt.Errorf("%w: %s", salt.ErrUnavailable, d.Broker.Problem)
	}
	return nil
}

// open makes the bus, subscribes and starts.
func (d *demo) open(ctx context.Context, t salt.Transport, a *app) error {
	bus, err := salt.Open(ctx, t, &salt.Options{
		Catalog: demoCatalog, Registry: d.registry, Logger: a.logger(), Service: demoRun,
		Send: []salt.Middleware{d.record},
	})
	if err != nil {
		return err
	}
	d.bus = bus
	d.subscribe()
	start, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	if err := bus.Start(start); err != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
		defer cancel()
		_ = bus.Close(end) // the failure is what counts
		return err
	}
	return nil
}

// record remembers what goes out.
func (d *demo) record(next salt.Handler) salt.Handler {
	return func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		sent := *m
		d.mu.Lock()
		d.sent = append(d.sent, &sent)
		d.mu.Unlock()
		return next(ctx, m)
	}
}

func (d *demo) sentSoFar() []*salt.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sent
}

// run runs one part, which may not hang and may not take the demo with it.
func (d *demo) run(ctx context.Context, p part) error {
	d.text.Reset()
	ctx, cancel := context.WithTimeoutCause(ctx, demoPatience, errors.New("nothing arrived in time"))
	defer cancel()
	return p.run(ctx)
}

func (a *app) printPart(d *demo, number int, title string, failure error) error {
	if a.json {
		s := shown{Part: title, OK: failure == nil}
		if failure != nil {
			s.Error = failure.Error()
		}
		return a.printJSON(s)
	}
	verdict := d.p.green("ok")
	if failure != nil {
		verdict = d.p.red("FAILED: " + failure.Error())
	}
	return a.print(fmt.Sprintf("%s\n%s   %s\n", d.p.bold(fmt.Sprintf("%d. %s", number, title)), d.text.String(), verdict))
}

// say adds a line of explanation, code a line of Go, show a labelled fact.
func (d *demo) say(text string) { fmt.Fprintf(&d.text, "   %s\n", text) }

func (d *demo) code(text string) { fmt.Fprintf(&d.text, "       %s\n", d.p.cyan(text)) }

func (d *demo) show(label, format string, args ...any) {
	fmt.Fprintf(&d.text, "   %s %s\n", d.p.dim(fmt.Sprintf("%-9s", label)), fmt.Sprintf(format, args...))
}

// showWire shows the last message in the envelope that the broker carries.
func (d *demo) showWire() error {
	sent := d.sentSoFar()
	e, err := celery.Encode(sent[len(sent)-1])
	if err != nil {
		return err
	}
	body := string(e.Body)
	if i := strings.LastIndex(body, `, {"callbacks"`); i > 0 {
		body = body[:i] + ", {…}]"
	}
	d.show("wire", "exchange %s, routing key %s", e.Exchange, e.RoutingKey)
	d.show("", "headers task=%v lang=%v id=%v …", e.Headers["task"], e.Headers["lang"], e.Headers["id"])
	d.show("", "body %s", body)
	return nil
}
