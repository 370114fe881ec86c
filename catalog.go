package salt

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// DefaultCatalog holds the definitions that name no other catalog.
var DefaultCatalog = NewCatalog()

// A Catalog is what a program defines: its specs by topic and version. Safe for
// concurrent use.
type Catalog struct {
	mu     sync.RWMutex
	topics map[string][]*Spec
}

// NewCatalog returns an empty catalog, for tests and for programs that hold
// several buses apart.
func NewCatalog() *Catalog { return &Catalog{topics: map[string][]*Spec{}} }

// Specs returns all specs, by topic and then by version order.
func (c *Catalog) Specs() []*Spec {
	c.mu.RLock()
	defer c.mu.RUnlock()
	specs := make([]*Spec, 0, len(c.topics))
	for _, versions := range c.topics {
		specs = append(specs, versions...)
	}
	SortSpecs(specs)
	return specs
}

// Lookup returns one spec, or [ErrNotFound].
func (c *Catalog) Lookup(topic, version string) (*Spec, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, s := range c.topics[topic] {
		if s.Version == version {
			return s, nil
		}
	}
	return nil, fmt.Errorf("topic %q version %q in the catalog: %w", topic, version, ErrNotFound)
}

// add keeps the first of equal specs and refuses a different one.
func (c *Catalog) add(s *Spec) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	versions := c.topics[s.Topic]
	for i, have := range versions {
		switch {
		case have.Version == s.Version:
			if err := CompareSpecs(have, s); err != nil {
				return err
			}
			if have.Unregistered && !s.Unregistered {
				versions[i] = s // one twin that registers suffices
			}
			return nil
		case CompareVersions(have.Version, s.Version) == 0:
			return fmt.Errorf("topic %q: %s is the same version as %s, which %s defines; write it in one way", s.Topic, s.Version, have.Version, have.Origin())
		}
	}
	c.topics[s.Topic] = append(versions, s)
	return nil
}

// SortSpecs sorts in place, by topic and then by version order.
func SortSpecs(specs []*Spec) {
	slices.SortFunc(specs, func(a, b *Spec) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		if c := CompareVersions(a.Version, b.Version); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
}
