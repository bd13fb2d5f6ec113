//go:build unix

package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// busy returns a tracker that so many targets have filled for a while, with so many results a second in all.
func busy(targets int, span time.Duration, perSecond int) (tr *tracker.ErrorTracker, now time.Time, more func(time.Duration)) {
	tr = tracker.New(tracker.Settings{})
	r := rand.New(rand.NewPCG(5, 6))
	now = noon
	tr.UpdateSource(now, tracker.Source{Name: "log", Live: true})
	names := make([]string, targets)
	for i := range names {
		names[i] = fmt.Sprintf("target-%d", i)
	}
	batch := make([]tracker.Result, perSecond)
	fill := func(span time.Duration) {
		for end := now.Add(span); now.Before(end); now = now.Add(time.Second) {
			for i := range batch {
				x := tracker.Result{Time: now, Target: names[r.IntN(targets)], Source: "log", Method: "POST", Route: "/api", Status: 200}
				x.Latency = time.Duration(float64(50*time.Millisecond) * (1 + r.ExpFloat64()))
				if r.IntN(100) == 0 {
					x.Status = []int{400, 429, 500, 503}[r.IntN(4)]
					x.Kind, x.Message, x.RequestID = tracker.KindOf(x.Status), "it went wrong", strconv.FormatUint(r.Uint64(), 16)
				}
				batch[i] = x
			}
			tr.Record(now, batch)
		}
	}
	fill(span)
	return tr, now, fill
}

// written returns how many bytes this process has had written to disks, 0 where nobody counts.
func written() (n int64) {
	text, _ := os.ReadFile("/proc/self/io")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			n, _ = strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
		}
	}
	return n
}

// BenchmarkKeep keeps what comes in five seconds at 1000 results a second over 50 targets. Bar: at most 50 ms of a processor, and 250 KB to
// disk: a hundredth of a core, 50 KB/s.
func BenchmarkKeep(b *testing.B) {
	tr, now, more := busy(50, 90*time.Minute, 1000)
	s := open(b, Options{Path: filepath.Join(b.TempDir(), "x.db"), Now: noon})
	var mark tracker.KeptMark
	keep := func() int {
		kept, next, _ := tr.Keep(now, mark)
		n, err := s.Save(b.Context(), kept)
		if err != nil {
			b.Fatal(err)
		}
		mark = next
		return n
	}
	keep()
	total, begin := 0, written()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		more(5 * time.Second)
		now = now.Add(5 * time.Second)
		b.StartTimer()
		total += keep()
	}
	b.ReportMetric(float64(total)/float64(b.N)/1000, "KB")
	b.ReportMetric(float64(written()-begin)/float64(b.N)/1000, "KB-to-disk")
}

// BenchmarkRestore opens a store with a day of so many targets, and restores it. Bars: 100 ms for 50, 500 ms for 1000.
func BenchmarkRestore(b *testing.B) {
	for _, targets := range []int{50, 1000} {
		tr, now, _ := busy(targets, 24*time.Hour, 2*targets/50)
		path := filepath.Join(b.TempDir(), "x.db")
		s := open(b, Options{Path: path, Now: noon})
		kept, _, _ := tr.Keep(now, tracker.KeptMark{})
		if _, err := s.Save(b.Context(), kept); err != nil || s.Close() != nil {
			b.Fatal(err)
		}
		b.Run(strconv.Itoa(targets), func(b *testing.B) {
			spent := processorTime()
			for b.Loop() {
				s := open(b, Options{Path: path, Now: noon})
				state, err := s.Load(b.Context())
				if err == nil {
					err = tracker.New(tracker.Settings{}).Restore(now, state.Tracker...)
				}
				if err != nil || s.Close() != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime()-spent).Microseconds())/float64(b.N)/1000, "ms-of-processor")
		})
	}
}

// TestAMonthOfFiftyTargetsIsSmall keeps a day of 1000 results a second thirty times. Bar: 48 MB.
func TestAMonthOfFiftyTargetsIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("a day at 1000 results a second")
	}
	tr, now, _ := busy(50, 6*time.Hour, 1000)
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "x.db"), Now: noon})
	for day := range 30 {
		for hour := range 24 {
			hours := tr.Hours(now, noon.Add(time.Duration(hour%5)*time.Hour))
			for i := range hours {
				hours[i].Start = noon.Add(time.Duration(24*day+hour) * time.Hour)
			}
			if err := s.SaveHours(t.Context(), hours); err != nil || len(hours) != 50 {
				t.Fatal(len(hours), err)
			}
		}
	}
	kept, _, _ := tr.Keep(now, tracker.KeptMark{})
	if _, err := s.Save(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	size, _ := s.Size()
	t.Logf("30 days of 50 targets take %.1f MB", float64(size)/1e6)
	if size > 48e6 {
		t.Errorf("30 days of 50 targets take %d bytes", size)
	}
}
