// Package registry holds schema registries that need no server.
package registry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/celerysalt/salt"
)

// ErrAway is what an unavailable [Memory] returns.
var ErrAway = errors.New("registry is away")

// Memory is a registry in memory: for tests, demos, and programs that hold
// several buses. Safe for concurrent use. Make one with [NewMemory].
type Memory struct {
	mu     sync.RWMutex
	topics map[string][]*salt.Spec // by version order
	away   bool
}

var _ salt.Registry = (*Memory)(nil)

// NewMemory returns an empty registry.
func NewMemory() *Memory { return &Memory{topics: map[string][]*salt.Spec{}} }

// SetAway makes every call fail with [ErrAway], or work again: for tests of
// what a service does without its registry.
func (r *Memory) SetAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// Register stores specs, all or none. See [salt.Registry].
func (r *Memory) Register(ctx context.Context, specs ...*salt.Spec) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return fmt.Errorf("register: %w", ErrAway)
	}
	changed := map[string][]*salt.Spec{}
	for _, s := range specs {
		if err := check(s); err != nil {
			return err
		}
		list, ok := changed[s.Topic]
		if !ok {
			list = slices.Clone(r.topics[s.Topic])
		}
		i := slices.IndexFunc(list, func(have *salt.Spec) bool { return have.Version == s.Version })
		if i < 0 {
			list = append(list, s)
			salt.SortSpecs(list)
		} else {
			if err := salt.CompareSpecs(list[i], s); err != nil {
				return err
			}
			list[i] = list[i].Merge(s)
		}
		changed[s.Topic] = list
	}
	maps.Copy(r.topics, changed)
	return nil
}

func check(s *salt.Spec) error {
	if err := salt.CheckTopic(s.Topic); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	if err := salt.CheckVersion(s.Version); err != nil {
		return fmt.Errorf("register %q: %w", s.Topic, err)
	}
	if s.Schema == nil {
		return fmt.Errorf("register %q %s: the spec has no schema", s.Topic, s.Version)
	}
	return nil
}

// Lookup returns one spec. See [salt.Registry].
func (r *Memory) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("look up %q: %w", topic, err)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.away {
		return nil, fmt.Errorf("look up %q: %w", topic, ErrAway)
	}
	list := r.topics[topic]
	if version == salt.LatestVersion && len(list) > 0 {
		return list[len(list)-1], nil
	}
	for _, s := range list {
		if s.Version == version {
			return s, nil
		}
	}
	return nil, fmt.Errorf("topic %q version %q: %w", topic, version, salt.ErrNotFound)
}

// Specs yields all specs, as they were when the iteration began.
func (r *Memory) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] {
	return func(yield func(*salt.Spec, error) bool) {
		r.mu.RLock()
		away := r.away
		var all []*salt.Spec
		for _, list := range r.topics {
			all = append(all, list...)
		}
		r.mu.RUnlock()
		if away {
			yield(nil, fmt.Errorf("list: %w", ErrAway))
			return
		}
		salt.SortSpecs(all)
		for _, s := range all {
			if err := ctx.Err(); err != nil {
				yield(nil, fmt.Errorf("list: %w", err))
				return
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}
