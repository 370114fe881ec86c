package server

import (
	"context"
	"slices"

	"github.com/celerysalt/salt"
)

// judge makes verdicts of what a store tells, each spec as if those before it
// were registered.
func judge(ctx context.Context, store salt.RegistryStore, specs []*salt.Spec) ([]*salt.Verdict, error) {
	whole, err := store.Policy(ctx, "")
	if err != nil {
		return nil, err
	}
	type topic struct {
		records []*salt.Record
		seen    []*salt.Participant
		policy  salt.Policy
	}
	topics, verdicts := map[string]*topic{}, make([]*salt.Verdict, len(specs))
	for i, spec := range specs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t := topics[spec.Topic]
		if t == nil {
			t = &topic{}
			if t.policy, err = store.Policy(ctx, spec.Topic); err != nil {
				return nil, err
			}
			t.policy = t.policy.Over(whole)
			for r, err := range store.Records(ctx, spec.Topic) {
				if err != nil {
					return nil, err
				}
				t.records = append(t.records, r)
			}
			for p, err := range store.Participants(ctx, spec.Topic) {
				if err != nil {
					return nil, err
				}
				t.seen = append(t.seen, p)
			}
			topics[spec.Topic] = t
		}
		verdicts[i] = salt.Judge(t.policy, t.records, spec, t.seen)
		at, _ := slices.BinarySearchFunc(t.records, spec.Version, func(r *salt.Record, v string) int { return salt.CompareVersions(r.Version, v) })
		switch verdicts[i].Action {
		case salt.ActionCreate:
			t.records = slices.Insert(t.records, at, &salt.Record{Spec: *spec})
		case salt.ActionComplete:
			full := *t.records[at]
			full.Spec = *full.Merge(spec)
			t.records[at] = &full
		}
	}
	return verdicts, nil
}
