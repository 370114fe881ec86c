package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/celerysalt/salt"
)

// messageFlags are the flags of publish and call that shape the message.
type messageFlags struct {
	version, id, correlation, exchange, dialect string

	headers  []string
	priority int
	expires  time.Duration
}

func (f *messageFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.version, "version", salt.DefaultVersion, `schema version; "" for a message without one, which only handlers of all versions get`)
	flags.StringVar(&f.id, "id", "", "message id, to repeat a publish whose outcome is unknown (default a new UUID)")
	flags.StringVar(&f.correlation, "correlation-id", "", "the application's correlation id")
	flags.StringVar(&f.exchange, "exchange", salt.DefaultExchange, "topic exchange; one that does not exist is made, and stays")
	flags.StringVar(&f.dialect, "dialect", salt.CelerySalt.String(), "write as this Python library does: celery-salt or tchu-tchu")
	flags.StringArrayVar(&f.headers, "header", nil, "header `NAME=VALUE`; repeatable")
	flags.IntVar(&f.priority, "priority", 0, "0 to 10, the most urgent")
}

func (f *messageFlags) addExpires(flags *pflag.FlagSet) {
	flags.DurationVar(&f.expires, "expires", 0, "drop the message unhandled after this time, as in 90s (default never)")
}

// message makes the message; what is wrong with the flags is misuse.
func (f *messageFlags) message(topic string, body []byte) (*salt.Message, error) {
	m := &salt.Message{Topic: topic, Version: f.version, Exchange: f.exchange, CorrelationID: f.correlation, Body: body}
	var err error
	if m.Dialect, err = dialectNamed(f.dialect); err != nil {
		return nil, misusef("--dialect: %w", err)
	}
	var opts []salt.MessageOption
	if f.id != "" {
		opts = append(opts, salt.MessageID(f.id))
	}
	if f.expires != 0 {
		opts = append(opts, salt.Expires(f.expires))
	}
	opts = append(opts, salt.Priority(f.priority))
	for _, h := range f.headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok {
			return nil, misusef("--header wants NAME=VALUE, got %q", h)
		}
		opts = append(opts, salt.Header(name, value))
	}
	errs := []error{salt.CheckTopic(topic)}
	if f.version != "" {
		errs = append(errs, salt.CheckVersion(f.version))
	}
	for _, set := range opts {
		errs = append(errs, set(m))
	}
	if err := firstOf(errs); err != nil {
		return nil, misuse{err}
	}
	return m, nil
}

func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// outcomeOf words the outcome of a publish: confirmed, refused or unknown.
func outcomeOf(err error) string {
	if err == nil {
		return "confirmed"
	}
	if pe, ok := errors.AsType[*salt.PublishError](err); ok {
		return pe.Outcome.String()
	}
	return salt.Refused.String()
}

// count is "1 message", "2 messages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
