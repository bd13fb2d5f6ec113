package report

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/event"
	"errtop/internal/recording"
	"errtop/internal/safetext/canary"
	"errtop/tracker"
)

var noon = time.Date(2026, 11, 22, 14, 32, 7, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// outage is the report's input of a target that fails since half an hour, after a deploy, and of an incident that is over.
func outage() Input {
	failed := tracker.Result{
		Time: ago(time.Second), Target: "billing", Method: "POST", Route: "/v1/charges", Status: 503, Kind: tracker.KindServer, Error: "Service Unavailable",
		Message: "pool is exhausted", RequestID: "req-1", Evidence: &tracker.Evidence{Host: "api-1", Upstream: "10.0.0.7:80", Details: `{"pool":"main"}`, Line: "POST /v1/charges 503"},
	}
	g := &tracker.Group{
		ID: 7, Target: "billing", Method: "POST", Route: "/v1/charges", Outcome: failed.Outcome(), Error: failed.Error, Message: failed.Message,
		Count: 540, First: ago(30 * time.Minute), Last: ago(time.Second), Example: &failed, Exemplars: []tracker.Failure{{Result: failed}, {Result: failed}},
	}
	act := tracker.Activity{Since: ago(5 * time.Hour)}
	for i := range act.Minutes {
		act.Minutes[i] = tracker.Bar{Requests: 60, Errors: uint32(max(0, i-30))}
	}
	act.Hours[23] = tracker.Bar{Requests: 3600, Errors: 540}
	act.Hour = tracker.Window{Requests: 3600, Errors: 540, ByOutcome: []tracker.OutcomeCount{{Outcome: failed.Outcome(), Count: 540}}}
	act.Day = act.Hour
	act.Latencies = &tracker.LatencySeries{}
	for i := range act.Latencies.Minutes {
		act.Latencies.Minutes[i] = tracker.NewLatencyBar(10*time.Millisecond, time.Duration(i)*time.Millisecond, time.Second)
	}
	mark := tracker.Mark{At: ago(31 * time.Minute), Text: "deploy 4.2.1", Target: "billing", Version: "4.2.1", Source: "errtop mark"}
	incident := tracker.Incident{
		ID: 3, Targets: []tracker.IncidentTarget{{Name: "billing", Signals: tracker.SignalFailures}}, Signals: tracker.SignalFailures | tracker.SignalLatency,
		Onset: tracker.Onset{At: ago(30 * time.Minute), Earliest: ago(33 * time.Minute), Latest: ago(29 * time.Minute)},
		Cause: tracker.Cause{Outcome: failed.Outcome(), Class: tracker.CausePoolExhausted, Error: failed.Error, Message: failed.Message, Group: 7, Method: "POST", Route: "/v1/charges", Upstream: "10.0.0.7:80"},
		Now:   0.9, Usual: 0.001, BaselineKnown: true, Requests: 600, Failed: 540, BudgetSpent: 0.032, Mark: &mark, Trend: tracker.TrendSteady,
		Contrasts: []tracker.Contrast{{Field: "route", Value: "/v1/charges", OfFailures: 0.98, OfRequests: 0.12, Sampled: true}},
		Timeline:  []tracker.IncidentEvent{{At: ago(31 * time.Minute), Kind: tracker.EventMark, Target: "billing", Text: "deploy 4.2.1"}, {At: ago(30 * time.Minute), Text: "began: failures"}},
	}
	over := tracker.Incident{
		ID: 2, Targets: []tracker.IncidentTarget{{Name: "search", Signals: tracker.SignalFailures}}, Signals: tracker.SignalFailures, State: tracker.IncidentOver,
		Onset: tracker.Onset{At: ago(3 * time.Hour)}, End: ago(2 * time.Hour), Requests: 100, Failed: 50, Now: 0.5,
		Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindConnect}, Message: "connection refused"},
	}
	snap := &tracker.Snapshot{
		At: noon, Overall: act, Groups: []*tracker.Group{g}, Incidents: []tracker.Incident{incident, over}, Marks: []tracker.Mark{mark},
		Targets: []*tracker.Target{
			{Name: "billing", State: tracker.StateFailing, Since: ago(30 * time.Minute), Reason: "fails", Activity: act, Incident: 3, Breakers: []tracker.Breaker{{State: tracker.BreakerOpen}}},
			{Name: "search", State: tracker.StateOK, Since: ago(time.Hour), Activity: act},
			{Name: "cron", State: tracker.StateStale, Since: ago(time.Hour)},
		},
		Notes: []tracker.Note{{At: ago(15 * time.Minute), By: "kim", Text: "rolling back", Incident: 3, Target: "billing"}, {At: ago(5 * time.Minute), By: "sam", Text: "weekly review"}},
		Gaps:  []tracker.Gap{{From: ago(50 * time.Minute), To: ago(45 * time.Minute), Why: "the machine was suspended"}}, Missing: []string{"health of the sources"},
	}
	return Input{
		Title: "prod-eu", Made: noon.Add(time.Hour), Snapshot: snap, Advisor: nil,
		Alerts: []Alert{
			{
				Rule: "incident", Severity: "critical", Target: "billing", Incident: 3, Phase: "firing", Text: "billing fails", Since: ago(29 * time.Minute), Fired: ago(28 * time.Minute),
				Told: []Told{{At: ago(28 * time.Minute), Receiver: "chat", What: "firing"}}, Acks: []Note{{At: ago(20 * time.Minute), By: "sam", Text: "on it"}},
			},
			{Rule: "stale", Severity: "warning", Target: "cron", Phase: "firing", Text: "cron is silent", Since: ago(time.Hour), Fired: ago(time.Hour)},
		},
	}
}

