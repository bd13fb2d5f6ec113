package tracker

import "math"

// betaInc returns the regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1], by the continued fraction
// of Lentz's method (Press et al., "Numerical Recipes", 3rd ed., 6.4). Its relative error is below 1e-10 where it matters here.
func betaInc(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	front := math.Exp(logGamma(a+b) - logGamma(a) - logGamma(b) + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(x, a, b) / a
	}
	return 1 - front*betaFraction(1-x, b, a)/b
}

func betaFraction(x, a, b float64) float64 {
	const (
		rounds  = 300
		tiny    = 1e-300
		precise = 1e-12
	)
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / away(1-(a+b)*x/(a+1))
	h := d
	for i := 1; i <= rounds; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / away(1+even*d)
		c = away(1 + even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / away(1+odd*d)
		c = away(1 + odd/c)
		h *= d * c
		if math.Abs(d*c-1) < precise {
			break
		}
	}
	return h
}

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// predictiveTail returns the chance of at least y failures in so many requests where a past of S failures in B requests is
// typical: Y ~ NB(r = S + 1/2, p = B / (B + E)), the Gamma-Poisson predictive with Jeffreys' prior (Noufaily et al., "An
// improved algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine 32, 2013; this form is
// that of algo.bayes in the R package surveillance).
func predictiveTail(y, requests, pastFailures, pastRequests float64) float64 {
	if y <= 0 {
		return 1
	}
	return betaInc(requests/(pastRequests+requests), y, pastFailures+0.5)
}

// dispersedTail returns the chance of at least y where mean are expected with phi times the variance of a Poisson count: a
// negative binomial with that mean and variance (the quasi-Poisson tail of Farrington flexible).
func dispersedTail(y, mean, phi float64) float64 {
	if y <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	phi = max(phi, 1.001)
	return betaInc(1-1/phi, y, mean/(phi-1))
}

// betaBinomialTail returns the chance that at least y of n requests fail where the share of failures is Beta(a, b) distributed:
// the predictive of a binomial share. y is at least half of n.
func betaBinomialTail(y, n, a, b float64) float64 {
	b = max(b, 0.5)
	sum := 0.0
	for j := n; j >= y && j > 0; j-- {
		sum += math.Exp(logGamma(n+1) - logGamma(j+1) - logGamma(n-j+1) +
			logGamma(a+j) + logGamma(b+n-j) - logGamma(a+b+n) + logGamma(a+b) - logGamma(a) - logGamma(b))
	}
	return min(sum, 1)
}

// anscombe returns the Anscombe residual of y failures where mean are expected, scaled by phi: about standard normal.
func anscombe(y, mean, phi float64) float64 {
	if mean <= 0 {
		mean = 1e-9
	}
	return 1.5 * (math.Pow(y, 2.0/3) - math.Pow(mean, 2.0/3)) / (math.Pow(mean, 1.0/6) * math.Sqrt(phi))
}

// logLikelihood returns the binomial log likelihood of y failures in n requests at a share p, without the coefficient.
func logLikelihood(y, n, p float64) float64 {
	const least = 1e-9
	p = min(max(p, least), 1-least)
	return y*math.Log(p) + (n-y)*math.Log1p(-p)
}

// relativeEntropy returns how far a share a is from b, in nats.
func relativeEntropy(a, b float64) float64 {
	return a*math.Log(a/b) + (1-a)*math.Log((1-a)/(1-b))
}
