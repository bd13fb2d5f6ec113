package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/notify"
	"errtop/internal/safego"
	"errtop/internal/serve"
	"errtop/tracker"
)

// alerting evaluates the rules and tells the receivers. Its state is kept by keeper, or in memory only.
type alerting struct {
	keeper  AlertKeeper  // nil: in memory only
	notice  func(string) // tells viewers
	show    notify.ShowPage
	renewed chan struct{} // receives after the receivers have changed

	keeping sync.Mutex // held while the keeper works; taken before mu

	mu          sync.Mutex
	settings    *config.Config // in effect
	senders     map[string]notify.Sender
	engine      *alert.Engine
	options     alert.Options // the engine's
	changes     uint64        // of state so far
	state       alert.State
	unsaved     bool   // state has changed since it was kept
	savedID     uint64 // state.LastID when it was kept: notifications up to it may leave
	saveFailed  bool   // the last attempt did, and viewers know
	triedSaving time.Time
	waiting     map[chan struct{}]struct{}
}

// evaluateEvery is how often the rules are looked at.
const evaluateEvery = time.Second

// newAlerting returns the alerting of an engine's options, with what its keeper has of before.
func newAlerting(o *Options, notice func(string)) (*alerting, error) {
	a := &alerting{
		keeper: o.Alerts, notice: notice, show: o.ShowPage, renewed: make(chan struct{}, 1), waiting: map[chan struct{}]struct{}{},
		options: alert.Options{Advice: o.Advice, History: o.History},
	}
	if !o.Look {
		a.options.Place = o.Settings.Fleet.Place
	}
	renewal, err := a.prepare(o.Settings)
	if err != nil {
		return nil, err
	}
	a.renew(renewal)
	a.load()
	return a, nil
}

// run evaluates the rules and delivers until ctx is done.
func (a *alerting) run(ctx context.Context, snapshot func(time.Time) *tracker.Snapshot, outbox notify.Outbox) error {
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error { return notify.Run(ctx, a.currentSenders, a.renewed, outbox) })
	group.Go(func() error {
		tick := time.NewTicker(evaluateEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
			now := time.Now()
			a.evaluate(snapshot(now), now)
		}
	})
	return group.Wait()
}

// evaluate brings the alerts to a moment, keeps what changed, and then wakes those who deliver.
func (a *alerting) evaluate(snapshot *tracker.Snapshot, now time.Time) {
	a.change(func(state *alert.State) bool { return a.engine.Evaluate(state, snapshot, now) })
	a.retrySaving(now)
}

// Due returns what is to be sent to a receiver now: what is kept, so that no restart forgets that it was to be told.
func (a *alerting) Due(receiver string, now time.Time) (due []alert.Notification) {
	a.mu.Lock()
	defer a.mu.Unlock()
	due = a.state.Due(receiver, now)
	if a.keeper == nil {
		return due
	}
	return slices.DeleteFunc(due, func(n alert.Notification) bool { return n.ID > a.savedID })
}

// Delivered takes a notification out of the outbox.
func (a *alerting) Delivered(id uint64, now time.Time) {
	a.change(func(state *alert.State) bool {
		state.Delivered(id, now)
		return true
	})
}

// Failed notes why a notification was not taken, and when it is tried again.
func (a *alerting) Failed(id uint64, why string, again, now time.Time) {
	a.change(func(state *alert.State) bool {
		state.Failed(id, why, again, now)
		return true
	})
}

// Changed returns a channel that receives after something was put into the outbox.
func (a *alerting) Changed() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	a.mu.Lock()
	a.waiting[c] = struct{}{}
	a.mu.Unlock()
	return c, func() {
		a.mu.Lock()
		delete(a.waiting, c)
		a.mu.Unlock()
	}
}

// copyState returns the state as it is.
func (a *alerting) copyState() alert.State {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.state
	s.Alerts, s.Silences, s.Acks = slices.Clone(s.Alerts), slices.Clone(s.Silences), slices.Clone(s.Acks)
	s.Groups, s.Outbox, s.History = slices.Clone(s.Groups), slices.Clone(s.Outbox), slices.Clone(s.History)
	return s
}

// Alerts returns the alerts as they are, with silences, acknowledgements and what is yet to be told.
func (e *Engine) Alerts() alert.State { return e.alerting.copyState() }

// AlertState is Alerts for the control socket.
func (e *Engine) AlertState() any { return e.Alerts() }

// AddSilence keeps alerts from being told for a while, and returns the silence's number.
func (e *Engine) AddSilence(silence serve.Silence) (id uint64, err error) {
	now := time.Now()
	e.alerting.change(func(state *alert.State) bool {
		id, err = state.Silence(alert.Silence{
			Matcher: alert.Matcher{Rule: silence.Rule, Target: silence.Target, Incident: silence.Incident, Group: silence.Group},
			Starts:  now, Ends: now.Add(silence.For), By: silence.By, Note: silence.Note,
		})
		return err == nil
	})
	return id, err
}

