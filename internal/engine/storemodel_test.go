package engine

import (
	"math/rand/v2"
	"testing"
	"time"

	"errtop/tracker"
)

// modelled is an engine that remembers and reads a log, which is a list of moments.
type modelled struct {
	*clocked
	lines []time.Time
}

// read reads what the log has from where it was left.
func (m *modelled) read() {
	at, _ := m.tracker.Position("log")
	for n := at.Offset; n < int64(len(m.lines)); n++ {
		m.tracker.RecordBatch(m.now, tracker.Batch{
			Source: "log", Position: tracker.Position{Head: []byte("h"), Offset: n + 1},
			Results: []tracker.Result{{Time: m.lines[n], Target: "api", Source: "log", Status: 200}},
		})
	}
}

// live lets time go by with a line every half minute.
func (m *modelled) live(d time.Duration) {
	for end := m.now.Add(d); m.now.Before(end); m.now = m.now.Add(30 * time.Second) {
		m.lines = append(m.lines, m.now)
		m.given++
		m.read()
		m.storing.tick(m.t.Context(), m.now)
	}
}

// TestWhatIsKeptIsWhatAModelCounts lives through lines, kills, clean ends, absences and clocks that are set, in random order, and compares
// with a model that only counts: nothing twice, and of each jump of the clock at most what was not kept yet is missing.
func TestWhatIsKeptIsWhatAModelCounts(t *testing.T) {
	t.Parallel()
	seeds, steps := 12, 40
	if testing.Short() {
		seeds, steps = 2, 20
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(11, uint64(seed)))
		m := &modelled{clocked: newClocked(t, clockStart)}
		jumps := uint64(0)
		for range steps {
			var did string
			switch r.IntN(6) {
			case 0:
				m.restart()
				did = "a kill"
			case 1:
				if err := m.storing.end(t.Context()); err != nil {
					t.Fatal(err)
				}
				m.start()
				did = "a clean end"
			case 2:
				by := []time.Duration{-24 * time.Hour, -time.Hour, -5 * time.Minute, 24 * time.Hour, 90 * time.Minute, year, -year}[r.IntN(7)]
				m.set(by)
				jumps++
				did = "the clock moved by " + by.String()
			case 3:
				for range r.IntN(40) { // the log goes on while errtop is away
					m.now = m.now.Add(time.Minute)
					m.lines = append(m.lines, m.now)
					m.given++
				}
				m.restart()
				m.read()
				did = "an absence"
			default:
				m.live(time.Duration(r.IntN(100)) * time.Minute)
				continue
			}
			m.live(time.Minute)
			m.want(did, jumps)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		if err := m.storing.store.Close(); err != nil {
			t.Fatal(err)
		}
		m.start()
		m.read()
		if at, _ := m.tracker.Position("log"); at.Offset != int64(len(m.lines)) {
			t.Errorf("seed %d: read to %d of %d lines", seed, at.Offset, len(m.lines))
		}
	}
}
