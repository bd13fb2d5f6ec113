package tracker

// A class is one way in which a target can get worse, watched by itself, so that a rise of one does not hide in the usual
// number of another: a scanner's 404s do not cover a few 500s.
type class uint8

const (
	classServer   class = iota // 5xx, timeouts, transport failures: what is broken behind the target's name
	classLimited               // 429
	classAuth                  // 401, 403
	classCaller                // 400, 422 and other 4xx
	classNotFound              // 404, 410
	classGaveUp                // 499, 460: the client did not wait for the answer
	classProbe                 // any failed probe
	classSlow                  // answers slower than what is usual
	classSilence               // requests that should have come and did not

	failureClasses = int(classProbe) + 1
	classCount     = int(classSilence) + 1
)

// classOf returns the class of a failure of traffic: those of probes have their own.
func classOf(o Outcome) class {
	switch o.Kind {
	case KindRateLimited:
		return classLimited
	case KindAuth, KindForbidden:
		return classAuth
	case KindNotFound:
		return classNotFound
	case KindInvalid:
		return classCaller
	case KindClient:
		if gaveUp(o) {
			return classGaveUp
		}
		return classCaller
	default:
		return classServer
	}
}

// gaveUp reports whether the client closed the connection before the answer: nginx's 499, the 460 of AWS load balancers.
func gaveUp(o Outcome) bool { return o.Kind == KindClient && (o.Status == 499 || o.Status == 460) }

// class returns the class of an outcome that is a failure.
func (k outcomeKey) class() class {
	if k.origin() == OriginProbe {
		return classProbe
	}
	return classOf(k.outcome())
}

// signal returns what a class is a signal of.
func (c class) signal() Signal {
	switch c {
	case classSlow:
		return SignalLatency
	case classSilence:
		return SignalSilence
	default:
		return SignalFailures
	}
}

// weight is how much trouble one in a hundred of a class is: the target's own failures count in full, the callers' own
// mistakes little, routes that never existed least.
func (c class) weight() float64 {
	return [classCount]float64{
		classServer: 1, classLimited: 0.45, classAuth: 0.4, classCaller: 0.3, classNotFound: 0.12, classGaveUp: 0.3,
		classProbe: 1, classSlow: 0.5, classSilence: 0.8,
	}[c]
}