func page(t *testing.T, in Input) string {
	t.Helper()
	text, err := New(in).HTML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func data(t *testing.T, in Input) string {
	t.Helper()
	text, err := New(in).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAReportSaysWhatHappenedInPlainWords(t *testing.T) {
	wants := []string{
		"There are 2 incidents, of which one goes on. Not as usual now: cron (stale).",
		"billing: 503 Service Unavailable. pool is exhausted", "It began at 2026-11-22 14:02:07, give or take (between 13:59:07 and 14:03:07)", "after deploy 4.2.1",
		"and goes on after 30m (steady)", "540 of 600 requests failed (90.0 %)", "It has spent 3.2 % of the error budget", "Where: POST /v1/charges",
		"search: connection refused. It began at 2026-11-22 11:32:07, and was over at 12:32:07, after 1h00m. 50 of 100 requests failed (50.0 %)",
		"98 % of the failures, 12 % of the requests", "kim", "rolling back", "acknowledged incident: on it", "firing to chat", "weekly review", "req-1",
	}
	for format, text := range map[string]string{"md": New(outage()).Markdown(), "html": plainText(t, page(t, outage())), "json": data(t, outage())} {
		text = strings.NewReplacer(`\_`, "_", `\[`, "[").Replace(text)
		for _, want := range wants {
			if format != "md" && strings.HasPrefix(want, "98 %") || format == "json" && want == "firing to chat" {
				continue // tables say it in cells of their own
			}
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", format, want, text)
			}
		}
	}
}

// plainText returns the text of a page.
func plainText(t *testing.T, page string) string {
	t.Helper()
	var out strings.Builder
	for n := range parse(t, page).Descendants() {
		if n.Type == html.TextNode {
			out.WriteString(n.Data)
		}
	}
	return out.String()
}

func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// skeleton is the markup of a page without its text: elements with the names of their attributes, in order.
func skeleton(t *testing.T, page string) string {
	t.Helper()
	var out strings.Builder
	for n := range parse(t, page).Descendants() {
		switch n.Type {
		case html.ElementNode:
			out.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				out.WriteString(" " + a.Key)
			}
			out.WriteString(">")
		case html.CommentNode:
			out.WriteString("<!--")
		default:
		}
	}
	return out.String()
}

// texts replaces every string in v.
func texts(v reflect.Value, with func(string) string) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			texts(field, with)
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*event.Advisor]() {
			texts(v.Elem(), with)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), with)
		}
	case reflect.String:
		if v.CanSet() && v.String() != "" {
			v.SetString(with(v.String()))
		}
	default:
	}
}

// naughty returns the corpus of hostile texts.
func naughty(t *testing.T) []string {
	t.Helper()
	list := append([]string{
		`</style><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title></svg><a href=javascript:alert(1)>x</a>`, `--><!-- <![CDATA[`, `{{.}}`, "`;${1}",
		`</text><foreignObject><iframe src=//x>`, `' onload='alert(1)`, "\u2028</pre><b>", `&lt;b&gt;&#60;script&#62;`,
	}, canary.Hostile...)
	text, err := os.ReadFile("../../../shared/data/naughty/blns.json")
	if err != nil {
		t.Log("without the large corpus: ", err)
		return list
	}
	var more []string
	if err := json.Unmarshal(text, &more); err != nil {
		t.Fatal(err)
	}
	return append(list, more...)
}

