package ingest

import (
	"strings"
	"testing"

	"errtop/internal/logline"
	"errtop/tracker"
)

// The "@" by which a password is known follows what is kept of the line, at every place around the bound.
func TestNoSampleShowsASecretThatTheBoundCuts(t *testing.T) {
	for before := logline.MaxSample - 60; before < logline.MaxSample; before++ {
		for _, secret := range []string{"C4N4RYx7", strings.Repeat("C4N4RYx7", 30)} {
			line := strings.Repeat("x", before) + " https://" + secret + "@h.example/ failed"
			var samples []tracker.Unreadable
			sink := Sink{Emit: func([]tracker.Result) {}, Health: func(s tracker.Source) { samples = s.Samples }}
			if err := Stream(t.Context(), "log", strings.NewReader(`{"status":500,"target":"a"}`+"\n"+line+"\n"), Options{}, sink); err != nil {
				t.Fatal(err)
			}
			if len(samples) != 1 {
				t.Fatalf("%d samples", len(samples))
			}
			if text := samples[0].Text; strings.Contains(text, "C4N") || len(text) > logline.MaxSample {
				t.Fatalf("behind %d characters: %q", before, text[max(0, len(text)-80):])
			}
		}
	}
}
