package ingest

import (
	"strings"
	"testing"
	"time"
)

// TestEventsAreMarks reads lines of JSON logs: deploys and the like are marks, other events are none.
func TestEventsAreMarks(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`{"time":"2026-03-04T12:00:00Z","event":"deploy billing 4.2.1","target":"billing","version":"4.2.1"}`, "12:00:00 deploy billing 4.2.1|billing|4.2.1"},
		{`{"ts":1772625600,"event":"deployed","service":"billing","version":"4.2.1"}`, "12:00:00 deployed billing 4.2.1|billing|4.2.1"},
		{`{"ts":1772625600123,"event":"deployment.finished","app":"shop","release":7}`, "12:00:00 deployment finished shop 7|shop|7"},
		{`{"@timestamp":"2026-03-04 12:00:00Z","event":"rollback","message":"billing back to 4.2.0"}`, "12:00:00 billing back to 4.2.0||"},
		{`{"event":"rolled back checkout"}`, "rolled back checkout||"},
		{`{"event":"config_changed","target":"gateway"}`, "config changed gateway|gateway|"},
		{`{"event":"release","version":"v9","level":"info"}`, "release v9||v9"},
		{`{"event":"deploy \u001b[31mred\u001b[0m password=hunter2"}`, "deploy red password=***||"},
		{`{"event":"release"}`, ""},
		{`{"event":"released lock","level":"debug"}`, ""},
		{`{"event":"config loaded","level":"info"}`, ""},
		{`{"event":"request finished","level":"info","version":"1"}`, ""},
		{`{"event":"user.login","target":"x"}`, ""},
		{`{"event":{"kind":"deploy"}}`, ""},
		{`{"event":"deploy"`, ""},
		{`event=deploy`, ""},
		{`{"event":"deploy","text":"` + strings.Repeat("x", 20<<10) + `"}`, ""},
	} {
		mark, ok := eventMark([]byte(c.line), "log")
		got := ""
		if ok {
			if !mark.At.IsZero() {
				got = mark.At.UTC().Format(time.TimeOnly) + " "
			}
			got += mark.Text + "|" + mark.Target + "|" + mark.Version
		}
		if got != c.want {
			t.Errorf("%.120s\n got %q\nwant %q", c.line, got, c.want)
		}
	}
}
