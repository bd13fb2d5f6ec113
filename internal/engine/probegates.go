package engine

import (
	"time"

	"errtop/tracker"
)

// probeGates repeat what the breakers of probes did, from the results of probes that were recorded.
type probeGates struct {
	tracker *tracker.ErrorTracker
	gates   map[string]*tracker.Gate
}

func newProbeGates(t *tracker.ErrorTracker) *probeGates {
	return &probeGates{t, map[string]*tracker.Gate{}}
}

// observe tells a target's breaker what its probe told the one that was recorded.
func (p *probeGates) observe(r *tracker.Result, moment time.Time) {
	if r.Origin != tracker.OriginProbe || r.Kind == tracker.KindValidation { // that was found out before the breaker was asked
		return
	}
	gate := p.gates[r.Target]
	if gate == nil {
		gate = p.tracker.Gate(r.Target)
		p.gates[r.Target] = gate
	}
	generation, allowed := gate.Allow(moment)
	if allowed && r.Kind != tracker.KindShortCircuit {
		gate.Observe(generation, r, moment)
	}
}

// forget drops the breaker of a target that was removed.
func (p *probeGates) forget(target string) { delete(p.gates, target) }
