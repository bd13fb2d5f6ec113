package tui

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// order returns in which order a screen shows the words, of which each stands in one row.
func (s *user) order(words ...string) string {
	s.t.Helper()
	var found []string
	for line := range strings.SplitSeq(s.text(), "\n") {
		for _, w := range words {
			if strings.Contains(line, w) {
				found = append(found, w)
			}
		}
	}
	return strings.Join(found, " ")
}

// alike is a snapshot of groups that are equal but for their names and counts, in any order.
func alike(r *rand.Rand) *tracker.Snapshot {
	s := incidentWithout()
	for i, name := range []string{"alpha", "beta", "gamma", "delta"} {
		g := group(uint64(r.Uint32()), name, "GET", "/", tracker.Outcome{Status: 500, Kind: tracker.KindServer}, "it went wrong", "", 10, time.Hour)
		if i >= 2 {
			g.Count = 7
		}
		g.Last = g.Last.Add(time.Duration(r.IntN(900)) * time.Millisecond)
		s.Groups = append(s.Groups, &g)
	}
	r.Shuffle(len(s.Groups), func(i, j int) { s.Groups[i], s.Groups[j] = s.Groups[j], s.Groups[i] })
	return s
}

// TestRowsThatAreEqualKeepAnOrderThatCanBeExplained shows the same groups in ever other order: within a second the largest
// stands first, and equals by their names, whichever column one sorts by.
func TestRowsThatAreEqualKeepAnOrderThatCanBeExplained(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 20 {
		s := visit(t, 120, 24, alike(r)).press("3")
		for _, sorted := range []string{"as it comes", "LAST", "BADGE"} {
			if got := s.order("alpha", "beta", "gamma", "delta"); got != "alpha beta delta gamma" {
				t.Fatalf("%s: %s\n%s", sorted, got, s.text())
			}
			s.press("s")
		}
	}
}

func TestSortingGoesRoundToTheOrderThatThingsCameIn(t *testing.T) {
	s := visit(t, 120, 24, incident()).press("4")
	came := s.order("✖ kling   ", "▲ flux", "◌ runway", "● veo")
	if got := s.press("S").order("✖ kling   ", "▲ flux", "◌ runway", "● veo"); got != "● veo ◌ runway ▲ flux ✖ kling   " {
		t.Errorf("turned round at once: %s", got)
	}
	s.press("S")
	for range s.m.view().(*list[tracker.Target, string]).table.columns {
		if s.press("s"); s.m.view().(*list[tracker.Target, string]).table.sort == 0 {
			break
		}
	}
	if got := s.order("✖ kling   ", "▲ flux", "◌ runway", "● veo"); got != came {
		t.Errorf("came as %s, is %s", came, got)
	}
}

// TestATimeOfAnotherDayShowsItsDate puts one error and one group before midnight.
func TestATimeOfAnotherDayShowsItsDate(t *testing.T) {
	snap := incident()
	e := &snap.Errors[len(snap.Errors)-1]
	e.Time, e.Message = noon.Add(-24*time.Hour), "from yesterday"
	snap.Groups[2].Last = noon.Add(-15 * time.Hour)
	snap.Groups[2].First = noon.Add(-20 * time.Hour)
	row := func(w int, view, text string) string {
		s := visit(t, w, 60, snap).press(view)
		for line := range strings.SplitSeq(s.text(), "\n") {
			if strings.Contains(line, text) {
				return line
			}
		}
		t.Fatalf("%q is not to be seen:\n%s", text, s.text())
		return ""
	}
	for _, c := range []struct {
		w                int
		view, text, want string
	}{
		{120, "2", "from yesterday", "21 Nov 14:32  kling"},
		{120, "2", "in 42 seconds", "14:32:02      kling"},
		{60, "2", "from yes", "21 Nov    kling     429"},
		{120, "3", "no answer within", "21 Nov 23:32  new"},
	} {
		if got := row(c.w, c.view, c.text); !strings.Contains(got, c.want) {
			t.Errorf("view %s at %d columns: %q does not show %q", c.view, c.w, got, c.want)
		}
	}
	visit(t, 120, 60, snap).press("3", "j", "j", "enter").sees("first        21 Nov 18:32:07", "last         21 Nov 23:32:07")
	breakers := incident()
	breakers.Breakers[0].At = noon.Add(-20 * time.Hour)
	breakers.Targets[0].Breakers[0].Transitions[0].At = noon.Add(-20 * time.Hour)
	visit(t, 200, 60, breakers).sees("21 Nov 18:32  kling  OPEN").press("5", "enter").sees("21 Nov 18:32:07  CLOSED", "14:31:48         HALF_OPEN")
	if got := visit(t, 120, 60, snap).press("2", "y").copied(); !strings.Contains(got, "time: 2026-11-22 14:32:05 UTC") {
		t.Errorf("what is handed on lacks the date:\n%s", got)
	}
}

// TestAColumnWithNothingInItLeavesItsRoomToOthers lists errors of a log without times.
func TestAColumnWithNothingInItLeavesItsRoomToOthers(t *testing.T) {
	snap := incident()
	for i := range snap.Errors {
		snap.Errors[i].Latency = 0
	}
	visit(t, 140, 40, incident()).press("2").sees("LATENCY", "LIKE IT")
	s := visit(t, 140, 40, snap).press("2").lacks("LATENCY").sees("LIKE IT")
	for range 12 {
		s.press("s").lacks("LATENCY") // one sorts by what one sees
		if l := s.m.view().(*list[happening, uint64]).table; l.sort > 0 && l.columns[l.sort-1].title == "LATENCY" {
			t.Fatal("sorted by a column that is not there")
		}
		_ = s.text()
	}
}

// TestTheTargetIsSeenInEveryListAt40Columns: what is broken comes before when and how often.
func TestTheTargetIsSeenInEveryListAt40Columns(t *testing.T) {
	for _, view := range []string{"1", "2", "3", "4", "5"} {
		s := visit(t, 40, 24, incident()).press(view)
		_, rows, _ := strings.Cut(s.text(), "TARGET")
		if !strings.Contains(rows, "kling") || !strings.Contains(rows, "flux/dev") {
			t.Errorf("view %s:\n%s", view, s.text())
		}
	}
}
