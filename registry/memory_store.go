package registry

import (
	"context"
	"iter"
	"maps"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// Register stores specs, all or none. See [salt.Registry].
func (r *Memory) Register(ctx context.Context, specs ...*salt.Spec) error {
	return r.change(ctx, "register", func(s *state) (*delta, error) { return s.planRegister(ctx, specs) })
}

// Judge says what Register would do, without doing it: one verdict for each
// spec, each as if those before it were registered.
func (r *Memory) Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error) {
	return judged(ctx, r.read, specs)
}

// Lookup returns one spec. See [salt.Registry].
func (r *Memory) Lookup(ctx context.Context, topic, version string) (spec *salt.Spec, err error) {
	err = r.read(ctx, "look up", func(s *state) error {
		record, err := s.lookup(topic, version)
		if err == nil {
			spec = &record.Spec
		}
		return err
	})
	return spec, err
}

// Specs yields all specs, as they were when the iteration began.
func (r *Memory) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] {
	return specsOf(r.Records(ctx, ""))
}

// Records yields records, as they were when the iteration began.
func (r *Memory) Records(ctx context.Context, topic string) iter.Seq2[*salt.Record, error] {
	return listed(ctx, "list records", r.read, func(s *state) []*salt.Record { return s.records(topic) })
}

// SchemaByID returns a schema. See [salt.RegistryStore].
func (r *Memory) SchemaByID(ctx context.Context, id int64) (found *schema.Schema, err error) {
	err = r.read(ctx, "look up a schema", func(s *state) (err error) { found, err = s.text(id); return err })
	return found, err
}

// Policy returns what was set. See [salt.RegistryStore].
func (r *Memory) Policy(ctx context.Context, topic string) (p salt.Policy, err error) {
	err = r.read(ctx, "read the policy", func(s *state) error { p = s.policies[topic]; return nil })
	return p, err
}

// Policies returns what was set for each topic, and for the whole registry under
// the empty name.
func (r *Memory) Policies(ctx context.Context) (all map[string]salt.Policy, err error) {
	err = r.read(ctx, "read the policies", func(s *state) error { all = maps.Clone(s.policies); return nil })
	return all, err
}

// SetPolicy sets the policy of a topic or of the registry.
func (r *Memory) SetPolicy(ctx context.Context, topic string, p salt.Policy) error {
	return r.change(ctx, "set policy", func(s *state) (*delta, error) { return s.planPolicy(ctx, topic, p) })
}

// Deprecate marks a version. See [salt.RegistryStore].
func (r *Memory) Deprecate(ctx context.Context, topic, version, note string) error {
	return r.change(ctx, "deprecate", func(s *state) (*delta, error) { return s.planDeprecate(ctx, topic, version, note) })
}

// See records participants. See [salt.RegistryStore].
func (r *Memory) See(ctx context.Context, seen ...*salt.Participant) error {
	return r.change(ctx, "record participants", func(s *state) (*delta, error) { return s.planSee(seen), nil })
}

// Participants yields who was seen. See [salt.RegistryStore].
func (r *Memory) Participants(ctx context.Context, topic string) iter.Seq2[*salt.Participant, error] {
	return listed(ctx, "list participants", r.read, func(s *state) []*salt.Participant { return s.participants(topic) })
}

// History yields the changes. See [salt.RegistryStore].
func (r *Memory) History(ctx context.Context, topic string) iter.Seq2[*salt.Change, error] {
	return listed(ctx, "read the history", r.read, func(s *state) []*salt.Change { return s.changes(topic) })
}
