package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/config"
)

// bound is what --since or --until says: a moment, or how long before the newest line. The zero value bounds nothing.
type bound struct {
	at     time.Time
	before time.Duration
}

// sinceUntil are --since and --until as they were typed. They mean the same in every command.
type sinceUntil struct{ since, until string }

// boundHelp says what --since and --until take.
const boundHelp = "a time, or a `duration` before the newest line, as 2h"

// add gives a command the flags; since and until say what they do there.
func (b *sinceUntil) add(command *cobra.Command, since, until string) {
	command.Flags().StringVar(&b.since, "since", b.since, since+": "+boundHelp)
	command.Flags().StringVar(&b.until, "until", "", until+": "+boundHelp)
}

// parse understands both flags. Times without a zone are in location.
func (b sinceUntil) parse(location *time.Location) (since, until bound, err error) {
	if since, err = parseBound("since", b.since, location); err != nil {
		return since, until, err
	}
	until, err = parseBound("until", b.until, location)
	return since, until, err
}

// parseBound understands a time (RFC 3339, or as people write it), or a duration.
func parseBound(flag, text string, location *time.Location) (bound, error) {
	if text == "" {
		return bound{}, nil
	}
	var before config.Duration
	if err := before.UnmarshalText([]byte(text)); err == nil && before > 0 {
		return bound{before: before.Std()}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, location); err == nil {
			return bound{at: at}, nil
		}
	}
	return bound{}, usage(fmt.Sprintf("--%s %q is neither a time nor a duration", flag, text),
		"as 2h, 2026-11-22T14:00:00Z, or \"2026-11-22 14:00\" in the local zone")
}

// moment returns the moment that the bound is at in logs with that newest line; zero for no bound.
func (b bound) moment(newest time.Time) time.Time {
	if b.before > 0 {
		return newest.Add(-b.before)
	}
	return b.at
}
