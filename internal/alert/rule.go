package alert

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Rule says when something is an alert.
type Rule struct {
	Name          string
	Severity      Severity
	When          string        // an expression over incident, target, group, breaker or source
	For           time.Duration // how long When must hold before it fires
	KeepFiringFor time.Duration // how long When must not hold before it is resolved
	Targets       []string      // patterns of target names, as in a shell; empty: all
	Message       string        // what it says, with expressions in braces: "{target.name} is slow: {target.p95}"; empty: made of the subject
	URL           string        // of a runbook
}

// subject is what a rule's expression speaks of.
type subject uint8

const (
	ofNothing subject = iota
	ofIncident
	ofTarget
	ofGroup
	ofBreaker
	ofSource
)

var subjectNames = [...]string{ofIncident: "incident", ofTarget: "target", ofGroup: "group", ofBreaker: "breaker", ofSource: "source"}

// Subject returns what the rule speaks of: "incident", "target", "group", "breaker" or "source"; "" where [Check] refuses it.
func (r *Rule) Subject() string {
	tree, err := parser.Parse(r.When)
	if err != nil {
		return ""
	}
	finder := subjectFinder{}
	ast.Walk(&tree.Node, &finder)
	if len(finder.found) != 1 {
		return ""
	}
	return subjectNames[finder.found[0]]
}

// compiled is a rule ready to be evaluated.
type compiled struct {
	Rule
	subject     subject
	when        *vm.Program
	message     []messagePart
	usesHistory bool // it asks for what the tracker no longer knows
	usesBurn3d  bool
}

// messagePart is text of a message, or an expression in it.
type messagePart struct {
	text    string
	program *vm.Program
}

// MistakeError is a rule that cannot be used, with what is wrong where in its expression.
type MistakeError struct {
	Rule   string
	Key    string // "when", "message", "targets", "name"
	Column int    // from 1, within the expression; 0 where it is not one place
	Why    string
}

// Error says what is wrong.
func (e *MistakeError) Error() string {
	if e.Column > 0 {
		return fmt.Sprintf("rule %q: %s: column %d: %s", e.Rule, e.Key, e.Column, e.Why)
	}
	return fmt.Sprintf("rule %q: %s: %s", e.Rule, e.Key, e.Why)
}

// Check returns what is wrong with rules, a [MistakeError] for each mistake, joined.
func Check(rules []Rule) error {
	_, err := compileAll(rules)
	return err
}

func compileAll(rules []Rule) ([]compiled, error) {
	var out []compiled
	var mistakes []error
	names := map[string]bool{}
	for _, rule := range rules {
		c, err := compile(rule)
		if err == nil && names[rule.Name] {
			err = &MistakeError{Rule: rule.Name, Key: "name", Why: "another rule has this name"}
		}
		names[rule.Name] = true
		if err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		out = append(out, c)
	}
	return out, errors.Join(mistakes...)
}

func compile(rule Rule) (compiled, error) {
	c := compiled{Rule: rule}
	if strings.TrimSpace(rule.Name) == "" {
		return c, &MistakeError{Rule: rule.Name, Key: "name", Why: "a rule needs a name"}
	}
	for _, pattern := range rule.Targets {
		if _, err := path.Match(pattern, ""); err != nil {
			return c, &MistakeError{Rule: rule.Name, Key: "targets", Why: fmt.Sprintf("%q is not a pattern: %v", pattern, err)}
		}
	}
	tree, err := parser.Parse(rule.When)
	if err != nil {
		return c, mistake(rule, "when", err)
	}
	finder := subjectFinder{}
	ast.Walk(&tree.Node, &finder)
	c.usesBurn3d = strings.Contains(rule.When, "burn_3d")
	c.usesHistory = finder.history || strings.Contains(rule.Message, "burn_3d") || strings.Contains(rule.Message, "budget_")
	switch len(finder.found) {
	case 0:
		return c, &MistakeError{Rule: rule.Name, Key: "when", Why: "it speaks of nothing: use incident, target, group, breaker or source"}
	case 1:
		c.subject = finder.found[0]
	default:
		return c, &MistakeError{Rule: rule.Name, Key: "when", Why: fmt.Sprintf("it speaks of %s and of %s; a rule speaks of one of them",
			subjectNames[finder.found[0]], subjectNames[finder.found[1]])}
	}
	if c.when, err = expr.Compile(rule.When, expr.Env(newScope()), expr.AsBool()); err != nil {
		return c, mistake(rule, "when", err)
	}
	if c.message, err = compileMessage(rule); err != nil {
		return c, err
	}
	return c, nil
}

