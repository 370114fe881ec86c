package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const schemaListLong = `List the topics of a registry: their kind, their versions, the compatibility that
new versions must keep, and their owner. A deprecated version is in brackets.

With --json one object a line.`

// listedTopic is what --json prints of a topic.
type listedTopic struct {
	Topic         string             `json:"topic"`
	Mode          salt.Mode          `json:"mode"`
	Versions      []string           `json:"versions"`
	Latest        string             `json:"latest"`
	Owner         string             `json:"owner"`
	Compatibility salt.Compatibility `json:"compatibility"`
	Deprecated    []string           `json:"deprecated"`
}

func (a *app) schemaListCommand() *cobra.Command {
	var f registryFlags
	cmd := &cobra.Command{
		Use: "list [PREFIX]", Short: "The topics of a registry", Long: schemaListLong,
		Example: "  salt schema list\n  salt schema list user. --registry file:schemas\n  salt schema list --json | jq -r .topic",
		Args:    arguments(0, 1, "at most one PREFIX"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				return a.listTopics(ctx, store, strings.Join(args, ""))
			})
		}),
	}
	f.add(cmd)
	return cmd
}

func (a *app) listTopics(ctx context.Context, store salt.RegistryStore, prefix string) error {
	topics, err := topicsOf(ctx, store, prefix)
	if err != nil {
		return err
	}
	if a.json {
		for _, l := range topics {
			if err := a.printJSON(l); err != nil {
				return err
			}
		}
		return nil
	}
	if len(topics) == 0 {
		return a.print("no topics" + map[bool]string{true: " that begin with " + printable(prefix)}[prefix != ""])
	}
	p := a.palette()
	t := table{head: []string{"TOPIC", "KIND", "VERSIONS", "COMPATIBILITY", "OWNER"}, paint: func(_, column int, text string) string {
		if column == 0 {
			return p.bold(text)
		}
		return text
	}}
	for _, l := range topics {
		t.add(l.Topic, string(l.Mode), l.shownVersions(), string(l.Compatibility), none(l.Owner))
	}
	return a.printTable(&t)
}

// topicsOf reads whole lists only, so that a large registry costs a few
// questions.
func topicsOf(ctx context.Context, store salt.RegistryStore, prefix string) ([]*listedTopic, error) {
	var topics []*listedTopic
	for r, err := range store.Records(ctx, "") {
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(r.Topic, prefix) {
			continue
		}
		if n := len(topics); n == 0 || topics[n-1].Topic != r.Topic {
			topics = append(topics, &listedTopic{Topic: r.Topic, Mode: r.Mode, Versions: []string{}, Deprecated: []string{}})
		}
		l := topics[len(topics)-1]
		l.Versions, l.Latest = append(l.Versions, r.Version), r.Version
		if r.Deprecated != "" {
			l.Deprecated = append(l.Deprecated, r.Version)
		}
	}
	set, err := policies(ctx, store)
	if err != nil {
		return nil, err
	}
	for _, l := range topics {
		p := set[l.Topic].Over(set[""])
		l.Owner, l.Compatibility = p.Owner, p.Compatibility
	}
	return topics, nil
}

// policies are those that were set, by topic, and under "" the registry's. A
// store that cannot list them has a history, which tells the topics to ask for.
func policies(ctx context.Context, store salt.RegistryStore) (map[string]salt.Policy, error) {
	if all, ok := store.(interface {
		Policies(ctx context.Context) (map[string]salt.Policy, error)
	}); ok {
		return all.Policies(ctx)
	}
	whole, err := store.Policy(ctx, "")
	set := map[string]salt.Policy{"": whole}
	if err != nil {
		return nil, err
	}
	for c, err := range store.History(ctx, "") {
		if err != nil {
			return nil, err
		}
		if _, asked := set[c.Topic]; asked || c.Kind != salt.ChangePolicy {
			continue
		}
		if set[c.Topic], err = store.Policy(ctx, c.Topic); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// shownVersions are the versions for people: of many, the last.
func (l *listedTopic) shownVersions() string {
	const few = 5
	var shown []string
	versions := l.Versions
	if len(versions) > few {
		shown = append(shown, "…")
		versions = versions[len(versions)-few:]
	}
	for _, v := range versions {
		if slices.Contains(l.Deprecated, v) {
			v = "(" + v + ")"
		}
		shown = append(shown, v)
	}
	return strings.Join(shown, " ")
}
