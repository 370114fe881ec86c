package inmem_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/salttest"
)

func TestResults(t *testing.T) {
	t.Parallel()
	store := inmem.NewResultStore()
	salttest.TestResultBackend(t, salttest.ResultFixture{
		Open: func(*testing.T) salt.ResultBackend { return store.Open() },
	})
}

// TestResultsForget holds the store to its bound.
func TestResultsForget(t *testing.T) {
	t.Parallel()
	r := inmem.NewResultStore().Open()
	store := func(id string) {
		if err := r.Store(t.Context(), &salt.Message{ID: id, Topic: "a", Dialect: salt.CelerySalt}, &salt.Reply{ID: id, Body: []byte(`1`)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10_001 {
		store(fmt.Sprint(i))
	}
	for id, kept := range map[string]bool{"0": false, "1": true, "10000": true} {
		p, err := r.Await(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		reply, err := p.Wait(ctx)
		if got := err == nil; got != kept {
			t.Errorf("answer of %s: %+v, %v; want it kept: %v", id, reply, err, kept)
		}
		p.Stop()
	}
}
