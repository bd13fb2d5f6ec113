package tui

import (
	"strings"
	"testing"
)

// sees fails unless the screen shows each text.
func (s *user) sees(texts ...string) *user {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text(), text) {
			s.t.Fatalf("the screen does not show %q:\n%s", text, s.text())
		}
	}
	return s
}

// lacks fails if the screen shows one of the texts.
func (s *user) lacks(texts ...string) *user {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.text(), text) {
			s.t.Fatalf("the screen shows %q:\n%s", text, s.text())
		}
	}
	return s
}

func TestTheOverviewAnswersTheFiveQuestionsAt80Columns(t *testing.T) {
	visit(t, 80, 24, incident()).
		sees("failing  kling", "since 14:02 (30m)", "429 Rate limit exceeded", "Wait for the reset", "/min").
		press("]").sees("degraded  flux/dev", "500 Generation failed").
		press("]", "]").sees("failing  kling").
		press("[").sees("stale  runway/gen3")
}

func TestAnErrorIsFoundWithAFilterAndOpened(t *testing.T) {
	s := visit(t, 80, 24, incident())
	s.press("2", "/").write("status:5xx").
		sees("/status:5xx").lacks("Rate limit exceeded. Try again in 4").
		press("enter").sees("FILTER status:5xx", "4 of 40 rows, 36 hidden").
		press("enter").sees("ERROR flux/dev 500", "Check the provider; fail over", "upstream timed out").
		press("esc").sees("FILTER status:5xx").
		press("esc").lacks("FILTER")
}

func TestAFilterThatCannotBeUnderstoodIsExplainedAndTheOldOneHolds(t *testing.T) {
	visit(t, 120, 24, incident()).press("2", "/").
		write("status:5xx").write(" kind:tiemout").sees("there is no such kind").
		press("enter").sees("there is no such kind"). // it stays open
		press("esc").lacks("FILTER", "there is no such kind")
}

func TestUpAndDownBringFormerFiltersBack(t *testing.T) {
	visit(t, 120, 24, incident()).
		press("2", "/").write("kling").press("enter", "/", "ctrl+u").write("flux").press("enter").sees("FILTER flux").
		press("/", "up", "up").sees("/kling").press("down").sees("/flux").press("enter").sees("FILTER flux")
}

func TestEscGoesBackOneStepAtATime(t *testing.T) {
	visit(t, 80, 24, incident()).
		press("4", "enter").sees("TARGET kling").
		press("?").sees("HELP").press("esc").sees("TARGET kling").press("esc").lacks("TARGET kling ").sees("4 targets").
		press("esc").sees("1 overview")
}

func TestTheSelectionStaysOnItsItemWhileRowsMove(t *testing.T) {
	s := visit(t, 120, 40, incident()).press("4", "j", "j")
	moved := incident()
	moved.Targets[0], moved.Targets[2] = moved.Targets[2], moved.Targets[0]
	s.m.Update(newsMsg{noon, moved})
	s.press("enter").sees("TARGET runway/gen3")
}
