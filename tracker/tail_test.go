package tracker

import (
	"math"
	"testing"
)

// TestTailsAgreeWithTheSumsOfTheirTerms adds up the probabilities of every smaller count.
func TestTailsAgreeWithTheSumsOfTheirTerms(t *testing.T) {
	negativeBinomial := func(y int, r, p float64) float64 {
		below := 0.0
		for k := range y {
			x := float64(k)
			below += math.Exp(logGamma(x+r) - logGamma(r) - logGamma(x+1) + r*math.Log(p) + x*math.Log1p(-p))
		}
		return 1 - below
	}
	for _, c := range []struct{ y, requests, failures, past float64 }{
		{1, 10, 0, 100}, {5, 10, 2, 1000}, {3, 40, 30, 400}, {50, 1000, 400, 10000}, {12, 12, 1, 20},
	} {
		want := negativeBinomial(int(c.y), c.failures+0.5, c.past/(c.past+c.requests))
		if got := predictiveTail(c.y, c.requests, c.failures, c.past); math.Abs(got-want) > 1e-9 {
			t.Errorf("%+v: %g, want %g", c, got, want)
		}
	}
	for _, c := range []struct{ y, mean, phi float64 }{{3, 1, 2}, {20, 10, 1.5}, {8, 8, 4}} {
		want := negativeBinomial(int(c.y), c.mean/(c.phi-1), 1/c.phi)
		if got := dispersedTail(c.y, c.mean, c.phi); math.Abs(got-want) > 1e-9 {
			t.Errorf("%+v: %g, want %g", c, got, want)
		}
	}
	// Far out, where 1 minus a sum has no digits left: P(Y >= 5) with r = 1/2 and p = 1000/1010.
	if got := predictiveTail(5, 10, 0, 1000); math.Abs(got/2.36e-11-1) > 0.01 {
		t.Errorf("far tail: %g", got)
	}
}