// compileMessage cuts a message into text and expressions.
func compileMessage(rule Rule) (parts []messagePart, err error) {
	for rest := rule.Message; rest != ""; {
		text, expression, found := strings.Cut(rest, "{")
		if text != "" {
			parts = append(parts, messagePart{text: text})
		}
		if !found {
			break
		}
		expression, rest, found = strings.Cut(expression, "}")
		if !found {
			return nil, &MistakeError{Rule: rule.Name, Key: "message", Why: "a brace is not closed"}
		}
		program, err := expr.Compile(expression, expr.Env(newScope()))
		if err != nil {
			return nil, mistake(rule, "message", err)
		}
		parts = append(parts, messagePart{program: program})
	}
	return parts, nil
}

func mistake(rule Rule, key string, err error) error {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return &MistakeError{Rule: rule.Name, Key: key, Column: at.Column + 1, Why: at.Message}
	}
	return &MistakeError{Rule: rule.Name, Key: key, Why: err.Error()}
}

// subjectFinder collects what an expression speaks of.
type subjectFinder struct {
	found   []subject
	history bool // it names a field that History answers
}

// Visit looks at one node.
func (f *subjectFinder) Visit(node *ast.Node) {
	if field, ok := (*node).(*ast.StringNode); ok { // of a member: target.burn_3d
		f.history = f.history || strings.HasPrefix(field.Value, "burn_3d") || strings.HasPrefix(field.Value, "budget_")
	}
	identifier, ok := (*node).(*ast.IdentifierNode)
	if !ok {
		return
	}
	for of := ofIncident; of <= ofSource; of++ {
		if subjectNames[of] == identifier.Value && !slices.Contains(f.found, of) {
			f.found = append(f.found, of)
		}
	}
}

// covers reports whether a rule is for a target; what has no target is covered by rules for all.
func (c *compiled) covers(target string) bool {
	return len(c.Targets) == 0 || anyLike(c.Targets, target)
}

// DefaultRules need no configuration. Rules of the settings with the same name replace them.
func DefaultRules() []Rule {
	return []Rule{
		{Name: "incident", Severity: Critical, When: `incident.failures and incident.server_side and not incident.scan`, KeepFiringFor: 2 * time.Minute},
		{Name: "incident caller", Severity: Warning, When: `incident.failures and not incident.server_side and not incident.scan`, For: 2 * time.Minute, KeepFiringFor: 2 * time.Minute},
		{Name: "slow", Severity: Warning, When: `incident.latency and not incident.failures`, For: 2 * time.Minute, KeepFiringFor: 5 * time.Minute},
		{Name: "silence", Severity: Warning, When: `incident.silence and not incident.failures`, For: time.Minute, KeepFiringFor: 2 * time.Minute},
		{Name: "breaker open", Severity: Info, When: `breaker.open and breaker.role != "observed"`, For: 2 * time.Minute, KeepFiringFor: time.Minute},
		{Name: "new error", Severity: Info, When: `group.server_side and group.count >= 5 and (group.badge == "new" or group.badge == "regressed" and group.per_minute >= 1)`, For: time.Minute},
		{Name: "budget burns fast", Severity: Critical, When: `target.burn_1h > 14.4 and target.burn_5m > 14.4`, KeepFiringFor: 5 * time.Minute},
		{Name: "budget burns", Severity: Critical, When: `target.burn_6h > 6 and target.burn_30m > 6`, KeepFiringFor: 15 * time.Minute},
		{Name: "budget burns slowly", Severity: Warning, When: `target.burn_3d > 1 and target.burn_6h > 1`, KeepFiringFor: time.Hour},
		{Name: "certificate expires", Severity: Warning, When: `target.certificate_known and target.certificate_expires_in < duration("336h")`},
		{Name: "certificate expires soon", Severity: Critical, When: `target.certificate_known and target.certificate_expires_in < duration("72h")`},
		{Name: "source failed", Severity: Warning, When: `source.state == "failed" and source.name != "probes"`, For: time.Minute},
		{Name: "source stale", Severity: Info, When: `source.state == "stale"`, For: 5 * time.Minute},
		{Name: "own network down", Severity: Critical, When: `incident.class == "own_network"`, KeepFiringFor: time.Minute},
	}
}
