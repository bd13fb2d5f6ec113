package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
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
		sees("✖ kling  429 Rate limit exceeded", "failing since 14:02 (30m)", "next trial in 41s", "Wait for the reset", "of 62/min, steady").
		press("]").sees("▲ flux/dev  500 Generation failed", "degraded since").
		press("]", "]").sees("✖ kling  429").
		press("[").sees("◌ runway/gen3  no news", "stale since")
}

func TestAnErrorIsFoundWithAFilterAndOpened(t *testing.T) {
	s := visit(t, 80, 24, incident())
	s.press("2", "/").write("status:5xx").
		sees("/status:5xx").lacks("Rate limit exceeded. Try again in 43").
		press("enter").sees("FILTER status:5xx", "36 of 40 hidden").
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
	s.m.Update(newsMsg{now: noon, snap: moved})
	s.press("enter").sees("TARGET runway/gen3")
}

func TestOnTheOverviewTheSelectionStaysOnItsGroupOfErrors(t *testing.T) {
	s := visit(t, 120, 40, incident()).press("tab", "j")
	later := incident()
	for i := range later.Groups[:2] {
		g := later.Groups[i]
		f := g.Exemplars[len(g.Exemplars)-1]
		f.Seq, f.Time, f.RequestID = uint64(300+i), noon.Add(time.Second), "the newest"
		g.Exemplars = append(g.Exemplars, f)
	}
	s.m.Update(newsMsg{now: noon.Add(5 * time.Second), snap: later})
	s.press("enter").sees("ERROR flux/dev 500", "the newest")
}

func TestAStormDoesNotPushARareErrorOffTheOverview(t *testing.T) {
	snap := incident()
	snap.Errors = slices.DeleteFunc(snap.Errors, func(f tracker.Failure) bool { return f.Group == 2 }) // as a ring full of 429
	s := visit(t, 120, 40, snap).press("2").lacks("upstream timed out").press("1", "tab", "j").sees("Generation failed. upstream timed out")
	s.press("enter").sees("ERROR flux/dev 500")
}

func TestAFrozenPictureStaysAndCountsWhatWaits(t *testing.T) {
	s := visit(t, 120, 40, incident()).press("space").sees("FROZEN", "0 newer errors wait", "frozen 14:32:07")
	later := incident()
	missing := tracker.Failure{Seq: 103, Group: 9, Result: tracker.Result{Time: noon.Add(2 * time.Second), Target: "veo", Kind: tracker.KindDNS, Error: "no such host"}}
	later.Errors = append(later.Errors, missing)
	later.Groups = append(later.Groups, &tracker.Group{ID: 9, Target: "veo", Outcome: missing.Outcome(), Exemplars: []tracker.Failure{missing}, Example: &missing.Result})
	s.m.Update(newsMsg{now: noon.Add(3 * time.Second), snap: later})
	s.sees("3 newer errors wait", "frozen 14:32:07", "OPEN 41s").lacks("no such host").
		press("space").sees("no such host", "live 14:32:10", "OPEN 38s").lacks("FROZEN")
}

func TestOneCanGoBackInTimeAndReturn(t *testing.T) {
	s := visit(t, 160, 40, incident())
	if _, cmd := s.m.Update(press("{")); cmd == nil {
		t.Fatal("nothing is asked for")
	}
	past := calm()
	past.At, past.Past, past.Missing = s.m.past, true, []string{"latency by minute"}
	s.m.Update(pastMsg{noon, calm()}) // too late: nobody is there any more
	s.lacks("all ok")
	s.m.Update(pastMsg{s.m.past, past})
	s.sees("PAST 13:32:59, 59m ago", "0 goes back to now", "past 13:32:59", "not known any more: latency by minute", "all ok").
		press("<").sees("PAST 13:31:59").press(">", ">").sees("PAST 13:33:59").
		press("0").lacks("PAST").sees("✖ kling", "failing since", "live 14:32:07")
	s.press(">").lacks("PAST") // there is no future
	s.press("{", "space").sees("the past is frozen").press("0").sees("live 14:32:07").lacks("FROZEN")
}

