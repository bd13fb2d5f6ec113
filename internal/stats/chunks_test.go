package stats

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"errtop/internal/logline"
	"errtop/internal/logline/testlog"
)

// summaryOf sums up what scan hands to that many workers.
func summaryOf(t *testing.T, workers int, scan func([]*statsWorker) error) string {
	t.Helper()
	var own []*statsWorker
	for range workers {
		d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		w := &statsWorker{decoder: d, tally: newTally()}
		own = append(own, w)
	}
	if err := scan(own); err != nil {
		t.Fatal(err)
	}
	s := newSummary("")
	total := newTally()
	for _, w := range own {
		total.merge(w.tally)
	}
	total.samples = lastSamples(own)
	s.merge("log", total)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %+v", text, s.Unreadable())
}

// plainly reads a log the obvious way: split, one line after the other, one worker.
func plainly(log string) func([]*statsWorker) error {
	return func(workers []*statsWorker) error {
		n := uint64(0)
		for line := range strings.Lines(log) {
			text := []byte(strings.TrimSuffix(line, "\n"))
			workers[0].line(0, n, text[:min(len(text), logline.MaxLine)], len(text) > logline.MaxLine)
			n++
		}
		workers[0].lineCount(0, n)
		return nil
	}
}

func TestChunksAndSplitsChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	log := testlog.RandomLog(r, 25)
	want := summaryOf(t, 1, plainly(log))
	for chunk := int64(1); chunk < int64(len(log))+3; chunk += 1 + chunk/20 {
		if got := summaryOf(t, 3, func(workers []*statsWorker) error {
			return scanFile(t.Context(), strings.NewReader(log), int64(len(log)), chunk, workers)
		}); got != want {
			t.Fatalf("file in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
	for _, chunk := range []int{1, 7, 100, 1000, 100000} {
		if got := summaryOf(t, 3, func(workers []*statsWorker) error {
			return scanStream(t.Context(), iotest.HalfReader(strings.NewReader(log)), chunk, workers)
		}); got != want {
			t.Fatalf("stream in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
}

func TestLogsOfKnownShapesAreCountedAsLineByLine(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	var lines []string
	for _, format := range []string{"own", "access", "Caddy", "any order", "logfmt"} {
		lines = append(lines, strings.SplitAfter(testlog.Of(format), "\n")[:1200]...)
	}
	lines = append(lines, strings.SplitAfter(testlog.RandomLog(r, 400), "\n")...)
	for _, mixed := range []bool{false, true} {
		if mixed {
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		}
		log := strings.Join(lines, "")
		want := summaryOf(t, 1, plainly(log))
		for _, chunk := range []int64{999, 20_000, chunkSize} {
			for workers := 1; workers <= 3; workers += 2 {
				if got := summaryOf(t, workers, func(workers []*statsWorker) error {
					return scanFile(t.Context(), strings.NewReader(log), int64(len(log)), chunk, workers)
				}); got != want {
					t.Fatalf("%d workers, in chunks of %d\ngot  %s\nwant %s", workers, chunk, got, want)
				}
			}
		}
	}
}

func TestLinesBeyondTheLimitAreCutCountedAndPassed(t *testing.T) {
	good := `{"status":500,"target":"a"}` + "\n"
	for _, n := range []int{logline.MaxLine - 1, logline.MaxLine, logline.MaxLine + 1, logline.MaxLine + chunkSize, 3*logline.MaxLine + 5} {
		log := good + strings.Repeat("x", n) + "\n" + good + strings.Repeat("y", n)
		want := summaryOf(t, 1, plainly(log))
		for name, scan := range map[string]func([]*statsWorker) error{
			"file": func(workers []*statsWorker) error {
				return scanFile(t.Context(), strings.NewReader(log), int64(len(log)), chunkSize, workers)
			},
			"stream": func(workers []*statsWorker) error {
				return scanStream(t.Context(), strings.NewReader(log), chunkSize, workers)
			},
		} {
			if got := summaryOf(t, 2, scan); got != want {
				t.Errorf("%s, %d bytes\ngot  %s\nwant %s", name, n, got, want)
			}
		}
	}
}

func TestW3CKeepsItsColumnsAcrossParts(t *testing.T) {
	var log strings.Builder
	for day := range 9 {
		fmt.Fprintf(&log, "#Date: 2026-01-0%d 00:00:00\n#Fields: time cs-uri-stem sc-status\n", day+1)
		if day%2 == 1 {
			log.WriteString("#Fields: sc-status time cs-uri-stem\n")
		}
		for i := range 20 {
			if day%2 == 1 {
				fmt.Fprintf(&log, "50%d 10:00:00 /a/b\n", i%5)
			} else {
				fmt.Fprintf(&log, "10:00:00 /a/b 40%d\n", i%5)
			}
		}
	}
	want := summaryOf(t, 1, plainly(log.String()))
	for _, chunk := range []int{128, 200, 333, 1000} {
		if got := summaryOf(t, 3, func(workers []*statsWorker) error {
			return scanStream(t.Context(), strings.NewReader(log.String()), chunk, workers)
		}); got != want {
			t.Fatalf("in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
}

func TestLinesThatAContainerRuntimeCutAreReadWhole(t *testing.T) {
	var log strings.Builder
	for i := range 200 {
		stamp := fmt.Sprintf("2026-11-25T03:%02d:01.9Z stdout ", i%60)
		line := fmt.Sprintf(`{"target":"t%d","status":%d,"stack":"%s"}`, i%3, 200+i, strings.Repeat("x", i*7%400))
		for len(line) > 90 {
			log.WriteString(stamp + "P " + line[:90] + "\n")
			line = line[90:]
		}
		log.WriteString(stamp + "F " + line + "\n")
	}
	want := summaryOf(t, 1, plainly(log.String()))
	for _, chunk := range []int{700, 1000, 5000} {
		if got := summaryOf(t, 3, func(workers []*statsWorker) error {
			return scanStream(t.Context(), strings.NewReader(log.String()), chunk, workers)
		}); got != want {
			t.Fatalf("in chunks of %d\ngot  %s\nwant %s", chunk, got, want)
		}
	}
	if !strings.Contains(want, `"results":200`) || !strings.Contains(want, `"skipped":0`) {
		t.Error(want)
	}
}
