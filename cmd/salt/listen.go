package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const listenLong = `Show messages as they pass, through a private queue that vanishes with the
command. Nobody else's queues are touched: services get their messages as ever.

Patterns are RabbitMQ's, matched against the routing key: "*" stands for one
word, "#" for any number of words. Quote them for the shell.

When the broker goes away, listen says so on stderr, waits for it and goes on;
what is published meanwhile passes unseen. Ctrl-C ends it, with exit code 0.

Requests are shown and not answered. While they are listened to, a call that no
service answers is told so only at its deadline, for it has reached somebody.`

type listenFlags struct {
	exchange string
	count    int
}

func (a *app) listenCommand() *cobra.Command {
	var f listenFlags
	cmd := &cobra.Command{
		Use:   "listen PATTERN...",
		Short: "Show messages live",
		Long:  listenLong,
		Example: `  salt listen '#'
  salt listen 'user.#' 'order.*.paid' --json | jq .payload
  salt listen user.signup.completed --count 1`,
		Args: arguments(1, -1, "at least one PATTERN ('#' is all)"),
		RunE: a.action(func(ctx context.Context, patterns []string) error { return a.listen(ctx, patterns, &f) }),
	}
	cmd.Flags().StringVar(&f.exchange, "exchange", salt.DefaultExchange, "topic exchange; one that does not exist is made, and stays")
	cmd.Flags().IntVar(&f.count, "count", 0, "end after this many messages (default never)")
	return cmd
}

func (a *app) listen(ctx context.Context, patterns []string, f *listenFlags) error {
	if f.count < 0 {
		return misusef("--count must not be negative, got %d", f.count)
	}
	var bindings []salt.Binding
	for _, p := range patterns {
		if err := salt.CheckPattern(p); err != nil {
			return misuse{err}
		}
		bindings = append(bindings, salt.Binding{Exchange: f.exchange, Pattern: p})
	}
	e := newEar()
	t, err := a.transport(a.brokerURL(), slog.New(&undecodableLog{Handler: a.logger().Handler(), ear: e}))
	if err != nil {
		return err
	}
	// The transport itself and not a bus: a bus would hold back what is not yet
	// due, and give out twice what matches two patterns.
	consuming, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		e.end <- t.Consume(consuming, salt.Queue{
			Name: "salt-listen", Bindings: bindings, Ephemeral: true, Concurrency: 1, Status: e.status,
		}, e.hear(consuming))
	}()
	err = a.show(ctx, e, fmt.Sprintf("%s on %s", strings.Join(patterns, " "), shownURL(a.brokerURL())), f.count)
	stop()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	if closed := t.Close(end); err == nil {
		err = closed
	}
	return err
}

// An ear is where a listener's news arrive, for one goroutine to tell.
type ear struct {
	messages    chan *salt.Message
	undecodable chan string
	changes     chan error // of liveness; nil is live
	end         chan error
}

func newEar() *ear {
	return &ear{
		messages: make(chan *salt.Message), undecodable: make(chan string, 64),
		changes: make(chan error, 64), end: make(chan error, 1),
	}
}

// hear hands over one message after the other, in the queue's order.
func (e *ear) hear(ctx context.Context) salt.Handler {
	return func(_ context.Context, m *salt.Message) (*salt.Reply, error) {
		select {
		case e.messages <- m:
		case <-ctx.Done():
		}
		return nil, nil
	}
}

func (e *ear) status(err error) {
	select {
	case e.changes <- err:
	default: // stderr is stuck; the listener must not be
	}
}

// undecodableLog catches what the transport logs about messages that never
// reach a handler: the tail of a bus is where one looks for them.
type undecodableLog struct {
	slog.Handler
	ear *ear
}

func (l *undecodableLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || l.Handler.Enabled(ctx, level)
}

func (l *undecodableLog) Handle(ctx context.Context, r slog.Record) error {
	var reason, text string
	r.Attrs(func(attr slog.Attr) bool {
		switch attr.Key {
		case "reason":
			reason = attr.Value.String()
		case "error":
			text = attr.Value.String()
		}
		return true
	})
	if reason == string(salt.ReasonUndecodable) {
		select {
		case l.ear.undecodable <- text:
		default:
		}
		return nil
	}
	if !l.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}

