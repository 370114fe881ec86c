package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/celerysalt/salt"
)

// A judged definition.
type judged struct {
	*definition
	*salt.Verdict
}

// A judge is a registry that says itself what it would say, as registry.HTTP
// does: in one question.
type judge interface {
	Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error)
}

// judgeAll says what a registry would say to the definitions, one after the
// other, without changing it: one that is not refused counts for those after it.
func judgeAll(ctx context.Context, store salt.RegistryStore, defs []*definition) ([]*judged, error) {
	if far, ok := store.(judge); ok {
		return judgedBy(ctx, far, defs)
	}
	whole, err := store.Policy(ctx, "")
	if err != nil {
		return nil, err
	}
	topics := map[string]*topicState{}
	var list []*judged
	for _, d := range defs {
		t := topics[d.Topic]
		if t == nil {
			if t, err = readTopic(ctx, store, d.Topic, whole); err != nil {
				return nil, err
			}
			topics[d.Topic] = t
		}
		j := &judged{d, salt.Judge(t.rules, t.records, d.Spec, t.seen)}
		t.apply(j)
		list = append(list, j)
	}
	return list, nil
}

func judgedBy(ctx context.Context, far judge, defs []*definition) ([]*judged, error) {
	specs := make([]*salt.Spec, len(defs))
	for i, d := range defs {
		specs[i] = d.Spec
	}
	verdicts, err := far.Judge(ctx, specs...)
	switch {
	case err != nil:
		return nil, err
	case len(verdicts) != len(defs) || slices.Contains(verdicts, nil):
		return nil, fmt.Errorf("the registry judged %d of %d definitions", len(verdicts), len(defs))
	}
	list := make([]*judged, len(defs))
	for i, v := range verdicts {
		if err := checkVerdict(v, defs[i]); err != nil {
			return nil, err
		}
		list[i] = &judged{defs[i], v}
	}
	return list, nil
}

// checkVerdict refuses an answer that would be taken for a consent: a newer
// registry may know actions that this program does not.
func checkVerdict(v *salt.Verdict, d *definition) error {
	switch {
	case v.Topic != d.Topic || v.Version != d.Version:
		return fmt.Errorf("the registry was asked about %s %s and answers about %q %q", d.Topic, d.Version, v.Topic, v.Version)
	case !slices.Contains([]string{salt.ActionCreate, salt.ActionComplete, salt.ActionUnchanged, salt.ActionRefuse}, v.Action):
		return fmt.Errorf("the registry judges %s %s with %q, which this program does not know: update salt", d.Topic, d.Version, v.Action)
	case v.Conflict != nil && v.Action != salt.ActionRefuse:
		return fmt.Errorf("the registry judges %s %s with %q and names a conflict", d.Topic, d.Version, v.Action)
	}
	return nil
}

// topicState is what a registry knows of a topic, and what it would know.
type topicState struct {
	rules   salt.Policy
	records []*salt.Record
	seen    []*salt.Participant
}

func readTopic(ctx context.Context, store salt.RegistryStore, topic string, whole salt.Policy) (*topicState, error) {
	own, err := store.Policy(ctx, topic)
	if err != nil {
		return nil, err
	}
	t := &topicState{rules: own.Over(whole)}
	for r, err := range store.Records(ctx, topic) {
		if err != nil {
			return nil, err
		}
		t.records = append(t.records, r)
	}
	for p, err := range store.Participants(ctx, topic) {
		if err != nil {
			return nil, err
		}
		t.seen = append(t.seen, p)
	}
	return t, nil
}

func (t *topicState) apply(j *judged) {
	switch j.Action {
	case salt.ActionCreate:
		t.records = append(slices.Clone(t.records), &salt.Record{Spec: *j.Spec})
		slices.SortFunc(t.records, func(a, b *salt.Record) int { return salt.CompareVersions(a.Spec.Version, b.Spec.Version) })
	case salt.ActionComplete:
		t.records = slices.Clone(t.records)
		i := slices.IndexFunc(t.records, func(r *salt.Record) bool { return r.Version == j.Spec.Version })
		t.records[i] = &salt.Record{Spec: *t.records[i].Merge(j.Spec), Number: t.records[i].Number, Deprecated: t.records[i].Deprecated}
	}
}
