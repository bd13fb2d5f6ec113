package tracker

import (
	"fmt"
	"testing"
	"time"
)

func TestTargetsBeyondTheBoundAreCountedTogether(t *testing.T) {
	tr := liveWith(Settings{MaxTargets: 10})
	for i := range 15 {
		tr.Record(noon, []Result{traffic(noon, fmt.Sprintf("t%d", i), 500)})
	}
	s := tr.Snapshot(noon)
	other := s.find("(other)")
	if len(s.Targets) != 11 || other == nil || other.Activity.Day.Errors != 5 || s.TargetsDropped != 5 || s.Overall.Day.Errors != 15 {
		t.Errorf("%d targets, %d dropped, other %+v", len(s.Targets), s.TargetsDropped, other)
	}
}

func TestGroupsBeyondTheBoundAreCountedTogether(t *testing.T) {
	tr := liveWith(Settings{MaxGroups: 10})
	fail := func(now time.Time, word rune) {
		x := traffic(now, "t", 500)
		x.Message = "it went wrong with " + string(word)
		tr.Record(now, []Result{x})
	}
	for i := range 15 {
		fail(noon, 'a'+rune(i))
	}
	s := tr.Snapshot(noon)
	if len(s.Groups) != 11 || s.GroupsDropped != 5 {
		t.Fatalf("%d groups, %d dropped", len(s.Groups), s.GroupsDropped)
	}
	for _, g := range s.Groups {
		if g.Message == "(other)" && g.Count != 5 {
			t.Errorf("other: %+v", g)
		}
	}
	// A day later those that have been silent since make room.
	later := noon.Add(25 * time.Hour)
	fail(later, 'z')
	if s := tr.Snapshot(later); len(s.Groups) != 11 || s.GroupsDropped != 5 || s.Groups[0].Message != "it went wrong with z" {
		t.Errorf("%d groups, %d dropped, first %q", len(s.Groups), s.GroupsDropped, s.Groups[0].Message)
	}
}

func TestOutcomesBeyondTheBoundKeepTheirKind(t *testing.T) {
	tr := live()
	for status := range 700 {
		tr.Record(noon, []Result{traffic(noon, "t", status)})
	}
	day := tr.Snapshot(noon).Overall.Day
	if day.Requests != 700 || day.Errors != 300 || len(day.ByOutcome) > maxOutcomes+int(kindCount) {
		t.Errorf("%d requests, %d errors, %d outcomes", day.Requests, day.Errors, len(day.ByOutcome))
	}
}

func TestATargetThatAlwaysFailsHidesNoRareError(t *testing.T) {
	tr := live()
	rare := traffic(noon, "rare", 503)
	rare.Message, rare.RequestID = "once in a blue moon", "the one"
	tr.Record(noon, []Result{rare})
	now := noon
	for i := range 1000 {
		now = now.Add(time.Second)
		x := traffic(now, "loud", 500)
		x.Message, x.RequestID = "again", fmt.Sprint(i)
		tr.Record(now, []Result{x})
	}
	s := tr.Snapshot(now)
	for _, f := range s.Errors {
		if f.Target != "loud" {
			t.Fatal("the rare error is still in the ring: this test shows nothing")
		}
	}
	for _, g := range s.Groups {
		var ids []string
		for _, f := range g.Exemplars {
			ids = append(ids, f.RequestID)
		}
		want := map[string]string{"rare": "[the one]", "loud": "[0 995 996 997 998 999]"}[g.Target]
		if fmt.Sprint(ids) != want || g.Example.RequestID != ids[len(ids)-1] {
			t.Errorf("%s keeps %s, want %s", g.Target, ids, want)
		}
	}
}

func TestForgettingATargetTakesItsHistoryAlong(t *testing.T) {
	tr := live()
	for i := range 10 {
		now := noon.Add(time.Duration(i) * time.Minute)
		a, b := traffic(now, "a", 500), traffic(now, "b", 200)
		b.Latency = time.Millisecond
		tr.Record(now, []Result{a, b})
	}
	now := noon.Add(10 * time.Minute)
	tr.Snapshot(now)
	tr.RemoveTargets(now, "a", "nobody")
	s := tr.Snapshot(now)
	if len(s.Targets) != 1 || len(s.Groups) != 0 || s.Ring.Total != 0 || s.Overall.Day.Requests != 10 || s.Overall.Day.Errors != 0 ||
		s.Overall.Hour.Latency.Count != 10 || len(s.Breakers) != 0 {
		t.Errorf("something is left: %+v", s)
	}
	tr.Record(now, []Result{traffic(now, "a", 500), traffic(now, "b", 500)})
	if s := tr.Snapshot(now); s.find("a").Activity.Day.Requests != 1 || s.Overall.Day.Requests != 12 || s.Overall.Day.Errors != 2 {
		t.Errorf("after it came back: %+v", s.Overall.Day)
	}
}

func TestWhatWasNeverSentOrIsInconclusiveIsNoPartOfTheErrorRate(t *testing.T) {
	tr := live()
	batch := []Result{traffic(noon, "t", 200), traffic(noon, "t", 500), traffic(noon, "t", 0), traffic(noon, "t", 0), traffic(noon, "t", 0)}
	batch[2].Kind, batch[3].Kind, batch[4].Kind, batch[4].Inconclusive = KindValidation, KindShortCircuit, KindDNS, true
	tr.Record(noon, batch)
	s := tr.Snapshot(noon)
	a := s.find("t").Activity
	if a.Hour.Requests != 2 || a.Hour.Errors != 1 || a.Hour.NotSent != 2 || a.Inconclusive != 1 || len(a.Hour.ByOutcome) != 3 {
		t.Errorf("%+v, inconclusive %d", a.Hour, a.Inconclusive)
	}
}

func TestSourcesKeepTheirOrderAndTheirHealth(t *testing.T) {
	tr := New(Settings{})
	for _, name := range []string{"b", "a", "c"} {
		tr.UpdateSource(noon, Source{Name: name, State: SourceReading})
	}
	first := tr.Snapshot(noon)
	bad := []Unreadable{{Number: 7, Text: "?", Reason: "not JSON"}}
	tr.UpdateSource(noon, Source{Name: "a", State: SourceFailed, Problem: "no such file", Lines: 10, Unreadable: 1, Samples: bad})
	bad[0].Text = "changed by its owner"
	s := tr.Snapshot(noon)
	if len(s.Sources) != 3 || s.Sources[1].Name != "a" || s.Sources[1].State != SourceFailed || s.Sources[1].Samples[0].Text != "?" {
		t.Errorf("%+v", s.Sources)
	}
	if first.Sources[1].State != SourceReading || first.Version == s.Version {
		t.Errorf("the first snapshot changed, or the version did not: %+v", first.Sources)
	}
}
