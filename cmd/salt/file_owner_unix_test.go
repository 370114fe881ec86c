//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRegistryTokenOwner: the server may run as somebody else than the person
// who adds a token, and must be able to read its file afterwards.
func TestRegistryTokenOwner(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.json")
	makeToken(t, "one", "--append", file)
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		uid, gid = 12345, 54321 // root may give it away
	} else if groups, err := os.Getgroups(); err == nil && len(groups) > 0 {
		gid = groups[len(groups)-1]
	}
	if err := os.Chown(file, uid, gid); err != nil {
		t.Fatal(err)
	}
	makeToken(t, "two", "--append", file)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != uid || int(s.Gid) != gid {
		t.Errorf("the file belongs to %+v, want %d:%d", s, uid, gid)
	}
}
