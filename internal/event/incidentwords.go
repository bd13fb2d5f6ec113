package event

import (
	"strconv"
	"strings"
	"time"

	"errtop/internal/human"
	"errtop/tracker"
)

// classTitles say a cause in words where its own message says less than its class.
var classTitles = map[tracker.CauseClass]string{
	tracker.CauseSilence: "requests have stopped coming", tracker.CauseSlow: "answers got slow",
	tracker.CauseScanner: "somebody tries routes that do not exist", tracker.CauseOwnNetwork: "our own network looks down",
}

// ClassOf is the cause class that an incident is spoken of under: a scan is one whatever it was answered.
func ClassOf(i *tracker.Incident) tracker.CauseClass {
	if i.Scan {
		return tracker.CauseScanner
	}
	return i.Cause.Class
}

// IncidentTitle says in a few words what is wrong: the cause's message, or its class.
func IncidentTitle(i *tracker.Incident) string {
	title, known := classTitles[ClassOf(i)]
	switch {
	case i.Signals == tracker.SignalSilence && fewer(i):
		title = "far fewer requests than usual"
	case known:
	case i.Signals == tracker.SignalSilence:
		title = classTitles[tracker.CauseSilence]
	case i.Signals == tracker.SignalLatency:
		title = classTitles[tracker.CauseSlow]
	case i.Cause.Outcome.Kind == tracker.KindOK && i.Cause.Error == "" && i.Cause.Message == "":
		title = "more failures than usual"
	default:
		title = Title(i.Cause.Outcome, i.Cause.Error, i.Cause.Message)
		if label := i.Cause.Outcome.Label() + " "; i.Cause.Outcome.Status == 0 { // the words say which kind it is
			title = strings.TrimPrefix(title, label)
		}
	}
	if up := i.Cause.Upstream; up != "" && !strings.Contains(title, up) {
		title += " (" + up + ")"
	}
	return title
}

// fewer reports whether some requests still come to what is silent.
func fewer(i *tracker.Incident) bool {
	const some = 0.15
	lead := i.Lead()
	return lead.RateNow > some*lead.RateUsual
}

// Worded returns an incident as it is spoken of: its cause in the words of the newest error of the group that it is of, where the
// snapshot has one from its time, instead of those of the group with places for what differs. The incident itself stays as it is.
func Worded(snap *tracker.Snapshot, i *tracker.Incident) *tracker.Incident {
	if ClassOf(i) == tracker.CauseScanner || i.Cause.Class == tracker.CauseOwnNetwork || i.Cause.Group == 0 {
		return i
	}
	for n := range snap.Groups {
		if g := snap.Groups[n]; g.ID == i.Cause.Group && g.Example != nil && during(i, g.Example.Time) {
			worded := *i
			worded.Cause.Outcome, worded.Cause.Error, worded.Cause.Message = g.Example.Outcome(), g.Example.Error, g.Example.Message
			return &worded
		}
	}
	return i
}

// during reports whether a moment is within an incident.
func during(i *tracker.Incident, at time.Time) bool {
	return !at.Before(i.Onset.Earliest) && (i.End.IsZero() || !at.After(i.End))
}

// Extent says how bad an incident is: "all of 20/min", "42.0 % of 300/min", "p95 22s", "no requests".
func Extent(i *tracker.Incident) string {
	lead := i.Lead()
	rate := 0.0
	for t := range i.Targets {
		rate += i.Targets[t].RateNow
	}
	perMinute := ""
	if rate > 0 {
		perMinute = " of " + rough(rate) + "/min"
	}
	switch {
	case i.Signals.Has(tracker.SignalFailures) && i.Now >= 1:
		return strings.TrimSpace("all" + perMinute)
	case i.Signals.Has(tracker.SignalFailures):
		return human.Percent(i.Now) + perMinute
	case i.Signals.Has(tracker.SignalSilence) && rate == 0:
		return "no requests"
	case i.Signals.Has(tracker.SignalSilence):
		return rough(rate) + "/min"
	case i.Signals.Has(tracker.SignalLatency):
		return "p95 " + human.Latency(lead.LatencyNow)
	default:
		return human.Percent(i.Now) + perMinute
	}
}

