package registry

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TestFileBusy: a directory that another process is writing opens, and is read
// when that is over; one that is damaged does not.
func TestFileBusy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := OpenFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.Register(t.Context(), &salt.Spec{Topic: "a", Version: "v1", Mode: salt.ModeEvent, Schema: schema.MustParse(`{"type":"object"}`)}); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	release, err := tryLock(root, true)
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenFile(dir, &FileOptions{LockTimeout: 10 * time.Millisecond})
	if err != nil {
		t.Fatalf("a busy directory: %v", err)
	}
	defer r.Close()
	if _, err := r.Lookup(t.Context(), "a", "v1"); !errors.Is(err, errLocked) {
		t.Errorf("while it is busy: %v", err)
	}
	release()
	if _, err := r.Lookup(t.Context(), "a", "v1"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
