package tui

import (
	"testing"

	"errtop/tracker"
)

func TestWhatIsCountedAndNotListedIsSaid(t *testing.T) {
	s := burning()
	s.Ring = tracker.RingStats{Total: 100, LastHour: 87, ByStatus: []tracker.OutcomeCount{{Outcome: tracker.Outcome{Status: 429, Kind: tracker.KindRateLimited}, Count: 60}, {Outcome: tracker.Outcome{Kind: tracker.KindTimeout}, Count: 27}}}
	s.TargetsDropped, s.GroupsDropped = 12_345, 678
	s.Targets[0].Activity.Hour.NotSent, s.Targets[0].Activity.Inconclusive = 181, 7
	visit(t, 120, 40, s).press("2").sees("kept: 100, of the last hour 87: 429 60, timeout 27").
		press("3").sees("678 errors beyond [tracker] max_groups stand under (other)").
		press("4").sees("12.3k results of targets beyond [tracker] max_targets").
		press("enter").sees("never sent   181 in the last hour", "inconclusive 7 in the last hour", "usually      0.1 % fail")
	visit(t, 120, 40, incident()).press("3").lacks("max_groups").press("4").lacks("max_targets", "never sent", "inconclusive")
}
