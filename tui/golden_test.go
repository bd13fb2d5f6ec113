package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// golden compares a picture with the one kept under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("%s differs from what is kept (go test ./tui -update writes it anew):\n%s", name, got)
	}
}

func TestViewsLookAsTheyDid(t *testing.T) {
	views := map[string][]string{
		"overview": {"1"}, "errors": {"2"}, "groups": {"3"}, "targets": {"4"}, "breakers": {"5"}, "incidents": {"6"}, "incident": {"6", "enter"}, "sources": {"7"},
		"error": {"2", "enter"}, "group": {"3", "enter"}, "target": {"4", "enter"}, "breaker": {"5", "enter"}, "help": {"?"},
		"slow": {"4", "j", "enter"},
	}
	for name, keys := range views {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}, {200, 50}} {
			s := visitMorning(t, size[0], size[1]).press(keys...)
			golden(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), s.text())
		}
	}
	golden(t, "overview-220x70", visitMorning(t, 220, 70).text()) // where there is room for every panel
}

func TestEveryThemeLooksAsItDid(t *testing.T) {
	for _, theme := range ThemeNames() {
		styles, err := NewStyles(theme, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := visitMorning(t, 80, 24, func(o *Options) { o.Styles = styles })
		golden(t, "theme-"+theme, strings.ReplaceAll(s.ansi(), "\x1b", "^["))
	}
	s := visitMorning(t, 80, 24, func(o *Options) { o.ASCII = true })
	golden(t, "ascii", s.text())
	for _, r := range s.text() {
		if r > '~' {
			t.Errorf("%q in a picture of ASCII only", r)
		}
	}
}
