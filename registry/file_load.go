package registry

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt"
)

// The parts of a registry directory.
const (
	topicsDir   = "topics"
	policyFile  = "policy.json"
	historyFile = "history.jsonl"
	seenDir     = ".seen"
	lockFile    = ".lock"
	journalFile = ".journal"
	tempSuffix  = ".tmp"
)

// racy is how long after a change by others the directory is read again
// anyhow: times of files are coarse, and git writes history.jsonl before the
// versions that it tells of.
const racy = 2 * time.Second

// A version is a file that was read.
type version struct {
	look
	record *salt.Record
}

// A look is what a file was when it was read.
type look struct {
	info fs.FileInfo
	at   time.Time
}

// holds reports whether the file is certainly as it was: one that was read
// right after it was written may have been written again in the same tick.
func (l look) holds(now fs.FileInfo) bool {
	return l.info != nil && same(l.info, now) && l.at.Sub(now.ModTime()) > racy
}

// A policyEntry is a policy's file. The topic is in it because a directory's
// name may be cut.
type policyEntry struct {
	Topic string `json:"topic,omitempty"`
	salt.Policy
}

// fresh reads again what other processes changed. history.jsonl grows with
// every change, so it tells.
func (r *File) fresh(ctx context.Context) error {
	if current, err := r.current(); current || err != nil {
		return err
	}
	return r.refresh(ctx)
}

