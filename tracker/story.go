package tracker

import "time"

// StateChange is a change of a target's state.
type StateChange struct {
	At     time.Time   // by the results' own time; up to 10 s late where nobody was looking
	From   TargetState // Unknown where nothing is remembered before
	To     TargetState
	Reason string // why, in words
}

// StateChanges returns how a target's state has changed after a moment, the oldest first: at most the newest 256 changes. It
// is nil for a target that is not known.
func (t *ErrorTracker) StateChanges(target string, after time.Time) []StateChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	tg := t.targets[target]
	if tg == nil {
		return nil
	}
	var list []StateChange
	from := StateUnknown
	for _, turn := range tg.history {
		if at := t.clock.time(turn.at); at.After(after) {
			list = append(list, StateChange{At: at, From: from, To: turn.state, Reason: turn.reason})
		}
		from = turn.state
	}
	return list
}

// RegressedAt returns when a group of errors last came back after an hour of silence; zero where it never has, or is not known.
func (t *ErrorTracker) RegressedAt(group uint64) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.groups[group]; g != nil && g.back > 0 {
		return t.clock.time(g.back)
	}
	return time.Time{}
}
