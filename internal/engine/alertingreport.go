package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"errtop/internal/alert"
	"errtop/tracker"
)

// Backtested is what a backtest found.
type Backtested struct {
	First      time.Time `json:"first,omitzero"` // of the results
	Last       time.Time `json:"last,omitzero"`
	Lines      uint64    `json:"lines"`
	Results    uint64    `json:"results"`
	Errors     uint64    `json:"errors"`
	Unreadable uint64    `json:"unreadable"` // lines
	Untimed    uint64    `json:"untimed"`    // results without a time, left out
	Impossible uint64    `json:"impossible"` // results of the future or of before 1990, left out

	Limits []string `json:"limits,omitempty"` // what the inputs do not tell

	Told  []BacktestNotice `json:"told"`  // by time
	Rules []BacktestRule   `json:"rules"` // as the settings have them, then the default ones

	// Alerts are all that there were, as they were last, with their history; AlertOptions is what they were decided by.
	Alerts       alert.State   `json:"-"`
	AlertOptions alert.Options `json:"-"`
}

// BacktestNotice is one notification that a receiver would have got.
type BacktestNotice struct {
	At       time.Time      `json:"at"`
	Receiver string         `json:"receiver"`
	Reason   alert.Reason   `json:"reason"`
	Rule     string         `json:"rule"` // of the most urgent alert in it
	Severity alert.Severity `json:"-"`
	Urgency  string         `json:"severity"`
	Target   string         `json:"target,omitempty"`
	Incident uint64         `json:"incident,omitempty"`
	Alerts   int            `json:"alerts"`
	Text     string         `json:"text"`
	Onset    time.Time      `json:"onset,omitzero"` // when what it tells began; of a recovery, when that ended
	Late     time.Duration  `json:"-"`              // from the onset until it was told
	LateS    float64        `json:"late_s"`

	of *fired // the most urgent alert in it
}

// BacktestRule is how a rule did.
type BacktestRule struct {
	Name     string        `json:"rule"`
	Severity string        `json:"severity"`
	Subject  string        `json:"subject"`
	Pending  int           `json:"pending"`          // how often its condition held at all; with a for of 0 as often as it fired
	Fired    int           `json:"fired"`            // how many alerts fired
	Told     int           `json:"told"`             // how many of them somebody was told of
	Resolved int           `json:"resolved"`         // how many ended
	Flapping int           `json:"flapping"`         // how often one began to flap
	Firing   time.Duration `json:"-"`                // how long alerts of it fired, all together
	FiringS  float64       `json:"firing_s"`         //
	First    time.Time     `json:"first,omitzero"`   // when the first fired
	Last     time.Time     `json:"last,omitzero"`    // when the last fired
	Late     time.Duration `json:"-"`                // median from onset until told; 0 where nobody was
	LateS    float64       `json:"late_s,omitempty"` //
	Latest   time.Duration `json:"-"`                // the longest of them
	LatestS  float64       `json:"latest_s,omitempty"`
	Silent   string        `json:"silent,omitempty"` // why it never fired, where that is known
}

// run is one life of an alert.
type run struct {
	alert uint64
	at    time.Time
}

// fired is what became of it.
type fired struct {
	rule         string
	onset, ended time.Time
	incident     uint64
	told         time.Time
}

func (out *Backtested) begin(rules []alert.Rule) {
	out.Told = []BacktestNotice{}
	for i := range rules {
		out.Rules = append(out.Rules, BacktestRule{Name: rules[i].Name, Severity: rules[i].Severity.String(), Subject: rules[i].Subject()})
	}
}

func (out *Backtested) count(results []tracker.Result) {
	for i := range results {
		r := &results[i]
		out.Results++
		if r.Kind.Failed() && r.Kind.Sent() {
			out.Errors++
		}
		if out.First.IsZero() || r.Time.Before(out.First) {
			out.First = r.Time
		}
		if r.Time.After(out.Last) {
			out.Last = r.Time
		}
	}
}

func (out *Backtested) rule(name string) *BacktestRule {
	for i := range out.Rules {
		if out.Rules[i].Name == name {
			return &out.Rules[i]
		}
	}
	return &BacktestRule{}
}

// alert returns an alert of the state; nil where it is gone.
func (p *simulation) alert(id uint64) *alert.Alert {
	i, ok := slices.BinarySearchFunc(p.state.Alerts, id, func(a alert.Alert, id uint64) int { return cmp.Compare(a.ID, id) })
	if !ok {
		return nil
	}
	return &p.state.Alerts[i]
}

