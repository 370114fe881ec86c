package server

import (
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// A guard is a store that asks the context's token before every call, so both
// surfaces obey the same rules.
type guard struct{ store salt.RegistryStore }

var _ salt.RegistryStore = guard{}

// access is what a request may do. A nil token may do everything.
type access struct {
	token  *token
	denied *statusError // the last refusal, for surfaces that have no word for it
}

type accessKey struct{}

func accessOf(ctx context.Context) *access {
	a, _ := ctx.Value(accessKey{}).(*access)
	if a == nil {
		return &access{}
	}
	return a
}

// may returns an error unless the token covers the topic, and writes if asked to.
func may(ctx context.Context, topic string, write bool) error {
	a := accessOf(ctx)
	var why string
	switch {
	case a.token == nil:
		return nil
	case write && !a.token.Write:
		why = fmt.Sprintf("the token %q may not change anything", a.token.Name)
	case a.token.covers(topic):
		return nil
	case topic == "":
		why = fmt.Sprintf("the token %q is for some topics only, this is for the whole registry", a.token.Name)
	default:
		why = fmt.Sprintf("the token %q is not for the topic %q", a.token.Name, topic)
	}
	a.denied = &statusError{http.StatusForbidden, why}
	return *a.denied
}

// Register checks each topic.
func (g guard) Register(ctx context.Context, specs ...*salt.Spec) error {
	for _, s := range specs {
		if err := may(ctx, s.Topic, true); err != nil {
			return err
		}
	}
	return g.store.Register(ctx, specs...)
}

// Lookup checks the topic.
func (g guard) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	if err := may(ctx, topic, false); err != nil {
		return nil, err
	}
	return g.store.Lookup(ctx, topic, version)
}

// Specs yields those the token covers.
func (g guard) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] {
	return covered(ctx, "", g.store.Specs(ctx), func(s *salt.Spec) string { return s.Topic })
}

// Records yields those the token covers.
func (g guard) Records(ctx context.Context, topic string) iter.Seq2[*salt.Record, error] {
	return covered(ctx, topic, g.store.Records(ctx, topic), func(r *salt.Record) string { return r.Topic })
}

// SchemaByID checks that a topic of the token has the schema.
func (g guard) SchemaByID(ctx context.Context, id int64) (*schema.Schema, error) {
	if t := accessOf(ctx).token; t != nil && len(t.Prefixes) > 0 {
		visible := false
		for r, err := range g.Records(ctx, "") {
			if err != nil {
				return nil, err
			}
			if visible = id != 0 && (r.SchemaID == id || r.ResponseID == id || r.ErrorID == id); visible {
				break
			}
		}
		if !visible {
			return nil, fmt.Errorf("schema %d: %w", id, salt.ErrNotFound)
		}
	}
	return g.store.SchemaByID(ctx, id)
}

// Policy checks the topic. Everybody may read the registry's.
func (g guard) Policy(ctx context.Context, topic string) (salt.Policy, error) {
	if topic != "" {
		if err := may(ctx, topic, false); err != nil {
			return salt.Policy{}, err
		}
	}
	return g.store.Policy(ctx, topic)
}

// SetPolicy checks the topic.
func (g guard) SetPolicy(ctx context.Context, topic string, p salt.Policy) error {
	if err := may(ctx, topic, true); err != nil {
		return err
	}
	return g.store.SetPolicy(ctx, topic, p)
}

// Deprecate checks the topic.
func (g guard) Deprecate(ctx context.Context, topic, version, note string) error {
	if err := may(ctx, topic, true); err != nil {
		return err
	}
	return g.store.Deprecate(ctx, topic, version, note)
}

// See records those of topics that the token covers: a program reports all that
// it uses, and cannot know which part of that its token is for. Where that is
// nothing, it is refused.
func (g guard) See(ctx context.Context, seen ...*salt.Participant) error {
	var ours []*salt.Participant
	var refused error
	for _, p := range seen {
		if err := may(ctx, p.Topic, true); err != nil {
			refused = err
			continue
		}
		ours = append(ours, p)
	}
	if refused != nil && len(ours) == 0 {
		return refused
	}
	return g.store.See(ctx, ours...)
}

// Participants yields those of topics that the token covers.
func (g guard) Participants(ctx context.Context, topic string) iter.Seq2[*salt.Participant, error] {
	return covered(ctx, topic, g.store.Participants(ctx, topic), func(p *salt.Participant) string { return p.Topic })
}

// History yields the changes of topics that the token covers, and of the whole
// registry.
func (g guard) History(ctx context.Context, topic string) iter.Seq2[*salt.Change, error] {
	return covered(ctx, topic, g.store.History(ctx, topic), func(c *salt.Change) string { return c.Topic })
}

// Close does nothing: the store is the caller's.
func (g guard) Close() error { return nil }

// covered yields what the token covers. A topic that was asked for by name must be.
func covered[T any](ctx context.Context, topic string, all iter.Seq2[*T, error], topicOf func(*T) string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		if topic != "" {
			if err := may(ctx, topic, false); err != nil {
				yield(nil, err)
				return
			}
		}
		token := accessOf(ctx).token
		for one, err := range all {
			if err == nil {
				if t := topicOf(one); t != "" && !token.covers(t) {
					continue
				}
			}
			if !yield(one, err) {
				return
			}
		}
	}
}

// judge returns verdicts: the store's own if it can give them at once, else
// made of what it tells of each topic.
func (g guard) judge(ctx context.Context, specs []*salt.Spec) ([]*salt.Verdict, error) {
	for _, s := range specs {
		if err := may(ctx, s.Topic, false); err != nil {
			return nil, err
		}
	}
	if own, ok := g.store.(interface {
		Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error)
	}); ok {
		return own.Judge(ctx, specs...)
	}
	return judge(ctx, g.store, specs)
}

// policies returns every topic's effective policy, by a function.
func (g guard) policies(ctx context.Context) (func(topic string) (salt.Policy, error), error) {
	whole, err := g.store.Policy(ctx, "")
	if err != nil {
		return nil, err
	}
	if own, ok := g.store.(interface {
		Policies(ctx context.Context) (map[string]salt.Policy, error)
	}); ok {
		set, err := own.Policies(ctx)
		return func(topic string) (salt.Policy, error) { return set[topic].Over(whole), nil }, err
	}
	return func(topic string) (salt.Policy, error) {
		p, err := g.store.Policy(ctx, topic)
		return p.Over(whole), err
	}, nil
}
