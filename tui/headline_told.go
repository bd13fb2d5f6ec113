package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"errtop/internal/event"
	"errtop/internal/human"
	"errtop/tracker"
)

// told is the content of a headline.
type told struct {
	state  tracker.TargetState // gives the colour
	sign   string
	name   string
	what   string
	right  string  // how much, and the trend
	trend  string  // the trend alone
	pieces []piece // the second line; the first of them is since when
	advice event.Advice
}

// piece is a part of a line. Where there is no room for all, those with the highest rank leave first.
type piece struct {
	text  string
	rank  int
	short string // where there is no room for the text; "" for none
}

// The ranks of the pieces of the second line.
const (
	rankSince = iota
	rankPlace
	rankFlapping
	rankSeen
	rankCountdown
	rankAlso
	rankFields
	rankMark
	rankBegins
	rankContrast
	rankRoute
)

// ofIncident says what is known of an incident.
func (h *headline) ofIncident(f *frame, s subject) told {
	in := s.incident
	t := told{
		state: incidentState(in, s.target), name: in.Lead().Name, what: event.IncidentTitleIn(h.snap, in),
		trend: event.TrendWords(in, h.snap.At), advice: f.advisor.ForWorded(h.snap, in),
	}
	if in.Cause.Class == tracker.CauseOwnNetwork {
		t.name, t.what = "own network", "looks down: "+human.Plural(len(in.Targets), "target")+" cannot be reached"
	}
	t.sign = f.glyphs.state(t.state)
	if in.Scan {
		t.sign = f.glyphs.scan
	}
	t.right = joined(event.Extent(in), t.trend)
	since := sinceOnset(f, in.Onset, h.snap.LogTime)
	if in.Onset.Before && isNew(s.target, h.snap) {
		since = "since its first request " + human.HourMinute(in.Onset.At, f.now, f.loc) + " (" + human.Span(f.now.Sub(in.Onset.At)) + ")"
	}
	t.pieces = append(t.pieces, piece{text: since + ", " + event.Usual(in), rank: rankSince})
	add := func(rank int, text string) {
		if text != "" {
			t.pieces = append(t.pieces, piece{text: text, rank: rank})
		}
	}
	add(rankFlapping, in.TrendNote)
	add(rankSeen, seenWords(f, alertsOfIncident(f.alerts, h.snap, in)))
	if in.Onset.Before && h.snap.LogTime && !isNew(s.target, h.snap) {
		add(rankBegins, "the log begins then")
	}
	add(rankPlace, in.Where)
	if s.target != nil {
		well, _, _ := strings.Cut(s.target.Disagreement, ", but") // "requests are ok"
		add(rankPlace, well)
	}
	add(rankMark, event.MarkBefore(in))
	add(rankAlso, also(in))
	add(rankFields, invalidFields(groupOf(h.snap, in.Cause.Group)))
	add(rankCountdown, countdownOf(f, s.target))
	if len(in.Contrasts) > 0 {
		t.pieces = append(t.pieces, piece{event.ContrastBrief(&in.Contrasts[0]), rankContrast, event.ContrastShort(&in.Contrasts[0])})
	}
	if in.Cause.Route != "" && !strings.Contains(t.what, in.Cause.Route) {
		add(rankRoute, strings.TrimSpace(in.Cause.Method+" "+in.Cause.Route))
	}
	return t
}

// isNew reports whether a target was seen for the first time well after what is remembered begins.
func isNew(t *tracker.Target, snap *tracker.Snapshot) bool {
	return t != nil && t.Activity.Since.Sub(snap.Overall.Since) > 2*time.Minute
}

// ofTarget says what is known of a target that belongs to no incident.
func (h *headline) ofTarget(f *frame, target *tracker.Target) told {
	t := told{state: target.State, sign: f.glyphs.state(target.State), name: target.Name, what: whyOf(target)}
	trend := trendOf(&target.Activity, h.snap)
	t.trend = trend.word()
	if target.Activity.Hour.Errors > 0 {
		requests, _ := target.Activity.PerMinute(h.snap.At)
		t.right = joined(human.Percent(failingNow(target, h.snap.At))+" of "+string(human.AppendRoughRate(nil, requests))+"/min", t.trend)
	}
	since := target.State.String() + human.Since(target.Since, f.now, f.loc)
	if target.UsualKnown {
		since += ", usually " + human.Percent(target.Usual)
	}
	t.pieces = append(t.pieces, piece{text: since, rank: rankSince})
	add := func(rank int, text string) {
		if text != "" {
			t.pieces = append(t.pieces, piece{text: text, rank: rank})
		}
	}
	if target.State == tracker.StateStale || target.Cause == nil {
		t.advice.Action = "Check whether the source still delivers, and whether anybody still asks."
		return t
	}
	t.advice = f.advisor.ForGroup(target.Cause)
	add(rankPlace, target.Where)
	add(rankFields, invalidFields(target.Cause))
	add(rankCountdown, countdownOf(f, target))
	add(rankRoute, strings.TrimSpace(target.Cause.Method+" "+target.Cause.Route))
	return t
}

// failingNow is the share of a target's requests that fails: of the last five minutes, or of the last one where trouble began since
// then, so that what succeeded before does not dilute it, and the minute has requests enough to say.
func failingNow(t *tracker.Target, at time.Time) float64 {
	const enough = 10
	five, minute := t.Activity.FiveMinutes.ErrorRatio(), &t.Activity.Minute
	if at.Sub(t.Since) < 5*time.Minute && minute.Requests >= enough {
		return max(five, minute.ErrorRatio())
	}
	return five
}

