package filter

import (
	"errors"
	"testing"

	"errtop/tracker"
)

func TestAMistakeIsNotTakenForSomethingUnfinished(t *testing.T) {
	for _, text := range []string{"status:abc", "status:5xxx", "status:600x", "kind:tiemout", "since:yesterday", "colour:red", "/a(/", "status:5 ", "kind:ti flux"} {
		_, err := ParseTyped(text)
		if err == nil || errors.As(err, new(UnfinishedError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "flux", "503", "timeout", "status:5xx", "kind:dns", "since:1h30m", "route:/v1/status", "status:429 stat ", "10.0.0.1:8080"} {
		if _, err := ParseTyped(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAnExpressionHoldsOnlyOnceItIsEntered(t *testing.T) {
	for _, text := range []string{"=", "=sta", "=status > 4", "=status >= 500", "=(", "=nonsense", "status >= 5", "status >="} {
		if _, err := ParseTyped(text); !errors.As(err, new(UnfinishedError)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAnExpressionAboutManyOutcomesHoldsWhereItDoesForOneOfThem(t *testing.T) {
	target := Facts{Target: "kling", Outcomes: []tracker.OutcomeCount{
		{Outcome: tracker.Outcome{Status: 200}}, {Outcome: tracker.Outcome{Status: 429, Kind: tracker.KindRateLimited}},
	}}
	for text, want := range map[string]bool{
		"=status == 429": true, "=status == 200 && !failed": true, "=status == 200 && failed": false, "=status == 500": false,
	} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(&target, noon); got != want {
			t.Errorf("%q holds: %v", text, got)
		}
	}
}

func TestRelativeFiltersNeedANow(t *testing.T) {
	for text, want := range map[string]bool{"since:10m": true, "kling !since:2h": true, "kling": false, "=status == 500": false, `"since:1m"`: false} {
		if f, err := Parse(text); err != nil || f.Relative() != want {
			t.Errorf("%q: %v %v", text, f, err)
		}
	}
}
