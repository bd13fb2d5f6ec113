package tui

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlainTellsWhatBecomesOfAlerts(t *testing.T) {
	teller := alertTeller{}
	d := &desk{now: alarmed()}
	told := func(now time.Time) string {
		var b strings.Builder
		if err := writeAlertLines(&b, teller.next(d.now, now, time.UTC), time.UTC); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	expect := func(now time.Time, want ...string) {
		t.Helper()
		if got := strings.Join(want, "\n"); strings.TrimSpace(told(now)) != got {
			t.Errorf("told:\n%s\nwant:\n%s", told(now), got)
		}
	}
	expect(noon,
		"2026-11-22T14:04:07Z kling alert firing, critical, incident: 429 Rate limit exceeded; Slow acme down until the reset.",
		"2026-11-22T14:14:07Z kling alert firing, info, breaker open: OPEN")
	expect(noon) // nothing new
	change := func(f func(a *Alerts)) {
		next := *d.now
		next.List, next.Silences = slices.Clone(next.List), slices.Clone(next.Silences)
		f(&next)
		d.match(&next)
	}
	change(func(a *Alerts) { a.List[0].Acknowledged = &Acknowledgement{At: noon, By: "ann", Note: "on it"} })
	expect(noon, "2026-11-22T14:32:07Z kling alert acknowledged by ann: on it, incident")
	change(func(a *Alerts) {
		a.Silences = append(a.Silences, Silence{ID: 7, Matcher: Matcher{Rule: "breaker open"}, Starts: noon, Ends: noon.Add(time.Hour), By: "bo", Note: "known"})
	})
	expect(noon.Add(time.Second),
		"2026-11-22T14:32:07Z - silence of rule breaker open until 2026-11-22T15:32:07Z by bo: known",
		"2026-11-22T14:32:08Z kling alert silenced, breaker open")
	later := noon.Add(2 * time.Hour)
	change(func(a *Alerts) {
		a.List[0].Phase, a.List[0].EndedAt = AlertResolved, noon.Add(time.Minute)
		a.List[1].Flapping = true
		a.List = a.List[:3]
	})
	expect(later,
		"2026-11-22T15:32:07Z - silence of rule breaker open has ended",
		"2026-11-22T14:33:07Z kling alert resolved after 30m, incident, 1,631 requests failed",
		"2026-11-22T16:32:07Z kling alert flapping, info, breaker open: OPEN")
}
