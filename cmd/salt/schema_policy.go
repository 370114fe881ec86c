package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

func (a *app) schemaDeprecateCommand() *cobra.Command {
	var (
		f    registryFlags
		lift bool
	)
	cmd := &cobra.Command{
		Use: "deprecate TOPIC VERSION NOTE", Short: "Mark a version as not to be used any more",
		Long: `Mark a version with a note for its users, or lift the mark. New versions are not
compared with deprecated ones. Nothing is ever deleted: messages of the version
still flow, and its schema stays.`,
		Example: "  salt schema deprecate user.created v1 'use v2; gone after May'\n  salt schema deprecate user.created v1 --lift",
		Args:    arguments(2, 3, "TOPIC, VERSION and NOTE"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			note := strings.TrimSpace(strings.Join(args[2:], ""))
			switch {
			case lift && note != "":
				return misusef("--lift takes no NOTE")
			case !lift && note == "":
				return misusef("the NOTE is missing: say what to use instead (--lift lifts the mark)")
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				list, err := records(ctx, store, args[0])
				if err != nil {
					return err
				}
				r, err := versionOf(list, args[1])
				if err != nil {
					return err
				}
				if err := store.Deprecate(ctx, r.Topic, r.Version, note); err != nil {
					return err
				}
				if lift {
					return a.print(r.Topic + " " + r.Version + " is not deprecated any more")
				}
				return a.print(r.Topic + " " + r.Version + " is deprecated: " + note)
			})
		}),
	}
	f.addActor(cmd)
	f.access = mayChange
	cmd.Flags().BoolVar(&lift, "lift", false, "lift the mark")
	return cmd
}

const schemaPolicyLong = `Show or set the rules of a topic, or without TOPIC those of the whole registry,
which topics inherit. A topic need not have versions yet.

  compatibility  what a new version must keep: NONE; BACKWARD, new readers accept
                 what old writers send; FORWARD, old readers accept what new
                 writers send (the default); FULL, both; and each of them with
                 _TRANSITIVE, against all versions and not only the neighbours
  readers        lenient: readers ignore members that they do not know (the
                 default); strict: every open object may carry anything
  owner          a team or a person to ask

An empty value removes a rule, so that it is inherited again.`

// shownPolicy is what --json prints.
type shownPolicy struct {
	Topic     string      `json:"topic"`
	Set       salt.Policy `json:"set"`
	Effective salt.Policy `json:"effective"`
}

func (a *app) schemaPolicyCommand() *cobra.Command {
	var (
		f                     registryFlags
		level, readers, owner string
	)
	cmd := &cobra.Command{
		Use: "policy [TOPIC]", Short: "The rules for new versions", Long: schemaPolicyLong,
		Example: `  salt schema policy user.created
  salt schema policy user.created --compatibility FULL --owner team-accounts
  salt schema policy --compatibility FORWARD_TRANSITIVE    # for all topics without their own`,
		Args: arguments(0, 1, "at most one TOPIC"),
	}
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		topic, changed := strings.Join(args, ""), false
		given := func(name string) bool {
			set := cmd.Flags().Changed(name)
			changed = changed || set
			return set
		}
		change := func(p salt.Policy) salt.Policy {
			if given("compatibility") {
				p.Compatibility = salt.Compatibility(strings.ToUpper(level))
			}
			if given("readers") {
				p.Readers = schema.ReaderPolicy(strings.ToLower(readers))
			}
			if given("owner") {
				p.Owner = owner
			}
			return p
		}
		if err := change(salt.Policy{}).Check(); err != nil {
			return misuse{err}
		}
		if topic != "" {
			if err := salt.CheckTopic(topic); err != nil {
				return misuse{err}
			}
		}
		if !changed {
			f.access = mayRead
		}
		return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
			set, err := store.Policy(ctx, topic)
			if err != nil {
				return err
			}
			if changed {
				set = change(set)
				if err := store.SetPolicy(ctx, topic, set); err != nil {
					return err
				}
			}
			_, whole, err := policy(ctx, store, "")
			if err != nil {
				return err
			}
			return a.printPolicy(topic, set, whole)
		})
	})
	f.addActor(cmd)
	cmd.Flags().StringVar(&level, "compatibility", "", "one of "+levelNames())
	cmd.Flags().StringVar(&readers, "readers", "", "lenient or strict")
	cmd.Flags().StringVar(&owner, "owner", "", "a team or a person")
	return cmd
}

func (a *app) printPolicy(topic string, set, whole salt.Policy) error {
	effective := set.Over(whole)
	if a.json {
		return a.printJSON(shownPolicy{topic, set, effective})
	}
	t := table{head: []string{"", "", ""}}
	for _, r := range []struct{ name, own, inherited, value string }{
		{"compatibility", string(set.Compatibility), string(whole.Compatibility), string(effective.Compatibility)},
		{"readers", string(set.Readers), string(whole.Readers), string(effective.Readers)},
		{"owner", set.Owner, whole.Owner, effective.Owner},
	} {
		from := "default"
		switch {
		case r.own != "" && topic != "":
			from = "set for the topic"
		case cmp.Or(r.own, r.inherited) != "":
			from = "set for the registry"
		case r.value == "":
			from = ""
		}
		t.add(r.name, none(r.value), from)
	}
	return a.printTable(&t)
}
