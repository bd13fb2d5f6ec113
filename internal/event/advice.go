package event

import (
	"cmp"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"errtop/tracker"
)

// Advice is the operator's first hint: what usually causes it, whether asking again helps, and what to do first.
type Advice struct {
	Causes []string
	Retry  string // "no", or when
	Action string
	URL    string // of a runbook; "" without one
}

// Advisor gives advice: from the user's runbooks, else from the table. A nil Advisor has no runbooks. Any goroutine may use it.
type Advisor struct{ runbooks atomic.Pointer[[]runbook] }

// ForOutcome returns what the table says of an outcome alone.
func (a *Advisor) ForOutcome(o tracker.Outcome) Advice { return ofOutcome(o) }

// ForGroup returns the advice for a group of errors: of its outcome, or where its words name a cause more exactly, of that.
func (a *Advisor) ForGroup(g *tracker.Group) Advice {
	advice := ofOutcome(g.Outcome)
	class := tracker.ClassifyCause(g.Outcome, g.Error+" "+g.Message)
	if row, known := ofClass(class); known && row.flags&broad == 0 {
		advice = Advice{Causes: row.causes, Retry: row.retry, Action: fill(row.action, &tracker.Incident{})}
	}
	return a.runbook(advice, facts{
		Class:  class.String(),
		Target: g.Target, Targets: []string{g.Target}, Status: g.Outcome.Status, Kind: g.Outcome.Kind.String(),
		Error: g.Error, Message: g.Message, Method: g.Method, Route: g.Route,
	})
}

// ForIncident returns the advice for an incident: of its cause class, filled in with what is known of it.
func (a *Advisor) ForIncident(i *tracker.Incident) Advice { return a.forIncident(i, i) }

// ForWorded is ForIncident with what the newest error of the cause says more exactly, see [Worded]. Runbooks are chosen as by
// ForIncident, so that they do not change with every error.
func (a *Advisor) ForWorded(snap *tracker.Snapshot, i *tracker.Incident) Advice {
	return a.forIncident(i, Worded(snap, i))
}

func (a *Advisor) forIncident(i, worded *tracker.Incident) Advice {
	advice := ofOutcome(i.Cause.Outcome)
	row, known := ofClass(ClassOf(i))
	if known && !onlyStatus(i) && (ClassOf(i) != tracker.CauseBadRequests || i.Cause.Outcome.Kind != tracker.KindClient) {
		advice = Advice{Causes: row.causes, Retry: row.retry, Action: fill(row.action, worded)}
	}
	if back := rollbackOf(i); known && row.flags&rollback != 0 && back != "" {
		advice.Action = strings.TrimSuffix(advice.Action, ".") + "; " + back + "."
	}
	if one := oneOfMany(i); known && one != "" && !strings.Contains(advice.Action, one) {
		advice.Action = strings.TrimSuffix(advice.Action, ".") + "; or take " + one + " out of rotation."
	}
	if i.State == tracker.IncidentOver {
		advice.Action = "It is over: look at what changed just before it ended."
	}
	f := facts{
		Target: i.Lead().Name, Status: i.Cause.Outcome.Status, Kind: i.Cause.Outcome.Kind.String(), Class: ClassOf(i).String(),
		Error: i.Cause.Error, Message: i.Cause.Message, Method: i.Cause.Method, Route: i.Cause.Route, Upstream: i.Cause.Upstream,
		Signals: i.Signals.String(),
	}
	for t := range i.Targets {
		f.Targets = append(f.Targets, i.Targets[t].Name)
	}
	return a.runbook(advice, f)
}

// oneOfMany returns the one instance of several that an incident is of: most of the failures are of it, and most of the requests are
// not; "" where there is none.
func oneOfMany(i *tracker.Incident) string {
	for n := range i.Contrasts {
		c := &i.Contrasts[n]
		switch c.Field {
		case "host", "upstream", "instance", "pod", "node", "server", "backend":
			if c.OfFailures >= 0.8 && c.OfRequests <= 0.5 {
				return c.Value
			}
		default:
		}
	}
	return ""
}

