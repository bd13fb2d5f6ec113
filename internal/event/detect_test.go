package event

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// yesterday is a log: kling breaks at 14:02 and recovers at 14:20, and breaks once more two hours later; flux is throttled for
// three minutes; veo has a message that is new every time.
func yesterday() []tracker.Result {
	var log []tracker.Result
	begin := noon.Add(-24 * time.Hour)
	add := func(at time.Time, target string, status int, title, message string) {
		r := tracker.Result{Time: at, Target: target, Source: "log", Origin: tracker.OriginTraffic, Method: "POST", Route: "/v1/" + target, Status: status, Latency: 80 * time.Millisecond}
		switch {
		case status >= 500:
			r.Kind, r.Error, r.Message = tracker.KindServer, title, message
		case status == 429:
			r.Kind, r.Error, r.Message = tracker.KindRateLimited, title, message
		}
		log = append(log, r)
	}
	for at := begin; at.Before(begin.Add(5 * time.Hour)); at = at.Add(2 * time.Second) {
		since := at.Sub(begin)
		switch {
		case since >= 2*time.Minute && since < 20*time.Minute, since >= 135*time.Minute && since < 140*time.Minute:
			add(at, "kling", 500, "Generation failed", fmt.Sprintf("upstream timed out after %d ms", 3000+int(since.Seconds())))
		default:
			add(at, "kling", 200, "", "")
		}
		if since >= 30*time.Minute && since < 33*time.Minute {
			add(at, "flux", 429, "Rate limit exceeded", fmt.Sprintf("Try again in %d seconds.", int(since.Seconds())%60))
		} else {
			add(at, "flux", 200, "", "")
		}
		if since%(6*time.Second) == 0 && since > 200*time.Minute && since < 205*time.Minute {
			letters := strings.Map(func(r rune) rune { return r - '0' + 'g' }, fmt.Sprint(int(since.Seconds())))
			add(at, "veo", 503, "Service unavailable", "no worker "+letters)
		} else {
			add(at, "veo", 200, "", "")
		}
	}
	return log
}

// noon is the moment that tests are of.
var noon = time.Date(2026, 11, 22, 14, 32, 7, 0, time.UTC)

var update = flag.Bool("update", false, "write the golden files anew")

func told(list []Event) string {
	var out strings.Builder
	for _, e := range list {
		fmt.Fprintln(&out, e.At.UTC().Format(time.RFC3339), e.Target, e.Text)
	}
	return out.String()
}

// golden compares a text with the one kept under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is kept (go test ./internal/event -update writes it anew):\n%s", name, got)
	}
}

func TestALogReadAtOnceTellsItsStoryInItsOwnTime(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(noon, tracker.Source{Name: "log", State: tracker.SourceReading})
	tr.Record(noon, yesterday())
	s := NewDetector(nil)
	list := s.Next(tr.Snapshot(noon))
	if !slices.IsSortedFunc(list[:len(list)-1], func(a, b Event) int { return a.At.Compare(b.At) }) {
		t.Error("it is not told in order")
	}
	golden(t, "story", told(list))
	if again := s.Next(tr.Snapshot(noon)); len(again) > 0 {
		t.Errorf("told twice: %q", told(again))
	}
}

func TestALiveLogTellsTheSameStoryAsOneReadAtOnce(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	tr.UpdateSource(noon, tracker.Source{Name: "log", State: tracker.SourceReading})
	s := NewDetector(nil)
	var all []Event
	for batch := range slices.Chunk(yesterday(), 30) {
		tr.Record(noon, batch)
		all = append(all, s.Next(tr.Snapshot(noon))...)
	}
	once := tracker.New(tracker.Settings{})
	once.UpdateSource(noon, tracker.Source{Name: "log", State: tracker.SourceReading})
	once.Record(noon, yesterday())
	// What a state's cause was is only known to who was there; otherwise the stories are the same, state changes up to 10 s.
	plot := func(list []Event) (lines []string) {
		for _, c := range list {
			line := c.Target + " " + c.Text
			if what, _, found := strings.Cut(c.Text, ": "); found && !strings.Contains(c.Text, "error") && !strings.Contains(c.Text, "breaker") {
				line = c.Target + " " + what
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		return lines
	}
	live, read := plot(all), plot(NewDetector(nil).Next(once.Snapshot(noon)))
	if !slices.Equal(live, read) {
		t.Errorf("live:\n%s\nread at once:\n%s", strings.Join(live, "\n"), strings.Join(read, "\n"))
	}
}

func TestAMessageThatIsNewEveryTimeDoesNotDrownTheRest(t *testing.T) {
	tr := tracker.New(tracker.Settings{})
	var log []tracker.Result
	for i := range 20_000 {
		word := strings.Map(func(r rune) rune { return r - '0' + 'g' }, fmt.Sprint(i))
		log = append(log, tracker.Result{Time: noon.Add(time.Duration(i) * 50 * time.Millisecond), Target: "veo", Status: 500, Kind: tracker.KindServer, Error: word})
	}
	s := NewDetector(nil)
	lines := 0
	for batch := range slices.Chunk(log, 100) {
		tr.Record(noon, batch)
		lines += len(s.Next(tr.Snapshot(noon)))
	}
	if lines > 60 {
		t.Errorf("%d lines in 17 minutes", lines)
	}
	t.Logf("%d lines", lines)
}
