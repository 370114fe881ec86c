// Package registry holds schema registries: in memory, in a directory, and
// behind HTTP. Importing it makes salt.OpenRegistry know memory:, file:, http:
// and https:.
package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/celerysalt/salt"
)

// ErrAway is what an unavailable [Memory] returns.
var ErrAway = errors.New("registry is away")

func init() {
	salt.RegistryScheme("memory", func(context.Context, string) (salt.RegistryStore, error) { return NewMemory(), nil })
}

// Memory is a registry in memory: for tests, demos, and programs that hold
// several buses. Safe for concurrent use. Make one with [NewMemory].
type Memory struct {
	mu    sync.RWMutex
	state *state
	err   error // why nothing works: away or closed
}

var _ salt.RegistryStore = (*Memory)(nil)

// NewMemory returns an empty registry.
func NewMemory() *Memory { return &Memory{state: newState()} }

// SetAway makes every call fail with [ErrAway], or work again: for tests of
// what a service does without its registry.
func (r *Memory) SetAway(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(r.err, salt.ErrClosed):
	case away:
		r.err = ErrAway
	default:
		r.err = nil
	}
}

// change plans alone and carries out, unless the context has ended or the
// registry is away.
func (r *Memory) change(ctx context.Context, what string, plan func(*state) (*delta, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := cmp.Or(ctx.Err(), r.err); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	d, err := plan(r.state)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	r.state.apply(d)
	return nil
}

// read runs f among readers.
func (r *Memory) read(ctx context.Context, what string, f func(*state) error) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	err := cmp.Or(ctx.Err(), r.err)
	if err == nil {
		err = f(r.state)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Close makes every later call fail. What was stored is gone with the value.
func (r *Memory) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = fmt.Errorf("memory registry: %w", salt.ErrClosed)
	return nil
}
