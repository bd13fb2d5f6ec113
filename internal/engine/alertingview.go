package engine

import "errtop/internal/alert"

// AlertsVersion is a number that is another one after anything changed in what [Engine.Alerts] returns.
func (e *Engine) AlertsVersion() uint64 {
	e.alerting.mu.Lock()
	defer e.alerting.mu.Unlock()
	return e.alerting.changes
}

// AlertOptions returns what alerting decides by. Nobody may write to its lists.
func (e *Engine) AlertOptions() alert.Options {
	e.alerting.mu.Lock()
	defer e.alerting.mu.Unlock()
	return e.alerting.options
}