func TestNoUntrustedTextBecomesMarkup(t *testing.T) {
	harmless := outage()
	names := func(in *Input, with func(string) string) {
		texts(reflect.ValueOf(in).Elem(), with)
		in.Snapshot.Incidents[0].Targets[0].Name, in.Snapshot.Targets[0].Name = "b"+with(""), "b"+with("") // those that are looked up by name
		in.Snapshot.Groups[0].Target, in.Snapshot.Marks[0].Target, in.Snapshot.Incidents[1].Targets[0].Name = "b"+with(""), "b"+with(""), "s"+with("")
		in.Snapshot.Targets[1].Name = "s" + with("")
	}
	names(&harmless, func(string) string { return "text" })
	want := skeleton(t, page(t, harmless))
	if strings.Count(want, "<") < 300 {
		t.Fatalf("the page has hardly anything in it: %s", want)
	}
	for _, hostile := range naughty(t) {
		in := outage()
		names(&in, func(string) string { return "x" + hostile })
		text := page(t, in)
		if got := skeleton(t, text); got != want {
			at := 0
			for at < len(got) && at < len(want) && got[at] == want[at] {
				at++
			}
			t.Errorf("%q becomes markup: …%.200s", hostile, got[max(0, at-60):])
		}
		for _, r := range text {
			if r < ' ' && r != '\n' || r == 0x7f || 0x80 <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
				t.Errorf("%q leaves %U in the page", hostile, r)
				break
			}
		}
	}
}

