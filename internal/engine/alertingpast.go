package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/logline"
	"errtop/internal/recording"
	"errtop/tracker"
)

// Backtest says which logs are judged, and by what.
type Backtest struct {
	Settings *config.Config
	Advice   alert.Advice
	Inputs   []Source  // each is read to its end; see [Logs], [FromRecording] and [FromStore]
	Stored   bool      // the inputs are stores
	From     time.Time // what is older is read for what is usual, and nobody is told of it; zero: everything counts
	To       time.Time // what is not older is left out; zero: nothing is
}

// defaultReceiver is who is told in a backtest where the settings name no receiver: one as [[receivers]] are by default.
const defaultReceiver = "default"

// Run reads the inputs in the order of their times and evaluates the rules as [Engine.Run] would have, had it watched the logs while
// they were written: the same tracker, rules, grouping and receivers, in virtual time. Receivers take everything at once, and none is
// really told.
//
// It looks every 10 s of log time, and whenever a rule or a receiver waits for a moment. Memory holds what the tracker holds, and a
// minute of each input. The result is there though inputs failed; the error then is a [logline.SourceError] for each, joined.
func (b *Backtest) Run(ctx context.Context) (*Backtested, error) {
	p, err := newSimulation(b)
	if err != nil {
		return nil, err
	}
	err = p.merge(ctx, b.Inputs)
	if err == nil || isSourceError(err) {
		p.finish()
		return &p.out, err
	}
	return nil, err
}

func isSourceError(err error) bool {
	_, ok := errors.AsType[*logline.SourceError](err)
	return ok
}

const (
	playStep  = 10 * time.Second // the tracker's own
	quietStep = time.Minute      // where nothing comes
	longGap   = 26 * time.Hour   // after so long without a line, everything has settled: time jumps to the next one
	playName  = "backtest"       // of the one source that the tracker sees
)

// simulation is a backtest that runs.
type simulation struct {
	test    *Backtest
	tracker *tracker.ErrorTracker
	engine  *alert.Engine
	state   alert.State
	gates   *probeGates
	ledger  ledger

	sourced   bool // a recording told the health of sources
	objective bool // or of a target's objective

	now    time.Time // log time; zero before the first result
	out    Backtested
	alerts map[uint64]alert.Alert // all that there were, as they were last
	onsets map[uint64]time.Time   // of incidents that were told, as they are known now
	runs   map[run]*fired
}

func newSimulation(b *Backtest) (*simulation, error) {
	p := &simulation{test: b, tracker: tracker.New(trackerSettings(b.Settings)), ledger: ledger{}, alerts: map[uint64]alert.Alert{}, onsets: map[uint64]time.Time{}, runs: map[run]*fired{}}
	options := alert.Options{Rules: Rules(b.Settings), Receivers: receivers(b.Settings), Timing: timing(b.Settings), Advice: b.Advice, History: p.history}
	if len(options.Receivers) == 0 {
		options.Receivers = []alert.Receiver{{Name: defaultReceiver, Severity: alert.Warning, Resolved: true}}
	}
	for i := range options.Receivers {
		options.Receivers[i].Refresh = 0 // tells no person anything
	}
	p.gates = newProbeGates(p.tracker)
	var err error
	if p.engine, err = alert.New(options); err != nil {
		return nil, err
	}
	p.out.AlertOptions = options
	p.out.begin(options.Rules)
	if b.Stored {
		p.out.Limits = storedLimits[:]
	}
	return p, nil
}

// start makes the tracker live at the moment of the first result, with what the settings say of targets.
func (p *simulation) start(at time.Time) {
	p.now = at
	p.tracker.UpdateSource(at, tracker.Source{Name: playName, State: tracker.SourceReading, Live: true})
	infos := targetInfos(p.test.Settings)
	for i := range infos {
		infos[i].Interval = 0 // nobody probes
	}
	p.tracker.AddTargets(at, infos...)
}

// step takes the results of ten seconds, in any order, and brings everything to their end.
func (p *simulation) step(end time.Time, results []tracker.Result) {
	p.reach(end.Add(-playStep))
	slices.SortStableFunc(results, func(a, b tracker.Result) int { return a.Time.Compare(b.Time) })
	for i := range results {
		p.ledger.count(&results[i])
		p.gates.observe(&results[i], results[i].Time)
	}
	p.out.count(results)
	p.tracker.Record(end, results)
	p.pass(end)
	p.look(end)
}

// reach lets time go by until a moment, and starts it before the first one.
func (p *simulation) reach(at time.Time) {
	if p.now.IsZero() {
		p.start(at)
	}
	p.pass(at)
}

// entries takes what else a recording holds of ten seconds.
func (p *simulation) entries(end time.Time, entries []recording.Entry) {
	if len(entries) == 0 {
		return
	}
	p.reach(end.Add(-playStep))
	for i := range entries {
		switch e := &entries[i]; {
		case e.Target != nil:
			p.tracker.AddTargets(end, *e.Target)
			p.objective = p.objective || e.Target.Objective > 0
		case e.Gone != "":
			p.tracker.RemoveTargets(end, e.Gone)
			p.gates.forget(e.Gone)
		case e.Source != nil:
			p.tracker.UpdateSource(end, *e.Source)
			p.sourced = true
		case e.Mark != nil:
			p.tracker.AddMark(end, *e.Mark)
		case e.Gap != nil:
			p.tracker.AddGap(end, *e.Gap)
		}
	}
}

// pass lets time go by in which nothing comes.
func (p *simulation) pass(until time.Time) {
	begun := p.now
	for p.now.Before(until) {
		if p.now.Sub(begun) > longGap {
			p.now = until // look is called for it
			return
		}
		next := p.now.Truncate(quietStep).Add(quietStep)
		if due := p.engine.Due(); due.After(p.now) && due.Before(next) {
			next = due
		}
		if !next.Before(until) {
			return
		}
		p.look(next)
	}
}

// look evaluates the rules at a moment, and takes what is told.
func (p *simulation) look(now time.Time) {
	p.now = now
	snapshot := p.tracker.Snapshot(now)
	if now.Before(p.test.From) {
		return
	}
	changed := p.engine.Evaluate(&p.state, snapshot, now)
	for i := range snapshot.Incidents {
		if incident := &snapshot.Incidents[i]; !p.onsets[incident.ID].IsZero() || changed {
			p.onsets[incident.ID] = incident.Onset.At
		}
	}
	if changed {
		p.hear(now)
	}
}

// hear notes what happened and what was told, as if every receiver took everything at once.
func (p *simulation) hear(now time.Time) {
	for i := range p.state.Alerts {
		p.alerts[p.state.Alerts[i].ID] = p.state.Alerts[i]
	}
	for i := range p.state.History {
		p.event(&p.state.History[i])
	}
	p.remember()
	for len(p.state.Outbox) > 0 {
		n := &p.state.Outbox[0]
		p.tell(n, now)
		p.state.Delivered(n.ID, now)
	}
	p.remember()
}

// eventsRemembered bounds what of the history of alerts is there in the end.
const eventsRemembered = 10_000

// remember moves what happened to where all of it is kept.
func (p *simulation) remember() {
	if room := eventsRemembered - len(p.out.Alerts.History); room > 0 {
		p.out.Alerts.History = append(p.out.Alerts.History, p.state.History[:min(room, len(p.state.History))]...)
	}
	p.state.History = p.state.History[:0]
}

// history answers for longer windows than the tracker's, as far as the log has come.
func (p *simulation) history(target string, window time.Duration) (requests, errors uint64, known bool) {
	return p.ledger.sum(target, p.now, window)
}
