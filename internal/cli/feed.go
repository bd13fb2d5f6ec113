package cli

import (
	"context"
	"slices"
	"time"

	"errtop/tracker"
)

// source fills a feed until its context ends.
type source func(context.Context) error

// feed is where sources hand in what they have: results and their health to the tracker, notices to the viewers. Nothing
// in it waits for a viewer.
type feed struct {
	tracker *tracker.ErrorTracker
	notices notices
}

func newFeed(settings tracker.Settings) *feed {
	return &feed{tracker: tracker.New(settings)}
}

func (f *feed) emit(results []tracker.Result) { f.tracker.Record(time.Now(), results) }

func (f *feed) health(s tracker.Source) { f.tracker.UpdateSource(time.Now(), s) }

// gave reports whether any source has given a result.
func (f *feed) gave() bool {
	return slices.ContainsFunc(f.tracker.Snapshot(time.Now()).Sources, func(s tracker.Source) bool { return s.Results > 0 })
}

// notice tells every viewer something.
func (f *feed) notice(text string) { f.notices.publish(time.Now(), text) }
