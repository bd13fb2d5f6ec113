package engine

import (
	"context"

	"errtop/internal/config"
	"errtop/internal/fleet"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/tracker"
)

// fleetPart is this engine's part in a fleet: it publishes what it counts, or shows the sum; or neither.
type fleetPart struct {
	publisher *fleet.Publisher
	viewer    *fleet.Viewer
	teller    *fleet.Teller   // of errtop watch over a fleet
	resolved  <-chan struct{} // closed when the secrets of the settings are there
}

// FleetSettings returns [fleet] as the fleet takes it.
func FleetSettings(f *config.Fleet, version string) fleet.Settings {
	return fleet.Settings{
		Servers: f.Servers, Team: f.Team, Place: f.Place, Name: f.Name, Credentials: f.Credentials,
		CA: f.CA, Cert: f.Cert, Key: f.Key, Replicas: f.Replicas, MaxAge: f.MaxAge.Std(), MaxBytes: int64(f.MaxMB) << 20, Version: version,
	}
}

func newFleet(e *Engine) (part fleetPart, err error) {
	settings := e.options.Settings
	if len(settings.Fleet.Servers) == 0 {
		return part, nil
	}
	s := FleetSettings(&settings.Fleet, e.options.UserAgent)
	if settings.Fleet.Token != "" || settings.Waiting(-3) {
		s.Token = func() string { return settings.Fleet.Token.Reveal() }
	}
	part.resolved = e.resolved
	notice := func(text string) { e.Notice(safetext.MaskedLine(text, 300)) }
	if e.options.Look {
		part.viewer, err = fleet.NewViewer(s, trackerSettings(settings), notice)
		if e.options.Watch && len(settings.Receivers) > 0 {
			part.teller = fleet.NewTeller(s, notice)
		}
	} else {
		part.publisher, err = fleet.NewPublisher(s, e.tracker, notice)
	}
	return part, err
}

// run returns what runs beside the sources; nil for nothing.
func (p *fleetPart) run(shown *tracker.ErrorTracker) func(context.Context) error {
	var run func(context.Context) error
	switch {
	case p.viewer != nil:
		run = p.viewer.Run
	case p.publisher != nil:
		run = func(ctx context.Context) error {
			group, ctx := safego.WithContext(ctx)
			group.Go(func() error { return p.publisher.Run(ctx) })
			group.Go(func() error { return showOutbox(ctx, p.publisher, shown) })
			return group.Wait()
		}
	default:
		return nil
	}
	return func(ctx context.Context) error {
		select {
		case <-p.resolved:
			group, ctx := safego.WithContext(ctx)
			group.Go(func() error { return run(ctx) })
			if p.teller != nil {
				group.Go(func() error { return p.teller.Run(ctx) })
			}
			return group.Wait()
		case <-ctx.Done():
			return nil
		}
	}
}

// Fleet returns how the publication to the fleet is doing; false where nothing is published.
func (e *Engine) Fleet() (status fleet.Status, ok bool) {
	if e.fleet.publisher == nil {
		return status, false
	}
	return e.fleet.publisher.Status(), true
}
