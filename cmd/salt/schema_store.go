package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	_ "github.com/celerysalt/salt/postgres" // postgres: and postgresql:
	_ "github.com/celerysalt/salt/registry" // memory:, file:, http: and https:
)

// registryFlags say which registry, and who changes it.
type registryFlags struct {
	url   string
	actor string

	flag string // that the URL comes from, if not --registry
}

func (f *registryFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.url, "registry", "", "the registry's `URL`: file:DIRECTORY, https://HOST or postgres://… (default $SALT_REGISTRY)")
}

// addActor is for commands that change something.
func (f *registryFlags) addActor(cmd *cobra.Command) {
	f.add(cmd)
	cmd.Flags().StringVar(&f.actor, "actor", "", "`NAME` that the history gets (default $SALT_ACTOR, else user@host)")
}

// withStore runs do on the registry that the flags or the environment name.
func (a *app) withStore(ctx context.Context, f *registryFlags, do func(context.Context, salt.RegistryStore) error) (err error) {
	url := cmp.Or(f.url, a.env("SALT_REGISTRY"))
	switch {
	case url == "":
		return misusef("no registry: give %s URL or set SALT_REGISTRY, for example to file:schemas, https://registry.example.com or postgres://user@host/database", cmp.Or(f.flag, "--registry"))
	case !strings.Contains(url, ":"):
		return misusef("the registry's URL has no scheme: write file:DIRECTORY, https://HOST or postgres://HOST/DATABASE")
	}
	store, err := salt.OpenRegistry(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, store.Close()) }()
	return do(salt.WithActor(ctx, f.actorName(a.env)), store)
}

func (f *registryFlags) actorName(env func(string) string) string {
	host, _ := os.Hostname() // without one the name must do
	user := cmp.Or(env("USER"), env("USERNAME"), "salt")
	return cmp.Or(f.actor, env("SALT_ACTOR"), strings.TrimSuffix(user+"@"+host, "@"))
}

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
