package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/recording"
	"errtop/internal/safego"
	"errtop/internal/safetext"
	"errtop/tui"
)

// The speeds that --speed takes.
const (
	slowestReplay = 0.1
	fastestReplay = 3600
)

func (a *app) replayCommand() *cobra.Command {
	var plain bool
	var ascii *bool
	var speed, at string
	command := &cobra.Command{
		Use:   "replay FILE",
		Short: "Show the dashboard over a recording, in its own time",
		Long: "Show the dashboard over a recording that errtop record made, in the recording's own time. Keys pause it, make it faster or slower, and go " +
			"to other moments; ? lists them. A recording always looks the same at the same moment.\n\n" +
			"The rules are those of the config, or errtop's own: what they make of an incident can be tried out on its recording. Nothing is asked, and nobody is told anything.",
		Example: "errtop replay incident.ndjson.zst\n" +
			"errtop replay incident.ndjson.zst --at 02:14 --speed 10x\n" +
			"errtop replay incident.ndjson.zst --plain",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("replay needs one recording", "errtop replay incident.ndjson.zst; errtop record makes one")
			}
			factor, err := parseSpeed(speed)
			if err != nil {
				return err
			}
			settings, _, err := a.openSettings()
			if err != nil {
				return err
			}
			tape, err := openTape(args[0])
			if err != nil {
				return err
			}
			defer tape.Close() //nolint:errcheck // only read from
			if ascii != nil {
				settings.Dashboard.ASCII = ascii
			}
			playback := engine.NewPlayback(settings, tape, safetext.MaskedLine(filepath.Base(args[0]), maxRecordingName))
			if plain {
				return a.replayPlain(command.Context(), settings, playback)
			}
			moment, err := momentIn(tape, at)
			if err != nil {
				return err
			}
			return a.replay(command.Context(), settings, tape, engine.NewReplay(playback, moment, factor))
		},
	}
	a.configFlag(command)
	plainFlag(command, &plain)
	asciiFlag(command, &ascii)
	command.Flags().StringVar(&speed, "speed", "60x", "`factor` by which it plays faster than it was recorded, 0.1x to 3600x")
	command.Flags().StringVar(&at, "at", "", "begin at a `time`, as 02:14 or \"2026-11-22 02:14\", or at a duration before the end as 5m")
	return command
}

// maxRecordingName bounds what of a recording's name is shown.
const maxRecordingName = 80

// openTape opens a recording. What is wrong with it is told in words.
func openTape(path string) (*recording.Tape, error) {
	tape, err := recording.OpenTape(path)
	switch {
	case errors.Is(err, recording.ErrNotRecording):
		return nil, &exitError{err: err, status: statusFailed, hint: "errtop record makes recordings; errtop FILE shows a log"}
	case err != nil:
		return nil, &exitError{err: err, status: statusFailed}
	}
	return tape, nil
}

// parseSpeed reads "60x" or "60".
func parseSpeed(text string) (float64, error) {
	factor, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(factor >= slowestReplay && factor <= fastestReplay) {
		return 0, usage(fmt.Sprintf("--speed %q is not a factor from 0.1x to 3600x", text), "60x shows an hour in a minute")
	}
	return factor, nil
}

// momentIn returns the moment of a recording that --at names: a time of day is the first one in it.
func momentIn(tape *recording.Tape, at string) (time.Time, error) {
	if clock, err := time.Parse("15:04:05", at+strings.Repeat(":00", max(0, 2-strings.Count(at, ":")))); err == nil && strings.Contains(at, ":") {
		first := tape.First().Local()
		moment := time.Date(first.Year(), first.Month(), first.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, time.Local)
		if moment.Before(first.Truncate(time.Minute)) {
			moment = moment.AddDate(0, 0, 1)
		}
		return within(tape, moment, at)
	}
	when, err := parseBound("at", at, time.Local)
	if err != nil || at == "" {
		return time.Time{}, err
	}
	return within(tape, when.moment(tape.Last()), at)
}

// within refuses a moment that is not in a recording.
func within(tape *recording.Tape, moment time.Time, at string) (time.Time, error) {
	first, last := tape.First(), tape.Last()
	if moment.Before(first.Truncate(time.Minute)) || moment.After(last) {
		return moment, usage(fmt.Sprintf("--at %q is not in the recording", at),
			"it goes from "+first.Local().Format(time.DateTime)+" to "+last.Local().Format(time.DateTime))
	}
	return moment, nil
}

// player gives a viewer the control of a replay.
type player struct{ *engine.Replay }

// Course is that of [tui.Player].
func (p player) Course() tui.Course { return tui.Course(p.Replay.Course()) }

// replay shows a replay until somebody quits or ctx is done.
func (a *app) replay(ctx context.Context, settings *config.Config, tape *recording.Tape, replay *engine.Replay) error {
	if err := a.requireScreen(); err != nil {
		return err
	}
	look := settings.Dashboard
	options := tui.Options{
		Engine: replay, Player: player{replay}, Now: replay.Now, Title: cmp.Or(tape.Header.Name, "recording"), Refresh: look.Refresh.Std(),
		ASCII: a.asciiOnly(look.ASCII), Mouse: look.Mouse, ExportDir: look.Export, Rights: tui.Rights{Export: true, Suspend: true},
	}
	var err error
	if options.Advisor, err = advisor(settings); err != nil {
		return err
	}
	if options.Styles, err = tui.NewStyles(look.Theme, look.Styles); err != nil {
		return err
	}
	if options.Keys, err = tui.NewKeyMap(look.Keys); err != nil {
		return err
	}
	keyboard, release, err := a.keyboard()
	if err != nil {
		return err
	}
	defer release()
	group, ctx := safego.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Go(func() error { return replay.Run(ctx) })
	err = safego.Catch(func() error { return tui.Run(ctx, keyboard, a.Out, options) })
	cancel()
	return errors.Join(err, group.Wait())
}

// replayPlain prints a line for every change in a recording, as fast as it can.
func (a *app) replayPlain(ctx context.Context, settings *config.Config, playback *engine.Playback) error {
	advisor, err := advisor(settings)
	if err != nil {
		return err
	}
	plain := tui.NewPlainWriter(a.Out, tui.Options{Advisor: advisor})
	for ctx.Err() == nil {
		if err := plain.Write(playback.Snapshot()); err != nil {
			return err
		}
		if playback.Ended() {
			return nil
		}
		if err := playback.Step(); err != nil {
			return err
		}
	}
	return errStopped
}