// TestThePastHoldsNothingThatCameLater goes back to the minute before an outage.
func TestThePastHoldsNothingThatCameLater(t *testing.T) {
	tr, now := tracker.New(tracker.Settings{}), noon.Truncate(time.Minute)
	for i := range 600 {
		status := 200
		if i >= 480 { // the last two minutes
			status = 502
		}
		tr.Record(now, []tracker.Result{{Time: now, Target: "api", Method: "GET", Status: status, Kind: tracker.KindOf(status)}})
		now = now.Add(time.Second)
	}
	s := visit(t, 120, 40, nil, func(o *Options) { o.Engine = tr; o.Now = func() time.Time { return now } })
	s.m.Update(newsMsg{now: now, snap: tr.Snapshot(now)})
	s.press("1").sees("failing").run("<")
	s.sees("PAST 14:40:59", "✖ api  502", "since 14:40", "failing").run("<")
	s.sees("PAST 14:39:59", "all ok", "0 of 480 requests failed").lacks("502")
}

func TestALogThatEndedSaysHowLongAgo(t *testing.T) {
	picture := calm()
	picture.LogTime, picture.Sources = true, nil
	s := visit(t, 120, 24, picture)
	s.sees("log time 14:32:07").lacks("14:32:07, ")
	s.m.Update(newsMsg{now: picture.At.Add(9 * time.Minute), snap: picture})
	s.sees("log time 14:32:07, 9m ago")
}

func TestHalfALogIsNotCalledOK(t *testing.T) {
	picture := calm()
	picture.LogTime = true
	picture.Sources = []tracker.Source{{Name: "a.log", State: tracker.SourceReading, BytesRead: 18, BytesTotal: 100}}
	visit(t, 120, 24, picture).sees("ok so far", "18 % read").lacks("all ok")
	picture.Sources[0].BytesRead = 100
	visit(t, 120, 24, picture).sees("all ok").lacks("% read")
}

// TestAnHourBeforeTheFirstResultIsNotCalledQuiet looks at what is known of the same hour yesterday.
func TestAnHourBeforeTheFirstResultIsNotCalledQuiet(t *testing.T) {
	picture := calm()
	picture.Overall.Since = picture.At.Add(-25 * time.Hour)
	visit(t, 120, 24, picture).sees("since 14:00: 0, a day ago 4")
	picture.Overall.Since = picture.At.Add(-20 * time.Hour)
	visit(t, 120, 24, picture).sees("since 14:00: 0").lacks("a day ago")
}

// TestAWindowWithoutRequestsHasNoShareOfErrors opens a target that has gone silent.
func TestAWindowWithoutRequestsHasNoShareOfErrors(t *testing.T) {
	picture := calm()
	picture.Targets[0].Activity.Minute = tracker.Window{}
	visit(t, 120, 40, picture).press("4", "enter").sees(" minute               0        0        –")
}

func TestTimesThatCannotBeRightAreShownWithTheSources(t *testing.T) {
	picture := calm()
	picture.Sources = []tracker.Source{{Name: "a.log", State: tracker.SourceReading}}
	visit(t, 120, 40, picture).press("7", "enter").lacks("CANNOT BE RIGHT")
	picture.Skew.Future = 5
	visit(t, 120, 40, picture).press("7", "enter").sees("TIMES THAT CANNOT BE RIGHT", "future       5, counted as of when they were read").lacks("impossible")
}

// TestAFilterThatLeavesNoErrorSaysThatThereWereOlderOnes hides all that the ring holds.
func TestAFilterThatLeavesNoErrorSaysThatThereWereOlderOnes(t *testing.T) {
	visit(t, 120, 40, incident()).press("2", "/", "z", "z", "z", "enter").sees("nothing matches the filter; ", "hidden; the groups count older ones too")
	visit(t, 120, 40, incident()).press("3", "/", "z", "z", "z", "enter").sees("nothing matches the filter; ").lacks("older ones")
}

