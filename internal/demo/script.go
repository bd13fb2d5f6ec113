package demo

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// script decides what goes wrong and when. It is a pure function of the seed and the time of the world.
//
// Time is divided into cycles of four slots of six minutes. A slot has one incident, followed by a quiet time. The first slot is
// the opening, which has everything at once, so that every class of failure is seen within ten seconds of the start.
type script struct {
	seed uint64
	// history is the length of a history; 0 for the script of the demo itself. A history has no opening, one incident per cycle,
	// and none in its last 15 minutes.
	history time.Duration
}

const (
	slotLength  = 6 * time.Minute
	cycleLength = 4 * slotLength
	// recovery is the last part of an outage, in which fewer and fewer requests fail.
	recovery = 20 * time.Second
	// quietBeforeStart is the time without incidents at the end of a history.
	quietBeforeStart = 15 * time.Minute
	// burnPeak is the share of requests that fail at the peak of a slow burn.
	burnPeak = 0.3
)

// trouble is a kind of incident.
type trouble uint8

const (
	outage     trouble = iota // a provider is down
	storm                     // a client exceeds its rate limit
	expiredKey                // a customer's key has expired and is renewed later
	slowBurn                  // a model fails more and more often, until it is rolled back
)

// incident is a trouble at a place for a time.
type incident struct {
	trouble    trouble
	where      string // provider, client, owner of the key, or model
	start, end time.Duration
}

// incidents returns the incidents of a cycle.
func (s script) incidents(cycle uint64) []incident {
	r := newRand(s.seed, cycle)
	origin := time.Duration(cycle) * cycleLength //nolint:gosec // a cycle is 24 minutes: the clock ends long before the integer
	if s.history > 0 {
		next := [...]trouble{outage, expiredKey, storm, slowBurn}[(s.seed+cycle)%4]
		i := newIncident(r, next, origin+between(r, 2*time.Minute, 12*time.Minute))
		if i.end > s.history-quietBeforeStart {
			return nil
		}
		return []incident{i}
	}
	var all []incident
	order := []trouble{outage, storm, expiredKey, slowBurn}
	slot := origin
	if cycle == 0 {
		all = opening(r)
		order = order[:3] // the opening has the slow burn of the first cycle
		slot += slotLength
	}
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, t := range order {
		start := slot + between(r, 10*time.Second, 50*time.Second)
		all = append(all, newIncident(r, t, start))
		slot += slotLength
	}
	return all
}

// newIncident draws the place and the length of an incident. All are shorter than four and a half minutes, to end in their slot.
func newIncident(r *rand.Rand, t trouble, start time.Duration) incident {
	i := incident{trouble: t, start: start}
	switch t {
	case outage:
		i.where = pick(r, "kling", "veo", "flux")
		i.end = start + between(r, 140*time.Second, 175*time.Second)
	case storm:
		i.where = stormClient
		i.end = start + between(r, 65*time.Second, 95*time.Second)
	case expiredKey:
		i.where = keyMarketing
		i.end = start + between(r, 80*time.Second, 140*time.Second)
	case slowBurn:
		i.where = pick(r, "flux/dev", "kling/v2.1")
		i.end = start + between(r, 200*time.Second, 265*time.Second)
	}
	return i
}

// opening returns the incidents of the first slot. Their places do not depend on the seed.
func opening(r *rand.Rand) []incident {
	return []incident{
		{storm, stormClient, 0, between(r, 65*time.Second, 85*time.Second)},
		{expiredKey, keyMarketing, time.Second, between(r, 90*time.Second, 120*time.Second)},
		{outage, "kling", 3 * time.Second, between(r, 145*time.Second, 170*time.Second)},
		{slowBurn, "flux/dev", 40 * time.Second, between(r, 250*time.Second, 290*time.Second)},
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// conditions are the incidents at a time of the world.
type conditions struct {
	at     time.Duration
	active []incident
}

// at returns the conditions at a time of the world.
func (s script) at(t time.Duration) conditions {
	t = max(t, 0)
	w := conditions{at: t}
	for _, i := range s.incidents(uint64(t / cycleLength)) {
		if i.start <= t && t < i.end {
			w.active = append(w.active, i)
		}
	}
	return w
}

// find returns the active incident of that kind at that place.
func (w conditions) find(t trouble, where string) (incident, bool) {
	for _, i := range w.active {
		if i.trouble == t && i.where == where {
			return i, true
		}
	}
	return incident{}, false
}

// outage returns the share of a provider's requests that fail because it is down: 1, and falling to 0 in the recovery.
func (w conditions) outage(provider string) float64 {
	i, ok := w.find(outage, provider)
	if !ok {
		return 0
	}
	return min(1, float64(i.end-w.at)/float64(recovery))
}

// burn returns the share of a model's requests that fail in a slow burn. It rises for four fifths of the incident and then stays
// at its peak until the rollback.
func (w conditions) burn(model string) float64 {
	i, ok := w.find(slowBurn, model)
	if !ok {
		return 0
	}
	return burnPeak * min(1, float64(w.at-i.start)/(0.8*float64(i.end-i.start)))
}

// rollout returns the share of a model's requests that its new version answers in a slow burn, which is a bad deploy. Half of
// them fail.
func (w conditions) rollout(model string) float64 { return 2 * w.burn(model) }

// newVersion returns the version that a slow burn of the model rolls out.
func (w conditions) newVersion(model string) string {
	i, ok := w.find(slowBurn, model)
	if !ok {
		return modelVersion
	}
	return i.version()
}

// modelVersion is the version of every model outside of a slow burn.
const modelVersion = "2.3.1"

// version returns the version that the incident, a slow burn, rolls out.
func (i incident) version() string { return "2.4." + strconv.Itoa(int(i.start/cycleLength)) }

// mark is a deploy or rollback at a time of the world.
type mark struct {
	at                    time.Duration
	text, target, version string
}

// marks returns the deploys and rollbacks of a cycle in the order of time. A history has one more deploy, which causes no incident.
func (s script) marks(cycle uint64) []mark {
	var all []mark
	for _, i := range s.incidents(cycle) {
		if i.trouble == slowBurn {
			all = append(all,
				mark{i.start, "deploy " + i.where + " " + i.version(), i.where, i.version()},
				mark{i.end, "roll back " + i.where + " to " + modelVersion, i.where, modelVersion})
		}
	}
	origin := time.Duration(cycle) * cycleLength //nolint:gosec // see incidents
	if at := origin + 20*time.Minute; s.history > 0 && at < s.history {
		version := "5.2." + strconv.FormatUint(cycle, 10)
		all = append(all, mark{at, "deploy gateway " + version, "gateway", version})
	}
	return all
}

// expired reports whether the owner's key has expired.
func (w conditions) expired(owner string) bool { _, ok := w.find(expiredKey, owner); return ok }

// stormy reports whether the client has a storm.
func (w conditions) stormy(agent string) bool { _, ok := w.find(storm, agent); return ok }

// troubles reports whether an incident affects requests for the model.
func (w conditions) troubles(model string) bool {
	for _, i := range w.active {
		if i.where == model || i.where == provider(model) {
			return true
		}
		for _, c := range clients {
			if c.model == model && (i.where == c.agent || i.where == c.key) {
				return true
			}
		}
	}
	return false
}
