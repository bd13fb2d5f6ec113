package logline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
	"errtop/tracker"
)

// logOf returns a log of n lines of JSON whose rest a function gives.
func logOf(n int, rest func(i int) string) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"@timestamp":"2026-11-25T03:%02d:%02d.5Z","method":"GET","path":"/orders","status":200,%s}`+"\n", i/60%60, i%60, rest(i))
	}
	return []byte(b.String())
}

// lastOf decodes the last line of a log after learning from all of it.
func lastOf(t *testing.T, log []byte, o logline.Options, written time.Time) (*logline.Decoder, tracker.Result) {
	t.Helper()
	d, err := logline.NewDecoder(o, written)
	if err != nil {
		t.Fatal(err)
	}
	d.Learn(log, true)
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	if kind, reason := d.Decode([]byte(lines[len(lines)-1])); kind != logline.LineResult {
		t.Fatal(reason)
	}
	maker := logline.NewResultMaker("log")
	return d, maker.Make(d)
}

func TestAUnitIsLearnedFromWhatIsPossible(t *testing.T) {
	for _, c := range []struct {
		name    string
		lines   int
		rest    func(i int) string
		latency time.Duration
		why     string
	}{
		{"seconds", 300, func(i int) string { return fmt.Sprintf(`"took":%.3f`, 0.005+float64(i%40)/100) }, 195 * time.Millisecond, "s: learned from 200 lines"},
		{"milliseconds", 300, func(i int) string { return fmt.Sprintf(`"took":%d`, 20+i%200) }, 119 * time.Millisecond, "ms: learned from 200 lines"},
		{"milliseconds with a fraction", 300, func(i int) string { return fmt.Sprintf(`"took":%d.25`, 20+i%200) }, 119250 * time.Microsecond, "ms: learned from 200 lines"},
		{"few lines", 15, func(int) string { return `"took":0.012` }, 0, "left out: nothing says the unit of 0.012"},
		{"as likely seconds as milliseconds", 300, func(int) string { return `"took":2` }, 0, "left out: nothing says the unit of 2"},
		{"as likely microseconds as nanoseconds", 300, func(int) string { return `"took":2000000` }, 0, "left out: nothing says the unit of 2000000"},
		{
			"no request began before it came", 300,
			func(i int) string {
				return fmt.Sprintf(`"received_at":"x","start_time":"2026-11-25T03:%02d:%02d.4Z","took":2`, i/60%60, i%60)
			},
			2 * time.Millisecond, "ms: learned from 200 lines",
		},
		{"stamps that say it", 1, func(int) string {
			return `"started_at":"2026-11-25T02:59:59.250Z","ended_at":"2026-11-25T03:00:00.500Z","took":1250`
		}, 1250 * time.Millisecond, "from the stamps of start and end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, r := lastOf(t, logOf(c.lines, c.rest), logline.Options{}, time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC))
			if r.Latency != c.latency || d.WhyLatency() != c.why {
				t.Errorf("latency %v, %q; want %v, %q", r.Latency, d.WhyLatency(), c.latency, c.why)
			}
		})
	}
}

// TestAnAdoptedUnitIsNotLearnedAnew: workers that read parts of one log understand it alike.
func TestAnAdoptedUnitIsNotLearnedAnew(t *testing.T) {
	seconds := logOf(100, func(int) string { return `"took":0.012` })
	first, err := logline.NewDecoder(logline.Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	first.Learn(seconds, false)
	second := first.Sibling(time.Now())
	second.Adopt(first)
	for line := range strings.Lines(string(logOf(500, func(int) string { return `"took":120,"dur":120` }))) {
		second.Decode([]byte(strings.TrimSpace(line)))
	}
	maker := logline.NewResultMaker("log")
	if r := maker.Make(second); r.Latency != 2*time.Minute || second.WhyLatency() != "s: learned from 100 lines" {
		t.Errorf("%v, %s", r.Latency, second.WhyLatency())
	}
}

func TestAStampWithoutAZoneIsInTheZoneItWasWrittenIn(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	written := time.Date(2026, 11, 25, 15, 30, 5, 0, time.UTC) // 10:30:05 in New York
	for _, c := range []struct {
		name, zone, line, at, why string
	}{
		{"HAProxy, local", "", `192.0.2.1:5000 [25/Nov/2026:10:30:01.143] fe~ orders/s1 0/0/1/2/3 503 217 - - ---- 2/1/0/0/3 0/0 "GET /orders/1 HTTP/1.1"`, "15:30:01.143", "Local: this machine's, by the time of the last write"},
		{"HAProxy, UTC", "", `192.0.2.1:5000 [25/Nov/2026:15:30:01.143] fe~ orders/s1 0/0/1/2/3 503 217 - - ---- 2/1/0/0/3 0/0 "GET /orders/1 HTTP/1.1"`, "15:30:01.143", "UTC: by the time of the last write"},
		{"asctime, local", "", `{"asctime":"2026-11-25 10:29:01,123","method":"GET","path":"/orders/1","status":500}`, "15:29:01.123", "Local: this machine's, by the time of the last write"},
		{"syslog, local", "", `Nov 25 10:30:01 web app[12]: {"method":"GET","path":"/orders/1","status":500}`, "15:30:01", "Local: this machine's, by the time of the last write"},
		{"syslog around a zoned stamp", "", `Nov 25 10:30:01 web app[12]: {"ts":"2026-11-25T15:30:01Z","method":"GET","path":"/orders/1","status":500}`, "15:30:01", ""},
		{"an old log", "", `{"asctime":"2026-11-25 01:00:00,123","method":"GET","path":"/orders/1","status":500}`, "01:00:00.123", "UTC: assumed, no stamp names one; --zone sets another"},
		{"a zone in the stamp", "", `{"ts":"2026-11-25T10:30:01-05:00","method":"GET","path":"/orders/1","status":500}`, "15:30:01", ""},
		{"set", "Europe/Berlin", `{"asctime":"2026-11-25 10:30:01,123","method":"GET","path":"/orders/1","status":500}`, "09:30:01.123", "Europe/Berlin: as --zone or the settings say"},
		{"set by an offset", "+05:30", `[25/Nov/2026 15:30:01] "GET /orders HTTP/1.1" 500 145`, "10:00:01", "+05:30: as --zone or the settings say"},
		{"CloudFront is UTC", "America/New_York", `{"date":"2026-11-25","time":"15:30:01","x-edge-location":"FRA","cs-method":"GET","cs-uri-stem":"/o","sc-status":"502"}`, "15:30:01", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			machine := time.Local
			time.Local = newYork
			defer func() { time.Local = machine }()
			d, r := lastOf(t, []byte(c.line+"\n"), logline.Options{Zone: c.zone}, written)
			why := strings.Replace(d.WhyZone(), "America/New_York", "Local", 1)
			if at := r.Time.Format("15:04:05.999"); at != c.at || why != c.why {
				t.Errorf("%s, %q; want %s, %q", at, why, c.at, c.why)
			}
		})
	}
}

func TestAWrongZoneIsRefused(t *testing.T) {
	for _, zone := range []string{"Mars/Olympus", "+99:99", "-", "../../etc/passwd"} {
		if _, err := logline.NewDecoder(logline.Options{Zone: zone}, time.Now()); err == nil || !strings.Contains(err.Error(), "zone") {
			t.Errorf("%q: %v", zone, err)
		}
	}
}

func TestTwoRequestsInOneLineAreTold(t *testing.T) {
	log := `{"@timestamp":"2026-11-25T03:00:01Z","first":{"method":"GET","path":"/a","status":200},"second":{"method":"POST","path":"/b","status":503}}` + "\n"
	d, r := lastOf(t, []byte(log), logline.Options{}, time.Now())
	if r.Status != 200 || r.Method != "GET" || r.Route != "/a" {
		t.Errorf("mixed: %s", describe(r))
	}
	if text := d.Ambiguity(); text != "two requests in one line: first.status is taken, second.status is not" {
		t.Errorf("%q", text)
	}
}

// FuzzValues shows that no line of keys makes the search for values panic, or let through what is not harmless.
func FuzzValues(f *testing.F) {
	for _, c := range valueCases(f) {
		f.Add(c.line)
	}
	d, err := logline.NewDecoder(logline.Options{}, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))
	if err != nil {
		f.Fatal(err)
	}
	maker := logline.NewResultMaker("log")
	f.Fuzz(func(t *testing.T, line string) {
		if kind, _ := d.Decode([]byte(line)); kind != logline.LineResult {
			return
		}
		r := maker.Make(d)
		texts := []string{r.Target, r.Method, r.Route, r.Error, r.Message, r.RequestID, d.WhyLatency(), d.WhyZone(), d.Ambiguity()}
		if r.Labels != nil {
			for _, l := range *r.Labels {
				texts = append(texts, l.Name, l.Value)
			}
		}
		for _, text := range texts {
			if strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c >= 0x7f && c < 0xa0 }) {
				t.Fatalf("%q", text)
			}
		}
		if r.Latency < 0 || r.Latency > logline.MaxLatency {
			t.Fatalf("latency %v", r.Latency)
		}
	})
}

// TestTheUnitOfAW3CColumnIsItsServers: a decimal point says nothing.
func TestTheUnitOfAW3CColumnIsItsServers(t *testing.T) {
	for _, c := range []struct {
		columns, taken string
		latency        time.Duration
	}{
		{"date time cs-method cs-uri-stem sc-status x-edge-result-type time-taken", "Error 2", 2 * time.Second},
		{"date time cs-method cs-uri-stem sc-status x-edge-result-type time-taken", "Error 0.250", 250 * time.Millisecond},
		{"date time cs-method cs-uri-stem sc-status sc-substatus time-taken", "0 250", 250 * time.Millisecond},
		{"date time cs-method cs-uri-stem sc-status time-taken", "0.250", 0},
	} {
		log := "#Fields: " + c.columns + "\n2026-11-25 03:00:01 GET /orders 502 " + c.taken + "\n"
		found, _ := whole(t, log, logline.Options{})
		if len(found) != 1 || found[0].Latency != c.latency {
			t.Errorf("%s: %+v, want %v", log, found, c.latency)
		}
	}
}