// event counts what happened to an alert.
func (p *simulation) event(e *alert.Event) {
	rule := p.out.rule(e.Rule)
	switch e.Kind {
	case alert.EventPending:
		rule.Pending++
	case alert.EventFlapping:
		rule.Flapping++
	case alert.EventFiring:
		a := p.alert(e.Alert)
		if a == nil || !a.FiredAt.Equal(e.At) { // it recovered for a moment only
			return
		}
		rule.Fired++
		if rule.First.IsZero() {
			rule.First = e.At
		}
		rule.Last = e.At
		p.runs[run{a.ID, a.FiredAt}] = &fired{rule: a.Rule, onset: a.Since, incident: cmp.Or(a.Labels.Incident, a.PartOf)}
	case alert.EventResolved:
		if a := p.alert(e.Alert); a != nil {
			rule.Resolved++
			if f := p.runs[run{a.ID, a.FiredAt}]; f != nil {
				f.ended = e.At
			}
		}
	case alert.EventRecovering, alert.EventDelivered, alert.EventDropped:
	}
}

// tell notes a notification.
func (p *simulation) tell(n *alert.Notification, now time.Time) {
	notice := BacktestNotice{At: now, Receiver: n.Receiver, Reason: n.Reason, Alerts: len(n.Alerts)}
	for i := range n.Alerts {
		a := &n.Alerts[i]
		if i == 0 {
			notice.Rule, notice.Severity, notice.Urgency, notice.Target, notice.Incident = a.Rule, a.Severity, a.Severity.String(), a.Labels.Target, a.Labels.Incident
			notice.Text, notice.Onset = a.Text, a.Since
			if n.Reason == alert.ReasonResolved {
				notice.Onset = cmp.Or(a.CalmAt, a.EndedAt)
			}
			notice.of = p.runs[run{a.ID, a.FiredAt}]
		}
		if f := p.runs[run{a.ID, a.FiredAt}]; f != nil && f.told.IsZero() && n.Reason != alert.ReasonResolved {
			f.told = now
		}
	}
	p.out.Told = append(p.out.Told, notice)
}

// finish adds up.
func (p *simulation) finish() {
	for _, id := range slices.Sorted(maps.Keys(p.alerts)) {
		p.out.Alerts.Alerts = append(p.out.Alerts.Alerts, p.alerts[id])
	}
	late := map[string][]time.Duration{}
	for _, f := range p.runs {
		rule := p.out.rule(f.rule)
		end := f.ended
		if end.IsZero() {
			end = p.now
		}
		began := p.began(f)
		if !f.told.IsZero() {
			rule.Told++
			late[f.rule] = append(late[f.rule], f.told.Sub(began))
		}
		rule.Firing += max(end.Sub(f.onset), 0)
	}
	for i := range p.out.Rules {
		rule := &p.out.Rules[i]
		if list := late[rule.Name]; len(list) > 0 {
			slices.Sort(list)
			rule.Late, rule.Latest = list[len(list)/2], list[len(list)-1]
		}
		rule.LateS, rule.LatestS, rule.FiringS = rule.Late.Seconds(), rule.Latest.Seconds(), rule.Firing.Seconds()
		rule.Pending = max(rule.Pending, rule.Fired)
		if rule.Fired == 0 {
			rule.Silent = p.silent(rule)
		}
	}
	for i := range p.out.Told {
		notice := &p.out.Told[i]
		if notice.of != nil && notice.Reason != alert.ReasonResolved {
			notice.Onset = p.began(notice.of)
		}
		notice.Late = max(notice.At.Sub(notice.Onset), 0)
		notice.LateS = notice.Late.Seconds()
	}
}

// began returns when what an alert is about began: the onset of its incident, as it was known in the end, or when its condition began to
// hold.
func (p *simulation) began(f *fired) time.Time {
	if onset := p.onsets[f.incident]; f.incident != 0 && !onset.IsZero() && onset.Before(f.onset) {
		return onset
	}
	return f.onset
}

// silent says why a rule never fired.
func (p *simulation) silent(rule *BacktestRule) string {
	problem := p.engine.Problems()[rule.Name]
	switch {
	case problem != "":
		return problem
	case rule.Subject == "source" && p.test.Stored:
		return "a store does not keep how sources did"
	case rule.Subject == "source" && !p.sourced:
		return "a log that is over does not say how it was read"
	case p.test.Stored && strings.Contains(p.when(rule.Name), "latency"):
		return "its condition never held, as far as latencies of whole hours tell"
	case strings.Contains(p.when(rule.Name), "certificate"):
		return "the past does not hold certificates"
	case strings.Contains(p.when(rule.Name), "burn_") && !p.objectives():
		return "no target that is in the logs has an objective in the settings"
	case rule.Pending > 0:
		return "its condition never held for long enough"
	}
	return "its condition never held"
}

func (p *simulation) when(name string) string {
	for _, rule := range Rules(p.test.Settings) {
		if rule.Name == name {
			return rule.When
		}
	}
	return ""
}

// objectives reports whether any target that has results has one.
func (p *simulation) objectives() bool {
	return p.objective || slices.ContainsFunc(targetInfos(p.test.Settings), func(t tracker.TargetInfo) bool { return t.Objective > 0 && p.ledger[t.Name] != nil })
}
