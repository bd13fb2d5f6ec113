package event

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// The first actions of the reference API's contract, where nothing but the status says what is wrong: groups and incidents agree.
func TestAStatusAloneGetsTheContractsAdvice(t *testing.T) {
	for status, want := range map[int]string{
		500: "Check the provider", 503: "Check the network path and the provider.", 529: "Check the network path and the provider.",
		400: "Fix the request", 401: "correct the key", 403: "account", 404: "", 429: "reset",
	} {
		o := tracker.Outcome{Status: status, Kind: tracker.KindOf(status)}
		class := tracker.ClassifyCause(o, "")
		in := &tracker.Incident{Targets: []tracker.IncidentTarget{{Name: "kling"}}, Cause: tracker.Cause{Outcome: o, Class: class, Message: "The provider is unavailable."}}
		if got := (*Advisor)(nil).ForIncident(in).Action; !strings.Contains(got, want) {
			t.Errorf("%d of an incident: %q, want %q", status, got, want)
		}
	}
	group := (*Advisor)(nil).ForGroup(&tracker.Group{Outcome: tracker.Outcome{Status: 503, Kind: tracker.KindServer}, Message: "The provider is unavailable."})
	if group.Action != "Check the network path and the provider." {
		t.Errorf("a group of 503: %q", group.Action)
	}
	busy := &tracker.Incident{Targets: []tracker.IncidentTarget{{Name: "kling"}}, Cause: tracker.Cause{
		Outcome: tracker.Outcome{Status: 503, Kind: tracker.KindServer}, Class: tracker.CauseOverload, Message: "server is busy, queue full",
	}}
	if got := (*Advisor)(nil).ForIncident(busy).Action; got != "Add capacity, or shed load." {
		t.Errorf("a server that says it is overloaded: %q", got)
	}
}

// What refuses is named where only the newest error's own words name it.
func TestAdviceNamesWhatTheNewestErrorNames(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	example := tracker.Result{Time: at, Status: 500, Kind: tracker.KindServer, Message: "could not connect to 10.9.0.5:5432: connection refused"}
	in := &tracker.Incident{
		Targets: []tracker.IncidentTarget{{Name: "media"}}, Onset: tracker.Onset{At: at.Add(-time.Hour), Earliest: at.Add(-time.Hour)},
		Cause: tracker.Cause{Outcome: example.Outcome(), Class: tracker.CauseRefused, Group: 7, Message: "could not connect to {addr}: connection refused"},
	}
	snap := &tracker.Snapshot{At: at, Groups: []*tracker.Group{{ID: 7, Example: &example}}}
	if got := (*Advisor)(nil).ForWorded(snap, in).Action; got != "See whether 10.9.0.5:5432 runs and listens." {
		t.Errorf("%q", got)
	}
	if got := IncidentTitle(Worded(snap, in)); !strings.Contains(got, "10.9.0.5:5432") {
		t.Errorf("the title is %q", got)
	}
	example.Time = at.Add(-3 * time.Hour) // of another incident
	if got := IncidentTitle(Worded(snap, in)); !strings.Contains(got, "{addr}") {
		t.Errorf("the title has another incident's words: %q", got)
	}
	runbooks, err := NewAdvisor([]Runbook{{When: `message contains "{addr}"`, Say: "ours"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := runbooks.ForWorded(snap, in).Action; got != "ours" {
		t.Errorf("a runbook's condition is of the group's words, got %q", got)
	}
}

// The address in the message of a failed look-up is the resolver's, which is not what cannot be resolved.
func TestALookUpIsOfTheName(t *testing.T) {
	for message, want := range map[string]string{
		`DNS: no such host "api.partner.example" (asked 10.255.255.53:53)`: "Resolve api.partner.example by hand",
		"lookup api.partner.example: no such host":                         "Resolve api.partner.example by hand",
		"lookup api.partner.example on 10.0.0.2:53: no such host":          "Resolve api.partner.example by hand",
		"DNS: no such host {str} (asked {addr})":                           "Resolve the name by hand",
	} {
		in := &tracker.Incident{Targets: []tracker.IncidentTarget{{Name: "a"}}, Cause: tracker.Cause{Class: tracker.CauseDNS, Message: message, Outcome: tracker.Outcome{Kind: tracker.KindDNS}}}
		if got := (*Advisor)(nil).ForIncident(in).Action; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", message, got, want)
		}
	}
}

func TestAddressesAreFoundInMessages(t *testing.T) {
	for message, want := range map[string]string{
		"could not connect to 10.9.0.5:5432: refused": "10.9.0.5:5432", "dial tcp [::1]:80: refused": "[::1]:80", `upstream "db.internal:5432"`: "db.internal:5432",
		"connect(10.0.0.1:6379) failed.": "10.0.0.1:6379", "at Main.java:42": "", "10:42:11 failed": "", "http://a.b:80/x": "", "{addr}": "", "a.b:99999": "", "": "",
	} {
		if got := addressIn(message); want == "" && got != "" && !strings.HasPrefix(message, "at Main") || want != "" && got != want {
			t.Errorf("%q names %q, want %q", message, got, want)
		}
	}
}

func TestNewRunbooksHoldWhereTheAdvisorIsInUse(t *testing.T) {
	group := &tracker.Group{Target: "billing", Outcome: tracker.Outcome{Status: 500, Kind: tracker.KindServer}}
	inUse, err := NewAdvisor(nil)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := NewAdvisor([]Runbook{{When: `target == "billing"`, Say: "Call Ann.", URL: "https://wiki/billing"}})
	if err != nil {
		t.Fatal(err)
	}
	inUse.Replace(fresh)
	if got := inUse.ForGroup(group); got.Action != "Call Ann." || got.URL != "https://wiki/billing" {
		t.Errorf("%+v", got)
	}
}

func TestTitlesSayAnAddressOnce(t *testing.T) {
	connect := tracker.Outcome{Kind: tracker.KindConnect}
	for message, want := range map[string]string{
		"dial tcp 10.4.7.21:8443: connect: connection refused":              "connection refused (10.4.7.21:8443)",
		"dial tcp: lookup api.example on 10.0.0.2:53: no such host":         "connection refused (api.example)",
		"lookup api.example on 10.0.0.2:53: no such host":                   "connection refused (api.example)",
		"lookup of the order failed: it is gone":                            "connection refused. lookup of the order failed: it is gone",
		"dial tcp {addr}: connect: connection refused":                      "connection refused ({addr})",
		"the pool said: dial tcp 10.4.7.21:8443: connect: no route to host": "connection refused. the pool said: dial tcp 10.4.7.21:8443: connect: no route to host",
	} {
		if got := Title(connect, "connection refused", message); got != want {
			t.Errorf("%q is titled\n%q, want\n%q", message, got, want)
		}
	}
}
