package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"
)

// errLocked: another process has the lock.
var errLocked = errors.New("another process has the lock")

// lock waits for the directory's lock, shared or exclusive, within the context
// and the timeout. The system frees the lock of a process that dies. Where
// nothing may be written there is no lock for reading, and release is nil.
func (r *File) lock(ctx context.Context, exclusive bool) (release func(), err error) {
	if r.opts.ReadOnly {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.opts.LockTimeout, errLocked)
	defer cancel()
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		release, err := tryLock(r.root, exclusive)
		switch {
		case err == nil:
			return release, nil
		case !exclusive && (errors.Is(err, fs.ErrPermission) || readOnlySystem(err)):
			return nil, nil
		case !errors.Is(err, errLocked):
			return nil, fmt.Errorf("lock %s: %w", r.name, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w", r.name, context.Cause(ctx))
		case <-time.After(time.Millisecond + rand.N(pause)):
		}
	}
}