func (l *undecodableLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &undecodableLog{Handler: l.Handler.WithAttrs(attrs), ear: l.ear}
}

func (l *undecodableLog) WithGroup(name string) slog.Handler {
	return &undecodableLog{Handler: l.Handler.WithGroup(name), ear: l.ear}
}

// show tells what the ear hears until ctx ends or count messages have passed.
func (a *app) show(ctx context.Context, e *ear, where string, count int) error {
	var told tidings
	p := a.palette()
	for seen := 0; count == 0 || seen < count; {
		select {
		case m := <-e.messages:
			seen++
			if err := a.showMessage(p, m, time.Now()); err != nil {
				return err
			}
		case text := <-e.undecodable:
			fmt.Fprintf(a.err, "salt: a message passed that no service can decode: %s\n", printable(strings.TrimPrefix(text, "undecodable: ")))
		case err := <-e.changes:
			if text := told.change(where, err); text != "" {
				fmt.Fprintf(a.err, "salt: %s\n", text)
			}
		case err := <-e.end:
			if ctx.Err() == nil {
				return err
			}
			return nil // interrupted; what ended first does not matter
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// tidings words the changes of liveness, and keeps to itself what was said.
type tidings struct{ live, was bool }

func (t *tidings) change(where string, err error) string {
	wasLive := t.live
	t.live = err == nil
	switch {
	case errors.Is(err, salt.ErrClosed):
		return ""
	case err == nil && t.was:
		return "connected again, listening to " + where
	case err == nil:
		t.was = true
		return "listening to " + where + ", Ctrl-C ends"
	case wasLive:
		return fmt.Sprintf("connection lost, waiting for the broker: %s", oneSentence(err))
	}
	return fmt.Sprintf("not connected, trying again: %s", oneSentence(err))
}

// heard is a message in JSON.
type heard struct {
	Time          time.Time         `json:"time"` // of arrival here
	Topic         string            `json:"topic"`
	Version       *string           `json:"version"`
	ID            string            `json:"id"`
	RPC           bool              `json:"rpc"`
	CorrelationID *string           `json:"correlation_id"`
	RoutingKey    string            `json:"routing_key"`
	Dialect       string            `json:"dialect"`
	BridgedFrom   *string           `json:"bridged_from,omitempty"`
	Priority      uint8             `json:"priority,omitzero"`
	Expires       time.Time         `json:"expires,omitzero"`
	NotBefore     time.Time         `json:"not_before,omitzero"`
	Header        map[string]string `json:"header,omitempty"`
	Payload       jsontext.Value    `json:"payload"`
}

func bridgedFrom(m *salt.Message) *string {
	if m.BridgedFrom == 0 {
		return nil
	}
	name := m.BridgedFrom.String()
	return &name
}

func (a *app) showMessage(p palette, m *salt.Message, at time.Time) error {
	if a.json {
		return a.printJSON(heard{
			Time: at, Topic: m.Topic, Version: orNull(m.Version), ID: m.ID, RPC: m.RPC,
			CorrelationID: orNull(m.CorrelationID), RoutingKey: m.Key(), Dialect: m.Dialect.String(),
			Priority: m.Priority, Expires: m.Expires, NotBefore: m.NotBefore, Header: m.Header,
			Payload: m.Body, BridgedFrom: bridgedFrom(m),
		})
	}
	payload := jsontext.Value(slices.Clone(m.Body)) // others read the body
	_ = payload.Compact()                           // decoding made sure that it is JSON
	version := m.Version
	if version == "" {
		version = "-"
	}
	words := []string{p.dim(at.Format("15:04:05.000")), p.bold(printable(m.Topic)), p.cyan(printable(version)), p.dim(printable(m.ID))}
	if m.RPC {
		words = append(words, p.cyan("rpc"))
	}
	return a.print(strings.Join(append(words, printable(string(payload))), "  "))
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
