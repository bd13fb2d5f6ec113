package filter_test

import (
	"testing"

	"errtop/internal/filter"
	"errtop/tracker"
)

func TestAnExpressionLeavesOut(t *testing.T) {
	labels := tracker.Labels{{Name: "host", Value: "api.example.com"}}
	r := tracker.Result{Target: "orders", Method: "GET", Route: "/healthz", Status: 200, Labels: &labels}
	for expression, want := range map[string]bool{
		`agent contains "kube-probe"`:                 true,
		`=agent startsWith "kube-probe/"`:             true,
		`route == "/healthz" && method == "GET"`:      true,
		`host endsWith ".example.com" and not failed`: true,
		`agent contains "curl"`:                       false,
		`status >= 500`:                               false,
		`upstream != ""`:                              false,
	} {
		exclude, err := filter.Excluder(expression)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		if got := exclude(&r, "kube-probe/1.31"); got != want {
			t.Errorf("%s is %v", expression, got)
		}
	}
	if exclude, err := filter.Excluder(" "); exclude != nil || err != nil {
		t.Errorf("an empty expression: %v", err)
	}
	for _, wrong := range []string{"agent contains", "agents == 'x'", "1 + 1", "kube-probe"} {
		if _, err := filter.Excluder(wrong); err == nil {
			t.Errorf("%s is understood", wrong)
		}
	}
}
