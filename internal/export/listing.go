package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// saltPath is what defines definitions.
const saltPath = "github.com/celerysalt/salt"

// A goPackage is what `go list -json` tells of a package, as far as it matters.
type goPackage struct {
	ImportPath, Name, Dir string

	Standard, DepOnly bool
	GoFiles, CgoFiles []string
	Imports, Deps     []string

	Module *struct {
		Path, Dir string
		Main      bool
	}
	Error *struct{ Pos, Err string }
}

// A listing is the packages that were asked for and all that they need.
type listing struct {
	named []*goPackage // to be imported
	all   []*goPackage // without the standard library

	modulePath, moduleDir string // where the generated program pretends to be
}

func list(ctx context.Context, dir string, patterns []string) (*listing, error) {
	if len(patterns) == 0 {
		patterns = []string{"."}
	}
	const fields = "-json=ImportPath,Name,Dir,Standard,DepOnly,GoFiles,CgoFiles,Imports,Deps,Module,Error"
	text, err := run(ctx, dir, "go", append([]string{"list", "-e", "-deps", fields, "--"}, patterns...)...)
	if err != nil {
		return nil, fmt.Errorf("find the packages: %w", err)
	}
	l := &listing{}
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		p := new(goPackage)
		if err := json.UnmarshalDecode(dec, p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("find the packages: read what go list says: %w", err)
		}
		if p.Standard {
			continue
		}
		l.all = append(l.all, p)
		if err := l.take(p, patterns); err != nil {
			return nil, err
		}
	}
	if len(l.named) == 0 {
		return nil, fmt.Errorf("find the packages: %s matches no package that could define anything", strings.Join(patterns, " "))
	}
	return l, l.home(ctx, dir)
}

// take chooses a package to be imported.
func (l *listing) take(p *goPackage, patterns []string) error {
	if p.DepOnly {
		return nil
	}
	if p.Error != nil && len(p.GoFiles)+len(p.CgoFiles) == 0 {
		if p.Name == "" && p.Dir != "" && strings.Contains(p.Error.Err, "no non-test Go files") {
			return nil
		}
		return fmt.Errorf("find the packages: %s", strings.TrimSpace(p.Error.Err))
	}
	if p.Name == "main" {
		return refuseMain(p, slices.Contains(patterns, p.ImportPath) || !wildcards(patterns))
	}
	if !slices.Contains(p.Deps, saltPath) && p.Error == nil {
		return nil // it cannot define anything
	}
	l.named = append(l.named, p)
	return nil
}

func wildcards(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return strings.Contains(p, "...") })
}

// home finds the module in which the generated program is built: the one whose
// go.mod decides.
func (l *listing) home(ctx context.Context, dir string) error {
	for _, p := range l.named {
		if p.Module != nil && p.Module.Main {
			l.modulePath, l.moduleDir = p.Module.Path, p.Module.Dir
			return nil
		}
	}
	text, err := run(ctx, dir, "go", "list", "-m", "-f", "{{.Path}}\t{{.Dir}}")
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	var found bool
	l.modulePath, l.moduleDir, found = strings.Cut(first, "\t")
	if !found || !filepath.IsAbs(l.moduleDir) {
		return errors.New("find the module: this is no directory of a Go module; change to one")
	}
	return nil
}
