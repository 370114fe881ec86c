//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// abandoned is the age at which a lock file is taken for that of a process that
// died. No change takes that long.
const abandoned = time.Minute

// tryLock takes the lock if it is free: who creates the file has it. Readers
// exclude each other too.
func tryLock(root *os.Root, _ bool) (release func(), err error) {
	const name = lockFile + ".held"
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if info, err := root.Lstat(name); err == nil && time.Since(info.ModTime()) > abandoned {
			return nil, fmt.Errorf("%s is older than %v: if no process uses the directory, remove it", name, abandoned)
		}
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	f.Close()
	return func() { root.Remove(name) }, nil //nolint:errcheck // the next who wants the lock is told
}

func readOnlySystem(error) bool { return false }

// syncDir does nothing: directories cannot be flushed everywhere.
func syncDir(*os.File) error { return nil }
