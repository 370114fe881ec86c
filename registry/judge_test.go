package registry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// judging is a store that judges at once.
type judging interface {
	salt.RegistryStore
	Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error)
}

func eachStore(t *testing.T, f func(t *testing.T, store judging)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { t.Parallel(); f(t, registry.NewMemory()) })
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		store, err := registry.OpenFile(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		f(t, store)
	})
}

// manyOf returns n versions of one topic, all compatible.
func manyOf(n int) []*salt.Spec {
	specs := make([]*salt.Spec, n)
	for i := range specs {
		specs[i] = event("a", fmt.Sprintf("v%d", i+1), "x")
	}
	return specs
}

// hooked is a context that runs something when it is asked for the nth time
// whether it has ended.
type hooked struct {
	context.Context

	left int
	then func() error
}

func (h *hooked) Err() error {
	if h.left--; h.left == 0 {
		return h.then()
	}
	return h.Context.Err()
}

// TestJudgeHoldsNobodyUp: while specs are judged, others read and write.
func TestJudgeHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, store judging) {
		t.Helper()
		written := make(chan error, 1)
		ctx := &hooked{t.Context(), 30, func() error {
			go func() { written <- store.Register(t.Context(), event("b", "v1", "x")) }()
			select {
			case err := <-written:
				return err
			case <-time.After(20 * time.Second):
				return errors.New("another topic's registration waits for the judge")
			}
		}}
		verdicts, err := store.Judge(ctx, manyOf(60)...)
		if err != nil || len(verdicts) != 60 || ctx.left > 0 {
			t.Errorf("%d verdicts, %v, and %d calls before the hook", len(verdicts), err, ctx.left)
		}
	})
}

// TestJudgeGivesUp when nobody waits any more, and registering too.
func TestJudgeGivesUp(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, store judging) {
		t.Helper()
		end := func() *hooked { return &hooked{t.Context(), 30, func() error { return context.Canceled }} }
		if _, err := store.Judge(end(), manyOf(60)...); !errors.Is(err, context.Canceled) {
			t.Errorf("Judge: %v", err)
		}
		if err := store.Register(end(), manyOf(60)...); !errors.Is(err, context.Canceled) {
			t.Errorf("Register: %v", err)
		}
	})
}

// TestJudgeIsBounded: what is quadratic ends soon, what is not is let through.
func TestJudgeIsBounded(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, store judging) {
		t.Helper()
		if err := store.SetPolicy(t.Context(), "a", salt.Policy{Compatibility: salt.FullCompatibility}); err != nil {
			t.Fatal(err)
		}
		if verdicts, err := store.Judge(t.Context(), manyOf(2000)...); err != nil || len(verdicts) != 2000 {
			t.Errorf("against neighbours: %d verdicts, %v", len(verdicts), err)
		}
		if err := store.SetPolicy(t.Context(), "a", salt.Policy{Compatibility: salt.FullCompatibilityAlways}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Judge(t.Context(), manyOf(2000)...); !errors.Is(err, salt.ErrTooLarge) {
			t.Errorf("Judge under a transitive one: %v", err)
		}
		if err := store.Register(t.Context(), manyOf(2000)...); !errors.Is(err, salt.ErrTooLarge) {
			t.Errorf("Register: %v", err)
		}
		if _, err := store.Lookup(t.Context(), "a", "v1"); !errors.Is(err, salt.ErrNotFound) {
			t.Errorf("a part was stored: %v", err)
		}
		if verdicts, err := store.Judge(t.Context(), manyOf(100)...); err != nil || verdicts[99].Action != salt.ActionCreate {
			t.Errorf("a hundred versions: %v", err)
		}
	})
}

// TestReadOnlyForbids: what a program reads of it is no outage.
func TestReadOnlyForbids(t *testing.T) {
	t.Parallel()
	if !errors.Is(fmt.Errorf("register: %w", registry.ErrReadOnly), salt.ErrForbidden) || salt.Retryable(registry.ErrReadOnly) {
		t.Error("ErrReadOnly is no ErrForbidden, or worth another try")
	}
}
