package otlp

import (
	"math"
	"strconv"
	"strings"
)

// maxWeight bounds how many requests one span may stand for.
const maxWeight = 10_000

// weightOf returns how many requests a span stands for, by the rejection threshold of its tracestate ("ot=th:c" is a quarter
// of all): 1 where it says nothing. The threshold is up to 14 hexadecimal digits of a fraction: what is not below it is kept.
func weightOf(state string) float64 {
	for member := range strings.SplitSeq(state, ",") {
		vendor, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		if vendor != "ot" {
			continue
		}
		for field := range strings.SplitSeq(value, ";") {
			name, digits, _ := strings.Cut(field, ":")
			if name != "th" || len(digits) < 1 || len(digits) > 14 {
				continue
			}
			threshold, err := strconv.ParseUint(digits+"00000000000000"[len(digits):], 16, 64)
			if err != nil {
				return 1
			}
			const all = 1 << 56
			return min(float64(all)/float64(all-threshold), maxWeight)
		}
	}
	return 1
}

// sampling keeps how many requests the spans of the last while stood for.
type sampling struct {
	spans, requests float64
	rest            float64 // what the whole weights given were short of
}

// weigh returns the whole weight of a span, so that those of many sum up to what they stand for.
func (s *sampling) weigh(weight float64) uint16 {
	if s.spans > 1e6 { // older ones matter less
		s.spans, s.requests = s.spans/2, s.requests/2
	}
	s.spans++
	s.requests += weight
	whole := math.Floor(weight + s.rest)
	s.rest += weight - whole
	return uint16(whole)
}

// text says how much was sampled, or "" if all was: "1 in 10 sampled".
func (s *sampling) text() string {
	if s.spans == 0 || s.requests/s.spans < 1.05 {
		return ""
	}
	return "1 in " + strconv.FormatFloat(math.Round(10*s.requests/s.spans)/10, 'f', -1, 64) + " sampled"
}
