package tui

import (
	"time"

	"errtop/tracker"
)

// incidentsByTarget finds the open incident of each target.
type incidentsByTarget map[string]*tracker.Incident

// take takes the incidents of a snapshot.
func (m incidentsByTarget) take(snap *tracker.Snapshot) {
	clear(m)
	for i := range snap.Incidents {
		in := &snap.Incidents[i]
		for t := range in.Targets {
			if part := &in.Targets[t]; in.Ongoing() && part.State != tracker.IncidentOver && m[part.Name] == nil {
				m[part.Name] = in
			}
		}
	}
}

// since returns since when a target is in trouble: since the onset of its part in an incident, else since its state holds;
// the zero time for one that is well, or fails as usual.
func (m incidentsByTarget) since(t *tracker.Target) time.Time {
	if in := m[t.Name]; in != nil {
		for i := range in.Targets {
			if in.Targets[i].Name == t.Name {
				return in.Targets[i].Onset.At
			}
		}
	}
	if t.State <= tracker.StateOK || asUsual(t) {
		return time.Time{}
	}
	return t.Since
}

// now says in a word how a target is, with its look.
func (m incidentsByTarget) now(s *Styles, t *tracker.Target) (string, Style) {
	switch in := m[t.Name]; {
	case in != nil && in.Scan:
		return "scanned", s.State(tracker.StateThrottled)
	case in == nil && asUsual(t):
		return "as usual", s.Muted
	case in != nil && t.State <= tracker.StateOK && in.Signals == tracker.SignalLatency:
		return "slow", s.State(tracker.StateDegraded)
	case in != nil && t.State <= tracker.StateOK && in.Signals == tracker.SignalSilence:
		return "silent", s.State(tracker.StateStale)
	default:
		return t.State.String(), s.State(t.State)
	}
}

// sign is the symbol of how a target is, with its look.
func (m incidentsByTarget) sign(f *frame, t *tracker.Target) (string, Style) {
	switch in := m[t.Name]; {
	case in != nil && in.Scan:
		return f.glyphs.scan, f.styles.State(tracker.StateThrottled)
	case in == nil && asUsual(t):
		return f.glyphs.state(tracker.StateOK), f.styles.Muted
	case in != nil && t.State <= tracker.StateOK:
		state := incidentState(in, t)
		return f.glyphs.state(state), f.styles.State(state)
	default:
		return f.glyphs.state(t.State), f.styles.State(t.State)
	}
}
