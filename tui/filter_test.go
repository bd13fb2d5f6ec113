package tui

import (
	"testing"

	"errtop/internal/filter"
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
