package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// A delta is a change of a state that was judged but not carried out.
type delta struct {
	records  []*salt.Record // new ones, and new forms of old ones
	policies map[string]salt.Policy
	seen     []*salt.Participant
	history  []*salt.Change // without Seq
}

func (d *delta) empty() bool {
	return len(d.records)+len(d.policies)+len(d.seen)+len(d.history) == 0
}

// note adds to the history.
func (d *delta) note(ctx context.Context, at time.Time, kind, topic, version, detail string) {
	d.history = append(d.history, &salt.Change{At: at, By: salt.Actor(ctx), Kind: kind, Topic: topic, Version: version, Detail: detail})
}

// checkSpec refuses what no registry takes.
func checkSpec(s *salt.Spec) error {
	if s == nil {
		return fmt.Errorf("the spec is nil")
	}
	if err := salt.CheckTopic(s.Topic); err != nil {
		return err
	}
	if err := salt.CheckVersion(s.Version); err != nil {
		return fmt.Errorf("%q: %w", s.Topic, err)
	}
	if s.Schema == nil {
		return fmt.Errorf("%q %s: the spec has no schema", s.Topic, s.Version)
	}
	if s.Mode != salt.ModeEvent && s.Mode != salt.ModeRPC {
		return fmt.Errorf("%q %s: mode %q is neither event nor rpc", s.Topic, s.Version, s.Mode)
	}
	return nil
}

// A judge sees specs one after the other, each as if those before it were
// registered. It changes nothing.
type judge struct {
	view   view
	drafts map[string][]*salt.Record // topics with a spec judged already
	work   int                       // comparisons so far beyond freeWork of each spec
}

func newJudge(v view) *judge { return &judge{view: v, drafts: map[string][]*salt.Record{}} }

const (
	// maxWork bounds the comparisons of one call, since under a transitive policy
	// each spec is compared with every version of its topic.
	maxWork = 50_000

	// freeWork is what a spec costs at most under any other: two neighbours, three
	// parts, two directions.
	freeWork = 12
)

// see returns the verdict, and what would be stored: nil if nothing. It gives up
// when the context ends, and after too much work; one spec is never too much.
func (j *judge) see(ctx context.Context, spec *salt.Spec) (*salt.Verdict, *salt.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if j.work > maxWork {
		return nil, nil, fmt.Errorf("judging these specs takes more than %d comparisons, bring fewer at once: %w", maxWork, salt.ErrTooLarge)
	}
	list, drafted := j.drafts[spec.Topic]
	if !drafted {
		list = j.view.recordsOf(spec.Topic)
	}
	policy := j.view.policy(spec.Topic)
	verdict := salt.Judge(policy, list, spec, nil)
	if verdict.Action == salt.ActionRefuse { // again, to name who is hit, which is seldom needed
		j.work += max(0, len(verdict.Checks)-freeWork)
		verdict = salt.Judge(policy, list, spec, j.view.participants(spec.Topic))
	}
	j.work += max(0, len(verdict.Checks)-freeWork)
	var stored *salt.Record
	switch verdict.Action {
	case salt.ActionComplete:
		i, _ := slices.BinarySearchFunc(list, &salt.Record{Spec: *spec}, byVersion)
		full := *list[i]
		full.Spec = *full.Merge(spec)
		stored = &full
	case salt.ActionCreate:
		stored = &salt.Record{Spec: *spec, Number: nextNumber(list)}
	default:
		return verdict, nil, nil
	}
	if !drafted {
		list = slices.Clone(list)
	}
	j.drafts[spec.Topic] = put(list, stored)
	return verdict, stored, nil
}

// nextNumber is one above the highest: a directory may have gaps.
func nextNumber(list []*salt.Record) int {
	n := 0
	for _, r := range list {
		n = max(n, r.Number)
	}
	return n + 1
}

