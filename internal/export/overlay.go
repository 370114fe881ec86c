package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/go-json-experiment/json"
)

//go:embed program.go.tmpl
var programText string

var program = template.Must(template.New("program").Parse(programText))

// overlay collects files that exist for the build only.
type overlay struct {
	temp    string
	replace map[string]string // path in the module -> file in temp
}

// writeOverlay writes the generated program into temp and returns the overlay's
// file and the program's import path.
func writeOverlay(temp string, l *listing) (file, mainPath string, err error) {
	o := &overlay{temp: temp, replace: map[string]string{}}
	name := freeName(l.moduleDir)
	var imports []string
	seen := map[string]bool{}
	for _, p := range l.named {
		shown, err := o.reachable(p.ImportPath, p.Dir, l.modulePath, name)
		if err != nil {
			return "", "", err
		}
		if !seen[shown] {
			seen[shown] = true
			imports = append(imports, shown)
		}
	}
	var text bytes.Buffer
	if err := program.Execute(&text, map[string]any{"Salt": saltPath, "Imports": imports}); err != nil {
		return "", "", fmt.Errorf("write the program: %w", err)
	}
	if err := o.add(filepath.Join(l.moduleDir, name, "main.go"), text.Bytes()); err != nil {
		return "", "", err
	}
	index, err := json.Marshal(map[string]any{"Replace": o.replace})
	if err != nil {
		return "", "", fmt.Errorf("write the overlay: %w", err)
	}
	file = filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(file, index, 0o600); err != nil {
		return "", "", fmt.Errorf("write the overlay: %w", err)
	}
	return file, path.Join(l.modulePath, name), nil
}

// reachable returns a path by which the program may import the package. What is
// internal to a subtree is imported by a package within it, which exists in the
// overlay only, and so on outwards.
func (o *overlay) reachable(importPath, dir, module, name string) (string, error) {
	for {
		above, inside, internal := cutInternal(importPath)
		if !internal || above == module || strings.HasPrefix(module+"/", above+"/") {
			return importPath, nil
		}
		dir = strings.TrimSuffix(dir, filepath.FromSlash("/internal"+inside))
		importPath = above + "/" + name
		text := fmt.Sprintf("// Package %s exists in an overlay.\npackage %s\n\nimport _ %q\n", name, name, above+"/internal"+inside)
		if err := o.add(filepath.Join(dir, name, "imports"+strconv.Itoa(len(o.replace))+".go"), []byte(text)); err != nil {
			return "", err
		}
		dir = filepath.Join(dir, name)
	}
}

// cutInternal cuts a path at its last element internal.
func cutInternal(importPath string) (above, inside string, internal bool) {
	i := strings.LastIndex(importPath+"/", "/internal/")
	if i < 0 {
		return "", "", false
	}
	return importPath[:i], importPath[i+len("/internal"):], true
}

func (o *overlay) add(at string, text []byte) error {
	file := filepath.Join(o.temp, "file"+strconv.Itoa(len(o.replace))+".go")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("write the program: %w", err)
	}
	o.replace[at] = file
	return nil
}

// freeName is the name of a directory that the module does not have.
func freeName(dir string) string {
	name := "saltexport"
	for i := 0; ; i++ {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			return name
		}
		name = "saltexport" + strconv.Itoa(i)
	}
}
