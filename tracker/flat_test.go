package tracker

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// Bar: 1 MB a day after the first. Targets, messages, sources and marks that come and go with the hours leave nothing behind; failures
// come in bursts, so that incidents begin and end all the time.
func TestThreeDaysTakeNoMoreMemoryThanOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const bar = 1e6
	before := heap()
	tr := live()
	now := noon
	var days []float64
	for day := range 3 {
		for hour := range 24 {
			source := fmt.Sprintf("log-%d-%d", day, hour)
			tr.UpdateSource(now, Source{Name: source, Live: true})
			tr.AddMark(now, Mark{At: now, Text: fmt.Sprintf("deploy %d.%d", day, hour)})
			for second := 0; second < 3600; second += 20 {
				at := now.Add(time.Duration(second) * time.Second)
				var batch []Result
				for i := range 10 {
					x := traffic(at, fmt.Sprintf("target-%d", i), 200)
					x.Source = source
					if second%1800 < 300 && i%10 == hour%10 {
						x.Status, x.Kind, x.Message = 503, KindServer, fmt.Sprintf("it went wrong in part %c%c of day %d", 'a'+hour, 'a'+second%26, day)
					}
					batch = append(batch, x)
				}
				batch = append(batch, traffic(at, fmt.Sprintf("once-%d-%d-%d", day, hour, second), 404))
				tr.Record(at, batch)
				if second%600 == 0 {
					tr.Snapshot(at)
				}
			}
			now = now.Add(time.Hour)
			tr.UpdateSource(now, Source{Name: source, State: SourceGone})
		}
		days = append(days, (float64(heap())-float64(before))/1e6)
	}
	t.Logf("MB after each day: %.1f", days)
	if grown := days[2] - days[1]; grown*1e6 > bar {
		t.Errorf("the third day took %.1f MB more", grown)
	}
	runtime.KeepAlive(tr)
}
