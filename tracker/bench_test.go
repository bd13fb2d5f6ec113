package tracker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
)

// batchOf returns 512 results over so many targets, one in every so many an error (0: none).
func batchOf(targets, errorEvery int) []Result {
	r := rand.New(rand.NewPCG(3, 4))
	batch := make([]Result, 512)
	for i := range batch {
		batch[i] = traffic(noon, fmt.Sprintf("target-%d", r.IntN(targets)), 200)
		batch[i].Latency = time.Duration(1+r.IntN(400)) * time.Millisecond
		if errorEvery > 0 && i%errorEvery == 0 {
			batch[i].Status, batch[i].Kind = 500, KindServer
			batch[i].Error, batch[i].Message = "Generation failed", "upstream did not answer in 30 s (request 4711)"
		}
	}
	return batch
}

// stamp moves a batch to a moment, as if it had just come.
func stamp(batch []Result, now time.Time) {
	for i := range batch {
		batch[i].Time = now
	}
}

// Bar: at most 60 ns a result, no allocation.
func BenchmarkRecordSuccess(b *testing.B) {
	batch, tr, now := batchOf(50, 0), live(), noon
	tr.Record(now, batch)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%20 == 0 { // a hundred thousand a second
			b.StopTimer()
			now = now.Add(100 * time.Millisecond)
			stamp(batch, now)
			b.StartTimer()
		}
		tr.Record(now, batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch)), "ns/result")
}

// Bar: at most 400 ns an error of a known group, at most one allocation.
func BenchmarkRecordError(b *testing.B) {
	for _, name := range []string{"same text", "other number each time"} {
		b.Run(name, func(b *testing.B) {
			batch, tr := batchOf(50, 1), live()
			if name != "same text" {
				for i := range batch {
					batch[i].Message = fmt.Sprintf("upstream did not answer in 30 s (request %d)", i)
				}
			}
			tr.Record(noon, batch)
			b.ReportAllocs()
			for b.Loop() {
				tr.Record(noon, batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch)), "ns/error")
		})
	}
}

// Bar: 50 targets at most 100 µs, 1000 at most 2 ms, whatever changed since the last one.
func BenchmarkSnapshot(b *testing.B) {
	for _, targets := range []int{50, 1000} {
		for _, changed := range []string{"nothing", "some", "all", "step"} {
			b.Run(fmt.Sprintf("%d targets, %s changed", targets, changed), func(b *testing.B) {
				tr := live()
				now := filled(tr, targets, 70*time.Minute, time.Second*10)
				all := make([]Result, targets)
				for i := range all {
					all[i] = traffic(now, fmt.Sprintf("target-%d", i), 200)
					all[i].Latency = 20 * time.Millisecond
				}
				tr.Snapshot(now)
				var took []time.Duration
				b.ReportAllocs()
				for b.Loop() {
					switch changed {
					case "some":
						tr.Record(now, all[:targets/10])
					case "all":
						tr.Record(now, all)
					case "step":
						now = now.Add(stepLength)
						stamp(all, now)
						tr.Record(now, all)
					}
					start := time.Now()
					tr.Snapshot(now)
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/snapshot")
			})
		}
	}
}

// filled gives a tracker traffic on all targets for a time, one in twenty an error, and returns the time after it.
func filled(tr *ErrorTracker, targets int, span, every time.Duration) time.Time {
	r := rand.New(rand.NewPCG(5, 6))
	now := noon
	batch := make([]Result, 0, targets)
	for end := noon.Add(span); now.Before(end); now = now.Add(every) {
		batch = batch[:0]
		for i := range targets {
			x := traffic(now, fmt.Sprintf("target-%d", i), 200)
			x.Latency = time.Duration(float64(50*time.Millisecond) * (1 + r.ExpFloat64()))
			if r.IntN(20) == 0 {
				status := []int{400, 429, 500, 503}[r.IntN(4)]
				x.Status, x.Kind, x.Message = status, KindOf(status), "it went wrong"
			}
			batch = append(batch, x)
		}
		tr.Record(now, batch)
	}
	return now
}

// Bar: at most 0.2 times sony/gobreaker's.
func BenchmarkBreakerClosed(b *testing.B) {
	b.Run("errtop", func(b *testing.B) {
		gate, ok, now := live().Gate("t"), Result{Target: "t", Status: 200, Origin: OriginProbe}, noon
		b.ReportAllocs()
		for b.Loop() {
			generation, _ := gate.Allow(now)
			gate.Observe(generation, &ok, now)
		}
	})
	b.Run("gobreaker", func(b *testing.B) {
		breaker := gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{})
		b.ReportAllocs()
		for b.Loop() {
			done, err := breaker.Allow()
			if err == nil {
				done(nil)
			}
		}
	})
}

// Bar: the naive tracker takes at least 50 times as long for the same work: record, and statistics after each result.
func BenchmarkAgainstTheNaiveList(b *testing.B) {
	failures := make([]Failure, 128)
	for i := range failures {
		failures[i].Result = traffic(noon, "t", []int{500, 429, 429, 400, 503}[i%5])
		failures[i].Message = "Generation failed"
	}
	b.Run("naive", func(b *testing.B) {
		list := &naive{}
		for i := range 100 {
			list.track(failures[i])
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			list.track(failures[i%128])
			list.stats(noon)
		}
	})
	b.Run("ring", func(b *testing.B) {
		ring, total := newRing(100), 0
		for i := range 100 {
			ring.push(&failures[i])
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			ring.push(&failures[i%128])
			ring.settle(noon)
			total += ring.len() + ring.young + len(ring.counts)
		}
	})
}

// The past is put together anew each time somebody asks; no bar.
func BenchmarkSnapshotAt(b *testing.B) {
	tr := live()
	now := filled(tr, 1000, 70*time.Minute, time.Second*10)
	b.ReportAllocs()
	for b.Loop() {
		tr.SnapshotAt(now, now.Add(-10*time.Minute))
	}
}

// Bar: at most 2 µs a batch with 1000 sources, as long as nobody looks in between.
func BenchmarkUpdateSource(b *testing.B) {
	tr := New(Settings{})
	list := make([]Source, 1000)
	for i := range list {
		list[i] = Source{Name: fmt.Sprintf("/var/log/pods/%d.log", i), State: SourceReading, Live: true}
		tr.UpdateSource(noon, list[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		source := &list[i%len(list)]
		source.Lines++
		source.LastSeen = noon.Add(time.Duration(i))
		tr.UpdateSource(noon, *source)
	}
}
