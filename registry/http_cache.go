package registry

import "sync"

// A cache keeps values up to a sum of costs, and drops any when it is full.
// Safe for concurrent use.
type cache[K comparable, V any] struct {
	mu        sync.Mutex
	kept      map[K]entry[V]
	cost, max int
}

type entry[V any] struct {
	value V
	cost  int
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{kept: map[K]entry[V]{}, max: limit}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.kept[key]
	return e.value, ok
}

func (c *cache[K, V]) put(key K, value V, cost int) {
	cost += 512 // what it costs beside its text
	if cost > c.max/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cost += cost - c.kept[key].cost
	c.kept[key] = entry[V]{value, cost}
	for k, e := range c.kept {
		if c.cost <= c.max {
			return
		}
		if k != key {
			delete(c.kept, k)
			c.cost -= e.cost
		}
	}
}
