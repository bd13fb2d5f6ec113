package human_test

import (
	"testing"
	"time"

	"errtop/internal/human"
)

func rough(r float64) string { return string(human.AppendRoughRate(nil, r)) }

func TestFiguresAreReadAtAGlance(t *testing.T) {
	for got, want := range map[string]string{
		human.Count(0): "0", human.Count(9999): "9999", human.Count(10_000): "10.0k", human.Count(123_456): "123k", human.Count(4_560_000): "4.56M", human.Count(7_000_000_000): "7.00G",
		human.Rate(0.04): "0.0", human.Rate(12.44): "12.4", human.Rate(999.9): "999.9", human.Rate(1234): "1234",
		human.Latency(840 * time.Microsecond): "840µs", human.Latency(84 * time.Millisecond): "84ms", human.Latency(2100 * time.Millisecond): "2.1s", human.Latency(31 * time.Second): "31s", human.Latency(125 * time.Second): "2m",
		human.Span(-time.Second): "0s", human.Span(41 * time.Second): "41s", human.Span(30 * time.Minute): "30m", human.Span(125 * time.Minute): "2h05m", human.Span(76 * time.Hour): "3d04h",
		human.Countdown(125 * time.Second): "2m05s", human.Countdown(-time.Hour): "0s", human.Countdown(70 * time.Minute): "1h10m",
		human.Percent(0): "0.0 %", human.Latency(59600 * time.Millisecond): "1m", human.Count(999_960): "1.00M", human.Thousands(1_234_007): "1,234,007", human.Thousands(42): "42",
		rough(0): "0", rough(0.426): "0.43", rough(7.25): "7.2", rough(9.97): "10", rough(96.3): "96", rough(246): "250", rough(9960): "10k", rough(12_400): "12k", rough(1_260_000): "1.3M",
		string(human.AppendPercent(nil, 0)): "0.0", string(human.AppendPercent(nil, 0.0004)): "<0.1", string(human.AppendPercent(nil, 0.0294)): "2.9", string(human.AppendPercent(nil, 1)): "100", string(human.AppendPercent(nil, 0.9999)): "100",
	} {
		if got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
}

func TestMomentsNameTheDayWhereItIsAnother(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 32, 7, 0, time.UTC)
	for got, want := range map[string]string{
		human.Clock(now, now, time.UTC): "14:32:07", human.Clock(now.AddDate(0, 0, -1), now, time.UTC): "21 Nov 14:32:07",
		human.Clock(now.AddDate(-1, 0, 0), now, time.UTC):                       "22 Nov 2025 14:32:07",
		human.HourMinute(now.Add(-time.Hour), now, time.UTC):                    "13:32",
		human.HourMinute(now.AddDate(0, 0, -1), now, time.UTC):                  "21 Nov 14:32",
		human.Since(now.Add(-30*time.Minute), now, time.UTC):                    " since 14:02 (30m)",
		human.Since(time.Time{}, now, time.UTC):                                 "",
		string(human.AppendStamp(nil, now, now, time.UTC, 8)):                   "14:32:07",
		string(human.AppendStamp(nil, now.AddDate(0, 0, -1), now, time.UTC, 8)): "21 Nov",
	} {
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

func TestParseSpanReadsWhatPeopleType(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "30m": 30 * time.Minute, "2h": 2 * time.Hour, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "1d 12h": 36 * time.Hour, "2w": 14 * 24 * time.Hour,
	} {
		if got, err := human.ParseSpan(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2", "h", "-2h", "2h-", "1.5h", "0s", "never", "99999999d", "1000000000s", "1 0m"} {
		if got, err := human.ParseSpan(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// What AppendSpan writes is read as what it stands for.
func TestParseSpanReadsWhatIsWritten(t *testing.T) {
	for _, d := range []time.Duration{time.Second, 59 * time.Second, time.Minute, 59 * time.Minute, 2*time.Hour + 5*time.Minute, 27 * time.Hour, 40 * 24 * time.Hour} {
		if got, err := human.ParseSpan(human.Span(d)); err != nil || got != d {
			t.Errorf("%s is read as %v, %v", human.Span(d), got, err)
		}
	}
}
