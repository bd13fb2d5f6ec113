package tracker

import "time"

// StateChange is a change of a target's state.
type StateChange struct {
	At     time.Time   // by the results' own time; up to 10 s late where nobody was looking
	From   TargetState // StateUnknown where nothing is remembered before
	To     TargetState
	Reason string // why, in words
}

// stateChanges returns how the target's state has changed up to a moment, the oldest first.
func (tg *target) stateChanges(c *clock, until instant) []StateChange {
	if len(tg.history) == 0 {
		return nil
	}
	list := make([]StateChange, 0, len(tg.history))
	from := StateUnknown
	for _, turn := range tg.history {
		if turn.at > until {
			break
		}
		list = append(list, StateChange{At: c.time(turn.at), From: from, To: turn.state, Reason: turn.reason})
		from = turn.state
	}
	return list
}
