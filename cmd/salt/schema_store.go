package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt"
)

// records reads what a topic has; a topic without versions is an error.
func records(ctx context.Context, store salt.RegistryStore, topic string) ([]*salt.Record, error) {
	var list []*salt.Record
	for r, err := range store.Records(ctx, topic) {
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("topic %q is not in the registry; salt schema list shows what is", topic)
	}
	return list, nil
}

// versionOf finds one of a topic's records: "v2", "2" or "latest".
func versionOf(list []*salt.Record, want string) (*salt.Record, error) {
	if want == "" || want == salt.LatestVersion {
		return list[len(list)-1], nil
	}
	if err := salt.CheckVersion(want); err != nil {
		return nil, misuse{err}
	}
	for _, r := range list {
		if r.Version == want {
			return r, nil
		}
	}
	names := make([]string, len(list))
	for i, r := range list {
		if salt.CompareVersions(r.Version, want) == 0 {
			return r, nil
		}
		names[i] = r.Version
	}
	return nil, fmt.Errorf("topic %q has no version %s; it has %s", list[0].Topic, want, strings.Join(names, ", "))
}

// policy returns a topic's effective policy, and that of the whole registry.
func policy(ctx context.Context, store salt.RegistryStore, topic string) (effective, whole salt.Policy, err error) {
	if whole, err = store.Policy(ctx, ""); err != nil || topic == "" {
		return whole.Over(salt.Policy{}), whole, err
	}
	own, err := store.Policy(ctx, topic)
	return own.Over(whole), whole, err
}

// participants are those of a topic, and those that subscribe to a pattern that
// takes it. Of a pattern they are those of all topics that it takes.
func participants(ctx context.Context, store salt.RegistryStore, topic string) ([]*salt.Participant, error) {
	var list []*salt.Participant
	for p, err := range store.Participants(ctx, "") {
		if err != nil {
			return nil, err
		}
		if topic == "" || salt.MatchPattern(p.Topic, topic) || salt.MatchPattern(topic, p.Topic) {
			list = append(list, p)
		}
	}
	return list, nil
}

// ago is how long something is past, for people.
func ago(now, then time.Time) string {
	d := now.Sub(then)
	switch {
	case then.IsZero():
		return "never"
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours()/24))
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// none stands for nothing in a table.
func none(text string) string { return cmp.Or(text, "-") }

// knownLevels are the compatibilities as --compatibility takes them.
var knownLevels = []salt.Compatibility{
	salt.CompatibilityNone, salt.Backward, salt.BackwardTransitive, salt.Forward, salt.ForwardTransitive, salt.FullCompatibility, salt.FullCompatibilityAlways,
}

func levelNames() string {
	var names []string
	for _, l := range knownLevels {
		names = append(names, string(l))
	}
	return strings.Join(slices.Clip(names), ", ")
}
