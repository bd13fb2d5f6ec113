package logline

import (
	"bytes"
	"fmt"
	"testing"
)

// The bar: 1,000,000 lines a second on one core, for logs with two lines a request too.
func BenchmarkTwoLinesARequest(b *testing.B) {
	var log bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&log, "Started GET \"/orders/%d\" for 127.0.0.1 at 2026-11-25 03:%02d:01 +0000\n", i, i%60)
		fmt.Fprintf(&log, "Completed %d OK in %dms (Views: 0.1ms | ActiveRecord: 0.%dms)\n", 200+i%10/9*300, i%300, i%10)
	}
	lines := bytes.Split(bytes.TrimSpace(log.Bytes()), []byte("\n"))
	d := newQuick(b)
	d.deferring = false
	results := 0
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			if v, _ := d.Decode(line); v == LineResult {
				results++
			}
		}
	}
	b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds()/1e6, "Mlines/s")
	if results != b.N*len(lines)/2 {
		b.Errorf("%d results of %d lines", results, b.N*len(lines))
	}
}
