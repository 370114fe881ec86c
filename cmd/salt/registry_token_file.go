package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/celerysalt/salt/registry/server"
)

// appendToken adds a line to a server's file of tokens, whether that has lines or
// an array. What the server could not read afterwards is not written: a file that
// it cannot read now, a name that is taken. The file is replaced at once, and
// nobody but its owner and group can read it then; tightened says that others
// could. Who comes at the same time gets an error.
func appendToken(file string, line []byte) (tightened bool, err error) {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target // the link stays
	}
	next := file + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the person names it
	if errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("append the token: %s is there: another command is changing the tokens, or one was interrupted; then remove it", next)
	}
	if err != nil {
		return false, misusef("append the token: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close() // if it is not closed yet
			err = errors.Join(err, os.Remove(next))
		}
	}()
	old, info, err := tokenFile(file)
	if err != nil {
		return false, misusef("append the token: %w", err)
	}
	text, err := withToken(old, line)
	if err != nil {
		return false, misusef("append the token to %s: %w", file, err)
	}
	if info != nil {
		tightened = info.Mode().Perm()&^0o640 != 0
		if err := errors.Join(keepOwner(f, info), f.Chmod(info.Mode().Perm()&0o640|0o600)); err != nil {
			return false, fmt.Errorf("append the token: keep the owner of %s: %w; run the command as its owner", file, err)
		}
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(next, file)
	}
	if err != nil {
		return false, fmt.Errorf("append the token: %w", err)
	}
	return tightened, nil
}

// tokenFile reads a file; info is nil if there is none.
func tokenFile(file string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is no regular file", file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the person names it
	return text, info, err
}

// withToken adds to a file's text, which keeps its form.
func withToken(old, line []byte) ([]byte, error) {
	if _, err := server.ParseTokens(old); err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	text := bytes.TrimSpace(old)
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		text = bytes.TrimRight(text[:len(text)-1], " \t\r\n") // without the bracket
		if !bytes.HasSuffix(text, []byte("[")) {
			text = append(text, ',')
		}
		text = append(append(append(text, "\n  "...), line...), "\n]"...)
	case len(text) > 0:
		text = append(append(text, '\n'), line...)
	default:
		text = line
	}
	text = append(bytes.Clone(text), '\n')
	if _, err := server.ParseTokens(text); err != nil {
		return nil, err
	}
	return text, nil
}
