package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"errtop/internal/safetext"
)

// Alerts is how alerting behaves as a whole.
type Alerts struct {
	DefaultRules  bool     `toml:"default_rules"`  // errtop's own rules, beside those of the file
	GroupWait     Duration `toml:"group_wait"`     // from the first alert of a group until its receivers are told
	GroupInterval Duration `toml:"group_interval"` // between two notifications of a group
	Repeat        Duration `toml:"repeat"`         // until a group that goes on is told again
}

// Rule says when something is an alert. One with the name of a default rule replaces it.
type Rule struct {
	Name          string   `toml:"name"`
	When          string   `toml:"when"` // an expression over incident, target, group, breaker or source
	Severity      string   `toml:"severity"`
	For           Duration `toml:"for,omitempty"`
	KeepFiringFor Duration `toml:"keep_firing_for,omitempty"`
	Targets       []string `toml:"targets,omitempty"`
	Message       string   `toml:"message,omitempty"`
	URL           string   `toml:"url,omitempty" shown:"url"`
}

// Receiver is who is told of alerts, in one of five ways.
type Receiver struct {
	Name         string            `toml:"name"`
	Webhook      Secret            `toml:"webhook,omitempty"`      // URL that gets Alertmanager's payload
	Alertmanager Secret            `toml:"alertmanager,omitempty"` // base URL of an Alertmanager
	Service      Secret            `toml:"service,omitempty"`      // URL of shoutrrr: slack://, smtp://, ntfy:// …
	Command      []string          `toml:"command,omitempty"`      // program and arguments; the payload on standard input
	Terminal     bool              `toml:"terminal,omitempty"`     // the terminal that the dashboard is drawn on
	Headers      map[string]Secret `toml:"headers,omitempty"`      // of webhook and alertmanager
	Severity     string            `toml:"severity"`               // at least
	Targets      []string          `toml:"targets,omitempty"`
	Places       []string          `toml:"places,omitempty"`  // of a fleet
	Between      string            `toml:"between,omitempty"` // "09:00-17:00", in Zone
	Zone         string            `toml:"zone,omitempty"`    // "Europe/Berlin"; "": the local one
	Resolved     bool              `toml:"resolved"`          // tell when it is over too
	AllowPrivate bool              `toml:"allow_private"`     // call addresses of private networks
}

func (r *Rule) setDefaults()     { r.Severity = "warning" }
func (r *Receiver) setDefaults() { r.Severity, r.Resolved = "warning", true }

var severities = []string{"info", "warning", "critical"}

// checkAlerts checks rules and receivers, as far as that takes no more than the file.
func (r *reader) checkAlerts(c *Config) {
	r.lasts("alerts.group_wait", c.Alerts.GroupWait, time.Second, time.Hour)
	r.lasts("alerts.group_interval", c.Alerts.GroupInterval, time.Second, day)
	r.lasts("alerts.repeat", c.Alerts.Repeat, time.Minute, 30*day)
	for i := range c.Rules {
		rule, at := &c.Rules[i], fmt.Sprintf("rules[%d]", i)
		rule.Name, rule.URL = safetext.Line(rule.Name), safetext.Line(rule.URL)
		if rule.Name == "" {
			r.fault(at+".name", "missing; every rule has a name")
		}
		if rule.When == "" {
			r.fault(at+".when", "missing; expected a condition such as 'target.share > 0.05 and target.requests > 20'")
		}
		r.among(at+".severity", rule.Severity, severities)
		r.given(at+".for", rule.For, time.Second, 30*day)
		r.given(at+".keep_firing_for", rule.KeepFiringFor, time.Second, 30*day)
		r.patterns(at+".targets", rule.Targets)
	}
	names := map[string]bool{}
	for i := range c.Receivers {
		receiver, at := &c.Receivers[i], fmt.Sprintf("receivers[%d]", i)
		receiver.Name = safetext.Line(receiver.Name)
		switch {
		case receiver.Name == "":
			r.fault(at+".name", "missing; every receiver has a name")
		case names[receiver.Name]:
			r.fault(at+".name", "%q is the name of another receiver too; expected a name of its own", r.said(at+".name", receiver.Name))
		}
		names[receiver.Name] = true
		r.checkReceiver(at, receiver)
	}
}

// secrets returns what of a receiver must not be shown.
func (r *Receiver) secrets() []Secret {
	all := []Secret{r.Webhook, r.Alertmanager, r.Service}
	for name, value := range r.Headers {
		if !publicHeader(name) {
			all = append(all, value)
		}
	}
	return slices.DeleteFunc(all, func(s Secret) bool { return s == "" })
}

// checkReceiver checks one receiver. Its secrets are used as soon as it is told something, so they must be there from the start.
func (r *reader) checkReceiver(at string, receiver *Receiver) {
	for _, secret := range receiver.secrets() {
		if secret == unresolved {
			r.fault(at, "its secrets cannot come from a command; expected ${NAME} or { file = … }")
		}
	}
	ways := 0
	for _, is := range []bool{receiver.Webhook != "", receiver.Alertmanager != "", receiver.Service != "", len(receiver.Command) > 0, receiver.Terminal} {
		if is {
			ways++
		}
	}
	if ways != 1 && !r.spoiled[at] {
		r.fault(at, "expected one of webhook, alertmanager, service, command and terminal; has %d", ways)
	}
	r.among(at+".severity", receiver.Severity, severities)
	r.patterns(at+".targets", receiver.Targets)
	r.patterns(at+".places", receiver.Places)
	r.checkHeaders(at+".headers", receiver.Headers)
	if _, _, err := ParseBetween(receiver.Between); err != nil {
		r.fault(at+".between", "%q is not a span of the day; expected one such as \"09:00-17:00\"", r.said(at+".between", receiver.Between))
	}
	if _, err := receiver.Location(); err != nil {
		r.fault(at+".zone", "%q is not a zone; expected UTC, Local, or a name such as \"Europe/Berlin\"", r.said(at+".zone", receiver.Zone))
	}
}

// Location returns the zone that Between is in: the local one by default.
func (r *Receiver) Location() (*time.Location, error) {
	if r.Zone == "" {
		return time.Local, nil
	}
	location, err := time.LoadLocation(r.Zone)
	if err != nil {
		return nil, errors.New("not a zone")
	}
	return location, nil
}

// patterns checks patterns of names.
func (r *reader) patterns(at string, patterns []string) {
	for i, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			r.fault(fmt.Sprintf("%s[%d]", at, i), "not a pattern; * ? [] match, as in \"checkout-*\"")
		}
	}
}

// ParseBetween understands "09:00-17:00" and returns the minutes of the day; equal ones, as of "", mean always.
func ParseBetween(text string) (from, to int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	first, last, ok := strings.Cut(text, "-")
	begin, errFirst := time.Parse("15:04", strings.TrimSpace(first))
	end, errLast := time.Parse("15:04", strings.TrimSpace(last))
	if !ok || errFirst != nil || errLast != nil {
		return 0, 0, errors.New("not a span of the day")
	}
	return begin.Hour()*60 + begin.Minute(), end.Hour()*60 + end.Minute(), nil
}
