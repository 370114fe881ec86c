package inmem

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// keptAnswers bounds a [ResultStore]; the oldest answers are forgotten first.
const keptAnswers = 10_000

// A ResultStore keeps answers to requests in memory, as the Redis of several
// programs would. Each program [ResultStore.Open]s its [Results]. Safe for
// concurrent use.
type ResultStore struct {
	mu      sync.Mutex
	answers map[string][]byte // by id, as on the wire
	order   []string          // ids, oldest first
	waiters map[string]map[*pendingResult]struct{}
}

// NewResultStore returns an empty store.
func NewResultStore() *ResultStore {
	return &ResultStore{answers: make(map[string][]byte), waiters: make(map[string]map[*pendingResult]struct{})}
}

// Open returns one program's access to the store, for [salt.Options.Results].
func (s *ResultStore) Open() *Results { return &Results{store: s, done: make(chan struct{})} }

// Results is one program's access to a [ResultStore], through the same coding
// as Redis. Safe for concurrent use.
type Results struct {
	store *ResultStore
	once  sync.Once
	done  chan struct{}
}

var _ salt.ResultBackend = (*Results)(nil)

// Await begins to listen. Several may wait for one id. See [salt.ResultBackend].
func (r *Results) Await(ctx context.Context, id string) (salt.PendingResult, error) {
	if err := r.usable(ctx); err != nil {
		return nil, fmt.Errorf("inmem: await the answer to %q: %w", id, err)
	}
	p := &pendingResult{r: r, id: id, answered: make(chan struct{})}
	s := r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok := s.answers[id]; ok {
		p.take(value)
	}
	if s.waiters[id] == nil {
		s.waiters[id] = make(map[*pendingResult]struct{})
	}
	s.waiters[id][p] = struct{}{}
	return p, nil
}

// Store keeps the first real answer, in place of one of a service without a
// handler. See [salt.ResultBackend].
func (r *Results) Store(ctx context.Context, req *salt.Message, reply *salt.Reply) error {
	if err := r.usable(ctx); err != nil {
		return fmt.Errorf("inmem: store the answer to %q: %w", req.ID, err)
	}
	_, value, err := celery.EncodeResult(req, reply, time.Now())
	if err != nil {
		return fmt.Errorf("inmem: %w", err)
	}
	s := r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.answers[req.ID]
	if ok && (nobodys(reply) || final(kept)) {
		return nil
	}
	s.answers[req.ID] = value
	if !ok {
		s.order = append(s.order, req.ID)
	}
	for len(s.order) > keptAnswers {
		delete(s.answers, s.order[0])
		s.order = s.order[1:]
	}
	for p := range s.waiters[req.ID] {
		p.take(value)
	}
	return nil
}

func (r *Results) usable(ctx context.Context) error {
	if err := r.Health(); err != nil {
		return err
	}
	return ctx.Err()
}

// Health returns nil until Close, then [salt.ErrClosed].
func (r *Results) Health() error {
	select {
	case <-r.done:
		return salt.ErrClosed
	default:
		return nil
	}
}

// Close ends this access; the store lives on.
func (r *Results) Close(context.Context) error {
	r.once.Do(func() { close(r.done) })
	return nil
}

// nobodys reports whether a reply is that of a service without a handler.
func nobodys(r *salt.Reply) bool { return r.Fault != nil && errors.Is(r.Fault, salt.ErrNoHandler) }

func final(value []byte) bool {
	r, err := celery.DecodeResult(value)
	return err == nil && !nobodys(r)
}

// A pendingResult is one waiter. Its replies are guarded by the store's mu.
type pendingResult struct {
	r              *Results
	id             string
	answered       chan struct{} // closed with answer
	answer, nobody *salt.Reply
}

// take is called with the store's mu held.
func (p *pendingResult) take(value []byte) {
	reply, err := celery.DecodeResult(value)
	switch {
	case err != nil: // it is of our own making and decodes
	case p.answer != nil: // the first one counts
	case !nobodys(reply):
		p.answer = reply
		close(p.answered)
	case p.nobody == nil:
		p.nobody = reply
	}
}

// Wait returns the answer. See [salt.PendingResult].
func (p *pendingResult) Wait(ctx context.Context) (*salt.Reply, error) {
	var err error
	select {
	case <-p.answered:
	case <-p.r.done:
		err = salt.ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.r.store.mu.Lock()
	defer p.r.store.mu.Unlock()
	switch {
	case p.answer != nil: // whatever else has happened
		return clone(p.answer), nil
	case p.nobody != nil && !errors.Is(err, salt.ErrClosed):
		return clone(p.nobody), nil
	}
	return nil, fmt.Errorf("inmem: wait for the answer to %q: %w", p.id, err)
}

// clone makes a reply for one Wait of several.
func clone(reply *salt.Reply) *salt.Reply {
	own := *reply
	own.Body = slices.Clone(own.Body)
	if own.Fault != nil {
		fault := *own.Fault
		own.Fault = &fault
	}
	return &own
}

// Stop ends the listening. See [salt.PendingResult].
func (p *pendingResult) Stop() {
	s := p.r.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.waiters[p.id], p); len(s.waiters[p.id]) == 0 {
		delete(s.waiters, p.id)
	}
}