// EndSilence ends a silence, and reports whether there was one.
func (e *Engine) EndSilence(id uint64) (ended bool) {
	e.alerting.change(func(state *alert.State) bool {
		ended = state.EndSilence(id, time.Now())
		return ended
	})
	return ended
}

// AddAck notes that somebody has seen an alert, or all of an incident; it returns how many alerts that were.
func (e *Engine) AddAck(ack serve.Ack) (n int) {
	e.alerting.change(func(state *alert.State) bool {
		n = state.Acknowledge(alert.Ack{Alert: ack.Alert, At: time.Now(), By: ack.By, Note: ack.Note}, ack.Incident)
		return n > 0
	})
	return n
}

// Rules returns the rules of the settings with the default ones that they do not replace.
func Rules(settings *config.Config) []alert.Rule {
	var rules []alert.Rule
	own := map[string]bool{}
	for i := range settings.Rules {
		r := &settings.Rules[i]
		severity, _ := alert.ParseSeverity(r.Severity)
		own[r.Name] = true
		rules = append(rules, alert.Rule{
			Name: r.Name, Severity: severity, When: r.When, For: r.For.Std(), KeepFiringFor: r.KeepFiringFor.Std(), Targets: r.Targets, Message: r.Message, URL: r.URL,
		})
	}
	if settings.Alerts.DefaultRules {
		for _, rule := range alert.DefaultRules() {
			if !own[rule.Name] {
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

// Senders returns the receivers of the settings by their names, ready to be told. Terminals are told by show; where that is nil there is
// no screen, and they are left out. An error names the receiver, and its place in the file.
func Senders(settings *config.Config, show notify.ShowPage) (map[string]notify.Sender, error) {
	senders := map[string]notify.Sender{}
	for i := range settings.Receivers {
		if settings.Receivers[i].Terminal {
			if show != nil {
				senders[settings.Receivers[i].Name] = notify.NewTerminal(show)
			}
			continue
		}
		sender, err := newSender(&settings.Receivers[i])
		if err != nil {
			return nil, settings.Mistake(fmt.Sprintf("receivers[%d]", i), err)
		}
		senders[settings.Receivers[i].Name] = sender
	}
	return senders, nil
}

func newSender(r *config.Receiver) (notify.Sender, error) {
	endpoint := notify.Endpoint{AllowPrivate: r.AllowPrivate, Headers: map[string]string{}}
	for name, value := range maps.All(r.Headers) {
		endpoint.Headers[name] = value.Reveal()
	}
	switch {
	case r.Webhook != "":
		endpoint.URL = r.Webhook.Reveal()
		return notify.NewWebhook(endpoint)
	case r.Alertmanager != "":
		endpoint.URL = r.Alertmanager.Reveal()
		return notify.NewAlertmanager(endpoint)
	case r.Service != "":
		return notify.NewService(r.Service.Reveal(), r.AllowPrivate)
	}
	return notify.NewCommand(r.Command)
}

// timing returns how long things take.
func timing(settings *config.Config) alert.Timing {
	return alert.Timing{GroupWait: settings.Alerts.GroupWait.Std(), GroupInterval: settings.Alerts.GroupInterval.Std(), Repeat: settings.Alerts.Repeat.Std()}
}

// receivers returns who is told what.
func receivers(settings *config.Config) []alert.Receiver {
	var all []alert.Receiver
	for i := range settings.Receivers {
		r := &settings.Receivers[i]
		severity, _ := alert.ParseSeverity(r.Severity)
		from, to, _ := config.ParseBetween(r.Between)
		zone, _ := r.Location() // the config has checked it
		receiver := alert.Receiver{Name: r.Name, Severity: severity, Targets: r.Targets, Places: r.Places, From: from, To: to, Location: zone, Resolved: r.Resolved}
		if r.Alertmanager != "" {
			receiver.Refresh, receiver.Resolved = notify.AlertmanagerRefresh, true // it forgets otherwise, and decides itself who hears of an end
		}
		all = append(all, receiver)
	}
	return all
}

// checkAlerts returns what alerting finds wrong with the settings, each with its place in the file.
func checkAlerts(settings *config.Config) error {
	if _, err := Senders(settings, nil); err != nil {
		return err
	}
	rules := Rules(settings)
	for i := range settings.Rules {
		if err := alert.Check(rules[i : i+1]); err != nil {
			return settings.Mistake(fmt.Sprintf("rules[%d].when", i), err)
		}
	}
	return alert.Check(rules)
}