// joined puts a comma between what there is.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// incidentState returns the state that an incident is drawn as: that of its worst target, or one by its signals while that target
// is ok.
func incidentState(in *tracker.Incident, t *tracker.Target) tracker.TargetState {
	switch {
	case in.Scan:
		return tracker.StateThrottled
	case t != nil && t.State > tracker.StateOK:
		return t.State
	case in.Signals.Has(tracker.SignalFailures) && in.Now >= 0.5:
		return tracker.StateFailing
	case in.Signals == tracker.SignalSilence:
		return tracker.StateStale
	default:
		return tracker.StateDegraded
	}
}

// sinceOnset says since when: "since 02:51 (9m)", "since 02:30–02:36 (2h05m)", "since before 00:00".
func sinceOnset(f *frame, o tracker.Onset, log bool) string {
	switch {
	case o.Before && log:
		return "since before " + human.HourMinute(o.At, f.now, f.loc)
	case o.Before:
		return "since before " + human.HourMinute(o.At, f.now, f.loc) + " (" + human.Span(f.now.Sub(o.At)) + ")"
	case o.Uncertain():
		until := o.Latest.In(f.loc).Format("15:04")
		return "since " + human.HourMinute(o.Earliest, f.now, f.loc) + "–" + until + " (" + human.Span(f.now.Sub(o.At)) + ")"
	default:
		return strings.TrimSpace(human.Since(o.At, f.now, f.loc))
	}
}

// also names the other targets of an incident: "also checkout, storefront +2".
func also(in *tracker.Incident) string {
	if len(in.Targets) < 2 {
		return ""
	}
	names := make([]string, 0, 3)
	for i := range in.Targets[1:min(len(in.Targets), 3)] {
		names = append(names, in.Targets[1+i].Name)
	}
	text := "also " + strings.Join(names, ", ")
	if rest := len(in.Targets) - 3; rest > 0 {
		text += " +" + strconv.Itoa(rest)
	}
	return text
}

// invalidFields names the fields that the newest error of a group says are invalid.
func invalidFields(g *tracker.Group) string {
	if g == nil || g.Example == nil || g.Example.Evidence == nil {
		return ""
	}
	return strings.Join(g.Example.Evidence.Errors, "; ")
}

func groupOf(snap *tracker.Snapshot, id uint64) *tracker.Group {
	for i := range snap.Groups {
		if id != 0 && snap.Groups[i].ID == id {
			return snap.Groups[i]
		}
	}
	return nil
}

// countdownOf says how long until something is tried again, "" where nothing is.
func countdownOf(f *frame, t *tracker.Target) string {
	if t == nil || !t.NextTry.After(f.now) {
		return ""
	}
	return nextTry(t) + " in " + human.Countdown(t.NextTry.Sub(f.now))
}

// nextTry says what happens at Target.NextTry: the breaker's trial, or the reset that the API named.
func nextTry(t *tracker.Target) string {
	for _, b := range t.Breakers {
		if b.State == tracker.BreakerOpen && b.RetryAt.Equal(t.NextTry) {
			return "next trial"
		}
	}
	return "resets"
}

// whyOf says why a target is in its state: the newest error of what weighs most, and where there is none, the tracker's reason.
func whyOf(t *tracker.Target) string {
	switch {
	case t.Disagreement != "":
		return t.Disagreement
	case t.State == tracker.StateStale || t.Cause == nil:
		return t.Reason
	default:
		return titleOf(t.Cause)
	}
}

// titleOf is a group in one line, in the words of its newest error where there is one.
func titleOf(g *tracker.Group) string {
	if g.Example == nil {
		return event.GroupTitle(g)
	}
	return event.Title(g.Example.Outcome(), g.Example.Error, g.Example.Message)
}

func join(items []string) string { return strings.Join(items, ", ") + "." }

// pieceGap is the room between two pieces.
const pieceGap = "   "

// drawPieces draws the pieces that there is room for, in their order.
func drawPieces(p *pen, pieces []piece) {
	room := p.left()
	byRank := make([]int, len(pieces))
	for i := range pieces {
		byRank[i] = i
	}
	slices.SortStableFunc(byRank, func(a, b int) int { return cmp.Compare(pieces[a].rank, pieces[b].rank) })
	shown := make([]bool, len(pieces))
	for n, i := range byRank {
		if need := width(pieces[i].text) + len(pieceGap); n == 0 || need <= room {
			shown[i], room = true, room-need
			if n == 0 {
				room += len(pieceGap)
			}
		} else if short := width(pieces[i].short) + len(pieceGap); pieces[i].short != "" && short <= room {
			pieces[i].text = pieces[i].short
			shown[i], room = true, room-short
		} else if pieces[i].rank == rankFields && room > 24 { // better cut than missing
			shown[i], room = true, 0
		}
	}
	last := 0
	for i := range pieces {
		if shown[i] {
			last = i
		}
	}
	for i := range pieces {
		if !shown[i] {
			continue
		}
		style := p.styles.Muted
		if pieces[i].rank <= rankCountdown {
			style = p.styles.Text
		}
		body := *p
		if pieces[i].rank == rankFields && i != last { // it leaves room for what follows
			rest := 0
			for j := i + 1; j < len(pieces); j++ {
				if shown[j] {
					rest += width(pieces[j].text) + len(pieceGap)
				}
			}
			body.end -= rest
		}
		body.text(style, pieces[i].text)
		if i != last {
			p.text(style, pieceGap)
		}
	}
}

// age is how long ago something was, in words: "10m ago".
func age(at, now time.Time) string { return human.Span(now.Sub(at)) + " ago" }
