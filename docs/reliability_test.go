package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryTestThatRELIABILITYNamesExists keeps the promises from losing their tests.
func TestEveryTestThatRELIABILITYNamesExists(t *testing.T) {
	text, err := os.ReadFile("RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 60 {
		t.Fatalf("found %d tests only", len(named))
	}
	for _, name := range named {
		found := false
		for _, folder := range []string{"..", filepath.Join("..", "internal")} {
			files, _ := filepath.Glob(filepath.Join(folder, name[1], "*_test.go"))
			for _, file := range files {
				source, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				found = found || strings.Contains(string(source), "\nfunc "+name[2]+"(")
			}
		}
		if !found {
			t.Errorf("there is no %s.%s", name[1], name[2])
		}
	}
}