// TestWhatWasNeverSentDoesNotDwarfWhatFailed holds the bars against each other.
func TestWhatWasNeverSentDoesNotDwarfWhatFailed(t *testing.T) {
	snap := incident()
	snap.Overall.Hour.ByOutcome = []tracker.OutcomeCount{
		{Outcome: tracker.Outcome{Kind: tracker.KindShortCircuit}, Count: 4000}, {Outcome: tracker.Outcome{Kind: tracker.KindServer, Status: 502}, Count: 42},
	}
	visit(t, 120, 40, snap).sees("502           █████████████████████", "short_circuit 4000 never sent")
}

func TestASourceThatCannotBeReadIsNotCalledOK(t *testing.T) {
	picture := calm()
	picture.Sources = []tracker.Source{{Name: "notes.txt", State: tracker.SourceFailed, Problem: "no request log"}, {Name: "a.log", State: tracker.SourceReading}}
	visit(t, 120, 24, picture).sees("source failed  notes.txt no request log", "ok of what is read").lacks("all ok")
	picture.Sources[0].State = tracker.SourceReading
	visit(t, 120, 24, picture).sees("all ok").lacks("source failed")
}

func TestSourcesThatAreGoneCanBeLookedAt(t *testing.T) {
	picture := calm()
	picture.Sources = []tracker.Source{{Name: "a.log", State: tracker.SourceReading}}
	picture.Gone = []tracker.Source{{Name: "old.log", State: tracker.SourceGone, Results: 7}, {Name: "newer.log", State: tracker.SourceGone, Results: 8}}
	s := visit(t, 120, 40, picture).press("7").sees("newer.log", "gone")
	if strings.Index(s.text(), "newer.log") > strings.Index(s.text(), "old.log") {
		t.Errorf("the newest is not first:\n%s", s.text())
	}
	s.press("G", "enter").sees("SOURCE old.log", "gone")
}

func TestSortingIsShownAndTurnsRound(t *testing.T) {
	s := visit(t, 120, 24, incident()).press("4", "s").sees("TARGET↓")
	if first := strings.Index(s.text(), "flux/dev "); first > strings.Index(s.text(), "veo ") {
		t.Errorf("not sorted by name:\n%s", s.text())
	}
	s.press("S").sees("TARGET↑")
	if veo := strings.Index(s.text(), "● veo"); veo > strings.Index(s.text(), "▲ flux/dev") {
		t.Errorf("not turned round:\n%s", s.text())
	}
}

func TestTheNextErrorIsReadWithoutGoingBackToTheList(t *testing.T) {
	visit(t, 120, 50, incident()).press("2", "enter").sees("req_0000").press("n").sees("req_0001").press("N", "N").sees("req_0000")
}

func TestAMouseSelectsOpensAndScrolls(t *testing.T) {
	s := visit(t, 200, 50, incident())
	at := func(text string) tea.Mouse {
		for y, line := range strings.Split(s.text(), "\n") {
			if before, _, found := strings.Cut(line, text); found {
				return tea.Mouse{X: len([]rune(before)), Y: y, Button: tea.MouseLeft}
			}
		}
		t.Fatalf("%q is not to be seen", text)
		return tea.Mouse{}
	}
	s.m.Update(tea.MouseClickMsg(at("▲ flux/dev")))
	s.m.Update(tea.MouseClickMsg(at("▲ flux/dev")))
	s.sees("TARGET flux/dev").press("esc")
	s.m.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	s.press("enter").sees("TARGET runway/gen3").press("esc")
	s.m.Update(tea.MouseClickMsg(at("5 breakers")))
	s.sees("the trial failed: 429", "BREAKER kling gate")
}
