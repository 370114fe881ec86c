package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const schemaWhoLong = `List who was seen to use a topic: publishers, subscribers, callers and servers,
those with a matching pattern included. TOPIC may be a pattern itself.

Services report themselves when they start and every ten minutes. Who was not
seen for longer than --stale is marked: it may be gone.`

// seenParticipant is what --json prints.
type seenParticipant struct {
	salt.Participant `json:",inline"`

	Stale bool `json:"stale"`
}

func (a *app) schemaWhoCommand() *cobra.Command {
	var (
		f     registryFlags
		stale time.Duration
	)
	cmd := &cobra.Command{
		Use: "who [TOPIC]", Short: "Who publishes, subscribes, calls and answers", Long: schemaWhoLong,
		Example: "  salt schema who user.created\n  salt schema who 'user.#' --stale 24h",
		Args:    arguments(0, 1, "at most one TOPIC"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if stale <= 0 {
				return misusef("--stale %v is not positive", stale)
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				list, err := participants(ctx, store, strings.Join(args, ""))
				if err != nil {
					return err
				}
				return a.printParticipants(list, time.Now(), stale)
			})
		}),
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&stale, "stale", time.Hour, "mark those that were not seen for longer")
	return cmd
}

func (a *app) printParticipants(list []*salt.Participant, now time.Time, stale time.Duration) error {
	old := func(p *salt.Participant) bool { return now.Sub(p.LastSeen) > stale }
	if a.json {
		for _, p := range list {
			if err := a.printJSON(seenParticipant{*p, old(p)}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		return a.print("nobody was seen")
	}
	colour := a.palette()
	t := table{head: []string{"TOPIC", "VERSION", "ROLE", "SERVICE", "HOST", "HANDLER", "LAST SEEN"}, paint: func(row, _ int, text string) string {
		if old(list[row]) {
			return colour.dim(text)
		}
		return text
	}}
	for _, p := range list {
		seen := ago(now, p.LastSeen)
		if old(p) {
			seen += ", stale"
		}
		version := p.Version
		if version == "" {
			version = "all"
		}
		t.add(p.Topic, version, string(p.Role), p.Service, p.Host, none(p.Handler), seen)
	}
	return a.printTable(&t)
}
