//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package registry_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/celerysalt/salt/registry"
)

// holdLock takes the directory's lock as another process would.
func holdLock(t *testing.T, dir string) (release func()) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

func TestFileLockWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := registry.OpenFile(dir, &registry.FileOptions{LockTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	release := holdLock(t, dir)
	if err := r.Register(t.Context(), event("a", "v1", "x")); err == nil || !strings.Contains(err.Error(), "another process has the lock") {
		t.Errorf("Register under another's lock: %v", err)
	}
	release()
	register(t, r, event("a", "v1", "x"))
}

// TestFileWaitsInContext: who waits behind one that waits for another process
// keeps to its own context.
func TestFileWaitsInContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openFile(t, dir)
	register(t, r, event("a", "v1", "x"))
	release := holdLock(t, dir)
	patient, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.Register(patient, event("b", "v1", "x")); !errors.Is(err, context.Canceled) {
			t.Errorf("Register: %v, want context.Canceled", err)
		}
	})
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		start := time.Now()
		if err := r.Register(ctx, event("c", "v1", "x")); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 3*time.Second {
			t.Errorf("Register: %v after %v", err, time.Since(start))
		}
		cancel()
	}
	stop()
	wg.Wait()
	release()
	register(t, r, event("d", "v1", "x"))
}
