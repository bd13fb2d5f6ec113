package tui

import (
	"testing"

	"errtop/internal/filter"
	"errtop/tracker"
)

func TestAStatusFilterFindsTargetsByWhatTheyAnswered(t *testing.T) {
	f, err := filter.Parse("status:429")
	if err != nil {
		t.Fatal(err)
	}
	snap := incident()
	kling, flux := targetFacts(snap.Targets[0]), targetFacts(snap.Targets[1])
	if !f.Match(&kling, noon) || f.Match(&flux, noon) {
		t.Error("kling answered 429, flux/dev did not")
	}
}

func TestTheFilterKnowsWhatAClientCallsItself(t *testing.T) {
	snap := incident()
	okhttp, curl := &tracker.Labels{{Name: "region", Value: "eu"}, {Name: "agent", Value: "okhttp/4"}}, &tracker.Labels{{Name: "agent", Value: "curl/8"}}
	for i := range snap.Errors {
		snap.Errors[i].Labels = okhttp
		if snap.Errors[i].Target == "flux/dev" {
			snap.Errors[i].Labels = curl
		}
	}
	for _, g := range snap.Groups {
		if g.Example == nil {
			continue
		}
		g.Example.Labels = okhttp
		if g.Target == "flux/dev" {
			g.Example.Labels = curl
		}
	}
	for _, view := range []string{"2", "3"} {
		for _, text := range []string{"agent:curl", `=agent startsWith "curl/"`, "curl/8"} {
			visit(t, 100, 30, snap).press(view, "/").write(text).press("enter").sees("flux/dev").lacks("▌ now       kling", "  kling   ")
		}
	}
}