// planRegister plans to store all specs, or says why none is.
func (s *state) planRegister(ctx context.Context, specs []*salt.Spec) (*delta, error) {
	d, j, at := &delta{}, newJudge(s), now()
	fresh, last := map[string]int64{}, s.last
	id := func(text *schema.Schema) int64 {
		if text == nil {
			return 0
		}
		known, ok := s.ids[text.String()]
		if !ok {
			known, ok = fresh[text.String()]
		}
		if !ok {
			last++
			known, fresh[text.String()] = last, last
		}
		return known
	}
	for _, spec := range specs {
		if err := checkSpec(spec); err != nil {
			return nil, err
		}
		before, _ := j.find(spec)
		verdict, stored, err := j.see(ctx, spec)
		if err != nil {
			return nil, err
		}
		if err := verdict.Err(); err != nil {
			return nil, err
		}
		if stored == nil {
			continue
		}
		stored.SchemaID, stored.ResponseID, stored.ErrorID = id(stored.Schema), id(stored.Response), id(stored.Error)
		if verdict.Action == salt.ActionComplete {
			d.note(ctx, at, salt.ChangeCompleted, spec.Topic, spec.Version, completed(&before.Spec, spec))
		} else {
			stored.RegisteredAt, stored.RegisteredBy = at, salt.Actor(ctx)
			d.note(ctx, at, salt.ChangeRegistered, spec.Topic, spec.Version, "")
		}
		d.records = append(d.records, stored)
	}
	return d, nil
}

// find returns the record of a spec's version, drafts included.
func (j *judge) find(spec *salt.Spec) (*salt.Record, bool) {
	list, drafted := j.drafts[spec.Topic]
	if !drafted {
		list = j.view.recordsOf(spec.Topic)
	}
	i, found := slices.BinarySearchFunc(list, &salt.Record{Spec: *spec}, byVersion)
	if !found {
		return nil, false
	}
	return list[i], true
}

// completed words what a merge adds.
func completed(have, more *salt.Spec) string {
	var added []string
	if have.Response == nil && more.Response != nil {
		added = append(added, "response")
	}
	if have.Error == nil && more.Error != nil {
		added = append(added, "error")
	}
	return strings.Join(added, " and ") + " added"
}

func (s *state) planPolicy(ctx context.Context, topic string, p salt.Policy) (*delta, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("of %q: %w", topic, err)
	}
	if topic != "" {
		if err := salt.CheckTopic(topic); err != nil {
			return nil, err
		}
	}
	d, have := &delta{}, s.policies[topic]
	if have != p {
		d.policies = map[string]salt.Policy{topic: p}
		d.note(ctx, now(), salt.ChangePolicy, topic, "", policyChange(have, p))
	}
	return d, nil
}

func policyChange(have, want salt.Policy) string {
	var parts []string
	for _, f := range [][3]string{
		{"compatibility", string(have.Compatibility), string(want.Compatibility)},
		{"readers", string(have.Readers), string(want.Readers)},
		{"owner", have.Owner, want.Owner},
	} {
		if f[1] != f[2] {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", f[0], cmp.Or(f[1], "(default)"), cmp.Or(f[2], "(default)")))
		}
	}
	return strings.Join(parts, ", ")
}

func (s *state) planDeprecate(ctx context.Context, topic, version, note string) (*delta, error) {
	have, err := s.lookup(topic, version)
	if err != nil {
		return nil, err
	}
	d := &delta{}
	if have.Deprecated == note {
		return d, nil
	}
	r := *have
	r.Deprecated = note
	kind := salt.ChangeDeprecated
	if note == "" {
		kind = salt.ChangeRestored
	}
	d.records = []*salt.Record{&r}
	d.note(ctx, now(), kind, topic, r.Version, note)
	return d, nil
}

func identityOf(p *salt.Participant) identity {
	return identity{p.Topic, p.Version, p.Role, p.Service, p.Host, p.Handler}
}

// planSee merges what is known of participants with what is said now.
func (s *state) planSee(seen []*salt.Participant) *delta {
	d, at := &delta{}, now()
	for _, p := range seen {
		fresh := *p
		fresh.FirstSeen, fresh.LastSeen = at, at
		if have := s.seen[identityOf(p)]; have != nil {
			fresh.FirstSeen = have.FirstSeen
			fresh.Type, fresh.Source = cmp.Or(p.Type, have.Type), cmp.Or(p.Source, have.Source)
			fresh.Language = cmp.Or(p.Language, have.Language)
		}
		d.seen = append(d.seen, &fresh)
	}
	return d
}
