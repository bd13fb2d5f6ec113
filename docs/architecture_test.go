// Package docs holds the project's documents, and the tests that keep them true.
package docs

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// imports returns, of each package of the module, which others of it the package imports, tests apart, on any system.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	graph := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "testdata" || name == "toxic" || name == "docs" || strings.HasPrefix(name, ".") && name != ".."):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel("..", filepath.Dir(path))
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if name == "." {
			name = "main"
		}
		graph[name] = append(graph[name], []string{}...)
		for _, spec := range file.Imports {
			if own, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "errtop/"); ok {
				graph[name] = append(graph[name], own)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range graph {
		slices.Sort(list)
		graph[name] = slices.Compact(list)
	}
	return graph
}

// table returns what ARCHITECTURE.md's table allows.
func table(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`([^`]+)`")
	graph := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\| ([^|]+) \\|$").FindAllStringSubmatch(string(text), -1) {
		graph[row[1]] = []string{}
		for _, name := range names.FindAllStringSubmatch(row[3], -1) {
			graph[row[1]] = append(graph[row[1]], name[1])
		}
	}
	return graph
}

// rules returns what the allow lists of depguard allow of ours, by the folder that a rule is for, and the folders that the rule for
// packages without one leaves out.
func rules(t *testing.T) (allowed map[string][]string, known []string) {
	t.Helper()
	text, err := os.ReadFile("../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	section := string(text)
	section = section[strings.Index(section, "    depguard:"):strings.Index(section, "    exhaustive:")]
	allowed = map[string][]string{}
	folder := regexp.MustCompile(`"(!?)\*\*/([^"]+?)(?:/\*)?\.go"`)
	for _, rule := range regexp.MustCompile(`(?m)^        [a-z-]+:`).Split(section, -1)[1:] {
		if !strings.Contains(rule, "list-mode: strict") {
			continue
		}
		var of string
		for _, match := range folder.FindAllStringSubmatch(rule, -1) {
			if match[1] == "!" {
				known = append(known, match[2])
			} else {
				of = match[2]
			}
		}
		if of == "*" || of == "" { // the rule for packages without one
			continue
		}
		list := []string{}
		for _, match := range regexp.MustCompile(`errtop/([a-z/]+)\$`).FindAllStringSubmatch(rule, -1) {
			list = append(list, match[1])
		}
		allowed[of] = list
	}
	return allowed, known
}

func TestTheImportGraphIsTheOneOfTheTableAndOfTheLintRules(t *testing.T) {
	actual, documented := imports(t), table(t)
	allowed, known := rules(t)
	if len(actual) < 15 {
		t.Fatalf("found %d packages only", len(actual))
	}
	for _, name := range slices.Sorted(maps.Keys(actual)) {
		quoted := "nothing"
		if len(actual[name]) > 0 {
			quoted = "`" + strings.Join(actual[name], "`, `") + "`"
		}
		if got, ok := documented[name]; !ok || !slices.Equal(got, actual[name]) {
			t.Errorf("ARCHITECTURE.md has not what %s imports:\n| `%s` | … | %s |", name, name, quoted)
		}
		if got, ok := allowed[name]; !ok || !slices.Equal(got, actual[name]) {
			t.Errorf(".golangci.yml: the allow list of %s is %v, but it imports %v", name, got, actual[name])
		}
		if !slices.Contains(known, name) {
			t.Errorf(".golangci.yml: the rule no-rights does not leave out %s, which has a rule of its own", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if _, ok := actual[name]; !ok {
			t.Errorf("ARCHITECTURE.md: there is no package %s", name)
		}
	}
	if err := arrows(actual); err != nil {
		t.Error(err)
	}
}

// arrows names one that must never be, direct or not.
func arrows(graph map[string][]string) error {
	for _, forbidden := range []struct{ from, to string }{
		{"tui", "internal/engine"},
		{"tui", "internal/config"},
		{"tui", "internal/ingest"},
		{"tui", "probe"},
		{"internal/engine", "tui"},
		{"internal/engine", "internal/terminal"},
		{"internal/engine", "internal/cli"},
		{"internal/stats", "internal/ingest"},
		{"internal/ingest", "internal/config"},
		{"probe", "internal/config"},
	} {
		if reaches(graph, forbidden.from, forbidden.to) {
			return fmt.Errorf("%s depends on %s", forbidden.from, forbidden.to)
		}
	}
	if len(graph["tracker"]) > 0 {
		return fmt.Errorf("the tracker imports %v", graph["tracker"])
	}
	return nil
}

func reaches(graph map[string][]string, from, to string) bool {
	return slices.ContainsFunc(graph[from], func(next string) bool { return next == to || reaches(graph, next, to) })
}

// TestEveryBenchmarkThatPERFORMANCENamesExists keeps the commands of PERFORMANCE.md from naming what is gone.
func TestEveryBenchmarkThatPERFORMANCENamesExists(t *testing.T) {
	text, err := os.ReadFile("PERFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("`\\./([a-z/]+) -bench '?([^ `']+)").FindAllStringSubmatch(string(text), -1)
	if len(commands) < 10 {
		t.Fatalf("found %d commands only", len(commands))
	}
	declared := regexp.MustCompile(`(?m)^func Benchmark(\w+)\(`)
	for _, command := range commands {
		files, err := filepath.Glob(filepath.Join("..", command[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
				names = append(names, match[1])
			}
		}
		pattern := regexp.MustCompile(strings.ReplaceAll(command[2], `\|`, "|"))
		if !slices.ContainsFunc(names, pattern.MatchString) {
			t.Errorf("%s has no benchmark %s", command[1], command[2])
		}
	}
}
