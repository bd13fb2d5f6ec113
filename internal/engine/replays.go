package engine

import (
	"time"

	"errtop/tracker"
)

// replayTime is how long after the start what a command prints may be what it printed to an errtop before this one: kubectl logs, docker
// logs and tail begin with lines of the past.
const replayTime = time.Minute

// withoutReplays leaves out, in the first minute, results that are not newer than what was restored of their source.
func (in Intake) withoutReplays() Intake {
	if in.engine == nil || len(in.engine.restored) == 0 {
		return in
	}
	restored := in.engine.restored
	emit, until := in.Emit, time.Now().Add(replayTime)
	in.Emit = func(results []tracker.Result) {
		if time.Now().After(until) {
			emit(results)
			return
		}
		fresh := make([]tracker.Result, 0, len(results))
		for i := range results {
			newest, known := restored[results[i].Source]
			if !known || results[i].Time.After(newest) {
				fresh = append(fresh, results[i])
			}
		}
		if len(fresh) > 0 {
			emit(fresh)
		}
	}
	return in
}
