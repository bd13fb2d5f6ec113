package tracker

import (
	"testing"
	"time"
)

// Bar: 1000 targets over a day at most 25 MB, 150 ms each way.
func BenchmarkState(b *testing.B) {
	tr := live()
	now := filled(tr, 1000, 24*time.Hour, 20*time.Second)
	state := tr.State(now, Part{})
	b.Run("save", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			state = tr.State(now, Part{})
		}
		b.ReportMetric(float64(len(state.encoded))/1e6, "MB")
	})
	b.Run("restore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := New(Settings{}).Restore(now, reread(b, state)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("save the last hour", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			state = tr.State(now, Part{From: now.Add(-time.Minute)})
		}
		b.ReportMetric(float64(len(state.encoded))/1e6, "MB")
	})
}
