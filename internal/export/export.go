// Package export asks a Go program what it defines: it builds a small main
// package that imports the program's packages, runs it, and reads the catalog
// that their initialisation has filled. The main package exists only in a build
// overlay, so nothing is written into the program's module, and it is built with
// the versions that the module's own go.mod requires.
package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
)

// A Definition is one entry of the program's salt.DefaultCatalog.
type Definition struct {
	*salt.Spec

	File string // absolute path of the definition's source, "" if it was not found
	Line int    // 0 if unknown
}

// maxOutput bounds what the program may say.
const maxOutput = 64 << 20

// Definitions returns what the packages define, with all that they import, in
// the order of the catalog. Definitions in other catalogs are not seen. dir is
// where the go command runs; patterns are its package patterns. The packages'
// initialisation is executed, without the variables of the environment that have
// the credentials of Salt and PostgreSQL: SALT_* and PG*.
//
// Errors say which step failed; those of the go command contain its words. It
// is safe for concurrent use and ends, with everything it started, when ctx
// does.
func Definitions(ctx context.Context, dir string, patterns ...string) ([]*Definition, error) {
	listing, err := list(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "salt-export-*")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the build: %w", err)
	}
	defer os.RemoveAll(temp) //nolint:errcheck // nothing depends on it
	program, out := filepath.Join(temp, "program"+exe()), filepath.Join(temp, "catalog.json")
	overlay, mainPath, err := writeOverlay(temp, listing)
	if err != nil {
		return nil, err
	}
	if _, err := run(ctx, dir, "go", "build", "-buildvcs=false", "-overlay="+overlay, "-o", program, mainPath); err != nil {
		return nil, fmt.Errorf("build the packages: %w", err)
	}
	if _, err := runIn(ctx, dir, withoutCredentials(os.Environ()), program, out); err != nil {
		return nil, fmt.Errorf("run the packages' initialisation: %w", err)
	}
	return read(out, listing)
}

// entry is a spec as the generated program writes it.
type entry struct {
	Topic, Version, Mode, Doc, Exchange string
	Schema, Response, Error             jsontext.Value
	Package, Type, Source               string
	Unregistered                        bool
}

func read(file string, l *listing) ([]*Definition, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the directory is ours
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w; does a package end the program in its init?", err)
	}
	if len(text) > maxOutput {
		return nil, fmt.Errorf("read the catalog: it is larger than %d MiB", maxOutput>>20)
	}
	var entries []entry
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	var defs []*Definition
	for _, e := range entries {
		d, err := e.definition()
		if err != nil {
			return nil, fmt.Errorf("read the catalog: topic %q version %q: %w", e.Topic, e.Version, err)
		}
		d.File, d.Line = l.place(d.Spec)
		defs = append(defs, d)
	}
	return defs, nil
}

// withoutCredentials leaves out what foreign code should not be handed: it is
// not the gate's own, and in CI may come from anybody. It keeps the token from
// code that logs its environment, not from code that looks for it in /proc.
func withoutCredentials(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		name = strings.ToUpper(name) // Windows does not mind
		return strings.HasPrefix(name, "SALT_") || strings.HasPrefix(name, "PG")
	})
}

// run executes the go command and returns its stdout. An error has what it said.
func run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	env := append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH) // it must run here
	return runIn(ctx, dir, env, name, args...)
}

// runIn is run with an environment.
func runIn(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the go command and what it built
	cmd.Dir = dir
	cmd.Env = env
	cmd.Cancel = func() error { return errors.Join(cmd.Process.Signal(os.Interrupt)) }
	cmd.WaitDelay = 2 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%w; install Go, or put it into PATH", err)
	}
	if text := readable(said.String()); text != "" {
		return nil, errors.New(text)
	}
	return nil, err
}

// readable leaves out what helps nobody: of a panic, all but its message.
func readable(said string) string {
	said = strings.TrimSpace(said)
	if _, panicked, ok := strings.Cut("\n"+said, "\npanic: "); ok {
		said = panicked
		for _, end := range []string{"\n\ngoroutine ", "\ngoroutine ", " [recovered"} {
			said, _, _ = strings.Cut(said, end)
		}
	}
	const longest = 8 << 10
	if len(said) > longest {
		said = said[:longest] + "\n…"
	}
	return strings.TrimSpace(said)
}

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
