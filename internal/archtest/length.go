package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// MaxLines is the length from which a file must give a reason.
const MaxLines = 400

// Long returns the violations of [MaxLines] among the .go files of tree,
// hidden directories, testdata and nested modules apart. excused maps a path
// to the reason why that file is longer; an excuse that is not needed any more
// is a violation too.
func Long(tree fs.FS, excused map[string]string) ([]string, error) {
	var found []string
	used := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(tree, path, d)
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		lines := bytes.Count(text, []byte("\n"))
		switch {
		case lines <= MaxLines:
		case excused[path] != "":
			used[path] = true
		default:
			found = append(found, fmt.Sprintf("%s has %d lines; split it by idea, or excuse it with a reason", path, lines))
		}
		return nil
	})
	for _, path := range slices.Sorted(maps.Keys(excused)) {
		if !used[path] {
			found = append(found, fmt.Sprintf("%s is excused for its length and needs no excuse", path))
		}
	}
	return found, err
}

// enter says whether a walk goes into a directory.
func enter(tree fs.FS, path string, d fs.DirEntry) error {
	if path == "." {
		return nil
	}
	if strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, path+"/go.mod"); err == nil {
		return fs.SkipDir
	}
	return nil
}
