package ingest

import (
	"testing"

	"errtop/internal/logline/testlog"
	"errtop/tracker"
)

// The bar: 1,000,000 results a second on one core, errors with all their evidence included.
func BenchmarkStream(b *testing.B) {
	for _, format := range []string{"own", "access"} {
		b.Run(format, func(b *testing.B) {
			log := []byte(testlog.Of(format))
			sink := Sink{Emit: func([]tracker.Result) {}}
			p, err := newPump("log", Options{}, sink)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			lines := 0
			for b.Loop() {
				p.feed(log, false)
				lines += 4000
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds()/1e6, "Mlines/s")
		})
	}
}
