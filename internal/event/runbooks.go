package event

import (
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Runbook is the user's own advice, from [[runbooks]] in the settings. It comes before the table's.
type Runbook struct {
	When string // an expression: target == "billing" and message contains "deadlock"
	Say  string // what to do first; "" keeps the table's
	URL  string // shown, copied with the copy key, and part of reports and alerts
}

// facts are the names that a runbook's condition may use.
type facts struct {
	Target   string   `expr:"target"`   // the worst
	Targets  []string `expr:"targets"`  // all of the incident
	Status   int      `expr:"status"`   // 0 without one
	Kind     string   `expr:"kind"`     // "server", "timeout" …
	Class    string   `expr:"class"`    // cause class: "deadlock", "pool_exhausted" …, "unknown"
	Error    string   `expr:"error"`    // short error type
	Message  string   `expr:"message"`  // normalised
	Method   string   `expr:"method"`   //
	Route    string   `expr:"route"`    // template
	Upstream string   `expr:"upstream"` // "" where unknown
	Signals  string   `expr:"signals"`  // "failures, latency"
}

type runbook struct {
	Runbook
	test *vm.Program
}

// RunbookError says that the condition of a runbook is not a valid expression.
type RunbookError struct {
	Index int // from 0
	Err   error
}

// Error returns "when: " and what is wrong.
func (e *RunbookError) Error() string { return "when: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *RunbookError) Unwrap() error { return e.Err }

// NewAdvisor returns an advisor with these runbooks, the first of which that applies wins. The error is a [RunbookError] where
// a condition is not a valid expression over target, targets, status, kind, class, error, message, method, route, upstream
// and signals.
func NewAdvisor(runbooks []Runbook) (*Advisor, error) {
	list := make([]runbook, 0, len(runbooks))
	for i, r := range runbooks {
		test, err := expr.Compile(r.When, expr.Env(facts{}), expr.AsBool())
		if err != nil {
			return nil, &RunbookError{Index: i, Err: err}
		}
		list = append(list, runbook{r, test})
	}
	a := &Advisor{}
	a.runbooks.Store(&list)
	return a, nil
}

// Replace makes an advisor use the runbooks of another from now on, wherever it is in use.
func (a *Advisor) Replace(other *Advisor) { a.runbooks.Store(other.runbooks.Load()) }

// runbook puts the first runbook that applies before an advice.
func (a *Advisor) runbook(advice Advice, f facts) Advice {
	if a == nil {
		return advice
	}
	list := a.runbooks.Load()
	if list == nil {
		return advice
	}
	for i := range *list {
		r := &(*list)[i]
		if applies, err := vm.Run(r.test, f); err != nil || applies != true {
			continue // an error is of a value that the condition does not expect: it does not apply
		}
		if r.Say != "" {
			advice.Action = r.Say
		}
		advice.URL = r.URL
		return advice
	}
	return advice
}
