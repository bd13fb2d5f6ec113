package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// whole checks that a picture has h rows of at most w cells.
func whole(t *testing.T, picture string, w, h int, what string) {
	t.Helper()
	lines := strings.Split(picture, "\n")
	if len(lines) != h {
		t.Fatalf("%s at %d×%d: %d rows", what, w, h, len(lines))
	}
	for i, line := range lines {
		if got := ansi.StringWidth(line); got > w {
			t.Fatalf("%s at %d×%d: row %d takes %d cells: %q", what, w, h, i, got, ansi.Strip(line))
		}
	}
}

func TestEverySizeDrawsItsRowsAndNoRowIsTooLong(t *testing.T) {
	views := map[string][]string{
		"overview": {"1"}, "errors": {"2"}, "groups": {"3"}, "targets": {"4"}, "breakers": {"5"}, "alerts": {"6"}, "sources": {"7"},
		"error": {"2", "enter"}, "group": {"3", "enter"}, "target": {"4", "enter"}, "breaker": {"5", "enter"}, "source": {"7", "j", "enter"},
		"help": {"?"}, "frozen": {"1", "space"}, "prompt": {"1", "/"},
	}
	step := 13
	if testing.Short() {
		step = 31
	}
	for name, keys := range views {
		for w := 20; w <= 300; w += step {
			for h := 5; h <= 100; h += step {
				s := visit(t, w, h, incident()).press(keys...)
				whole(t, s.ansi(), w, h, name)
			}
		}
	}
}

func TestAnySizeBelowTheSmallestDrawsWhatFits(t *testing.T) {
	for w := range 20 {
		for h := range 6 {
			if w == 0 || h == 0 {
				continue
			}
			for _, keys := range [][]string{{"1"}, {"2", "enter"}, {"?"}, {"/"}} {
				whole(t, visit(t, w, h, incident()).press(keys...).ansi(), w, h, strings.Join(keys, " "))
			}
		}
	}
}

func TestAnEmptyPictureSaysWhatWouldFillIt(t *testing.T) {
	s := visit(t, 80, 24, nil)
	whole(t, s.ansi(), 80, 24, "before the first snapshot")
	s = visit(t, 80, 24, incidentWithout())
	for key, want := range map[string]string{"1": "Nothing was heard yet", "2": "no errors yet", "3": "no groups yet", "4": "no targets yet", "5": "no breakers yet", "6": "no alerts", "7": "no sources"} {
		if got := s.press(key).text(); !strings.Contains(got, want) {
			t.Errorf("view %s does not say %q:\n%s", key, want, got)
		}
	}
}

func TestEveryOverviewShowsTheWorstTargetAndTheClock(t *testing.T) {
	for w := 40; w <= 300; w += 20 {
		for h := 8; h <= 80; h += 9 {
			s := visit(t, w, h, incident())
			s.sees("failing", "✖ kling", "14:32:07")
		}
	}
}
