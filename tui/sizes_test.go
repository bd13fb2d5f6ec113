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
		"overview": {"1"}, "errors": {"2"}, "groups": {"3"}, "targets": {"4"}, "breakers": {"5"}, "incidents": {"6"}, "incident": {"6", "enter"}, "sources": {"7"},
		"error": {"2", "enter"}, "group": {"3", "enter"}, "target": {"4", "enter"}, "breaker": {"5", "enter"}, "source": {"7", "j", "enter"},
		"help": {"?"}, "frozen": {"1", "space"}, "prompt": {"1", "/"}, "slow": {"4", "j", "enter"}, "end": {"4", "j", "enter", "G"},
	}
	step := 13
	if testing.Short() {
		step = 31
	}
	for name, keys := range views {
		for w := 20; w <= 300; w += step {
			for h := 5; h <= 100; h += step {
				s := visit(t, w, h, burning()).press(keys...)
				whole(t, s.ansi(), w, h, name)
			}
		}
	}
	if testing.Short() {
		return
	}
	for name, keys := range views {
		s := visit(t, 80, 24, incident()).press(keys...)
		for w := 20; w <= 300; w++ {
			s.m.resize(w, 24)
			whole(t, s.ansi(), w, 24, name)
		}
		for h := 5; h <= 100; h++ {
			s.m.resize(190, h)
			whole(t, s.ansi(), 190, h, name)
		}
	}
}

// TestTheLineBetweenPanelsIsUnbroken looks for the column that what stands beside a list, or the second half of a page, is
// divided by.
func TestTheLineBetweenPanelsIsUnbroken(t *testing.T) {
	for _, keys := range [][]string{{"1"}, {"2"}, {"3"}, {"4"}, {"4", "j"}, {"5"}, {"7"}, {"4", "j", "enter"}, {"4", "j", "enter", "G"}} {
		s := visit(t, 80, 24, incident()).press(keys...)
		for w := 170; w <= 300; w += 13 {
			for h := 26; h <= 100; h += 9 {
				s.m.resize(w, h)
				lines := strings.Split(s.text(), "\n")
				body := lines[7 : len(lines)-1] // below the headline, air and a page's own heading
				if len(s.m.open) > 0 && s.m.open[0].all <= len(body)+1 {
					continue // it needs no second column
				}
				through := map[int]int{}
				for _, line := range body {
					for x, r := range []rune(line) {
						if r == '│' {
							through[x]++
						}
					}
				}
				unbroken := 0
				for _, n := range through {
					if n == len(body) {
						unbroken++
					}
				}
				if unbroken != 1 {
					t.Fatalf("%v at %d×%d: %d unbroken lines\n%s", keys, w, h, unbroken, s.text())
				}
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
				whole(t, visit(t, w, h, burning()).press(keys...).ansi(), w, h, strings.Join(keys, " "))
			}
		}
	}
}

func TestAnEmptyPictureSaysWhatWouldFillIt(t *testing.T) {
	s := visit(t, 80, 24, nil)
	whole(t, s.ansi(), 80, 24, "before the first snapshot")
	s = visit(t, 80, 24, incidentWithout())
	for key, want := range map[string]string{"1": "Nothing was heard yet", "2": "no errors yet", "3": "no groups yet", "4": "no targets yet", "5": "no breakers yet", "6": "no incidents", "7": "no sources"} {
		if got := s.press(key).text(); !strings.Contains(got, want) {
			t.Errorf("view %s does not say %q:\n%s", key, want, got)
		}
	}
}

func TestEveryOverviewShowsTheWorstTargetAndTheClock(t *testing.T) {
	for w := 40; w <= 300; w += 20 {
		for h := 8; h <= 80; h += 9 {
			s := visit(t, w, h, burning())
			s.sees("failing", "✖ kling", "14:32:07")
		}
	}
}

// TestEveryLineOfAPageIsReached scrolls from the top to the end in one and in two columns, and jumps there at once.
func TestEveryLineOfAPageIsReached(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 26}, {200, 30}, {200, 37}, {260, 24}} {
		for _, keys := range [][]string{{"4", "j", "enter"}, {"4", "enter"}, {"2", "enter"}, {"?"}} {
			s := visit(t, size[0], size[1], incident()).press(keys...)
			d := s.m.help
			if d == nil {
				d = s.m.open[0]
			}
			_ = s.text()
			seen := make([]bool, d.all)
			for range d.all {
				for i := d.top; i < d.top+d.rows; i++ {
					seen[i] = true
				}
				s.press("j")
				_ = s.text()
			}
			for i, ok := range seen {
				if !ok && !d.doc.lines[i].blank() {
					t.Errorf("%v at %v: line %d of %d never comes into sight", keys, size, i, d.all)
				}
			}
			if s.lacks("more line"); d.last > 0 {
				s.sees("end").press("g").sees("more line").press("G").sees("end").lacks("more line")
			}
		}
	}
}
