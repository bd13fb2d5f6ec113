package tui

import (
	"testing"
	"time"

	"errtop/tracker"
)

// TestFewerFailuresAreNotBetterWhereFewerWereSent says what the headline may say of the direction: a breaker that holds
// requests back makes failures fewer, and nothing better.
func TestFewerFailuresAreNotBetterWhereFewerWereSent(t *testing.T) {
	const old, young = time.Hour, 4 * time.Minute
	type counts struct{ requests, errors uint64 }
	for name, c := range map[string]struct {
		age                time.Duration
		minute, five, then counts // then: in each of the five minutes, ten minutes ago
		word               string
	}{
		"fewer of as many":         {old, counts{60, 3}, counts{300, 15}, counts{60, 30}, "better"},
		"a breaker lets few pass":  {old, counts{1, 1}, counts{5, 5}, counts{60, 60}, "steady"},
		"the same, not long known": {young, counts{1, 1}, counts{21, 21}, counts{}, "steady"},
		"a breaker lets none pass": {old, counts{0, 0}, counts{4, 4}, counts{60, 60}, ""},
		"none of many":             {old, counts{60, 0}, counts{300, 15}, counts{60, 30}, "better"},
		"half of half as many":     {old, counts{30, 15}, counts{150, 75}, counts{60, 30}, "steady"},
		"as many of more":          {old, counts{90, 30}, counts{450, 150}, counts{60, 30}, "steady"},
		"more":                     {old, counts{60, 60}, counts{300, 300}, counts{60, 30}, "worse"},
	} {
		at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
		act := tracker.Activity{Since: at.Add(-c.age)}
		act.Minute.Requests, act.Minute.Errors = c.minute.requests, c.minute.errors
		act.FiveMinutes.Requests, act.FiveMinutes.Errors = c.five.requests, c.five.errors
		for i := 45; i < 50; i++ {
			act.Minutes[i] = tracker.Bar{Requests: uint32(c.then.requests), Errors: uint32(c.then.errors)}
		}
		if got := trendOf(&act, &tracker.Snapshot{At: at}).word(); got != c.word {
			t.Errorf("%s: got %q, want %q", name, got, c.word)
		}
	}
}
