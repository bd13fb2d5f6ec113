package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"errtop/tracker"
)

// describe says what the alert is of, in words too.
func (e *Engine) describe(a *Alert, rule *compiled, labels Labels, incident *tracker.Incident) {
	if a.Phase == Pending || a.Phase == Resolved {
		a.Labels = labels // the worst of an incident's targets may change, but not once receivers know the alert by it
	}
	a.Text = e.text(rule)
	if incident != nil && e.options.Advice != nil {
		var url string
		if a.Advice, url = e.options.Advice(incident); url != "" {
			a.URL = url
		}
	}
}

// text returns what an alert of the scope says.
func (e *Engine) text(rule *compiled) string {
	if len(rule.message) == 0 {
		return e.scope.describe(rule.subject)
	}
	var b strings.Builder
	for _, part := range rule.message {
		if part.program == nil {
			b.WriteString(part.text)
			continue
		}
		value, err := e.vm.Run(part.program, e.scope)
		if err != nil {
			b.WriteString("?")
			continue
		}
		switch value := value.(type) {
		case float64:
			b.WriteString(strconv.FormatFloat(value, 'g', 3, 64))
		case []string:
			b.WriteString(strings.Join(value, ", "))
		case time.Duration:
			b.WriteString(value.Round(roundTo(value)).String())
		default:
			fmt.Fprint(&b, value)
		}
	}
	return b.String()
}

// roundTo is the precision that a duration is said with.
func roundTo(d time.Duration) time.Duration {
	switch {
	case d >= time.Hour:
		return time.Minute
	case d >= time.Second:
		return 10 * time.Millisecond
	default:
		return 10 * time.Microsecond
	}
}

// describe says in words what the scope's subject is.
func (s *scope) describe(of subject) string {
	switch of {
	case ofIncident:
		i := s.Incident
		what := "fails"
		switch {
		case i.Silence && !i.Failures:
			return i.Target + ": far less traffic than usual"
		case i.Latency && !i.Failures:
			what = "is slow"
		}
		text := i.Target + " " + what
		if i.Targets > 1 {
			text = fmt.Sprintf("%s and %d more: %s", i.Target, i.Targets-1, what)
		}
		if i.where != "" {
			text += ", " + i.where
		}
		if i.Message != "" {
			text += ": " + i.Message
		}
		return text
	case ofTarget:
		return fmt.Sprintf("%s: %.3g %% of %d requests failed in five minutes", s.Target.Name, 100*s.Target.Share, s.Target.Requests)
	case ofGroup:
		return fmt.Sprintf("%s error on %s: %s", s.Group.Badge, s.Group.Target, s.Group.what())
	case ofBreaker:
		return fmt.Sprintf("%s: %s breaker is %s", s.Breaker.Target, s.Breaker.Role, s.Breaker.State)
	case ofSource:
		return strings.TrimSuffix(fmt.Sprintf("source %s is %s: %s", s.Source.Name, s.Source.State, s.Source.Problem), ": ")
	case ofNothing:
	}
	return ""
}

// what says in words which error a group is of.
func (g *groupScope) what() string {
	if g.Message != "" {
		return g.Message
	}
	outcome := g.Kind
	if g.Status > 0 {
		outcome = strconv.Itoa(g.Status)
	}
	return strings.TrimSpace(outcome + " " + strings.TrimSpace(g.Method+" "+g.Route))
}
