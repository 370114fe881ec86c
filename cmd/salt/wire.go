package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt/celery"
)

const wireDecodeLong = `Read a captured message and say what Salt understands of it.

The file is one JSON object with exchange, routing_key, properties, headers and
body (text, or {"__base64__": "…"}); or with redis, a stored result; or with
replies_sent. The answer is one JSON object:

  outcome         event, request, reply, ignored (somebody else's), rejected
  id              of the message
  topic, version, rpc, correlation_id, payload    of events and requests
  status, and result or error_code/error_message  of replies
  reason          of what is ignored or rejected

Exit code 0 whatever the outcome, 2 when the file is no captured message.`

func (a *app) wireCommand() *cobra.Command {
	return groupCommand("wire", "What goes over the wire", "  salt wire decode captured.json", &cobra.Command{
		Use:     "decode [FILE|-]",
		Short:   "Say what a captured message means",
		Long:    wireDecodeLong,
		Example: "  salt wire decode testdata/wire/vectors/broadcast_correlation.json\n  salt wire decode <captured.json",
		Args:    arguments(0, 1, "at most one FILE"),
		RunE: a.action(func(_ context.Context, args []string) error {
			text, err := a.document(args, "captured message", false)
			if err != nil {
				return err
			}
			d, err := celery.Describe(text)
			if err != nil {
				return misuse{err}
			}
			return a.printJSON(d)
		}),
	})
}
