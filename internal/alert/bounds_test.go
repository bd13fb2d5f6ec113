package alert

import (
	"testing"
	"time"
)

var noonOfBounds = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestTheOutboxIsBoundedAndGivesUpTheOldest(t *testing.T) {
	s, receiver := &State{}, &Receiver{Name: "team"}
	for range maxOutbox + 5 {
		s.queue(receiver, &Told{Group: "a"}, ReasonFiring, []Alert{{ID: 1}}, noonOfBounds)
	}
	if len(s.Outbox) != maxOutbox || s.Outbox[0].ID != 6 || s.Dropped != 5 {
		t.Errorf("%d wait, the first is %d, %d were given up", len(s.Outbox), s.Outbox[0].ID, s.Dropped)
	}
}

// An end waits behind its beginning, while that is tried again; so does what tells of the same alert under another group's name.
func TestNothingIsDueBeforeWhatItFollowsWasTaken(t *testing.T) {
	at := noonOfBounds
	s := &State{Outbox: []Notification{
		{ID: 1, Receiver: "team", Group: "a", Reason: ReasonFiring, Alerts: []Alert{{ID: 7}}, NextTry: at.Add(time.Minute)},
		{ID: 2, Receiver: "team", Group: "a", Reason: ReasonResolved, Alerts: []Alert{{ID: 8}}},
		{ID: 3, Receiver: "team", Group: "b", Reason: ReasonResolved, Alerts: []Alert{{ID: 7}}},
		{ID: 4, Receiver: "team", Group: "c", Reason: ReasonFiring, Alerts: []Alert{{ID: 9}}},
		{ID: 5, Receiver: "other", Group: "a", Reason: ReasonFiring, Alerts: []Alert{{ID: 7}}},
	}}
	due := func(receiver string, want ...uint64) {
		t.Helper()
		got := s.Due(receiver, at)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i].ID != want[i] {
				t.Fatalf("due to %s are %+v, want %v", receiver, got, want)
			}
		}
	}
	due("team", 4)
	due("other", 5)
	s.Delivered(1, at)
	due("team", 2, 3, 4)
}
