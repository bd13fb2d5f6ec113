package engine

import (
	"maps"
	"reflect"
	"slices"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/notify"
)

// renewal is what alerting decides by, and who is told, by settings that may take the place of those in effect.
type renewal struct {
	settings *config.Config
	engine   *alert.Engine
	options  alert.Options
	senders  map[string]notify.Sender
	changed  bool
}

// prepare makes alerting ready for settings, and changes nothing yet. A receiver whose settings did not change stays as it is. An error
// says what is wrong with them.
func (a *alerting) prepare(settings *config.Config) (*renewal, error) {
	a.mu.Lock()
	r := &renewal{settings: settings, options: a.options}
	before, senders := a.settings, a.senders
	a.mu.Unlock()
	made, err := Senders(settings, a.show)
	if err != nil {
		return nil, err
	}
	r.senders = countSenders(made)
	for name := range r.senders {
		if senders[name] != nil && reflect.DeepEqual(receiverNamed(before, name), receiverNamed(settings, name)) {
			r.senders[name] = senders[name]
		}
	}
	r.options.Rules, r.options.Receivers, r.options.Timing = Rules(settings), receivers(settings), timing(settings)
	r.options.Receivers = slices.DeleteFunc(r.options.Receivers, func(to alert.Receiver) bool { return r.senders[to.Name] == nil })
	r.changed = before == nil || !maps.Equal(senders, r.senders) || !reflect.DeepEqual(before.Receivers, settings.Receivers) ||
		!reflect.DeepEqual(before.Rules, settings.Rules) || before.Alerts != settings.Alerts
	r.engine, err = alert.New(r.options)
	return r, err
}

// renew puts a renewal into effect. The state stays: alerts of rules that are gone end, and what waits for a receiver that is gone leaves.
func (a *alerting) renew(r *renewal) {
	if !r.changed {
		return
	}
	a.mu.Lock()
	a.settings, a.engine, a.options, a.senders = r.settings, r.engine, r.options, r.senders
	a.changes++
	a.mu.Unlock()
	select {
	case a.renewed <- struct{}{}:
	default: // it is told already
	}
}

// currentSenders returns who is told.
func (a *alerting) currentSenders() map[string]notify.Sender {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.senders
}

// receiverNamed returns the settings of a receiver; nil where there is none.
func receiverNamed(settings *config.Config, name string) *config.Receiver {
	if settings == nil {
		return nil
	}
	if i := slices.IndexFunc(settings.Receivers, func(r config.Receiver) bool { return r.Name == name }); i >= 0 {
		return &settings.Receivers[i]
	}
	return nil
}

// isTerminal reports whether a receiver is the terminal of the dashboard.
func (a *alerting) isTerminal(receiver string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := receiverNamed(a.settings, receiver)
	return r != nil && r.Terminal
}
