package tracker

import "time"

// Fleet is who counts what a snapshot shows, where that is the sum of many machines.
type Fleet struct {
	Agents int      // that should be there
	Heard  int      // of them, those that are
	Places []string // in the order of their names
	Note   string   // "39 of 40 agents, web-7 silent for 3m"; "" while nothing is missing
	Notes  []string // what else should be known: clocks that differ, hours that came late, agents that are not counted

	Alone string // the place that the snapshot counts; "" for all of them
	// Picture returns the same snapshot of one of the places, nil of one that is not known; it is nil itself where there are not several.
	// It may be called from any goroutine, and always returns the same.
	Picture func(place string) *Snapshot `json:"-"`
}

// Place is how a target is in one place of a fleet.
type Place struct {
	Name     string
	State    TargetState
	Affected bool   // it has its share in what is wrong with the target
	Silent   string // "" or for how long nothing was heard from there, in words

	Requests float64       // a minute, over the last five
	Errors   float64       // a minute, over the last five
	P95      time.Duration // over the last five minutes; 0 where unknown
	Hour     Bar           // of the last hour
}

// ErrorRatio returns the failing share of the last five minutes, in [0, 1].
func (p *Place) ErrorRatio() float64 {
	if p.Requests == 0 {
		return 0
	}
	return p.Errors / p.Requests
}
