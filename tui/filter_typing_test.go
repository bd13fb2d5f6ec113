package tui

import (
	"testing"

	"errtop/internal/filter"
)

// TestTypingAFilterShowsNoOtherListOnTheWay types filters letter by letter, and takes letters back: what is listed is only
// ever what was listed before or what the whole filter lists.
func TestTypingAFilterShowsNoOtherListOnTheWay(t *testing.T) {
	for _, text := range []string{"status:5xx", "status:429", "status:500-599", "status:>=500", "kind:server", "since:30s", `"upstream timed"`, "/upstream.timed/", "!status:429"} {
		s := visit(t, 120, 40, incident()).press("2")
		whole, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s.m.setFilter(whole)
		after := s.m.view().Listed().shown
		s.m.setFilter(nil)
		before := s.m.view().Listed().shown
		s.press("/")
		for i, r := range text {
			s.write(string(r))
			shown := s.m.view().Listed().shown
			if shown != before && shown != after {
				t.Errorf("%q lists %d rows on the way to %q, which lists %d of %d", text[:i+1], shown, text, after, before)
			}
			if shown == before && i < len(text)-1 && !s.m.prompt.lacking {
				t.Errorf("%q is not said to be unfinished: %q", text[:i+1], s.m.prompt.problem)
			}
		}
		s.press("backspace")
		if shown := s.m.view().Listed().shown; shown != after {
			t.Errorf("%q with a letter taken back lists %d rows", text, shown)
		}
	}
}

func TestWhatAFilterLacksIsSaidBelowIt(t *testing.T) {
	s := visit(t, 120, 24, incident()).press("2", "/")
	for _, step := range []struct{ typed, says string }{
		{"s", "status: since: source: state:"},
		{"ta", "status: state: or a word"},
		{"tus:", "status: 429, 5xx, 400-499 or >=500"},
		{"5", "status: 429, 5xx"},
		{"xx", "!excluded"},
		{" ki", "kind: or a word"},
		{"nd:", "kind: ok, invalid, auth"},
		{"ti", "kind: timeout"},
		{"m", "kind: timeout"},
		{"eout", "!excluded"},
		{" si", "since: or a word"},
		{"nce:1", "since: 30s, 10m or 2h"},
		{"0", "since: 30s, 10m or 2h"},
		{"m", "!excluded"},
		{" !", "! excludes"},
		{"/x", "the closing / is missing"},
		{"/", "!excluded"},
		{` "a b`, `the closing " is missing`},
		{`"`, "!excluded"},
		{" http:", "no such field"},
		{"/", "!excluded"},
		{" state:", "failing, degraded"},
		{"f", "!excluded"},
	} {
		s.write(step.typed).sees(step.says)
	}
}

func TestEscLeavesTheFilterThatWasInUse(t *testing.T) {
	visit(t, 120, 24, incident()).press("2", "/").write("kling").press("enter").sees("FILTER kling").
		press("/").write(" status:500").sees("FILTER kling status:500").
		press("esc").sees("FILTER kling  ").
		press("esc").lacks("FILTER")
}
