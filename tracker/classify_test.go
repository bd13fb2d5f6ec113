package tracker

import "testing"

func TestAnErrorsOwnWordsTellItsCause(t *testing.T) {
	for text, c := range map[string]struct {
		outcome Outcome
		want    CauseClass
	}{
		"deadlock found when trying to get lock":    {Outcome{500, KindServer}, CauseDeadlock},
		"TypeError: undefined is not a function":    {Outcome{500, KindServer}, CauseException},
		"write /var/lib/x: no space left on device": {Outcome{503, KindServer}, CauseDiskFull},
		"x509: certificate has expired":             {Outcome{0, KindTLS}, CauseTLSExpired},
		"connect: connection refused":               {Outcome{0, KindConnect}, CauseRefused},
		"monthly quota used up":                     {Outcome{429, KindRateLimited}, CauseQuota},
		"slow down":                                 {Outcome{429, KindRateLimited}, CauseUnknown},
		"Internal Server Error":                     {Outcome{500, KindServer}, CauseUnknown},
		"no such model: deadlock":                   {Outcome{404, KindNotFound}, CauseUnknown},
	} {
		if got := ClassifyCause(c.outcome, text); got != c.want {
			t.Errorf("%q is %v, want %v", text, got, c.want)
		}
	}
}
