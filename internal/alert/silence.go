package alert

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"time"

	"errtop/internal/filter"
)

// Matcher says which alerts a silence is for: all that are given must match. Rule and Target are patterns as in a shell. Of an incident
// are its own alerts and those of targets that are part of it.
type Matcher struct {
	Rule     string `json:"rule,omitempty"`
	Target   string `json:"target,omitempty"`
	Incident uint64 `json:"incident,omitempty"`
	Group    uint64 `json:"group,omitempty"`
}

// Matches reports whether an alert is meant.
func (m Matcher) Matches(a *Alert) bool {
	like := func(pattern, name string) bool { return pattern == "" || filter.Like(pattern, name) }
	return like(m.Rule, a.Rule) && like(m.Target, a.Labels.Target) && (m.Incident == 0 || a.of(m.Incident)) &&
		(m.Group == 0 || m.Group == a.Labels.Group)
}

// Silence keeps alerts from being told for a while. They are shown all the same, and told when it ends if they still fire.
type Silence struct {
	ID      uint64    `json:"id"`
	Matcher Matcher   `json:"matcher"`
	Starts  time.Time `json:"starts"`
	Ends    time.Time `json:"ends"`
	By      string    `json:"by"`
	Note    string    `json:"note,omitempty"`
}

// Active reports whether the silence holds at a moment.
func (s *Silence) Active(now time.Time) bool { return !now.Before(s.Starts) && now.Before(s.Ends) }

// Ack says that somebody has seen an alert: it is not repeated. It ends with the alert.
type Ack struct {
	Alert uint64    `json:"alert"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Note  string    `json:"note,omitempty"`
}

// Silence adds a silence and returns its number. One without an end, or that matches everything, is refused.
func (s *State) Silence(silence Silence) (id uint64, err error) {
	switch {
	case !silence.Ends.After(silence.Starts):
		return 0, errors.New("a silence needs an end after its start")
	case silence.Matcher == (Matcher{}):
		return 0, errors.New("a silence needs something to match: a rule, a target, an incident or a group")
	}
	for _, pattern := range [...]string{silence.Matcher.Rule, silence.Matcher.Target} {
		if _, err := path.Match(pattern, ""); err != nil {
			return 0, errors.New("not a pattern: " + pattern)
		}
	}
	s.LastID++
	silence.ID = s.LastID
	s.Silences = append(s.Silences, silence)
	return silence.ID, nil
}

// EndSilence ends a silence, and reports whether there was one to end.
func (s *State) EndSilence(id uint64, now time.Time) bool {
	for i := range s.Silences {
		if s.Silences[i].ID == id && s.Silences[i].Ends.After(now) {
			s.Silences[i].Ends = now
			return true
		}
	}
	return false
}

// Acknowledge notes that somebody has seen alerts: one by its ID, or all of an incident. It returns how many.
func (s *State) Acknowledge(ack Ack, incident uint64) (n int) {
	for i := range s.Alerts {
		a := &s.Alerts[i]
		if a.Phase == Resolved || a.ID != ack.Alert && !a.of(incident) {
			continue
		}
		n++
		s.Acks = slices.DeleteFunc(s.Acks, func(old Ack) bool { return old.Alert == a.ID })
		s.Acks = append(s.Acks, Ack{Alert: a.ID, At: ack.At, By: ack.By, Note: ack.Note})
	}
	return n
}

// SilencedBy returns the silence that keeps an alert from being told, nil where none does. Of several it is the one that ends last.
func (s *State) SilencedBy(a *Alert, now time.Time) (by *Silence) {
	for i := range s.Silences {
		silence := &s.Silences[i]
		if silence.Active(now) && silence.Matcher.Matches(a) && (by == nil || silence.Ends.After(by.Ends)) {
			by = silence
		}
	}
	return by
}

// WouldHide returns copies of the alerts that a silence with this matcher would keep from being told at a moment: those that are
// pending or fire and match, and that no silence hides yet. Firing ones come first, then the most urgent, then those that began
// first. It is what a confirmation shows before [State.Silence] is called; it changes nothing.
//
// A matcher without any field, which [State.Silence] refuses, hides nothing.
func (s *State) WouldHide(m Matcher, now time.Time) []Alert {
	if m == (Matcher{}) {
		return nil
	}
	var hidden []Alert
	for i := range s.Alerts {
		if a := &s.Alerts[i]; a.Phase != Resolved && m.Matches(a) && s.SilencedBy(a, now) == nil {
			hidden = append(hidden, *a)
		}
	}
	slices.SortStableFunc(hidden, func(a, b Alert) int {
		if a.Active() != b.Active() {
			if a.Active() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.Since.Compare(b.Since))
	})
	return hidden
}

// AckOf returns who has acknowledged an alert, nil where nobody has.
func (s *State) AckOf(id uint64) *Ack {
	for i := range s.Acks {
		if s.Acks[i].Alert == id {
			return &s.Acks[i]
		}
	}
	return nil
}
