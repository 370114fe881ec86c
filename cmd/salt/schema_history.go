package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

func (a *app) schemaHistoryCommand() *cobra.Command {
	var (
		f    registryFlags
		last int
	)
	cmd := &cobra.Command{
		Use: "history [TOPIC]", Short: "Who changed what, and when",
		Long:    "Print every change of a topic, or of all, oldest first: registrations, policies,\ndeprecations. Times are UTC. With --json one object a line.",
		Example: "  salt schema history user.created\n  salt schema history --last 20",
		Args:    arguments(0, 1, "at most one TOPIC"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if last < 0 {
				return misusef("--last %d is negative", last)
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				return a.history(ctx, store, strings.Join(args, ""), last)
			})
		}),
	}
	f.add(cmd)
	cmd.Flags().IntVar(&last, "last", 0, "only the last `N` changes (default all)")
	return cmd
}

func (a *app) history(ctx context.Context, store salt.RegistryStore, topic string, last int) error {
	var changes []*salt.Change
	for c, err := range store.History(ctx, topic) {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	if last > 0 {
		changes = changes[max(0, len(changes)-last):]
	}
	if a.json {
		for _, c := range changes {
			if err := a.printJSON(c); err != nil {
				return err
			}
		}
		return nil
	}
	if len(changes) == 0 {
		return a.print("no changes")
	}
	t := table{head: []string{"WHEN", "WHO", "WHAT", "TOPIC", "VERSION", "DETAIL"}}
	for _, c := range changes {
		t.add(moment(c.At), c.By, c.Kind, none(c.Topic), none(c.Version), c.Detail)
	}
	return a.printTable(&t)
}
