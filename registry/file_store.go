package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
)

// A journal is a change that is certain: once it is on disk, whoever comes next
// carries it out if the process that wrote it did not.
type journal struct {
	Writes  []write `json:"writes"`
	Size    int64   `json:"size"`    // of history.jsonl before
	History string  `json:"history"` // the lines to append
}

// A write replaces a file by another.
type write struct {
	Name string `json:"name"`
	Old  string `json:"old"` // digest of what is there before, "" for nothing
	Text string `json:"text"`
}

func sum(text []byte) string {
	if text == nil {
		return ""
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

// store writes a delta and carries it out. The lock is held.
func (r *File) store(d *delta) error {
	if len(d.seen) > 0 {
		return r.storeSeen(d)
	}
	j, err := r.journal(d)
	if err != nil {
		return err
	}
	if err := r.ignore(); err != nil {
		return err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if len(text) > maxJournal { // nobody could read it again
		return fmt.Errorf("register: the change has %d bytes, more than %d; register fewer definitions at once", len(text), maxJournal)
	}
	if err := r.replace(journalFile, text, true); err != nil {
		return err
	}
	if err := r.sync("."); err != nil {
		return err
	}
	if err := r.carryOut(j); err != nil {
		r.settled = false
		return err
	}
	r.state.apply(d)
	return r.wrote(j)
}

// wrote takes note of the process's own changes, so that they are not read again.
func (r *File) wrote(j *journal) (err error) {
	for _, w := range j.Writes {
		delete(r.files, w.Name)
	}
	r.marker, err = r.root.Lstat(historyFile)
	return err
}

// journal makes files of a delta.
func (r *File) journal(d *delta) (*journal, error) {
	texts := map[string][]byte{}
	for _, rec := range d.records { // one that comes twice is complete the second time
		text, err := encodeFile(sealed{*rec, digest(&rec.Spec)})
		if err != nil {
			return nil, fmt.Errorf("encode %q %s: %w", rec.Topic, rec.Version, err)
		}
		if len(text) > maxFile {
			return nil, fmt.Errorf("%q %s makes a file of %d bytes, which is too large", rec.Topic, rec.Version, len(text))
		}
		texts[versionFile(&rec.Spec)] = text
	}
	for topic, p := range d.policies {
		name := policyFile
		if topic != "" {
			name = path.Join(topicsDir, fileName(topic), policyFile)
		}
		text, err := encodeFile(policyEntry{topic, p})
		if err != nil {
			return nil, fmt.Errorf("encode the policy of %q: %w", topic, err)
		}
		texts[name] = text
	}
	j := &journal{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		have, _, err := r.readFile(name)
		if err != nil {
			return nil, err
		}
		j.Writes = append(j.Writes, write{name, sum(have), string(texts[name])})
	}
	var lines []byte
	for _, c := range d.history {
		var err error
		if lines, err = appendLine(lines, changeLine{c.At, c.By, c.Kind, c.Topic, c.Version, c.Detail}); err != nil {
			return nil, fmt.Errorf("encode a change: %w", err)
		}
	}
	j.History = string(lines)
	info, err := r.root.Lstat(historyFile)
	switch {
	case err == nil:
		j.Size = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return j, nil
}

// recover carries out the change of a process that died. The lock is held.
func (r *File) recover() error {
	text, _, err := r.readFile(journalFile)
	if err != nil || text == nil {
		return err
	}
	var j journal
	if err := json.Unmarshal(text, &j, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%s: %w", journalFile, err)
	}
	r.settled = false
	return r.carryOut(&j)
}

// carryOut does what a journal says, from wherever somebody stopped.
func (r *File) carryOut(j *journal) error {
	dirs := map[string]bool{}
	for _, w := range j.Writes {
		have, _, err := r.readFile(w.Name)
		if err != nil {
			return err
		}
		dir := path.Dir(w.Name)
		dirs[dir], dirs[path.Dir(dir)] = true, true
		if bytes.Equal(have, []byte(w.Text)) {
			continue
		}
		if sum(have) != w.Old {
			return fmt.Errorf("%s was changed while a registration was interrupted: remove %s in %s to give that registration up", w.Name, journalFile, r.name)
		}
		if err := r.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := r.replace(w.Name, []byte(w.Text), true); err != nil {
			return err
		}
	}
	for dir := range dirs {
		if err := r.sync(dir); err != nil {
			return err
		}
	}
	if err := r.appendHistory(j); err != nil {
		return err
	}
	if err := r.root.Remove(journalFile); err != nil {
		return err
	}
	return r.sync(".")
}

// appendHistory appends what is not there already.
func (r *File) appendHistory(j *journal) error {
	f, err := r.root.OpenFile(historyFile, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	tail := make([]byte, max(0, info.Size()-j.Size))
	if _, err := f.ReadAt(tail, min(j.Size, info.Size())); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	rest := j.History
	switch {
	case bytes.Contains(tail, []byte(rest)):
		rest = ""
	case bytes.HasPrefix([]byte(rest), tail): // it was cut off there
		rest = rest[len(tail):]
	}
	if _, err := f.WriteString(rest); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// replace writes a file as a whole or not at all; its name is durable when the
// caller has synced its directory. The lock is held, so one temporary name is
// enough, and a dead process's is overwritten.
func (r *File) replace(name string, text []byte, durable bool) error {
	temp := name + tempSuffix
	f, err := r.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return err
	}
	if durable {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return r.root.Rename(temp, name)
}

// sync makes the names in a directory durable.
func (r *File) sync(dir string) error {
	f, err := r.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncDir(f)
}

// ignore tells git what to leave out, and that history is merged by lines. A
// file that is there is the user's.
func (r *File) ignore() error {
	for name, text := range map[string]string{
		".gitignore":     "/" + seenDir + "/\n/" + lockFile + "*\n/" + journalFile + "\n*" + tempSuffix + "\n",
		".gitattributes": historyFile + " merge=union\n",
	} {
		if _, err := r.root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := r.replace(name, []byte(text), false); err != nil {
			return err
		}
	}
	return nil
}

// storeSeen writes participants: a file for each service and host, which seldom
// has more than one writer. They are worth no waiting for the disk.
func (r *File) storeSeen(d *delta) error {
	if err := r.ignore(); err != nil {
		return err
	}
	if err := r.root.MkdirAll(seenDir, 0o755); err != nil {
		return err
	}
	r.state.apply(d)
	type place struct{ service, host string }
	touched, all := map[place]bool{}, map[place][]byte{}
	for _, p := range d.seen {
		touched[place{p.Service, p.Host}] = true
	}
	for _, p := range r.state.participants("") {
		at := place{p.Service, p.Host}
		if !touched[at] {
			continue
		}
		var err error
		if all[at], err = appendLine(all[at], p); err != nil {
			return fmt.Errorf("encode a participant: %w", err)
		}
	}
	for at, text := range all {
		name := path.Join(seenDir, sum(fmt.Appendf(nil, "%q %q", at.service, at.host))[:32]+".jsonl")
		if err := r.replace(name, text, false); err != nil {
			return err
		}
	}
	return nil
}

// See records participants. See [salt.RegistryStore].
func (r *File) See(ctx context.Context, seen ...*salt.Participant) error {
	if len(seen) == 0 {
		return r.read(ctx, "record participants", func(*state) error { return nil })
	}
	return r.change(ctx, "record participants", func(s *state) (*delta, error) { return s.planSee(seen), nil })
}
