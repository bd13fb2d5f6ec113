package engine

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/serve"
	"errtop/tracker"
)

// memoryKeeper keeps alerts as a store does, and fails when told to.
type memoryKeeper struct {
	kept  []byte
	saves int
	fails error
}

func (k *memoryKeeper) LoadAlerts() ([]byte, error) { return k.kept, k.fails }

func (k *memoryKeeper) SaveAlerts(state []byte) error {
	if k.fails != nil {
		return k.fails
	}
	k.saves++
	k.kept = slices.Clone(state)
	return nil
}

// told returns a configuration with one receiver that is never really told.
func told() *config.Config {
	settings := config.Default()
	settings.Receivers = []config.Receiver{{Name: "pager", Command: []string{"false"}, Severity: "warning", Resolved: true}}
	return settings
}

func burning(version uint64) *tracker.Snapshot {
	return &tracker.Snapshot{Version: version, Incidents: []tracker.Incident{{
		ID: 7, Signals: tracker.SignalFailures, Targets: []tracker.IncidentTarget{{Name: "billing"}},
		Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindServer}},
	}}}
}

var morning = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)

func TestWhatIsKeptHoldsEverythingThatMayLeave(t *testing.T) {
	keeper := &memoryKeeper{}
	e, err := New(Options{Settings: told(), Alerts: keeper})
	if err != nil {
		t.Fatal(err)
	}
	e.alerting.evaluate(burning(1), morning)
	e.alerting.evaluate(burning(2), morning.Add(31*time.Second))
	due := e.alerting.Due("pager", morning.Add(31*time.Second))
	if len(due) != 1 {
		t.Fatalf("%d are due", len(due))
	}
	var state alert.State
	if err := json.Unmarshal(keeper.kept, &state); err != nil || len(state.Outbox) != 1 || state.Outbox[0].ID != due[0].ID {
		t.Errorf("kept %+v, %v", state.Outbox, err)
	}
	saves := keeper.saves
	e.alerting.evaluate(burning(3), morning.Add(33*time.Second))
	if keeper.saves != saves {
		t.Error("saved though nothing changed")
	}
}

func TestARestartGoesOnWhereTheProcessBeforeItStopped(t *testing.T) {
	keeper := &memoryKeeper{}
	first, err := New(Options{Settings: told(), Alerts: keeper})
	if err != nil {
		t.Fatal(err)
	}
	first.alerting.evaluate(burning(1), morning)
	first.alerting.evaluate(burning(2), morning.Add(31*time.Second))
	for _, n := range first.alerting.Due("pager", morning.Add(31*time.Second)) {
		first.alerting.Delivered(n.ID, morning.Add(32*time.Second))
	}
	if first.AddAck(serve.Ack{Incident: 7, By: "ann"}) != 1 {
		t.Fatal("nothing to acknowledge")
	}
	if _, err := first.AddSilence(serve.Silence{Group: 5, For: time.Hour, By: "ann"}); err != nil {
		t.Fatal(err)
	}
	second, err := New(Options{Settings: told(), Alerts: keeper})
	if err != nil {
		t.Fatal(err)
	}
	state := second.Alerts()
	if len(state.Alerts) != 1 || !state.Alerts[0].Active() || len(state.Acks) != 1 || len(state.Silences) != 1 || len(state.Groups) != 1 {
		t.Fatalf("after the restart: %+v", state)
	}
	second.alerting.evaluate(burning(1), morning.Add(10*time.Minute))
	if due := second.alerting.Due("pager", morning.Add(10*time.Minute)); len(due) != 0 {
		t.Errorf("told again: %+v", due)
	}
	second.alerting.evaluate(&tracker.Snapshot{Version: 2, Incidents: []tracker.Incident{{ID: 7, State: tracker.IncidentOver}}}, morning.Add(20*time.Minute))
	second.alerting.evaluate(&tracker.Snapshot{Version: 2, Incidents: []tracker.Incident{{ID: 7, State: tracker.IncidentOver}}}, morning.Add(23*time.Minute))
	if due := second.alerting.Due("pager", morning.Add(23*time.Minute)); len(due) != 1 || due[0].Reason != alert.ReasonResolved {
		t.Errorf("the recovery is lost: %+v", due)
	}
}

func TestADiskThatFailsIsSaidOnceAndStopsNoAlert(t *testing.T) {
	keeper := &memoryKeeper{}
	e, err := New(Options{Settings: told(), Alerts: keeper})
	if err != nil {
		t.Fatal(err)
	}
	keeper.fails = errors.New("no space left on device")
	e.alerting.evaluate(burning(1), morning)
	e.alerting.evaluate(burning(2), morning.Add(31*time.Second))
	if len(e.alerting.Due("pager", morning.Add(31*time.Second))) != 1 {
		t.Error("a full disk hides an alert")
	}
	if said := strings.Join(e.notices.newest, "\n"); strings.Count(said, "no space left") != 1 {
		t.Errorf("said: %q", said)
	}
	keeper.fails = nil
	e.alerting.evaluate(burning(2), morning.Add(45*time.Second))
	if keeper.saves == 0 {
		t.Error("not kept once there was room")
	}
}

func TestWhatCannotBeReadIsSaidAndAlertingBeginsAnew(t *testing.T) {
	e, err := New(Options{Settings: told(), Alerts: &memoryKeeper{kept: []byte(`{"alerts":`)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Alerts().Alerts) != 0 || !strings.Contains(strings.Join(e.notices.newest, "\n"), "cannot be read") {
		t.Errorf("%+v, said %q", e.Alerts(), e.notices.newest)
	}
}

// slowKeeper saves when it is let.
type slowKeeper struct {
	memoryKeeper
	asked, let chan struct{}
}

func (k *slowKeeper) SaveAlerts(state []byte) error {
	k.asked <- struct{}{}
	<-k.let
	return k.memoryKeeper.SaveAlerts(state)
}

// While the disk takes its time nothing leaves: a process that died then would not know that it had told anybody.
func TestNothingIsDueBeforeItIsKept(t *testing.T) {
	keeper := &slowKeeper{asked: make(chan struct{}, 10), let: make(chan struct{}, 10)}
	keeper.let <- struct{}{}
	e, err := New(Options{Settings: told(), Alerts: keeper})
	if err != nil {
		t.Fatal(err)
	}
	e.alerting.evaluate(burning(1), morning)
	<-keeper.asked
	at := morning.Add(31 * time.Second)
	evaluated := make(chan struct{})
	go func() {
		e.alerting.evaluate(burning(2), at)
		close(evaluated)
	}()
	<-keeper.asked
	if due := e.alerting.Due("pager", at); len(due) > 0 {
		t.Errorf("%d are due before they are kept", len(due))
	}
	keeper.let <- struct{}{}
	<-evaluated
	if due := e.alerting.Due("pager", at); len(due) != 1 {
		t.Errorf("%d are due", len(due))
	}
}
