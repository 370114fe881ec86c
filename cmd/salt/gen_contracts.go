package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

// contracts reads what to generate from, of files or of a registry. topics are
// the arguments; fromFiles says that --schemas was given.
func (a *app) contracts(ctx context.Context, f *genFlags, topics []string, fromFiles bool) ([]*gen.Contract, error) {
	away := f.registry.url != "" || len(topics) > 0 && a.env("SALT_REGISTRY") != ""
	switch {
	case fromFiles && away:
		return nil, misusef("contracts come from files (--schemas) or from a registry (--registry, TOPICs), not from both")
	case len(topics) > 0 && !away:
		return nil, misusef("no arguments without --registry: files are given with --schemas, topics are chosen with --from")
	case away && (f.topic != "" || f.version != ""):
		return nil, misusef("--topic and --version are for bare schemas in files; write TOPIC@VERSION")
	case away:
		return a.registered(ctx, f, append(slices.Clone(f.from), topics...))
	}
	contracts, err := gen.Load(gen.LoadOptions{Topic: f.topic, Version: f.version}, f.schemas...)
	if err != nil {
		return nil, misuse{err}
	}
	if contracts, err = gen.Select(contracts, f.from...); err != nil {
		return nil, misusef("--from: %w", err)
	}
	return contracts, nil
}

// registered reads contracts from a registry. No topics are all.
func (a *app) registered(ctx context.Context, f *genFlags, topics []string) ([]*gen.Contract, error) {
	if len(topics) == 0 {
		topics = []string{"#"}
	}
	chosen := map[string]*salt.Record{} // by topic and version
	err := a.withStore(ctx, &f.registry, func(ctx context.Context, store salt.RegistryStore) error {
		for _, topic := range topics {
			topic, wanted, _ := strings.Cut(topic, "@")
			if err := salt.CheckPattern(topic); err != nil {
				return misuse{err}
			}
			found, err := matching(ctx, store, topic)
			if err != nil {
				return err
			}
			for _, list := range found {
				r, err := versionOf(list, wanted)
				if err != nil {
					return err
				}
				chosen[r.Topic+"@"+r.Version] = r
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var specs []*salt.Spec
	for _, r := range chosen {
		specs = append(specs, &r.Spec)
	}
	salt.SortSpecs(specs)
	contracts := make([]*gen.Contract, len(specs))
	for i, s := range specs {
		contracts[i] = gen.FromSpec(s)
	}
	return contracts, nil
}

// matching reads the records of the topics that a pattern takes, topic by topic.
func matching(ctx context.Context, store salt.RegistryStore, pattern string) ([][]*salt.Record, error) {
	if salt.CheckTopic(pattern) == nil {
		list, err := records(ctx, store, pattern)
		return [][]*salt.Record{list}, err
	}
	var found [][]*salt.Record
	for r, err := range store.Records(ctx, "") {
		if err != nil {
			return nil, err
		}
		if !salt.MatchPattern(pattern, r.Topic) {
			continue
		}
		if n := len(found); n > 0 && found[n-1][0].Topic == r.Topic {
			found[n-1] = append(found[n-1], r)
			continue
		}
		found = append(found, []*salt.Record{r})
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no topic in the registry matches %q; salt schema list shows what is", pattern)
	}
	return found, nil
}
