package export

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// refuseMain says why a package main cannot be asked. One that a wildcard has
// matched is passed over unless it defines something, which would be missed.
func refuseMain(p *goPackage, named bool) error {
	place := ""
	if slices.Contains(p.Imports, saltPath) {
		place = definesAt(p)
	}
	switch {
	case place != "":
		return fmt.Errorf("%s: package main defines events, and nothing can import it; move its definitions into a package of their own, which main imports", place)
	case named:
		return fmt.Errorf("%s is a package main, which nothing can import; name the packages that define its events", p.ImportPath)
	}
	return nil
}

// definesAt returns the file:line of the first definition in a package's source,
// or "". Files that do not parse are the compiler's business.
func definesAt(p *goPackage) string {
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		local := importedAs(file)
		if local == "" {
			continue
		}
		var at token.Pos
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || at.IsValid() {
				return !at.IsValid()
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local && slices.Contains([]string{"Define", "DefineEvent", "DefineRPC"}, s.Sel.Name) {
				at = s.Pos()
			}
			return true
		})
		if at.IsValid() {
			return path.Join(p.ImportPath, name) + ":" + strconv.Itoa(set.Position(at).Line)
		}
	}
	return ""
}

// importedAs is the name under which a file knows salt, "" if it does not.
func importedAs(file *ast.File) string {
	for _, i := range file.Imports {
		if strings.Trim(i.Path.Value, "`\"") != saltPath {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path.Base(saltPath)
	}
	return ""
}