// onlyStatus reports whether nothing but the status of its failures says that an incident is an overload: then the status's own advice
// holds.
func onlyStatus(i *tracker.Incident) bool {
	if ClassOf(i) != tracker.CauseOverload {
		return false
	}
	other := tracker.Outcome{Status: 500, Kind: tracker.KindServer} // which stands for no class of its own
	return tracker.ClassifyCause(other, i.Cause.Error+" "+i.Cause.Message) != tracker.CauseOverload
}

// suspect is how long before an onset what was done is suspected of it.
const suspect = 15 * time.Minute

// rollbackOf says what to take back, "" where nothing was done just before the onset.
func rollbackOf(i *tracker.Incident) string {
	switch {
	case i.Mark == nil || i.Onset.At.Sub(i.Mark.At) > suspect:
		return ""
	case i.Mark.Version != "":
		return "roll " + i.Mark.Version + " back"
	default:
		return "take back: " + i.Mark.Text
	}
}

// fill puts what is known of an incident into the places of an action: "{upstream|it}" is the upstream, or "it".
func fill(action string, i *tracker.Incident) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(action, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		var place string
		place, action, _ = strings.Cut(rest, "}")
		name, otherwise, _ := strings.Cut(place, "|")
		if value := valueOf(name, i); value != "" {
			out.WriteString(value)
		} else {
			out.WriteString(otherwise)
		}
	}
}

func valueOf(name string, i *tracker.Incident) string {
	switch name {
	case "target":
		return i.Lead().Name
	case "upstream":
		if ClassOf(i) == tracker.CauseDNS { // the address in its message is the resolver's
			return nameIn(i.Cause.Message)
		}
		return cmp.Or(i.Cause.Upstream, addressIn(i.Cause.Message))
	case "route":
		return i.Cause.Route
	}
	for c := range i.Contrasts {
		if contrast := &i.Contrasts[c]; contrast.Field == name || name == "client" && isClient(contrast.Field) {
			return contrast.Value
		}
	}
	return ""
}

// nameIn returns the name that a message says could not be resolved: what stands in double quotes, or after "lookup"; "" without one.
func nameIn(message string) string {
	name := ""
	if _, rest, quoted := strings.Cut(message, `"`); quoted {
		name, _, _ = strings.Cut(rest, `"`)
	} else if _, rest, lookup := strings.Cut(message, "lookup "); lookup {
		name, _, _ = strings.Cut(rest, " ")
		name = strings.TrimRight(name, ":.")
	}
	if !strings.Contains(name, ".") || strings.ContainsAny(name, " {}") {
		return ""
	}
	return name
}

// addressIn returns the first address with a port in a message, such as "10.9.0.5:5432" or "db.internal:5432"; "" without one.
func addressIn(message string) string {
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool { return r <= ' ' || strings.ContainsRune("()<>\"'`,;=", r) }) {
		word = strings.TrimRight(word, ":.")
		host, port, err := net.SplitHostPort(word)
		if err != nil || !strings.ContainsAny(host, ".:") || strings.ContainsAny(host, "/@{}") {
			continue
		}
		if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
			return word
		}
	}
	return ""
}

// isClient reports whether a field says whose requests they are.
func isClient(field string) bool {
	switch field {
	case "client", "tenant", "customer", "user", "account", "agent", "user_agent":
		return true
	default:
		return false
	}
}

// ofOutcome returns the advice for an outcome. For statuses it says what the reference API's contract says; for the kinds
// without a status it names what is between us and the API.
func ofOutcome(o tracker.Outcome) Advice {
	if o.Kind == tracker.KindServer && o.Status == 500 {
		return Advice{
			Causes: []string{"upstream timeout", "provider down", "internal error"},
			Retry:  backoff, Action: "Check the provider; fail over if it persists.",
		}
	}
	for _, row := range outcomeTable {
		if row.kind == o.Kind {
			return row.Advice
		}
	}
	return Advice{Causes: []string{"unknown"}, Retry: "no", Action: "Look at the evidence."}
}
