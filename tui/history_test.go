package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"errtop/tracker"

	tea "charm.land/bubbletea/v2"
)

// archive is a history that tests fill.
type archive struct {
	oldest    time.Time
	hours     []HourBar
	incidents []PastIncident
	err       error
	asked     []string // targets
}

func (a *archive) Oldest(time.Time) time.Time { return a.oldest }

func (a *archive) Hours(target string, from, to time.Time) (hours []HourBar, err error) {
	a.asked = append(a.asked, target)
	for _, h := range a.hours {
		if !h.Start.Before(from) && h.Start.Before(to) {
			hours = append(hours, h)
		}
	}
	return hours, a.err
}

func (a *archive) Incidents(from, to time.Time, _ int) (list []PastIncident, err error) {
	for _, in := range a.incidents {
		if !in.Incident.Onset.At.Before(from) && in.Incident.Onset.At.Before(to) {
			list = append(list, in)
		}
	}
	return list, a.err
}

// month is a history of two weeks: ten errors in each hour of Tuesday a week ago, none otherwise; and an incident then.
func month() *archive {
	a := &archive{oldest: ago(14 * 24 * time.Hour)}
	for h := 1; h < 14*24; h++ {
		bar := HourBar{Start: noon.Truncate(time.Hour).Add(-time.Duration(h) * time.Hour), Requests: 600}
		if bar.Start.Weekday() == time.Tuesday && h < 7*24 {
			bar.Errors = 10
		}
		a.hours = append(a.hours, bar)
	}
	onset := ago(5 * 24 * time.Hour)
	group := group(77, "kling", "POST", "/api/v1/kling/v2", tracker.Outcome{Status: 503, Kind: tracker.KindServer}, "Service Unavailable", "the pool was exhausted", 240, 0)
	a.incidents = []PastIncident{{
		Incident: tracker.Incident{
			ID: 4242, State: tracker.IncidentOver, Signals: tracker.SignalFailures, Onset: tracker.Onset{At: onset}, End: onset.Add(20 * time.Minute), Requests: 500, Failed: 240,
			Targets: []tracker.IncidentTarget{{Name: "kling"}}, Cause: tracker.Cause{Outcome: group.Outcome, Error: group.Error, Message: group.Message, Group: 77},
		},
		Groups: []*tracker.Group{&group},
	}}
	return a
}

// remembering visits an incident with a history, which is read.
func remembering(t *testing.T, a *archive) *user {
	t.Helper()
	s := visit(t, 120, 50, burning(), func(o *Options) { o.History = a })
	if cmd := s.m.readHistory(""); cmd != nil {
		s.m.Update(cmd())
	}
	return s
}

func TestTheHistoryShowsAMonthByHourAndThisHourBesideLastWeeks(t *testing.T) {
	s := remembering(t, month())
	s.press("H")
	s.sees("HISTORY", "THIS HOUR AND BEFORE", "yesterday", "last week", "the whole hour: 0 of 600 failed, 0.0 %", "A WEEK, BY HOUR", "A MONTH, BY HOUR", "Sun 22 Nov", "Tue 17 Nov", "Mon 09 Nov")
	for line := range strings.Lines(s.text()) {
		if strings.Contains(line, "Tue 17 Nov") && (!strings.Contains(line, "▂▂▂▂") || !strings.Contains(line, "240   14.4k  1.7 %")) {
			t.Error(line)
		}
	}
	golden(t, "history-120x50", s.text())
}

func TestTheHistoryOfATargetIsRead(t *testing.T) {
	a := month()
	s := remembering(t, a)
	s.press("4", "enter")
	s.run("H")
	if len(a.asked) != 2 || a.asked[1] == "" {
		t.Errorf("asked %q", a.asked)
	}
	s.sees("HISTORY " + a.asked[1])
}

func TestPastIncidentsAreListedSearchedAndOpened(t *testing.T) {
	s := remembering(t, month())
	s.press("6").sees("17 Nov", "503 Service Unava")
	s.press("/").write("pool").press("enter")
	s.sees("incidents 1/3", "503 Service Unava")
	_, cmd := s.m.Update(press("enter"))
	s.sees("INCIDENT kling", "240 of 500 requests failed", "GROUPS", "reading how it was then")
	if cmd == nil {
		t.Fatal("how it was then is not read")
	}
	s.m.Update(cmd())
	s.lacks("reading how it was then").sees("GROUPS", "the pool was exhausted")
	if _, again := s.m.Update(press("j")); again != nil {
		t.Error("it is read twice")
	}
}

func TestTravelGoesAsFarBackAsTheHistory(t *testing.T) {
	travelled := func(s *user, keys ...string) time.Duration {
		var cmd tea.Cmd
		for _, key := range keys {
			_, cmd = s.m.Update(press(key))
		}
		if cmd == nil {
			t.Fatal("no picture of the past is read")
		}
		return s.m.live.At.Sub(s.m.past)
	}
	if back := travelled(remembering(t, month()), "(", "(", "(", "{"); back < 73*time.Hour-time.Minute || back > 73*time.Hour {
		t.Errorf("three days and an hour back is %v", back)
	}
	if back := travelled(remembering(t, &archive{oldest: ago(48 * time.Hour)}), "(", "(", "("); back != 48*time.Hour {
		t.Errorf("beyond the history is %v", back)
	}
	if back := travelled(visit(t, 80, 24, burning()), "{", "("); back != 24*time.Hour {
		t.Errorf("without a history the farthest is %v", back)
	}
}

func TestAHistoryThatCannotBeReadIsSaid(t *testing.T) {
	s := remembering(t, &archive{err: errors.New("disk I/O error")})
	s.sees("the history cannot be read: disk I/O error")
	visit(t, 80, 24, calm()).press("H").sees("nothing is kept")
}