// Usual says what is usual for an incident's targets: "usually 0.1 %"; "usual so far 0.1 %" while the past is short or still
// being read.
func Usual(i *tracker.Incident) string {
	lead := i.Lead()
	word := "usually "
	if i.BaselineThin {
		word = "usual so far "
	}
	switch {
	case !i.BaselineKnown && !i.BaselineThin:
		return "no baseline yet"
	case i.Signals.Has(tracker.SignalFailures):
		return word + human.Percent(i.Usual)
	case i.Signals.Has(tracker.SignalSilence):
		return word + rough(lead.RateUsual) + "/min"
	case i.Signals.Has(tracker.SignalLatency) && lead.LatencyUsual > 0:
		return word + human.Latency(lead.LatencyUsual)
	default:
		return word + human.Percent(i.Usual)
	}
}

// MarkBefore names what was done before the onset: "3m after deploy 4.2.1"; "" without a mark.
func MarkBefore(i *tracker.Incident) string {
	if i.Mark == nil {
		return ""
	}
	gap := i.Onset.At.Sub(i.Mark.At)
	if gap < time.Minute {
		return "right after " + i.Mark.Text
	}
	return human.Span(gap) + " after " + i.Mark.Text
}

// TrendWords say whether it gets better: "worse", "steady", "better", "flapping, down 5m of every 10m", "over 10m ago"; ""
// where it cannot be told yet.
func TrendWords(i *tracker.Incident, now time.Time) string {
	if !i.Ongoing() {
		return "over " + human.Span(now.Sub(i.End)) + " ago"
	}
	word := i.Trend.String()
	if i.State == tracker.IncidentFlapping {
		word = tracker.TrendFlapping.String()
	}
	if i.State == tracker.IncidentRecovering {
		word = "recovering"
	}
	return word
}

// Duration is how long an incident has lasted by a moment, or did.
func Duration(i *tracker.Incident, now time.Time) time.Duration {
	if !i.Ongoing() {
		now = i.End
	}
	return max(now.Sub(i.Onset.At), 0)
}

// Cost says what an incident that is over has cost: "after 18m, 540 of 612 requests failed, 3.2 % of the error budget".
func Cost(i *tracker.Incident) string {
	text := "after " + human.Span(Duration(i, i.End))
	if i.Signals.Has(tracker.SignalFailures) {
		text += ", " + human.Thousands(i.Failed) + " of " + human.Thousands(i.Requests) + " requests failed"
	}
	if i.BudgetSpent > 0 {
		text += ", " + human.Percent(i.BudgetSpent) + " of the error budget"
	}
	return text
}

// ContrastText says what failing requests have in common: "route /veo/4k: 98 % of the failures, 12 % of the requests".
func ContrastText(c *tracker.Contrast) string {
	return c.Field + " " + c.Value + ": " + whole(c.OfFailures) + " of the failures, " + whole(c.OfRequests) + " of the requests"
}

// ContrastBrief is [ContrastText] in few characters: "route /veo/4k 98 % (12 % of all)".
func ContrastBrief(c *tracker.Contrast) string {
	return c.Field + " " + c.Value + " " + whole(c.OfFailures) + " (" + whole(c.OfRequests) + " of all)"
}

// ContrastShort is [ContrastBrief] where there is hardly room: "route /veo/4k 98 %".
func ContrastShort(c *tracker.Contrast) string {
	return c.Field + " " + c.Value + " " + whole(c.OfFailures)
}

// whole writes a share without decimals.
func whole(share float64) string {
	switch percent := share * 100; {
	case percent > 0 && percent < 1:
		return "under 1 %"
	case percent > 99 && percent < 100:
		return "over 99 %"
	default:
		return strconv.Itoa(int(percent+0.5)) + " %"
	}
}

func rough(rate float64) string { return string(human.AppendRoughRate(nil, rate)) }
