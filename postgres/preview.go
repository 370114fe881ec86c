package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// Judge says what Register would do, without doing it: one verdict for each
// spec, each as if those before it were registered. All of it is of one moment,
// and costs 5 statements at most, however many specs there are. It takes no
// locks.
func (r *Registry) Judge(ctx context.Context, specs ...*salt.Spec) (verdicts []*salt.Verdict, err error) {
	for _, s := range specs {
		if err := checkSpec(s); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	if len(specs) == 0 {
		return []*salt.Verdict{}, nil
	}
	err = r.do(ctx, "judge", func(ctx context.Context) error {
		return r.view(ctx, func(tx pgx.Tx) (err error) {
			verdicts, err = r.preview(ctx, tx, specs)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return verdicts, nil
}

// preview judges specs by what their topics have now.
func (r *Registry) preview(ctx context.Context, tx pgx.Tx, specs []*salt.Spec) ([]*salt.Verdict, error) {
	topics := topicsOf(specs)
	have, err := r.recordsOf(ctx, tx, topics)
	if err != nil {
		return nil, err
	}
	policies, err := r.policiesOf(ctx, tx, topics)
	if err != nil {
		return nil, err
	}
	drafts := changes{fresh: map[*salt.Record]bool{}}
	verdicts := make([]*salt.Verdict, len(specs))
	refused := map[int][]*salt.Record{} // by what was there when that spec had its turn
	for i, want := range specs {
		list := have[want.Topic]
		verdicts[i] = salt.Judge(policies[want.Topic].Over(policies[""]), list, want, nil)
		if verdicts[i].Action == salt.ActionRefuse {
			refused[i] = copied(list)
		}
		have[want.Topic] = drafts.add(verdicts[i].Action, list, want)
	}
	if len(refused) == 0 {
		return verdicts, nil
	}
	var hit []*salt.Spec
	for i := range refused {
		hit = append(hit, specs[i])
	}
	seen, err := r.participantsOf(ctx, tx, topicsOf(hit))
	if err != nil {
		return nil, err
	}
	for i, list := range refused {
		verdicts[i] = salt.Judge(verdicts[i].Policy, list, specs[i], seen[specs[i].Topic])
	}
	return verdicts, nil
}

// copied keeps records from what later specs of the call bring.
func copied(list []*salt.Record) []*salt.Record {
	list = slices.Clone(list)
	for i, have := range list {
		one := *have
		list[i] = &one
	}
	return list
}

// topicsOf returns the topics of specs, once each.
func topicsOf(specs []*salt.Spec) []string {
	topics := make([]string, len(specs))
	for i, s := range specs {
		topics[i] = s.Topic
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}
