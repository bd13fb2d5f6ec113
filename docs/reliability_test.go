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
	named := regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 60 {
		t.Fatalf("found %d tests only", len(named))
	}
	for _, name := range named {
		found := false
		for _, folder := range []string{"..", filepath.Join("..", "internal"), filepath.Join("..", "internal", "ingest")} {
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

// TestEveryPromiseNamesItsTestsAndHowItWasBroken keeps the tables whole: a test that was never seen to fail may hold nothing.
func TestEveryPromiseNamesItsTestsAndHowItWasBroken(t *testing.T) {
	text, err := os.ReadFile("RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	promises := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise |") || strings.HasPrefix(line, "| --- |") {
			continue
		}
		promises++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || strings.TrimSpace(cells[1]) == "" || strings.TrimSpace(cells[2]) == "" {
			t.Errorf("not a promise, its tests and how it was broken:\n%s", line)
		}
	}
	if promises < 70 {
		t.Errorf("%d promises only", promises)
	}
}