// current reports whether nobody changed anything since the state was read.
func (r *File) current() (bool, error) {
	info, err := r.root.Lstat(historyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return r.settled && same(info, r.marker), nil
}

// reload loads if somebody changed something. The lock is held.
func (r *File) reload() error {
	if current, err := r.current(); err != nil {
		return err
	} else if current {
		return r.loadSeen()
	}
	return r.load()
}

// refresh loads under the lock, so that no process is in the middle of a change.
func (r *File) refresh(ctx context.Context) error {
	release, err := r.lock(ctx, false)
	if err != nil {
		return err
	}
	switch _, err = r.root.Lstat(journalFile); {
	case release == nil:
		return r.loadUnlocked(ctx)
	case err != nil:
		defer release()
		return r.load()
	}
	release() // a process died while it changed: finish its work
	if release, err = r.lock(ctx, true); err != nil {
		return err
	}
	defer release()
	if err := r.recover(); err != nil {
		return err
	}
	return r.load()
}

// loadUnlocked loads where nothing may be written, not even a lock: again until
// nobody has changed anything meanwhile.
func (r *File) loadUnlocked(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.opts.LockTimeout,
		fmt.Errorf("%s is there: a registration was interrupted; open the registry once where it may be written", journalFile))
	defer cancel()
	for {
		var err error
		if _, busy := r.root.Lstat(journalFile); busy != nil {
			if err = r.load(); err == nil {
				if current, err := r.unmoved(); current || err != nil {
					return err
				}
			}
		}
		select {
		case <-ctx.Done():
			return cmp.Or(err, context.Cause(ctx))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// unmoved reports whether no change has begun or ended since the last load.
func (r *File) unmoved() (bool, error) {
	info, err := r.root.Lstat(historyFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	_, busy := r.root.Lstat(journalFile)
	return busy != nil && same(info, r.marker), nil
}

func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// readFile reads a regular file of the directory, nil if there is none.
func (r *File) readFile(name string) ([]byte, fs.FileInfo, error) {
	f, err := r.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no regular file", name)
	}
	bound := int64(maxFile)
	if name == historyFile || name == journalFile {
		bound = maxJournal
	}
	text, err := io.ReadAll(io.LimitReader(f, bound+1))
	if err == nil && int64(len(text)) > bound {
		err = fmt.Errorf("%s is larger than %d bytes", name, bound)
	}
	return text, info, err
}

// list returns the names in a directory; none if it does not exist.
func (r *File) list(dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(r.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// load reads the directory into a new state, and keeps the old one if that
// fails. Version files that were read before are not read again.
func (r *File) load() error {
	next, files := newState(), map[string]*version{}
	text, marker, err := r.readFile(historyFile)
	if err != nil {
		return err
	}
	if err := loadHistory(next, text); err != nil {
		return fmt.Errorf("%s: %w", historyFile, err)
	}
	if err := r.loadPolicy(next, ""); err != nil {
		return err
	}
	topics, err := r.list(topicsDir)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		if !topic.IsDir() || strings.HasPrefix(topic.Name(), ".") {
			continue
		}
		if err := r.loadTopic(next, files, topic.Name()); err != nil {
			return err
		}
	}
	if err := contradictions(files); err != nil {
		return err
	}
	next.seen = r.state.seen
	r.state, r.files, r.marker = next, files, marker
	r.settled = marker == nil || time.Since(marker.ModTime()) > racy
	return r.loadSeen()
}

// loadHistory reads the changes by time: a merge of two branches leaves them
// in any order.
func loadHistory(s *state, text []byte) error {
	if len(text) > 0 && text[len(text)-1] != '\n' {
		return fmt.Errorf("line %d: it was cut off", 1+bytes.Count(text, []byte("\n")))
	}
	if err := eachLine(text, func(c *salt.Change) { s.history = append(s.history, c) }); err != nil {
		return err
	}
	slices.SortStableFunc(s.history, func(a, b *salt.Change) int { return a.At.Compare(b.At) })
	for i, c := range s.history {
		c.Seq = int64(i) + 1
	}
	return nil
}

// loadPolicy reads the policy of a topic's directory, or of the whole registry.
func (r *File) loadPolicy(s *state, dir string) error {
	name := policyFile
	if dir != "" {
		name = path.Join(topicsDir, dir, policyFile)
	}
	text, _, err := r.readFile(name)
	if err != nil || text == nil {
		return err
	}
	var p policyEntry
	if err = decodeFile(text, &p); err == nil {
		err = p.Check()
	}
	if err == nil && dir != "" {
		err = salt.CheckTopic(p.Topic)
	}
	if err == nil && (dir == "") != (p.Topic == "") || dir != "" && err == nil && fileName(p.Topic) != dir {
		err = fmt.Errorf("it is the policy of %q and stands in the wrong directory", p.Topic)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.policies[p.Topic] = p.Policy
	return nil
}

// loadTopic reads the versions of one directory.
func (r *File) loadTopic(s *state, files map[string]*version, dir string) error {
	entries, err := r.list(path.Join(topicsDir, dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		base, isJSON := strings.CutSuffix(e.Name(), ".json")
		if !isJSON || strings.HasPrefix(base, ".") {
			continue
		}
		if e.Name() == policyFile {
			if err := r.loadPolicy(s, dir); err != nil {
				return err
			}
			continue
		}
		name := path.Join(topicsDir, dir, e.Name())
		v, err := r.loadVersion(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if fileName(v.record.Topic) != dir || v.record.Version != base {
			return fmt.Errorf("%s: the file holds %q %s, whose place is %s: move it there, or remove it",
				name, v.record.Topic, v.record.Version, versionFile(&v.record.Spec))
		}
		files[name] = v
		s.put(v.record)
	}
	return nil
}

func versionFile(s *salt.Spec) string {
	return path.Join(topicsDir, fileName(s.Topic), s.Version+".json")
}

func (r *File) loadVersion(name string) (*version, error) {
	info, err := r.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if have := r.files[name]; have != nil && have.holds(info) {
		return have, nil
	}
	at := time.Now()
	text, info, err := r.readFile(name)
	if err != nil {
		return nil, err
	}
	record, err := decodeVersion(text)
	return &version{look{info, at}, record}, err
}

// loadSeen reads the participants' files that changed.
func (r *File) loadSeen() error {
	entries, err := r.list(seenDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		name := path.Join(seenDir, e.Name())
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && r.seen[name].holds(info) {
			continue
		}
		at := time.Now()
		text, info, err := r.readFile(name)
		if err == nil {
			err = eachLine(text, func(p *salt.Participant) { r.state.seen[identityOf(p)] = p })
		}
		if err != nil {
			return fmt.Errorf("%s (it can be removed): %w", name, err)
		}
		r.seen[name] = look{info, at}
	}
	return nil
}
