package tui

import (
	"slices"
	"time"

	"errtop/internal/filter"
)

// Alerting is where a viewer reads alerts. Viewers may share one.
type Alerting interface {
	// Alerts returns what is alerted now. The same pointer means that nothing has changed since; viewers must not write to it.
	Alerts() *Alerts
}

// Alerts is what alerting knows at a moment.
type Alerts struct {
	List     []Alert
	Silences []Silence
	Dropped  uint64 // notifications that no receiver took and that were given up
}

// AlertPhase says where an alert is in its life.
type AlertPhase uint8

// The phases of an alert.
const (
	AlertPending    AlertPhase = iota // its condition holds, but not for long enough
	AlertFiring                       // it is told
	AlertRecovering                   // its condition has ended, but not for long enough
	AlertResolved                     // it is over
)

// String returns "pending", "firing", "recovering" or "resolved".
func (p AlertPhase) String() string {
	return [...]string{"pending", "firing", "recovering", "resolved"}[min(p, AlertResolved)]
}

// Severity says how urgent an alert is.
type Severity uint8

// The severities, from the least urgent.
const (
	SeverityInfo Severity = iota
	SeverityWarning
	SeverityCritical
)

// String returns "info", "warning" or "critical".
func (s Severity) String() string {
	return [...]string{"info", "warning", "critical"}[min(s, SeverityCritical)]
}

// Alert is what a rule says of one thing: of an incident, a group of errors, a target, a breaker or a source.
type Alert struct {
	ID        uint64
	Rule      string
	Condition string // of the rule, as the settings spell it
	Severity  Severity

	Target, Breaker, Source string
	Incident, Group         uint64

	Phase    AlertPhase
	Flapping bool      // it came back soon after it had ended, and is told again only when it stays one way
	Turns    int       // how often it fired since it began to flap
	Since    time.Time // when its condition began to hold
	FiredAt  time.Time // when it began to fire; zero: not yet
	EndedAt  time.Time // when it was resolved; zero: not yet
	NoDataAt time.Time // since when it cannot be judged; zero: it can

	For, KeepFiringFor time.Duration // how long the condition must hold, and must be gone

	Text   string // what it says now
	Failed uint64 // requests that failed so far
	Advice string // the first thing to do
	URL    string // of a runbook

	Acknowledged *Acknowledgement
	Silences     []*Silence // that match it, active or not
	Story        []AlertEvent
	Waiting      []Waiting
}

// Active reports whether the alert is firing, in any way.
func (a *Alert) Active() bool { return a.Phase == AlertFiring || a.Phase == AlertRecovering }

// silence returns the silence that keeps the alert from being told at a moment, the one that ends last; nil where none does.
func (a *Alert) silence(now time.Time) (longest *Silence) {
	for _, s := range a.Silences {
		if s.Active(now) && (longest == nil || s.Ends.After(longest.Ends)) {
			longest = s
		}
	}
	return longest
}

// Acknowledgement says who has seen an alert.
type Acknowledgement struct {
	At       time.Time
	By, Note string
}

// AlertEvent is something that happened to an alert, or that somebody was told of it.
type AlertEvent struct {
	At       time.Time
	What     string // "firing", "resolved", "delivered" …
	Receiver string // who was told; "" for changes of the alert
	Text     string
}

// Waiting is what a receiver has not been told yet, and why.
type Waiting struct {
	Receiver string // "" where it is about all
	Why      string
	Until    time.Time // when it is told or tried again; zero: not known
}

// Matcher says which alerts a silence is for: all that are given must match. Rule and Target are patterns as in a shell.
type Matcher struct {
	Rule, Target    string
	Incident, Group uint64
}

// matches reports whether an alert is meant.
func (m *Matcher) matches(a *Alert) bool {
	like := func(pattern, name string) bool { return pattern == "" || filter.Like(pattern, name) }
	return like(m.Rule, a.Rule) && like(m.Target, a.Target) && (m.Incident == 0 || m.Incident == a.Incident) && (m.Group == 0 || m.Group == a.Group)
}

// Silence keeps alerts from being told for a while. They are shown all the same.
type Silence struct {
	ID           uint64
	Matcher      Matcher
	Starts, Ends time.Time
	By, Note     string
}

// Active reports whether the silence holds at a moment.
func (s *Silence) Active(now time.Time) bool { return !now.Before(s.Starts) && now.Before(s.Ends) }

// matching returns the alerts that are not over and that a silence for these is about.
func (a *Alerts) matching(m *Matcher) (list []*Alert) {
	if a == nil || *m == (Matcher{}) {
		return nil
	}
	for i := range a.List {
		if one := &a.List[i]; one.Phase != AlertResolved && m.matches(one) {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, moreUrgent)
	return list
}

// wouldHide returns the alerts that a silence would keep from being told: those it is about and that no other silence hides yet.
func (a *Alerts) wouldHide(m *Matcher, now time.Time) []*Alert {
	return slices.DeleteFunc(a.matching(m), func(one *Alert) bool { return one.silence(now) != nil })
}

// ofIncident returns the alerts of an incident, the most urgent first: those that name it, and those that are not over and belong to it
// otherwise.
func (a *Alerts) ofIncident(id uint64, belongs func(*Alert) bool) (list []*Alert) {
	if a == nil {
		return nil
	}
	for i := range a.List {
		one := &a.List[i]
		if one.Incident == id && id != 0 || one.Target != "" && one.Phase != AlertResolved && belongs(one) {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, moreUrgent)
	return list
}

// moreUrgent orders alerts: firing before pending before over, the more severe first, then the newer.
func moreUrgent(x, y *Alert) int {
	rank := func(a *Alert) int {
		switch {
		case a.Active():
			return 0
		case a.Phase == AlertPending:
			return 1
		default:
			return 2
		}
	}
	if c := rank(x) - rank(y); c != 0 {
		return c
	}
	if c := int(y.Severity) - int(x.Severity); c != 0 {
		return c
	}
	return y.Since.Compare(x.Since)
}
