package rabbitmq

import (
	"context"
	"sync"
)

// flights does things once for each key: it remembers successes, shares an
// attempt among those who want it at the same time, and forgets failures. The
// zero value is ready. Safe for concurrent use.
type flights[K comparable, V any] struct {
	mu sync.Mutex
	m  map[K]*flight[V]
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// do returns f's result for key. f runs in a goroutine of tasks and goes on
// when ctx ends.
func (s *flights[K, V]) do(ctx context.Context, tasks *sync.WaitGroup, key K, f func() (V, error)) (V, error) {
	s.mu.Lock()
	a := s.m[key]
	if a == nil {
		a = &flight[V]{done: make(chan struct{})}
		if s.m == nil {
			s.m = make(map[K]*flight[V])
		}
		s.m[key] = a
		tasks.Go(func() {
			a.value, a.err = f()
			if a.err != nil {
				s.mu.Lock()
				delete(s.m, key)
				s.mu.Unlock()
			}
			close(a.done)
		})
	}
	s.mu.Unlock()
	select {
	case <-a.done:
		return a.value, a.err
	default:
	}
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var zero V
		return zero, ended(ctx)
	}
}
