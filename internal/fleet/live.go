package fleet

import (
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"errtop/tracker"
)

// traffic counts what was sent.
type traffic struct{ bytes atomic.Int64 }

func (t *traffic) add(n int)    { t.bytes.Add(int64(n)) }
func (t *traffic) total() int64 { return t.bytes.Load() }

// totalKey is what results are counted by between sums.
type totalKey struct {
	target  string
	origin  tracker.Origin
	outcome tracker.Outcome
}

// liveSender knows what was sent of what happened since the last sum.
type liveSender struct {
	base  time.Time
	n     int
	known map[totalKey]uint64
	seq   uint64    // of the newest error that was sent
	quiet time.Time // when it last said what did not fail
}

const (
	// quietEvery is how often it is said what did not fail: as often as charts move.
	quietEvery = 10 * time.Second
	// packedFrom is from how many bytes on a live message is compressed. A viewer of before that was done reads the shorter ones.
	packedFrom = 1 << 10
)

// restart begins anew behind a sum.
func (l *liveSender) restart(s *tracker.Snapshot, base time.Time) {
	l.base, l.n, l.known = base, 0, map[totalKey]uint64{}
	for _, t := range s.Targets {
		for _, total := range t.Totals {
			if !total.Inconclusive {
				l.known[totalKey{t.Name, total.Origin, total.Outcome}] = total.Count
			}
		}
	}
	if n := len(s.Errors); n > 0 {
		l.seq = s.Errors[n-1].Seq
	}
}

// readsHistory reports whether more came than happened in the last minutes: what is read of the past belongs to its hours, which the
// next sum brings.
func (l *liveSender) readsHistory(s *tracker.Snapshot) bool {
	for _, t := range s.Targets {
		grown, lately := uint64(0), uint64(0)
		for _, total := range t.Totals {
			if !total.Inconclusive && total.Outcome.Kind.Sent() {
				grown += total.Count - min(l.known[totalKey{t.Name, total.Origin, total.Outcome}], total.Count)
			}
		}
		const minutes = 3
		for _, bar := range t.Activity.Minutes[60-minutes:] {
			lately += uint64(bar.Requests)
		}
		if grown > lately {
			return true
		}
	}
	return false
}

// changes returns what happened since it was last asked: failures, each with what the newest error of its sort says, and, where they are
// due, the others.
func (l *liveSender) changes(s *tracker.Snapshot, now time.Time) (failures, others []liveResult) {
	quiet := now.Sub(l.quiet) >= quietEvery-quietEvery/16
	if quiet {
		l.quiet = now
	}
	examples := map[totalKey]*tracker.Failure{}
	for i := range s.Errors {
		if f := &s.Errors[i]; f.Seq > l.seq {
			examples[totalKey{f.Target, f.Origin, f.Outcome()}] = f
		}
	}
	if n := len(s.Errors); n > 0 {
		l.seq = s.Errors[n-1].Seq
	}
	for _, t := range s.Targets {
		whole := quiet || l.hasFailed(t) // its failing share would be too large otherwise
		for _, total := range t.Totals {
			key := totalKey{t.Name, total.Origin, total.Outcome}
			grown := total.Count - min(l.known[key], total.Count)
			if total.Inconclusive || grown == 0 || !whole && !total.Outcome.Kind.Failed() {
				continue
			}
			l.known[key] = total.Count
			r := liveResult{Target: t.Name, Count: grown, Origin: uint8(total.Origin), Kind: total.Outcome.Kind.String(), Status: total.Outcome.Status}
			if !total.Outcome.Kind.Failed() {
				others = append(others, r)
				continue
			}
			if f := examples[key]; f != nil {
				r.Method, r.Route, r.Error, r.Message, r.ID = f.Method, f.Route, f.Error, f.Message, f.RequestID
			} else if g := t.Cause; g != nil && g.Outcome == total.Outcome && g.Example != nil {
				r.Method, r.Route, r.Error, r.Message = g.Example.Method, g.Example.Route, g.Example.Error, g.Example.Message
			}
			failures = append(failures, r)
		}
	}
	return failures, others
}

// hasFailed reports whether requests of a target failed since it was last asked.
func (l *liveSender) hasFailed(t *tracker.Target) bool {
	for _, total := range t.Totals {
		if !total.Inconclusive && total.Outcome.Kind.Failed() && total.Count > l.known[totalKey{t.Name, total.Origin, total.Outcome}] {
			return true
		}
	}
	return false
}

// askWhoLooks asks the servers whether anybody has subscribed to what this agent sends live: they answer where nobody has.
func (p *Publisher) askWhoLooks() {
	reply := p.conn.NewRespInbox()
	sub, err := p.conn.Subscribe(reply, func(m *nats.Msg) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if m.Header.Get("Status") == "503" {
			p.watched = time.Time{}
		}
	})
	if err != nil {
		return
	}
	_ = sub.AutoUnsubscribe(1) // the connection ends it otherwise
	p.mu.Lock()
	if p.watched.IsZero() {
		p.watched = time.Now() // until the answer says otherwise
	}
	p.mu.Unlock()
	const answerTime = 3 * time.Second
	time.AfterFunc(answerTime, func() { _ = sub.Unsubscribe() })
	message, _ := json.Marshal(live{V: formatVersion, Base: p.live.base, N: p.live.n, At: time.Now()})
	if p.conn.PublishRequest(subjectOf(p.settings.Team, p.settings.Name, kindLive), reply, message) == nil {
		p.traffic.add(len(message))
	}
}

// somebodyLooks reports whether a viewer has subscribed.
func (p *Publisher) somebodyLooks(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	const answered = 500 * time.Millisecond // the servers' answer may still be on its way
	return !p.watched.IsZero() && now.Sub(p.watched) > answered
}

// sendLive sends what happened since it was last sent, failures first. It reports whether a sum has to be sent instead.
func (p *Publisher) sendLive(now time.Time) (sumNeeded bool) {
	return p.sendChanges(p.tracker.Snapshot(now), now)
}

// sendChanges is sendLive of a snapshot.
func (p *Publisher) sendChanges(snapshot *tracker.Snapshot, now time.Time) (sumNeeded bool) {
	if p.live.known == nil {
		return false // the first sum has everything
	}
	if p.live.readsHistory(snapshot) {
		return true
	}
	failures, others := p.live.changes(snapshot, now)
	for _, send := range []struct {
		kind    string
		results []liveResult
	}{{kindErr, failures}, {kindLive, others}} {
		for part := range slices.Chunk(send.results, maxLive) {
			p.live.n++
			message, err := json.Marshal(live{V: formatVersion, Base: p.live.base, N: p.live.n, At: now, Results: part})
			if len(message) >= packedFrom {
				message = p.codec.pack.EncodeAll(message, nil)
			}
			if err != nil || p.conn.Publish(subjectOf(p.settings.Team, p.settings.Name, send.kind), message) != nil {
				return false // the next sum has it
			}
			p.traffic.add(len(message))
		}
	}
	return false
}
