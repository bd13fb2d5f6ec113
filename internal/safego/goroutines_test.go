package safego_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryGoroutineOfOursIsAGroups finds what starts a goroutine whose panic would end the process with the terminal in raw
// mode: go statements, sync.WaitGroup.Go, and groups of errgroup. Only this package may.
func TestEveryGoroutineOfOursIsAGroups(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "testdata" || name == "safego" || name == "toxic" || strings.HasPrefix(name, ".") && path != root):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files++
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, at := range goroutines(file) {
			t.Errorf("%s starts a goroutine outside of safego", fset.Position(at))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("looked at %d files only", files)
	}
}

// goroutines returns where a file starts goroutines by itself.
func goroutines(file *ast.File) []token.Pos {
	var found []token.Pos
	for _, spec := range file.Imports {
		if spec.Path.Value == `"golang.org/x/sync/errgroup"` {
			found = append(found, spec.Pos())
		}
	}
	waitGroups := map[string]bool{} // names of variables and fields
	ast.Inspect(file, func(n ast.Node) bool {
		var names []*ast.Ident
		var kind ast.Expr
		switch n := n.(type) {
		case *ast.ValueSpec:
			names, kind = n.Names, n.Type
		case *ast.Field:
			names, kind = n.Names, n.Type
		}
		if star, ok := kind.(*ast.StarExpr); ok {
			kind = star.X
		}
		if of, ok := kind.(*ast.SelectorExpr); ok && of.Sel.Name == "WaitGroup" {
			for _, name := range names {
				waitGroups[name.Name] = true
			}
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, n.Pos())
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Go" {
				switch of := method.X.(type) {
				case *ast.Ident:
					if waitGroups[of.Name] {
						found = append(found, n.Pos())
					}
				case *ast.SelectorExpr:
					if waitGroups[of.Sel.Name] {
						found = append(found, n.Pos())
					}
				}
			}
		}
		return true
	})
	return found
}

func TestGoroutinesAreFound(t *testing.T) {
	const source = `package p
import ("sync"; "golang.org/x/sync/errgroup")
type s struct { wg *sync.WaitGroup }
func f(x s) {
	go f(x)
	var group sync.WaitGroup
	group.Go(func() {})
	x.wg.Go(func() {})
	var ours other
	ours.Go(func() {})
	_ = errgroup.Group{}
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(goroutines(file)); got != 4 {
		t.Errorf("found %d of 4", got)
	}
}
