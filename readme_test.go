package salt_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	goBlock   = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	codeBlock = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")
)

// TestDocumentsCompile holds the documents to code that is compiled and run:
// each of their Go blocks stands, but for the indentation, in an example.
func TestDocumentsCompile(t *testing.T) {
	t.Parallel()
	tree := os.DirFS(".")
	examples := map[string]string{}
	err := fs.WalkDir(tree, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		inExamples := strings.HasPrefix(file, "examples/") && path.Ext(file) == ".go"
		if example, _ := path.Match("example*_test.go", d.Name()); example || inExamples {
			text, err := fs.ReadFile(tree, file)
			examples[file] = unindented(string(text))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for document, atLeast := range map[string]int{"README.md": 3, "DESIGN.md": 0, "examples/README.md": 0} {
		text, err := fs.ReadFile(tree, document)
		if err != nil {
			t.Fatal(err)
		}
		blocks := goBlock.FindAllStringSubmatch(string(text), -1)
		if len(blocks) < atLeast {
			t.Errorf("%s has %d Go blocks, want at least %d", document, len(blocks), atLeast)
		}
		for _, block := range blocks {
			if !anyContains(examples, unindented(block[1])) {
				t.Errorf("%s: no example contains this block:\n%s", document, block[1])
			}
		}
	}
}

func anyContains(files map[string]string, block string) bool {
	for _, text := range files {
		if strings.Contains("\n"+text, "\n"+block) {
			return true
		}
	}
	return false
}

// unindented takes the indentation off every line, and blank lines off the end.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// TestLinksLead checks the documents' links to files.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, document := range []string{"README.md", "DESIGN.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		prose := codeBlock.ReplaceAllString(string(text), "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if _, err := os.Stat(path.Join(path.Dir(document), m[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", document, m[1])
			}
		}
	}
}

// TestFileMap holds DESIGN.md's file map to the tree, in both directions.
func TestFileMap(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## File map\n")
	if !ok {
		t.Fatal("DESIGN.md has no file map")
	}
	mapped := map[string]bool{}
	dir := ""
	heading, row := regexp.MustCompile("^### `([^`]+)/`"), regexp.MustCompile("^\\| `([a-z0-9_]+\\.go)` \\|")
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "### ") {
			dir = "."
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			dir = m[1]
		}
		if m := row.FindStringSubmatch(line); m != nil {
			mapped[path.Join(dir, m[1])] = true
		}
	}
	elsewhere := regexp.MustCompile(`^(bench|tools|examples)/|/testdata/|^testdata/|_test\.go$|^\.[^/]`)
	err = fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if path.Ext(file) != ".go" || elsewhere.MatchString(file) {
			return nil
		}
		if !mapped[file] {
			t.Errorf("DESIGN.md's file map lacks %s; give it a line", file)
		}
		delete(mapped, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for file := range mapped {
		t.Errorf("DESIGN.md's file map names %s, which does not exist", file)
	}
}
