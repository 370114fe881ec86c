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
		locals := importedAs(file)
		if len(locals) == 0 {
			continue
		}
		var at token.Pos
		ast.Inspect(file, func(n ast.Node) bool {
			if !at.IsValid() && n != nil && defines(n, locals) {
				at = n.Pos()
			}
			return !at.IsValid()
		})
		if at.IsValid() {
			return path.Join(p.ImportPath, name) + ":" + strconv.Itoa(set.Position(at).Line)
		}
	}
	return ""
}

// defines reports whether a node names one of the functions that define. In a
// file that imports salt with a dot they stand alone, followed by their types.
func defines(n ast.Node, locals []string) bool {
	local, name := ".", ast.Expr(nil)
	switch n := n.(type) {
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		if !ok {
			return false
		}
		local, name = x.Name, n.Sel
	case *ast.IndexExpr:
		name = n.X
	case *ast.IndexListExpr:
		name = n.X
	}
	id, ok := name.(*ast.Ident)
	return ok && slices.Contains(locals, local) && slices.Contains([]string{"Define", "DefineEvent", "DefineRPC"}, id.Name)
}

// importedAs is the names under which a file knows salt; it may import it twice.
func importedAs(file *ast.File) []string {
	var names []string
	for _, i := range file.Imports {
		if strings.Trim(i.Path.Value, "`\"") != saltPath {
			continue
		}
		name := path.Base(saltPath)
		if i.Name != nil {
			name = i.Name.Name
		}
		names = append(names, name)
	}
	return names
}
