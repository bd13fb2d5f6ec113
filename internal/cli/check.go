package cli

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/probe"
	"errtop/tracker"
)

// checked is one target's result.
type checked struct {
	target config.Target
	result tracker.Result
}

func (a *app) checkCommand() *cobra.Command {
	var asJSON, verbose bool
	var names []string
	command := &cobra.Command{
		Use:   "check",
		Short: "Probe every target once and print the results",
		Long:  "Probe every target once, with its retries, and print the results. The exit status is 0 if all succeed, 1 if any fails, 2 for a bad config.",
		RunE: func(command *cobra.Command, args []string) error {
			settings, path, err := a.settings(command.Context())
			if err != nil {
				return err
			}
			if err := requireTargets(settings, path); err != nil {
				return err
			}
			targets, err := named(settings.Targets, append(names, args...))
			if err != nil {
				return err
			}
			results, err := a.check(command.Context(), targets, settings.Probe)
			if err != nil {
				return err
			}
			if asJSON {
				err = a.writeJSON(checkedJSON(results))
			} else {
				err = a.writeChecked(results, verbose)
			}
			if err == nil && slices.ContainsFunc(results, func(c checked) bool { return c.result.Kind.Failed() }) {
				return errFailing
			}
			return err
		},
	}
	a.configFlag(command)
	command.Flags().StringArrayVarP(&names, "target", "t", nil, "probe only the target of this `name`; may be repeated")
	command.Flags().BoolVar(&asJSON, "json", false, "print a JSON array instead of a table")
	command.Flags().BoolVarP(&verbose, "verbose", "v", false, "print the evidence too: headers, start of the body, causes")
	return command
}

// named returns the targets with those names, or all targets for an empty list.
func named(targets []config.Target, names []string) ([]config.Target, error) {
	if len(names) == 0 {
		return targets, nil
	}
	var chosen []config.Target
	for _, name := range names {
		i := slices.IndexFunc(targets, func(t config.Target) bool { return t.Name == name })
		if i < 0 {
			return nil, usage(fmt.Sprintf("the config has no target %q", name), "errtop config prints those it has")
		}
		chosen = append(chosen, targets[i])
	}
	return chosen, nil
}

// check probes targets concurrently. On a terminal it shows its progress.
func (a *app) check(ctx context.Context, targets []config.Target, settings config.Probe) ([]checked, error) {
	results := make([]checked, len(targets))
	options := engine.ProbeOptions(settings, userAgent())
	progress := a.progress(len(targets))
	group, ctx := safego.WithContext(ctx)
	group.SetLimit(settings.MaxInFlight)
	for i, target := range targets {
		group.Go(func() error {
			result, err := probe.Once(ctx, engine.ProbeTarget(&target), options)
			results[i] = checked{target, result}
			progress()
			return err
		})
	}
	err := group.Wait()
	if term.IsTerminal(a.Err.Fd()) {
		_, _ = fmt.Fprint(a.Err, "\r\x1b[K")
	}
	return results, err
}

// progress returns a function to call after each of n targets. It updates a line on standard error if that is a terminal.
func (a *app) progress(n int) func() {
	if !term.IsTerminal(a.Err.Fd()) {
		return func() {}
	}
	var done atomic.Int64
	_, _ = fmt.Fprintf(a.Err, "\rprobing %d targets…", n)
	return func() { _, _ = fmt.Fprintf(a.Err, "\rprobed %d of %d targets…", done.Add(1), n) }
}

// checkJSON is a target's result as errtop check --json prints it.
type checkJSON struct {
	Target    string             `json:"target"`
	URL       string             `json:"url"` // secrets masked
	OK        bool               `json:"ok"`
	Kind      string             `json:"kind"`
	Status    int                `json:"status,omitempty"`
	Error     string             `json:"error,omitempty"`
	Message   string             `json:"message,omitempty"`
	LatencyMS float64            `json:"latency_ms"`
	PhasesMS  map[string]float64 `json:"phases_ms,omitempty"`
	Attempts  int                `json:"attempts,omitempty"`
	RequestID string             `json:"request_id,omitempty"`
}

func checkedJSON(results []checked) []checkJSON {
	list := make([]checkJSON, len(results))
	for i := range results {
		r := &results[i].result
		list[i] = checkJSON{
			Target: results[i].target.Name, URL: safetext.MaskURL(results[i].target.URL), OK: !r.Kind.Failed(), Kind: r.Kind.String(),
			Status: r.Status, Error: r.Error, Message: r.Message, LatencyMS: milliseconds(r.Latency), RequestID: r.RequestID,
		}
		if r.Evidence == nil {
			continue
		}
		list[i].Attempts = r.Evidence.Attempt
		list[i].PhasesMS = map[string]float64{}
		for _, phase := range phases(r.Evidence.Phases) {
			list[i].PhasesMS[phase.name] = milliseconds(phase.took)
		}
	}
	return list
}
