package alert

import (
	"testing"
	"time"

	"errtop/tracker"
)

// places sets where api, a target of a fleet, is in trouble.
func places(where string, affected ...string) func(*tracker.Snapshot) {
	return func(s *tracker.Snapshot) {
		shown := &tracker.Target{Name: "api", Where: where, State: tracker.StateFailing}
		for _, name := range []string{"eu-1", "eu-2", "us-1"} {
			place := tracker.Place{Name: name, Requests: 100}
			for _, a := range affected {
				if a == name {
					place.Affected, place.Errors = true, 90
				}
			}
			shown.Places = append(shown.Places, place)
		}
		s.Targets = []*tracker.Target{shown}
		for i := range s.Incidents {
			s.Incidents[i].Where = where
		}
	}
}

func TestRoutesChooseByPlace(t *testing.T) {
	l := play(t, Options{Receivers: []Receiver{
		{Name: "europe", Severity: Warning, Resolved: true, Places: []string{"eu-*"}},
		{Name: "america", Severity: Warning, Resolved: true, Places: []string{"us-?"}},
	}})
	l.at(time.Minute, func(s *tracker.Snapshot) {
		outage(1, "api")(s)
		places("eu-1 only (1 of 3 places)", "eu-1")(s)
	})
	l.want(time.Minute, 2*time.Minute, "europe", ReasonFiring, "api fails, eu-1 only (1 of 3 places): connection refused")
	l.quiet(20 * time.Minute)
	// It spreads: now the others are told too, and Europe, which knows of it, is not.
	l.at(20*time.Minute, places("eu-1, us-1 (2 of 3 places)", "eu-1", "us-1"))
	l.want(20*time.Minute, 21*time.Minute, "america", ReasonFiring, "api fails, eu-1, us-1 (2 of 3 places)")
	l.quiet(40 * time.Minute)
	// Europe is well again, which is not the end: both hear of that.
	l.at(40*time.Minute, places("us-1 only (1 of 3 places)", "us-1"))
	l.quiet(50 * time.Minute)
	l.at(50*time.Minute, over(1))
	l.want(50*time.Minute, 56*time.Minute, "europe", ReasonResolved, "")
	l.want(50*time.Minute, 56*time.Minute, "america", ReasonResolved, "")
}

// Nobody misses a page because no place is known, and a machine that has a place of its own has all of its alerts there.
func TestWhatHasNoKnownPlaceIsForAllAndAMachinesOwnPlaceIsKnown(t *testing.T) {
	both := []Receiver{{Name: "europe", Severity: Warning, Places: []string{"eu-*"}}, {Name: "america", Severity: Warning, Places: []string{"us-*"}}}
	l := play(t, Options{Receivers: both})
	l.at(time.Minute, outage(1, "api"))
	l.want(time.Minute, 2*time.Minute, "europe", ReasonFiring, "api fails")
	l.want(time.Minute, 2*time.Minute, "america", ReasonFiring, "api fails")

	l = play(t, Options{Receivers: both, Place: "us-1"})
	l.at(time.Minute, outage(1, "api"))
	l.want(time.Minute, 2*time.Minute, "america", ReasonFiring, "api fails")
	l.quiet(10 * time.Minute)
}

// Whoever looks after one of an incident's targets is told, not only whoever looks after the worst.
func TestAnIncidentIsForWhoeverLooksAfterAnyOfItsTargets(t *testing.T) {
	l := play(t, Options{Receivers: []Receiver{
		{Name: "images", Severity: Warning, Targets: []string{"flux*"}},
		{Name: "money", Severity: Warning, Targets: []string{"billing"}},
		{Name: "mail", Severity: Warning, Targets: []string{"mail"}},
	}})
	l.at(time.Minute, outage(1, "billing", "kling", "flux/dev"))
	l.want(time.Minute, 2*time.Minute, "images", ReasonFiring, "billing and 2 more")
	l.want(time.Minute, 2*time.Minute, "money", ReasonFiring, "billing and 2 more")
	l.quiet(10 * time.Minute)
}

func TestRulesKnowPlaces(t *testing.T) {
	l := play(t, Options{Rules: []Rule{
		{Name: "europe", Severity: Critical, When: `"eu-1" in target.places and "eu-2" in target.places`, Message: "{target.name} in {target.places}"},
		{Name: "several", Severity: Critical, When: `len(incident.places) > 1`},
	}})
	l.at(time.Minute, func(s *tracker.Snapshot) {
		outage(1, "api")(s)
		places("", "eu-1")(s)
	})
	l.quiet(5 * time.Minute)
	l.at(5*time.Minute, places("", "eu-1", "eu-2"))
	l.want(5*time.Minute, 6*time.Minute, "slack", ReasonFiring, "several: api fails")
	if got := l.state.Alerts; len(got) != 2 || got[0].Text != "api in eu-1, eu-2" && got[1].Text != "api in eu-1, eu-2" {
		t.Errorf("%+v", got)
	}
}

// What waits for a receiver that the settings no longer have is given up, visibly.
func TestWhatWaitsForAReceiverThatIsGoneIsGivenUp(t *testing.T) {
	l := play(t, Options{})
	l.accept = func(Notification) bool { return false }
	l.at(time.Minute, outage(1, "api"))
	l.until(3 * time.Minute)
	if len(l.state.Outbox) != 1 {
		t.Fatalf("%d wait", len(l.state.Outbox))
	}
	engine, err := New(Options{Rules: DefaultRules(), Receivers: []Receiver{{Name: "other", Severity: Warning}}})
	if err != nil {
		t.Fatal(err)
	}
	l.engine, l.accept = engine, nil
	l.want(3*time.Minute, 4*time.Minute, "other", ReasonFiring, "api fails")
	if len(l.state.Outbox) != 0 || l.state.Dropped != 1 {
		t.Errorf("%d wait, %d given up", len(l.state.Outbox), l.state.Dropped)
	}
}
