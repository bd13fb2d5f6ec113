package stats

import (
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/internal/logline/testlog"
)

// The bar: 1,000,000 lines a second on one core in every format; 10,000,000 for errtop's own in a usual order.
func BenchmarkStats(b *testing.B) {
	for _, format := range testlog.Formats() {
		b.Run(format, func(b *testing.B) {
			log := []byte(testlog.Of(format))
			d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
			if err != nil {
				b.Fatal(err)
			}
			d.Defer(0)
			w := &statsWorker{decoder: d, tally: newTally()}
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			lines := 0
			for b.Loop() {
				w.counts = w.counts[:0]
				scanLines(0, log, false, w)
				lines += 4000
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds()/1e6, "Mlines/s")
			if w.tally.skipped > 0 {
				b.Fatalf("%d lines were not read: %+v", w.tally.skipped, w.tally.samples[0])
			}
		})
	}
}
