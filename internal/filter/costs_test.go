package filter

import (
	"strings"
	"testing"
	"time"

	"errtop/tracker"
)

// Whoever may only look at a watch can filter too: no expression takes much longer than the text that it looks at is long, or makes it
// longer.
func TestNoExpressionCostsMuchMoreThanItsText(t *testing.T) {
	for _, text := range []string{
		"any(1..1000, any(1..1000, # < 0))", "len(1..900000) > 0", "1 in 1..1000000", "all([1, 2], # > 0)", `len(repeat(message, 100000)) > 0`,
		`len(replace(replace(message, "", message), "", message)) > 0`, `len(split(message, "")) > 3`, `count(split(message, ""), # == "a") > 3`,
		"let a = message + message; let b = a + a; len(b) > 0", `join([message, message], message) == ""`, "toJSON(message) == message", `message | split("") | len() > 3`,
		"status == 500 || " + strings.Repeat("status == 1 || ", 2000) + "failed",
	} {
		if _, err := Parse("=" + text); err == nil {
			t.Errorf("%.80s was accepted", text)
		}
	}
	of := Facts{Target: "billing", Message: "Connection refused", At: time.Unix(0, 0), Latency: time.Second, Outcome: tracker.Outcome{Status: 503, Kind: tracker.KindServer}}
	for _, text := range []string{
		`lower(message) contains "refused"`, `hasPrefix(target, "bill")`, `len(message) > 3 && latency > duration("800ms")`, `target in ["billing", "x"]`, `message matches "(?i)REFUSED$"`, `status in [502, 503]`,
		`target + "x" == "billingx"`, `max(status, 1) == 503`, `time < now()`, `trim(message)[0:3] == "Con"`, `failed ? status >= 500 : false`,
	} {
		f, err := Parse("=" + text)
		if err != nil || !f.Match(&of, time.Now()) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