func TestAPageAsksNobodyAndRunsNothing(t *testing.T) {
	text := page(t, outage())
	for n := range parse(t, text).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "use", "image", "foreignobject", "video", "audio":
			t.Errorf("<%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || a.Key == "href" || a.Key == "xlink:href" || strings.Contains(a.Val, "url(") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, part := range []string{"url(", "@import", "http:", "https:", "//"} {
		if strings.Contains(text, part) {
			t.Errorf("the page has %q", part)
		}
	}
	if !strings.Contains(text, "default-src 'none'") || !strings.Contains(text, "prefers-color-scheme") || !strings.Contains(text, "@media print") {
		t.Error("no policy, no dark side or no paper")
	}
}

func TestNoReportShowsASecret(t *testing.T) {
	const secret = "C4N4RYx7Q"
	for _, text := range canary.Texts {
		in := outage()
		texts(reflect.ValueOf(&in).Elem(), func(string) string { return canary.Fill(text, secret) })
		for format, out := range map[string]string{"md": New(in).Markdown(), "html": page(t, in), "json": data(t, in)} {
			if leak := canary.Leak(out, secret); leak != "" {
				t.Errorf("%s shows %q of %q", format, leak, text)
			}
		}
	}
}

func TestAReportIsAboutWhatItIsAskedFor(t *testing.T) {
	in := outage()
	in.From = ago(time.Hour)
	r := New(in)
	if len(r.Incidents) != 1 || r.Incidents[0].ID != 3 || r.Period == nil || r.Period.Requests != 60*60 || r.Nothing(&in) {
		t.Errorf("since an hour: %d incidents, %+v", len(r.Incidents), r.Period)
	}
	in = outage()
	in.Incident = 2
	if r := New(in); len(r.Incidents) != 1 || r.Incidents[0].Name() != "search: connection refused" || r.Nothing(&in) {
		t.Errorf("one incident: %+v", r.Headline)
	}
	in.Incident = 99
	if r := New(in); !r.Nothing(&in) {
		t.Error("an incident that does not exist is something")
	}
	in = outage()
	in.Target = "search"
	if r := New(in); len(r.Incidents) != 1 || len(r.Targets) != 1 || len(r.Groups) != 0 || len(r.Alerts) != 0 {
		t.Errorf("one target: %+v", r)
	}
	in.Target = "nobody"
	if r := New(in); !r.Nothing(&in) {
		t.Error("a target that does not exist is something")
	}
	in = Input{Snapshot: &tracker.Snapshot{At: noon}}
	if r := New(in); !r.Nothing(&in) || r.Headline[0] != "There was no incident." {
		t.Error("an empty snapshot is something")
	}
}

func TestWhatIsOlderThanADayComesFromWhatIsKept(t *testing.T) {
	in := outage()
	in.From = ago(7 * 24 * time.Hour)
	if p := New(in).Period; !p.From.Equal(FirstHour(in.Snapshot)) || p.Requests != 3600 {
		t.Errorf("what is not kept is counted: %+v", p)
	}
	onset := ago(3 * 24 * time.Hour)
	old := tracker.Incident{
		ID: 77, State: tracker.IncidentOver, Signals: tracker.SignalFailures, Onset: tracker.Onset{At: onset}, End: onset.Add(time.Hour), Requests: 1000, Failed: 400,
		Targets: []tracker.IncidentTarget{{Name: "billing"}}, Cause: tracker.Cause{Outcome: tracker.Outcome{Kind: tracker.KindConnect}, Message: "connection refused"},
	}
	in.Older = Older{
		Incidents: []Past{{Incident: old, Groups: []*tracker.Group{{ID: 9, Target: "billing", Message: "connection refused", Count: 400}}}, {Incident: in.Snapshot.Incidents[1]}},
		Requests:  50_000, Errors: 500, Known: true,
	}
	var asked []time.Time
	in.At = func(at time.Time) *tracker.Snapshot {
		asked = append(asked, at)
		earlier, billing := *in.Snapshot, *in.Snapshot.Targets[0]
		billing.Activity.Since = ago(30 * 24 * time.Hour)
		earlier.At, earlier.Targets = at, []*tracker.Target{&billing}
		return &earlier
	}
	r := New(in)
	if p := r.Period; !p.From.Equal(in.From) || p.Requests != 53_600 || p.Errors != 1040 {
		t.Errorf("%+v", p)
	}
	if len(r.Incidents) != 3 || r.Incidents[2].ID != 77 || len(r.Incidents[2].Groups) != 1 || len(r.Incidents[2].Charts) == 0 || !slices.Contains(asked, old.End.Add(10*time.Minute)) {
		t.Fatalf("%d incidents, asked for %v", len(r.Incidents), asked)
	}
	if story := r.Incidents[2].Story; !strings.Contains(story, "billing: connection refused. It began at 2026-11-19 14:32:07, and was over at 15:32:07, after 1h00m. 400 of 1,000") {
		t.Error(story)
	}
	in.Incident = 77
	if r := New(in); len(r.Incidents) != 1 || r.Nothing(&in) {
		t.Errorf("%+v", r.Headline)
	}
}

func TestChartsShowTheOnsetTheEndAndWhatWasDone(t *testing.T) {
	r := New(outage())
	c := r.Incidents[0].Charts[0]
	if c.Kind != ChartFailures || !c.Onset.Equal(ago(30*time.Minute)) || c.End != nil || len(c.Marks) != 1 || len(c.Gaps) != 1 || len(c.Bars) != 60 {
		t.Errorf("%+v", c)
	}
	svg := string(drawChart(&c, 1))
	for _, want := range []string{`class="onset"`, "began 14:02:07", `class="unsure"`, `class="gap"`, `class="mark"`, "deploy 4.2.1", "From 2026-11-22 13:33:00 to 14:33:00 UTC; the most at 14:32:00: 29."} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in %s", want, svg)
		}
	}
	if r.Incidents[0].Charts[1].Kind != ChartLatency {
		t.Errorf("%+v", r.Incidents[0].Charts[1].Kind)
	}
}

// A report of what is over for hours draws its minutes as long as they are known.
func TestAnOldIncidentIsDrawnByItsOwnMinutes(t *testing.T) {
	in := outage()
	var asked []time.Time
	in.At = func(at time.Time) *tracker.Snapshot {
		asked = append(asked, at)
		earlier := *in.Snapshot
		earlier.At = at
		return &earlier
	}
	c := New(in).Incidents[1].Charts[0]
	if !slices.Contains(asked, ago(110*time.Minute)) || c.End == nil || !c.End.Equal(ago(2*time.Hour)) {
		t.Errorf("asked for %v, the end is %v", asked, c.End)
	}
}

func TestTheDemosRecordingMakesAReport(t *testing.T) {
	tape, err := recording.OpenTape("../engine/testdata/demo.ndjson.zst")
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close() //nolint:errcheck // only read from
	p := engine.NewPlayback(config.Default(), tape, "demo")
	for !p.Ended() {
		if err := p.Step(); err != nil {
			t.Fatal(err)
		}
	}
	in := Input{Title: "demo", Made: noon, Snapshot: p.Snapshot(), At: p.SnapshotAt}
	one, two := page(t, in), page(t, in)
	if one != two {
		t.Error("the same input makes another page")
	}
	text := plainText(t, one)
	for _, want := range []string{"There was one incident. It is over.", "right after deploy flux/dev 2.4.1", "2.4.1", "132 of 727"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
}
