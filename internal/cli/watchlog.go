package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"errtop/internal/alert"
	"errtop/internal/engine"
	"errtop/internal/event"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// newLog returns a logger that writes lines of text or JSON to w. Text in them is harmless, and holds no secrets.
func newLog(w io.Writer, format string, known func() safetext.Known) (*slog.Logger, error) {
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch value := attr.Value.Any().(type) {
		case string:
			return slog.String(attr.Key, loggable(known, value))
		case error:
			return slog.String(attr.Key, loggable(known, value.Error()))
		}
		if attr.Value.Kind() == slog.KindAny { // lists and what prints itself
			return slog.String(attr.Key, loggable(known, attr.Value.String()))
		}
		return attr
	}}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	default:
		return nil, usage("--log "+format+" is not a format of the log", "--log text, or --log json")
	}
}

// loggable returns text without control characters and secrets.
func loggable(known func() safetext.Known, text string) string {
	if known != nil {
		text = known().Mask(text)
	}
	return safetext.Line(safetext.MaskSecrets(text))
}

// logEvery is how often the log looks at what has changed.
const logEvery = time.Second

// eventLog writes what happens in an engine to a log: incidents, states of targets and sources, breakers, marks, alerts, and what the
// engine tells its viewers.
type eventLog struct {
	log      *slog.Logger
	engine   *engine.Engine
	detector *event.Detector
	began    time.Time
	told     map[uint64]bool // alerts that were logged as firing
}

func newEventLog(log *slog.Logger, eng *engine.Engine, advisor *event.Advisor) *eventLog {
	return &eventLog{log: log, engine: eng, detector: event.NewDetector(advisor), began: time.Now(), told: map[uint64]bool{}}
}

// run writes until ctx is done, and then what came last.
func (l *eventLog) run(ctx context.Context) error {
	changed, unwatch := l.engine.Watch()
	defer unwatch()
	notices, unsubscribe := l.engine.Notices()
	defer unsubscribe()
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.look(context.WithoutCancel(ctx))
			return nil
		case text := <-notices:
			l.log.InfoContext(ctx, text)
		case <-tick.C:
			select {
			case <-changed:
				l.look(ctx)
			default:
			}
			l.alerts(ctx)
		}
	}
}

// look logs what has changed since the last look. Of what was before the start, as in a log that is read from its past, only
// incidents that go on are news.
func (l *eventLog) look(ctx context.Context) {
	list := l.detector.Next(l.engine.Snapshot(time.Now()))
	for i := range list {
		e := &list[i]
		goesOn := e.Incident != nil && e.Incident.State != tracker.IncidentOver && e.Kind == event.IncidentBegan
		if e.At.Before(l.began) && !goesOn {
			continue
		}
		l.log.Log(ctx, levelOf(e), e.Text, "event", e.Kind.String(), "target", e.Target, "at", e.At.UTC())
	}
}

// levelOf returns the level of an event: what somebody may have to act on is a warning.
func levelOf(e *event.Event) slog.Level {
	if e.Kind == event.IncidentBegan || e.BeganToFail() {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// alerts logs which alerts began to fire, and which are over.
func (l *eventLog) alerts(ctx context.Context) {
	state := l.engine.Alerts()
	for i := range state.Alerts {
		a := &state.Alerts[i]
		attrs := []any{"rule", a.Rule, "severity", a.Severity.String(), "alert", a.ID}
		switch fires := a.Active(); {
		case fires && !l.told[a.ID]:
			l.told[a.ID] = true
			l.log.WarnContext(ctx, a.Text, append(attrs, "event", "alert_firing")...)
		case !fires && l.told[a.ID] && a.Phase == alert.Resolved:
			delete(l.told, a.ID)
			l.log.InfoContext(ctx, a.Text, append(attrs, "event", "alert_resolved")...)
		}
	}
}

// logError logs an error, each of several joined ones on a line of its own.
func logError(ctx context.Context, log *slog.Logger, message string, err error) {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, one := range joined.Unwrap() {
			log.ErrorContext(ctx, message, "error", one)
		}
		return
	}
	log.ErrorContext(ctx, message, "error", err)
}
