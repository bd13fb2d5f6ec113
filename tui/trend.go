package tui

import (
	"time"

	"errtop/tracker"
)

// trend holds the errors a minute of the last five minutes against those of five minutes, ten minutes ago; or, of what was
// not watched for so long, those of the last minute against the average of five.
type trend struct {
	now, before float64
	share       float64 // of the requests, that fails now
	over        bool    // the last minute had requests, and none failed
	idle        bool    // it had no requests, which says nothing
	fewer       bool    // fewer fail only because fewer are sent, as where a breaker holds them back: that is not better
	young       bool    // nothing is known of ten minutes ago: before is the average of five minutes
	fresh       bool    // and too little for that, or some of that time is lost
}

func trendOf(act *tracker.Activity, snap *tracker.Snapshot) trend {
	at := snap.At
	var t trend
	var before tracker.Window
	for _, bar := range act.Minutes[45:50] {
		before.Requests += uint64(bar.Requests)
		before.Errors += uint64(bar.Errors)
	}
	_, t.now = act.PerMinute(at)
	t.before, t.share = float64(before.Errors)/5, act.FiveMinutes.ErrorRatio()
	t.over = act.Minute.Errors == 0 && act.Minute.Requests > 0 && t.now > 0
	t.idle = act.Minute.Requests == 0 && t.now > 0
	age := at.Sub(act.Since)
	t.young, t.fresh = age < 15*time.Minute, age < 2*time.Minute
	if lostWithin(snap, 15*time.Minute) {
		t.fresh = true
	}
	if t.young && !t.fresh {
		t.now, t.before, t.share, before = float64(act.Minute.Errors), t.now, act.Minute.ErrorRatio(), act.FiveMinutes
	}
	t.fewer = t.share > before.ErrorRatio()*0.8
	return t
}

func (t trend) worse() bool {
	return !t.over && !t.idle && !t.fresh && t.now > t.before*1.25 && t.now-t.before > 0.2
}

func (t trend) less() bool { return !t.idle && !t.fresh && t.now < t.before*0.8 }

func (t trend) better() bool { return t.over || t.less() && !t.fewer }

// word is the direction in one word; "" where it cannot be told.
func (t trend) word() string {
	switch {
	case t.idle, t.fresh && !t.over:
		return ""
	case t.worse():
		return "worse"
	case t.better():
		return "better"
	default:
		return "steady"
	}
}
