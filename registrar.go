package salt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// registrar takes specs to the registry, and keeps those that it could not
// take yet. Services live without their registry, so nothing waits for it long.
type registrar struct {
	registry Registry
	log      *slog.Logger
	actor    string // for contexts without one
	witness  *witness
	stop     context.CancelFunc
	done     chan struct{}

	turn chan struct{} // held by who asks the registry

	mu       sync.Mutex
	known    map[*Spec]bool // registered, or not to be
	pending  []*Spec
	last     error // why the registry could not be reached
	retryAt  time.Time
	backoff  time.Duration
	conflict map[*Spec]error // found late, after Open
	refused  []*Spec         // those of them that a change of the topic's policy would heal
	askAgain time.Time       // about refused
	wake     chan struct{}

	forbidden map[*Spec]error // not ours to register, and not there to compare with
	permitAt  time.Time       // when forbidden is tried again
	warned    map[string]bool // topics of which was said that they are forbidden
}

// RegistryHealth is the part of [Health] about schemas.
type RegistryHealth struct {
	Pending   int    `json:"pending"`            // definitions not yet registered
	Forbidden int    `json:"forbidden,omitzero"` // definitions that the registry's token may not register; they are published all the same
	Error     string `json:"error,omitzero"`     // why
	Conflict  string `json:"conflict,omitempty"` // found after Open: publishing that definition fails
}

const (
	registerTimeout  = 5 * time.Second        // of the attempt in Open and in the background
	ensureTimeout    = time.Second            // of the attempt that a first publish makes
	minEnsureTimeout = 100 * time.Millisecond // less would say nothing about the registry
	maxRetryWait     = 30 * time.Second
)

func newRegistrar(registry Registry, service string, log *slog.Logger) *registrar {
	r := &registrar{registry: registry, log: log, known: map[*Spec]bool{}, conflict: map[*Spec]error{}, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	r.forbidden, r.warned = map[*Spec]error{}, map[string]bool{}
	r.witness = newWitness(registry, service, log, r.poke)
	r.actor = service + "@" + r.witness.self.Host
	return r
}

// signed returns ctx with an actor for the registry's history.
func (r *registrar) signed(ctx context.Context) context.Context {
	if actor, _ := ctx.Value(actorKey{}).(string); actor != "" {
		return ctx
	}
	return WithActor(ctx, r.actor)
}

// open makes the first attempt. Only a conflict is an error.
func (r *registrar) open(ctx context.Context, specs []*Spec) error {
	if r.registry == nil {
		return nil
	}
	for _, s := range specs {
		r.note(s)
	}
	pending := r.waiting()
	first, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	err := r.register(first, registerTimeout, pending)
	if _, conflict := errors.AsType[*ConflictError](err); conflict {
		return err // and nothing of this program is in the registry
	}
	if divisible(err) {
		err = r.each(first, registerTimeout, pending, err)
		if conflict, ok := errors.AsType[*ConflictError](err); ok {
			return conflict // what is registered now fits, and does no harm
		}
	} else {
		r.settle(pending, err)
	}
	if waiting := len(r.waiting()); waiting > 0 {
		r.log.Warn("salt: the registry has not taken all definitions; they stay pending", "pending", waiting, "error", err)
	}
	ctx = r.signed(ctx)
	r.actor = Actor(ctx)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop, r.done = stop, make(chan struct{})
	go r.retry(background)
	return nil
}

// note adds a spec to the pending ones, once.
func (r *registrar) note(s *Spec) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, seen := r.known[s]; seen {
		return
	}
	r.known[s] = s.Unregistered
	if !s.Unregistered {
		r.pending = append(r.pending, s)
	}
}

// noteAll adds the definitions that are only subscribed to: another catalog may
// hold them.
func (r *registrar) noteAll(subs []*subscription) {
	if r.registry == nil {
		return
	}
	for _, s := range subs {
		if s.defined {
			r.note(s.def.spec)
		}
		for _, u := range s.upcasts {
			r.note(u.from.spec)
		}
	}
	r.witness.takes(subs)
	r.poke()
}

// poke makes retry look again at what is pending.
func (r *registrar) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *registrar) waiting() []*Spec {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.pending)
}

// ensure makes sure that a spec about to be used is registered, or at least
// pending. It makes one short attempt, with a part of the time that the caller
// has, unless the registry is away: then the background goes on trying, and
// nobody waits.
func (r *registrar) ensure(ctx context.Context, s *Spec) error {
	if r.registry == nil {
		return nil
	}
	r.mu.Lock()
	registered, seen := r.known[s]
	bad, away := r.conflict[s], r.last != nil
	_, forbidden := r.forbidden[s]
	r.mu.Unlock()
	switch {
	case registered:
		return nil
	case bad != nil:
		return bad
	case forbidden:
		return nil
	case !seen:
		r.note(s) // defined after Open
	}
	patience := ensureTimeout
	if end, bounded := ctx.Deadline(); bounded {
		patience = min(patience, time.Until(end)/2)
	}
	if away || patience < minEnsureTimeout {
		r.poke()
		return nil
	}
	// A caller who gives up says nothing about the registry.
	if err := r.attempt(context.WithoutCancel(ctx), patience); err != nil {
		r.poke()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conflict[s] // a registry that is away stops nobody
}

// attempt registers all that is pending. One call suffices when all is well.
func (r *registrar) attempt(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return fmt.Errorf("register: %w", ctx.Err())
	}
	pending := r.waiting() // what an attempt before this one has left
	if len(pending) == 0 {
		return nil
	}
	err := r.register(ctx, timeout, pending)
	if !divisible(err) {
		r.settle(pending, err)
		return err
	}
	return r.each(ctx, timeout, pending, err)
}

func (r *registrar) register(ctx context.Context, timeout time.Duration, specs []*Spec) error {
	if len(specs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return r.registry.Register(r.signed(ctx), specs...)
}

// settle records what became of specs.
func (r *registrar) settle(specs []*Spec, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	refusal, conflict := errors.AsType[*ConflictError](err)
	for _, s := range specs {
		switch {
		case err == nil:
			r.known[s] = true
			delete(r.conflict, s)
			delete(r.forbidden, s)
		case !conflict && final(err):
			r.forbidden[s] = err
			r.permitAt = time.Now().Add(permitAgain)
		case conflict:
			r.conflict[s] = err
			delete(r.forbidden, s)
			if refusal.Level != "" && !slices.Contains(r.refused, s) {
				r.refused = append(r.refused, s)
				r.askAgain = time.Now().Add(maxRetryWait)
			}
		default:
			continue
		}
		r.pending = slices.DeleteFunc(r.pending, func(p *Spec) bool { return p == s })
	}
	if err == nil || final(err) { // it answers
		r.last, r.backoff, r.retryAt = nil, 0, time.Time{}
		return
	}
	r.last = err
	r.backoff = min(max(2*r.backoff, 500*time.Millisecond), maxRetryWait)
	r.retryAt = time.Now().Add(r.backoff/2 + rand.N(r.backoff/2+1))
}

func (r *registrar) health() RegistryHealth {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := RegistryHealth{Pending: len(r.pending), Forbidden: len(r.forbidden)}
	for _, err := range r.forbidden {
		h.Error = err.Error()
	}
	if r.last != nil && h.Pending > 0 {
		h.Error = r.last.Error()
	}
	for _, err := range r.conflict {
		h.Conflict = err.Error()
	}
	return h
}
