package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"errtop/internal/alert"
)

// AlertKeeper keeps the state of alerting across restarts: alerts, silences, acknowledgements and the outbox in one piece.
// It is called by one goroutine at a time.
type AlertKeeper interface {
	// LoadAlerts returns what SaveAlerts was given last; nil where that never happened.
	LoadAlerts() ([]byte, error)
	// SaveAlerts replaces what is kept, as a whole or not at all. When it has returned, a crash loses nothing of it.
	SaveAlerts(state []byte) error
}

// load takes over the state that a process before this one kept. Where that cannot be read, alerting begins anew and says so.
func (a *alerting) load() {
	if a.keeper == nil {
		return
	}
	kept, err := a.keeper.LoadAlerts()
	if err == nil && len(kept) > 0 {
		var state alert.State
		if err = json.Unmarshal(kept, &state); err == nil {
			a.mu.Lock()
			a.state, a.savedID = state, state.LastID
			a.mu.Unlock()
			return
		}
	}
	if err != nil {
		a.notice(fmt.Sprintf("alerts of before cannot be read, so what still fires is told again: %v", err))
	}
}

// isNew reports whether alerting holds nothing yet.
func (a *alerting) isNew() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.LastID == 0 && len(a.state.Alerts) == 0 && len(a.state.Silences) == 0
}

// save writes the state if it has changed since the last save. Readers of the alerts do not wait for the disk.
//
// Notifications leave only after the state that holds them was kept: a process that ends between sending and the next save then
// tells one of them again, and never forgets one. Where keeping fails they leave all the same, viewers are told once, and the next
// change tries again.
func (a *alerting) save() {
	if a.keeper == nil {
		return
	}
	a.keeping.Lock()
	defer a.keeping.Unlock()
	a.mu.Lock()
	if !a.unsaved {
		a.mu.Unlock()
		return
	}
	lastID := a.state.LastID
	encoded, err := json.Marshal(&a.state)
	a.unsaved = false
	a.mu.Unlock()
	if err == nil {
		err = a.keeper.SaveAlerts(encoded)
	}
	a.mu.Lock()
	a.savedID = lastID
	a.unsaved = a.unsaved || err != nil
	told := a.saveFailed
	a.saveFailed = err != nil
	a.mu.Unlock()
	if err != nil && !told {
		a.notice(fmt.Sprintf("alerts cannot be kept, and would be told again after a restart: %v", err))
	}
}

// change changes the state, keeps it, and wakes those who deliver. f reports whether it changed anything.
func (a *alerting) change(f func(*alert.State) bool) {
	a.mu.Lock()
	changed := f(&a.state)
	a.unsaved = a.unsaved || changed
	if changed {
		a.changes++
	}
	a.mu.Unlock()
	if !changed {
		return
	}
	a.save()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.state.Outbox) == 0 {
		return
	}
	for waiting := range a.waiting {
		select {
		case waiting <- struct{}{}:
		default:
		}
	}
}

// retrySaving keeps what could not be kept before.
func (a *alerting) retrySaving(now time.Time) {
	a.mu.Lock()
	again := a.unsaved && now.Sub(a.triedSaving) >= saveRetry
	if again {
		a.triedSaving = now
	}
	a.mu.Unlock()
	if again {
		a.save()
	}
}

// saveRetry is how long after a failure keeping is tried again though nothing has changed.
const saveRetry = 10 * time.Second
