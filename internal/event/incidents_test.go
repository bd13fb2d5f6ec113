package event

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// burning is an incident as the tracker makes it: the inventory refuses connections since 02:51, three minutes after a deploy.
func burning() tracker.Incident {
	onset := time.Date(2026, 11, 22, 2, 51, 0, 0, time.UTC)
	return tracker.Incident{
		ID: 7, Signals: tracker.SignalFailures, Onset: tracker.Onset{At: onset, Earliest: onset, Latest: onset},
		Targets: []tracker.IncidentTarget{{Name: "inventory", Signals: tracker.SignalFailures, RateNow: 20, Now: 1, Usual: 0.001, BaselineKnown: true}},
		Cause: tracker.Cause{
			Outcome: tracker.Outcome{Kind: tracker.KindConnect}, Class: tracker.CauseRefused, Message: "connection refused",
			Upstream: "10.4.7.21:8443", Method: "POST", Route: "/reserve",
		},
		Now: 1, Usual: 0.001, BaselineKnown: true, Trend: tracker.TrendSteady, Requests: 180, Failed: 180,
		Mark: &tracker.Mark{At: onset.Add(-3 * time.Minute), Text: "deploy 4.2.1", Version: "4.2.1"},
	}
}

func snapshotOf(at time.Time, incidents ...tracker.Incident) *tracker.Snapshot {
	return &tracker.Snapshot{At: at, Incidents: incidents}
}

func TestAnIncidentIsToldFromItsBeginningToItsEnd(t *testing.T) {
	d := NewDetector(nil)
	in := burning()
	at := in.Onset.At.Add(9 * time.Minute)
	want := "2026-11-22T02:51:00Z inventory incident began: connection refused (10.4.7.21:8443); all of 20/min, usually 0.1 %; " +
		"3m after deploy 4.2.1; See whether 10.4.7.21:8443 runs and listens; roll 4.2.1 back.\n"
	if got := told(d.Next(snapshotOf(at, in))); got != want {
		t.Errorf("told %q\nwant %q", got, want)
	}
	if again := d.Next(snapshotOf(at, in)); len(again) > 0 {
		t.Errorf("told twice: %s", told(again))
	}

	in.ID, in.Onset.At = 8, in.Onset.At.Add(-20*time.Second) // the onset is known better
	in.Targets = append(in.Targets, tracker.IncidentTarget{Name: "checkout", Onset: tracker.Onset{At: at}})
	got := told(d.Next(snapshotOf(at, in)))
	if strings.Contains(got, "began") || !strings.Contains(got, "checkout joins the incident of inventory") {
		t.Errorf("told %q", got)
	}

	in.State, in.TrendNote = tracker.IncidentFlapping, "down 5m of every 10m"
	if got := told(d.Next(snapshotOf(at, in))); !strings.Contains(got, "comes and goes: down 5m of every 10m") {
		t.Errorf("told %q", got)
	}

	in.State, in.End, in.Failed, in.Requests = tracker.IncidentOver, in.Onset.At.Add(18*time.Minute), 540, 1612
	if got := told(d.Next(snapshotOf(at.Add(time.Hour), in))); !strings.Contains(got, "inventory incident over after 18m, 540 of 1,612 requests failed") {
		t.Errorf("told %q", got)
	}
	if again := d.Next(snapshotOf(at.Add(2 * time.Hour))); len(again) > 0 {
		t.Errorf("told after it was forgotten: %s", told(again))
	}
}

func TestAnIncidentOfAPastLogIsToldWithItsEnd(t *testing.T) {
	in := burning()
	in.State, in.End = tracker.IncidentOver, in.Onset.At.Add(10*time.Minute)
	got := NewDetector(nil).Next(snapshotOf(in.End.Add(time.Hour), in))
	if len(got) != 2 || got[0].Kind != IncidentBegan || got[1].Kind != IncidentOver || !got[1].At.Equal(in.End) {
		t.Errorf("told %s", told(got))
	}
}

func TestEveryCauseClassHasAdviceThatFitsASmallScreen(t *testing.T) {
	for class := tracker.CauseException; class <= tracker.CauseOwnNetwork; class++ { // all but unknown
		in := burning()
		in.Cause.Class, in.Mark, in.Cause.Upstream, in.Cause.Route = class, nil, "", ""
		advice := (*Advisor)(nil).ForIncident(&in)
		if _, known := ofClass(class); !known {
			t.Errorf("%s has no row in the table", class)
		}
		if len(advice.Causes) == 0 || advice.Retry == "" || strings.ContainsAny(advice.Action, "{}|") || !strings.HasSuffix(advice.Action, ".") {
			t.Errorf("%s: %+v", class, advice)
		}
		if n := len(advice.Action); n > 64 {
			t.Errorf("%s: the action has %d characters: %s", class, n, advice.Action)
		}
	}
	for _, kind := range tracker.Kinds()[1:] {
		if advice := ofOutcome(tracker.Outcome{Kind: kind, Status: 503}); advice.Action == "Look at the evidence." {
			t.Errorf("%s has no advice", kind)
		}
	}
}

func TestAdviceNamesWhatIsKnown(t *testing.T) {
	in := burning()
	in.Mark = nil
	for class, want := range map[tracker.CauseClass]string{
		tracker.CauseRefused:       "See whether 10.4.7.21:8443 runs and listens.",
		tracker.CauseTenantKey:     "Have acme renew its key.",
		tracker.CauseRouteRemoved:  "Bring /reserve back, or move its callers.",
		tracker.CauseDiskFull:      "Free space on the disk that is full.",
		tracker.CauseClientRelease: "Have acme roll its release back.",
	} {
		in.Cause.Class, in.Contrasts = class, []tracker.Contrast{{Field: "tenant", Value: "acme"}}
		if got := (*Advisor)(nil).ForIncident(&in).Action; got != want {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
	in.State = tracker.IncidentOver
	if got := (*Advisor)(nil).ForIncident(&in).Action; !strings.Contains(got, "look at what changed") {
		t.Errorf("of what is over it says %q", got)
	}
}

func TestRunbooksComeBeforeTheTable(t *testing.T) {
	a, err := NewAdvisor([]Runbook{
		{When: `target == "billing" and message contains "deadlock"`, Say: "Call the database team.", URL: "https://wiki/deadlock"},
		{When: `class == "refused" and "inventory" in targets`, URL: "https://wiki/inventory"},
		{When: `status / (status - status) > 1`, Say: "never"},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := burning()
	if got := a.ForIncident(&in); got.URL != "https://wiki/inventory" || !strings.HasPrefix(got.Action, "See whether 10.4.7.21:8443 runs") {
		t.Errorf("%+v", got)
	}
	g := tracker.Group{Target: "billing", Message: "deadlock found", Outcome: tracker.Outcome{Status: 500, Kind: tracker.KindServer}}
	if got := a.ForGroup(&g); got.Action != "Call the database team." || got.URL != "https://wiki/deadlock" || len(got.Causes) == 0 {
		t.Errorf("%+v", got)
	}
	for when, want := range map[string]string{`target = "x"`: "when: ", `targt == "x"`: "unknown name targt", `status`: "bool"} {
		if _, err := NewAdvisor([]Runbook{{When: when}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", when, err, want)
		}
	}
}
