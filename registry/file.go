package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/celerysalt/salt"
)

var (
	// ErrReadOnly is what changes of a read-only registry return. It is a
	// [salt.ErrForbidden].
	ErrReadOnly error = forbidden{errors.New("the registry is read-only")}

	// ErrNoRegistry is what opening returns if [FileOptions.Existing] is set and
	// the directory is none, or holds nothing that a registry writes.
	ErrNoRegistry = errors.New("there is no registry")
)

func init() {
	salt.RegistryScheme("file", func(_ context.Context, rawURL string) (salt.RegistryStore, error) {
		return OpenFileURL(rawURL, nil)
	})
}

// FileOptions adjust a [File]. The zero value and nil are good.
type FileOptions struct {
	// LockTimeout bounds the wait for other processes where the context does
	// not. Default 10 seconds.
	LockTimeout time.Duration

	// ReadOnly writes nothing at all, not even a lock. Registering what is there
	// already works.
	ReadOnly bool

	// Existing refuses a directory that holds no registry with [ErrNoRegistry],
	// which may be a typing error, instead of making one there.
	Existing bool
}

const openWait = 2 * time.Second

// File is a registry in a directory that is made for git: a JSON file for each
// version, written once, so that a review sees what a change does to the
// contracts.
//
//	topics/<topic>/<version>.json   a version: spec, number, ids, provenance
//	topics/<topic>/policy.json      the topic's policy, policy.json the registry's
//	history.jsonl                   a line for each change, appended
//	.seen/ .lock .journal           of this machine; a .gitignore keeps them out
//
// Several processes may use one directory at once, on a file system with locks;
// what one stores the others see with their next call. Changes are on disk when
// a call returns, and wholly there or not at all whenever a process dies. Files
// that cannot be read, were edited, or contradict each other after a merge are
// an error that names them; they are never overwritten.
//
// Schemas are kept without the whitespace between their tokens. Safe for
// concurrent use.
type File struct {
	opts FileOptions
	name string // the directory, for messages

	turn    chan struct{} // a lock that a context can give up; who is in waits for files and processes
	root    *os.Root
	state   *state
	files   map[string]*version // by path: what was read, and when it was written
	seen    map[string]look
	marker  fs.FileInfo // of history.jsonl when state was read; nil without one
	settled bool        // the files cannot have changed since without changing the marker
	err     error       // closed
}

var _ salt.RegistryStore = (*File)(nil)

// OpenFileURL opens the registry of a URL: file:relative/dir or
// file:///absolute/dir. A URL has no query: it would be a token or a setting that
// nobody looks at.
func OpenFileURL(rawURL string, opts *FileOptions) (*File, error) {
	dir, err := directory(rawURL)
	if err != nil {
		return nil, err
	}
	return OpenFile(dir, opts)
}

// OpenFile opens the registry in a directory, and makes the directory if it is
// not there and the options permit it. It reads and checks all of it, unless
// another process keeps it for longer than two seconds: then the first call does.
func OpenFile(dir string, opts *FileOptions) (*File, error) {
	r := &File{name: dir, turn: make(chan struct{}, 1), files: map[string]*version{}, seen: map[string]look{}, state: newState()}
	if opts != nil {
		r.opts = *opts
	}
	r.opts.LockTimeout = cmp.Or(r.opts.LockTimeout, 10*time.Second)
	if r.opts.Existing {
		if err := holdsRegistry(dir); err != nil {
			return nil, fmt.Errorf("open registry %s: %w", dir, err)
		}
	}
	if !r.opts.ReadOnly {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // contracts are no secrets
			return nil, fmt.Errorf("open registry: %w", err)
		}
	}
	var err error
	if r.root, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("open registry: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), openWait, errLocked)
	defer cancel()
	// Busy is not damaged: the first call reads what others are writing now.
	if err := r.refresh(ctx); err != nil && !errors.Is(err, errLocked) {
		r.root.Close() //nolint:errcheck // the first error is the one to tell
		return nil, fmt.Errorf("open registry %s: %w", dir, err)
	}
	return r, nil
}

// holdsRegistry looks for what a registry writes first, whichever call it is.
func holdsRegistry(dir string) error {
	for _, name := range []string{historyFile, topicsDir, journalFile, seenDir} {
		_, err := os.Lstat(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: the directory does not exist", ErrNoRegistry)
	}
	return fmt.Errorf("%w: the directory has neither %s nor %s", ErrNoRegistry, historyFile, topicsDir)
}

// directory takes file:relative/dir and file:///absolute/dir.
func directory(rawURL string) (string, error) {
	rest, ok := strings.CutPrefix(rawURL, "file:")
	switch {
	case !ok:
		return "", errors.New("a file: URL begins with file:, this one does not")
	case strings.Contains(rest, "?"):
		return "", errors.New("a file: URL has no query; write %3F for a question mark in the name of a directory")
	}
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, path, _ := strings.Cut(after, "/")
		if host != "" && host != "localhost" {
			return "", fmt.Errorf("the URL names the host %q: write file:DIRECTORY, or file:///DIRECTORY with three slashes", host)
		}
		rest = "/" + path
	}
	dir, err := url.PathUnescape(rest)
	switch {
	case err != nil:
		return "", fmt.Errorf("the path cannot be read: %w", err)
	case strings.Trim(dir, "/") == "":
		return "", errors.New("the URL names no directory: write file:DIRECTORY")
	case strings.ContainsRune(dir, 0):
		return "", errors.New("the path contains a zero byte")
	}
	return filepath.FromSlash(dir), nil
}

// enter waits for its turn within the process.
func (r *File) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.err != nil {
		<-r.turn
		return nil, r.err
	}
	return func() { <-r.turn }, nil
}

// read runs f on what is stored now.
func (r *File) read(ctx context.Context, what string, f func(*state) error) error {
	leave, err := r.enter(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer leave()
	if err = r.fresh(ctx); err == nil {
		err = f(r.state)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// change plans, writes and carries out.
func (r *File) change(ctx context.Context, what string, plan func(*state) (*delta, error)) error {
	leave, err := r.enter(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer leave()
	if err := r.changeLocked(ctx, plan); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (r *File) changeLocked(ctx context.Context, plan func(*state) (*delta, error)) error {
	// Most registrations bring nothing new, and need no lock.
	if err := r.fresh(ctx); err != nil {
		return err
	}
	d, err := plan(r.state)
	if err != nil || d.empty() {
		return err
	}
	if r.opts.ReadOnly {
		return ErrReadOnly
	}
	release, err := r.lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	if err := r.recover(); err != nil {
		return err
	}
	if err := r.reload(); err != nil {
		return err
	}
	if d, err = plan(r.state); err != nil || d.empty() {
		return err
	}
	return r.store(d)
}

// Close makes every later call fail.
func (r *File) Close() error {
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	if r.err != nil {
		return nil
	}
	r.err = fmt.Errorf("registry %s: %w", r.name, salt.ErrClosed)
	if err := r.root.Close(); err != nil {
		return fmt.Errorf("close registry %s: %w", r.name, err)
	}
	return nil
}
