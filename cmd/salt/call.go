package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

const callLong = `Send a request and print the result of the service that answers it, as JSON.

An error that the service answers on purpose (error_code, error_message) goes to
stderr and the exit code is 1; so do "no handler", a service that failed, and no
answer within --timeout.

A Python worker whose result backend is Redis answers there alone: name it with
--results.`

// answered is what --json prints.
type answered struct {
	ID      string         `json:"id"`
	Outcome string         `json:"outcome"` // result, error, fault, failed
	Result  jsontext.Value `json:"result,omitzero"`

	// Of an error: the object the service answered. Of a fault its kind.
	Answer jsontext.Value `json:"answer,omitzero"`
	Fault  salt.Fault     `json:"fault,omitzero"`
	Error  string         `json:"error,omitzero"`
}

func (a *app) callCommand() *cobra.Command {
	var (
		f       messageFlags
		timeout time.Duration
		backend string
	)
	cmd := &cobra.Command{
		Use:   "call TOPIC [JSON|-]",
		Short: "Call an RPC and print its result",
		Long:  callLong,
		Example: `  salt call rpc.calculator.add '{"a": 2, "b": 3}'
  salt call risk.get --timeout 5s - <request.json
  salt call risk.get '{"id": 7}' --results redis://localhost:6379/0`,
		Args: arguments(1, 2, "TOPIC and at most one JSON"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if timeout <= 0 {
				return misusef("--timeout must be above 0, got %v", timeout)
			}
			body, err := a.payload(args[1:])
			if err != nil {
				return err
			}
			m, err := f.message(args[0], body)
			if err != nil {
				return err
			}
			m.Transient = true // a request outlives neither its caller nor its deadline
			results, err := a.results(backend)
			if err != nil {
				return err
			}
			return a.withBus(ctx, results, func(bus *salt.Bus) error {
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				reply, err := bus.Request(ctx, m)
				return a.printReply(m, reply, err)
			})
		}),
	}
	f.add(cmd.Flags())
	cmd.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long to wait for the answer")
	cmd.Flags().StringVar(&backend, "results", "", "redis://… that Python services answer through, beside rpc:// (default $SALT_RESULTS, else none)")
	return cmd
}

// results opens Celery's other way for answers, nil without one.
func (a *app) results(url string) (salt.ResultBackend, error) {
	if url = cmp.Or(url, a.env("SALT_RESULTS")); url == "" {
		return nil, nil
	}
	r, err := redis.Open(url, &redis.Options{Logger: a.logger()})
	if err != nil {
		return nil, misusef("--results: %w", err)
	}
	return r, nil
}

// printReply prints the result, or returns why there is none.
func (a *app) printReply(m *salt.Message, reply *salt.Reply, err error) error {
	out := answered{ID: m.ID, Outcome: "failed"}
	switch {
	case err != nil:
	case reply.Fault != nil:
		out.Outcome, out.Fault, err = "fault", reply.Fault.Kind, reply.Fault
	default:
		if err = authoredError(reply.Body); err != nil {
			out.Outcome, out.Answer = "error", reply.Body
		} else {
			out.Outcome, out.Result = "result", reply.Body
		}
	}
	if pe, ok := errors.AsType[*salt.PublishError](err); ok {
		err = pe.Err // it was no publish to the person who called
	}
	if err != nil {
		out.Error = err.Error()
		err = fmt.Errorf("call %q (id %s): %w", m.Topic, m.ID, err)
	}
	switch {
	case a.json:
		if printed := a.printJSON(out); printed != nil {
			return printed
		}
	case err == nil:
		return a.printJSON(out.Result)
	}
	return err
}

// authoredError returns the error that a service answered on purpose, nil for
// a result: by either key Python knows one (PROTOCOL.md, section 6.6).
func authoredError(body jsontext.Value) error {
	var e struct {
		Code    jsontext.Value `json:"error_code"`
		Message jsontext.Value `json:"error_message"`
		Details jsontext.Value `json:"details"`
	}
	if body.Kind() != jsontext.KindBeginObject {
		return nil
	}
	_ = json.Unmarshal(body, &e) // decoding the reply made sure that it is JSON
	if e.Code == nil && e.Message == nil {
		return nil
	}
	text := "the service answered an error"
	if e.Code != nil {
		text += " " + plain(e.Code)
	}
	if e.Message != nil {
		text += ": " + plain(e.Message)
	}
	if d := string(e.Details); d != "" && d != "{}" && d != "null" {
		text += " (details " + printable(d) + ")"
	}
	return fmt.Errorf("%s", text)
}

// plain is a JSON string's text, or the JSON of anything else, fit for a
// terminal.
func plain(v jsontext.Value) string {
	text := string(v)
	if v.Kind() == jsontext.KindString {
		_ = json.Unmarshal(v, &text) // part of a text that was read
	}
	return printable(text)
}
