package alert

import (
	"time"

	"errtop/tracker"
)

// The long window of the slowest burn rate (Google, The Site Reliability Workbook, chapter 5), and how often History is asked: what
// three days hold changes little within a minute, and History may read a database.
const (
	longBurn    = 72 * time.Hour
	askInterval = time.Minute
)

// budget is what History said of a target.
type budget struct {
	asked  time.Time
	burn3d float64
	left   float64

	burnKnown, leftKnown bool
}

// askHistory puts into the scope what History knows of a target with an objective, asked at most once a minute. What it does not know
// is 0 there, so that a rule is never true by it, and said in [State].Unjudged.
func (e *Engine) askHistory(t *tracker.Target, now time.Time) {
	if e.budgets == nil || t.SLO == nil {
		return
	}
	b, known := e.budgets[t.Name]
	if age := now.Sub(b.asked); !known || age >= askInterval || age < 0 {
		if len(e.budgets) > maxAlerts { // targets that are gone
			clear(e.budgets)
		}
		b = e.ask(t, now)
		e.budgets[t.Name] = b
	}
	e.wake(b.asked.Add(askInterval))
	s := e.scope.Target
	s.Burn3d, s.Burn3dKnown = b.burn3d, b.burnKnown
	if b.leftKnown {
		s.BudgetLeft, s.BudgetKnown = b.left, true
	}
	e.burnUnknown = e.burnUnknown || !b.burnKnown
}

// ask asks History.
func (e *Engine) ask(t *tracker.Target, now time.Time) budget {
	b := budget{asked: now}
	if e.options.History == nil {
		return b
	}
	burn := func(window time.Duration) (rate float64, known bool) {
		requests, errors, known := e.options.History(t.Name, window)
		if !known || requests == 0 {
			return 0, known
		}
		return float64(errors) / float64(requests) / (1 - t.SLO.Objective), true
	}
	b.burn3d, b.burnKnown = burn(longBurn)
	if t.SLO.Period > 0 {
		var spent float64
		spent, b.leftKnown = burn(t.SLO.Period)
		b.left = 1 - spent
	}
	return b
}

// burnUnknownText is said of rules that need three days.
const burnUnknownText = "burn_3d is not known: the requests of the last 3 days are not kept"

// sayUnknown notes which rules cannot be judged for want of three days, of any target.
func (e *Engine) sayUnknown() {
	known := !e.burnUnknown
	for _, rule := range e.bySubject[ofTarget] {
		if !rule.usesBurn3d {
			continue
		}
		if known {
			if e.problem[rule.Name] == burnUnknownText {
				delete(e.problem, rule.Name)
			}
		} else if e.problem[rule.Name] == "" {
			e.problem[rule.Name] = burnUnknownText
		}
	}
}
