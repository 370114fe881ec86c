package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

const defaultURL = "amqp://guest:guest@localhost:5672/"

// dialTimeout is shorter than the library's: a person waits.
const dialTimeout = 5 * time.Second

// closePatience bounds the end of a command.
const closePatience = 5 * time.Second

// brokerURL is where commands that need a broker look for it.
func (a *app) brokerURL() string { return cmp.Or(a.url, a.env("SALT_URL"), defaultURL) }

// logger is silent without --verbose: what goes wrong is a command's error.
func (a *app) logger() *slog.Logger {
	if !a.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// transport opens the broker's transport. It does no I/O.
func (a *app) transport(url string, log *slog.Logger) (salt.Transport, error) {
	t, err := a.open(url, &rabbitmq.Options{Logger: log, ConnectionName: "salt (command line)", DialTimeout: dialTimeout})
	if err != nil {
		return nil, misuse{err}
	}
	return t, nil
}

// withBus runs do on a bus for raw messages, which knows no definitions.
// results may be nil.
func (a *app) withBus(ctx context.Context, results salt.ResultBackend, do func(*salt.Bus) error) error {
	t, err := a.transport(a.brokerURL(), a.logger())
	if err != nil {
		return err
	}
	bus, err := salt.Open(ctx, t, &salt.Options{Catalog: salt.NewCatalog(), Logger: a.logger(), Results: results, Service: "salt-cli"})
	if err != nil {
		return err
	}
	failed := do(bus)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer cancel()
	return cmp.Or(failed, bus.Close(end))
}

// withRemedy adds what the person can do about an error.
func withRemedy(err error) error {
	var do string
	pe, published := errors.AsType[*salt.PublishError](err)
	se, ofStore := errors.AsType[storeError](err)
	switch {
	case errors.Is(err, context.Canceled):
		do = "it was interrupted"
	case ofStore:
		do = se.remedy()
	case errors.Is(err, salt.ErrUnavailable) && strings.Contains(err.Error(), "result backend"):
		do = "start the Redis that --results names, or leave it out if the service answers over rpc://"
	case errors.Is(err, salt.ErrUnavailable):
		do = brokerRemedy(err.Error()) + "; \"salt doctor\" tells more"
	case errors.Is(err, salt.ErrBlocked):
		do = "the broker is short of memory or disk: free some, and try again"
	case published && pe.Outcome == salt.Unknown:
		do = fmt.Sprintf("the message may have arrived: to try again without a double, add --id %s", pe.ID)
	case errors.Is(err, salt.ErrUnroutable):
		do = "start the service that should hear it, or leave out --must-route"
	case errors.Is(err, salt.ErrNoHandler):
		do = "start the service that answers it, or check topic and --version"
	case errors.Is(err, salt.ErrExpired), errors.Is(err, context.DeadlineExceeded):
		do = "the service may be down (salt doctor --queue SERVICE.rpc), slow, or may have failed: see its log, or allow more with --timeout"
	}
	if do == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, do)
}
