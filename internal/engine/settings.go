package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"errtop/internal/config"
	"errtop/internal/filter"
	"errtop/internal/ingest"
	"errtop/internal/logline"
	"errtop/internal/safetext"
	"errtop/probe"
	"errtop/tracker"
)

// probeTargets returns the targets of the settings as the prober takes them, without those whose secrets are not there yet.
func probeTargets(settings *config.Config) []probe.Target {
	targets := make([]probe.Target, 0, len(settings.Targets))
	for i := range settings.Targets {
		if !settings.Waiting(i) {
			targets = append(targets, ProbeTarget(&settings.Targets[i]))
		}
	}
	return targets
}

// ProbeTarget returns a target of the settings as a prober takes it.
func ProbeTarget(t *config.Target) probe.Target {
	target := probe.Target{
		Name: t.Name, URL: t.URL, Method: t.Method, Body: t.Body, Schema: t.Schema, Expect: t.Expect,
		Interval: t.Interval.Std(), Timeout: t.Timeout.Std(),
		Retry: retryPolicy(t.Retry), Attempts: t.Attempts, Backoff: t.Backoff.Std(), BackoffMax: t.BackoffMax.Std(),
		KeepAlive: t.KeepAlive, FollowRedirects: t.FollowRedirects, Address: t.Address, IP: t.IP, HTTP: t.HTTP,
		TLS:      probe.TLS{CAFile: t.TLS.CA, CertFile: t.TLS.Cert, KeyFile: t.TLS.Key, ServerName: t.TLS.ServerName, Insecure: t.TLS.Insecure},
		CertWarn: t.CertWarn.Std(),
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		target.Headers = append(target.Headers, tracker.Header{Name: name, Value: t.Headers[name].Reveal()})
	}
	for _, secret := range t.Secrets {
		target.Secrets = append(target.Secrets, secret.Reveal())
	}
	return target
}

// retryPolicy returns the policy of a name that the config has checked.
func retryPolicy(name string) probe.Retry {
	if name == "auto" {
		return probe.RetrySafe
	}
	return probe.Retry(name)
}

// targetInfos returns what the tracker is told of the targets before their first result.
func targetInfos(settings *config.Config) []tracker.TargetInfo {
	infos := make([]tracker.TargetInfo, len(settings.Targets))
	for i := range settings.Targets {
		infos[i] = targetInfo(&settings.Targets[i])
	}
	return infos
}

func targetInfo(t *config.Target) tracker.TargetInfo {
	return tracker.TargetInfo{
		Name: safetext.Line(t.Name), URL: safetext.MaskURL(t.URL), Interval: t.Interval.Std(),
		Objective: t.Objective, Period: t.Period.Std(),
		BreakerThreshold: t.Breaker.Threshold, BreakerRecovery: t.Breaker.Recovery.Std(),
	}
}

// ProbeOptions returns the settings of all probes. The user agent is used where the settings name none.
func ProbeOptions(settings config.Probe, userAgent string) probe.Options {
	return probe.Options{
		UserAgent: cmp.Or(settings.UserAgent.Reveal(), userAgent), MaxInFlight: settings.MaxInFlight, MaxPerHost: settings.MaxPerHost,
		Connectivity: settings.Connectivity,
	}
}

// Check returns what the prober and the readers find wrong with the settings, each with its place in the file.
func Check(settings *config.Config) error {
	var mistakes []error
	for i := range settings.Sources {
		at := fmt.Sprintf("sources[%d]", i)
		if err := ingest.Check(sourceOptions(&settings.Sources[i], nil)); err != nil {
			mistakes = append(mistakes, settings.Mistake(at, err))
		}
		if _, err := filter.Excluder(settings.Sources[i].Exclude); err != nil {
			mistakes = append(mistakes, settings.Mistake(at, err))
		}
		for j, name := range settings.Sources[i].Files {
			if err := ingest.CheckNames([]string{name}); err != nil {
				mistakes = append(mistakes, settings.Mistake(at, fmt.Errorf("files[%d]: %w", j, err)))
			}
		}
	}
	for i := range settings.Targets {
		if err := probe.Check(ProbeTarget(&settings.Targets[i])); err != nil {
			mistakes = append(mistakes, settings.Mistake(fmt.Sprintf("targets[%d]", i), withoutName(err)))
		}
	}
	if err := checkAlerts(settings); err != nil {
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

// trackerSettings returns the tracker's bounds and rules as the settings have them.
func trackerSettings(settings *config.Config) tracker.Settings {
	return tracker.Settings{
		Ring: settings.Tracker.Ring, MaxTargets: settings.Tracker.MaxTargets, MaxGroups: settings.Tracker.MaxGroups,
		ContrastFields:   settings.Contrast.Fields,
		EvidenceBytes:    settings.Tracker.EvidenceMB << 20,
		BreakerThreshold: settings.Breaker.Threshold, BreakerRecovery: settings.Breaker.Recovery.Std(),
		GateCounts: settings.Breaker.GateCounts.Contain, ObservedCounts: settings.Breaker.ObservedCounts.Contain,
	}
}

// withoutName takes the target's name off the prober's error, since the place in the file says which it is.
func withoutName(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// OwnAgents returns what the probes of these settings call themselves, where that is set.
func OwnAgents(settings *config.Config) []string {
	if agent := settings.Probe.UserAgent.Reveal(); agent != "" {
		return []string{agent}
	}
	return nil
}

// sourceOptions returns how a source of the settings is read, on a machine whose probes call themselves so.
func sourceOptions(s *config.Source, ownAgents []string) ingest.Options {
	exclude, _ := filter.Excluder(s.Exclude) // Check says what is wrong with it
	return ingest.Options{
		Options: logline.Options{
			Format: logline.Format(s.Format), Fields: s.Fields, Target: s.Target, Users: logline.Users(s.Users), Zone: s.Zone, NoMonitors: !s.Monitors,
			OwnAgents: ownAgents,
		},
		Exclude: exclude,
		Since:   s.Since.Std(), All: s.All, NoFollow: s.NoFollow,
	}
}
