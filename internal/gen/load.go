package gen

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/celerysalt/salt"
)

// maxFile bounds a file of contracts: it is foreign input.
const maxFile = 16 << 20

// LoadOptions say what bare schemas do not say of themselves.
type LoadOptions struct {
	// Topic and Version of a bare schema; empty means what its file name says:
	// user.created@v2.json. With Topic there may be but one bare schema.
	Topic, Version string
}

// Load reads the contracts of files and, for directories, of the *.json files
// below them. A file holds
//
//   - a spec {"topic", "version", "mode", "doc", "exchange", "schema", "response",
//     "error"}, of which topic and schema are needed and the last three are JSON
//     Schemas; or an array of specs; or {"contracts": [specs]};
//   - or one JSON Schema, of an event whose topic and version the file's name or
//     the options say.
//
// The contracts are sorted by topic and version. One that is given twice must
// mean the same. Errors name the file and the place within it. The files are
// only read.
func Load(o LoadOptions, paths ...string) ([]*Contract, error) {
	files, err := contractFiles(paths)
	if err != nil {
		return nil, err
	}
	r := reader{options: o}
	for _, file := range files {
		text, err := readFile(file)
		if err != nil {
			return nil, err
		}
		if err := r.read(text, filepath.ToSlash(file)); err != nil {
			return nil, err
		}
	}
	return r.sorted()
}

// contractFiles replaces directories by the files below them.
func contractFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("read contracts: %w", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			hidden := strings.HasPrefix(d.Name(), ".") && file != path
			switch {
			case err != nil:
				return err
			case hidden && d.IsDir():
				return fs.SkipDir
			case !hidden && d.Type().IsRegular() && filepath.Ext(file) == ".json":
				files = append(files, file)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read contracts: %w", err)
		}
		if len(files) == before {
			return nil, fmt.Errorf("read contracts: there is no *.json file in %s", path)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func readFile(file string) ([]byte, error) {
	f, err := os.Open(file) //nolint:gosec // the caller names the files
	if err != nil {
		return nil, fmt.Errorf("read contracts: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read contracts: %w", err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("read contracts: %s has more than %d MiB; split it", file, maxFile>>20)
	}
	return text, nil
}

// Select returns the contracts whose topics one of the patterns matches, in
// their order; without patterns all of them. A bad pattern and one that matches
// nothing are errors.
func Select(contracts []*Contract, patterns ...string) ([]*Contract, error) {
	if len(patterns) == 0 {
		return contracts, nil
	}
	chosen := make(map[*Contract]bool)
	for _, pattern := range patterns {
		if err := salt.CheckPattern(pattern); err != nil {
			return nil, err
		}
		found := false
		for _, c := range contracts {
			if salt.MatchPattern(pattern, c.Topic) {
				chosen[c], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no contract's topic matches %q; there are %s", pattern, topics(contracts))
		}
	}
	return slices.DeleteFunc(slices.Clone(contracts), func(c *Contract) bool { return !chosen[c] }), nil
}

// topics lists a few topics for errors.
func topics(contracts []*Contract) string {
	var names []string
	for _, c := range contracts {
		if !slices.Contains(names, c.Topic) {
			names = append(names, c.Topic)
		}
	}
	const few = 8
	if len(names) > few {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
	}
	return strings.Join(names, ", ")
}

// sorted returns what was read, each topic and version once.
func (r *reader) sorted() ([]*Contract, error) {
	if len(r.contracts) == 0 {
		return nil, errors.New("read contracts: there is none in the files")
	}
	slices.SortStableFunc(r.contracts, func(a, b *Contract) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		return salt.CompareVersions(a.Version, b.Version)
	})
	var unique []*Contract
	for _, c := range r.contracts {
		if n := len(unique); n > 0 && unique[n-1].Topic == c.Topic && salt.CompareVersions(unique[n-1].Version, c.Version) == 0 {
			if err := salt.CompareSpecs(unique[n-1].Spec(), c.Spec()); err != nil {
				return nil, fmt.Errorf("read contracts: %w", err)
			}
			continue
		}
		unique = append(unique, c)
	}
	return unique, nil
}
